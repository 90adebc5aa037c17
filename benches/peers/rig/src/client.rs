//! rig, as a careful user of it writes it.

use anyhow::Result;
use benches::{Contender, KEY, PROMPT, Prompt, Sink, Wire};
use futures_util::StreamExt as _;
use rig_core::DynModel;
use rig_core::completion::{CompletionRequest, Message};
use rig_core::operation::Completion;
use rig_core::providers::openai::OpenAIConfig;
use rig_core::streaming::{Item, StreamEvent};

pub(crate) struct Peer {
    model: DynModel<Completion>,
}

fn request(prompt: &Prompt) -> CompletionRequest {
    let mut request = CompletionRequest::new(Message::user(prompt.user))
        .preamble(prompt.system)
        .temperature(prompt.temperature);
    request.max_tokens = Some(prompt.max_tokens.into());
    request
}

impl Contender for Peer {
    fn new(base_url: &str, _: Wire) -> Result<Self> {
        let client = OpenAIConfig::new(KEY).with_base_url(base_url).client();
        Ok(Self { model: client.chat(PROMPT.model).erase() })
    }

    async fn oneshot(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let answer = self.model.call(request(prompt)).await?;
        sink.text(&answer.text());
        Ok(())
    }

    async fn stream(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let mut events = self.model.stream(request(prompt))?;
        while let Some(event) = events.next().await {
            match event? {
                Item::Event(StreamEvent::Text { text, .. }) => sink.text(&text),
                Item::Event(StreamEvent::Arguments { json, .. }) => sink.arguments(&json),
                _ => {}
            }
        }
        Ok(())
    }
}
