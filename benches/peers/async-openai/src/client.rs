//! async-openai, as a careful user of it writes it.

use anyhow::Result;
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestSystemMessageArgs, ChatCompletionRequestUserMessageArgs,
    ChatCompletionStreamOptions, CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
};
use benches::{Contender, KEY, Prompt, Sink, Wire};
use futures_util::StreamExt as _;

pub(crate) struct Peer {
    client: Client<OpenAIConfig>,
}

fn request(prompt: &Prompt) -> Result<CreateChatCompletionRequest> {
    #[allow(deprecated, reason = "the others send this member too")]
    let request = CreateChatCompletionRequestArgs::default()
        .model(prompt.model)
        .messages(vec![
            ChatCompletionRequestSystemMessageArgs::default().content(prompt.system).build()?.into(),
            ChatCompletionRequestUserMessageArgs::default().content(prompt.user).build()?.into(),
        ])
        .temperature(0.7)
        .max_tokens(prompt.max_tokens)
        .build()?;
    Ok(request)
}

impl Contender for Peer {
    fn new(base_url: &str, _: Wire) -> Result<Self> {
        let config = OpenAIConfig::new().with_api_base(base_url).with_api_key(KEY);
        Ok(Self { client: Client::with_config(config) })
    }

    async fn oneshot(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let answer = self.client.chat().create(request(prompt)?).await?;
        for choice in &answer.choices {
            sink.text(choice.message.content.as_deref().unwrap_or_default());
        }
        Ok(())
    }

    async fn stream(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let mut request = request(prompt)?;
        request.stream_options =
            Some(ChatCompletionStreamOptions { include_usage: Some(true), include_obfuscation: None });
        let mut events = self.client.chat().create_stream(request).await?;
        while let Some(event) = events.next().await {
            for choice in &event?.choices {
                if let Some(text) = &choice.delta.content {
                    sink.text(text);
                }
                for call in choice.delta.tool_calls.iter().flatten() {
                    if let Some(arguments) = call.function.as_ref().and_then(|it| it.arguments.as_ref()) {
                        sink.arguments(arguments);
                    }
                }
            }
        }
        Ok(())
    }
}
