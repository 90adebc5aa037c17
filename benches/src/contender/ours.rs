//! The library: facade, `openai-compatible` driver, transport.

use ai::{Ai, ChatRequest, Message, Secret, StreamEvent, Target};
use anyhow::Result;
use bytes::Bytes;
use futures_util::StreamExt as _;
use provider_openai_compat::{CompatibleOptions, Config, Dialect, OpenAiCompatible, encode_chat};

use provider_http::Framer;

use super::{Contender, Encoder, KEY, PROMPT, Prompt, Sink};

pub(crate) struct Ours {
    ai: Ai,
}

fn request(prompt: &Prompt) -> ChatRequest {
    ChatRequest::new([Message::system(prompt.system), Message::user(prompt.user)])
        .with_temperature(prompt.temperature)
        .with_max_output_tokens(prompt.max_tokens)
}

impl Contender for Ours {
    fn new(base_url: &str) -> Result<Self> {
        let mut config = Config::new(base_url);
        config.api_key = Some(Secret::new(KEY));
        let ai = Ai::builder()
            .connect::<OpenAiCompatible>("bench", config)
            .default_model(format!("bench/{}", PROMPT.model))
            .build()?;
        Ok(Self { ai })
    }

    async fn oneshot(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let answer = self.ai.send(request(prompt)).await?;
        sink.text(&answer.text());
        for call in answer.tool_calls() {
            sink.arguments(&call.arguments);
        }
        Ok(())
    }

    async fn stream(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let mut events = self.ai.stream(request(prompt)).await?;
        while let Some(event) = events.next().await {
            match event? {
                StreamEvent::TextDelta { text, .. } => sink.text(&text),
                StreamEvent::ToolInputDelta { text, .. } => sink.arguments(&text),
                other => _ = std::hint::black_box(other),
            }
        }
        Ok(())
    }

    fn frames(&self, body: &[Bytes]) -> Result<Option<usize>> {
        let mut framer = Framer::sse();
        let mut bytes = 0;
        for piece in body {
            framer.push(piece.clone());
            while let Some(frame) = framer.next_frame()? {
                bytes += std::hint::black_box(frame.data()).len();
            }
        }
        Ok(Some(bytes))
    }

    fn encoder(&self, history: &[String]) -> Result<Option<Encoder>> {
        let messages = history.iter().enumerate().map(|(number, text)| match number % 2 {
            0 => Message::user(text),
            _ => Message::assistant(text),
        });
        let request = ChatRequest::new(messages);
        let (dialect, target) =
            (Dialect::new("openai-compatible"), Target::new("openai-compatible", "bench", "gpt-test"));
        Ok(Some(Box::new(move || {
            let encoded = encode_chat::<CompatibleOptions>(&dialect, &target, &request, false)?;
            Ok(std::hint::black_box(encoded.body).len())
        })))
    }
}
