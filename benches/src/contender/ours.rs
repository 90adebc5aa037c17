//! The library: facade, driver, transport.

use ai::{Ai, ChatRequest, ChatStream, Message, StreamEvent};
use anyhow::{Context as _, Result};
use bytes::Bytes;
use futures_util::StreamExt as _;
use provider_http::Framer;

use super::{Contender, Encoder, PROMPT, Prompt, Sink};
use crate::wire::{Framing, Language, Wire};

pub(crate) struct Ours {
    ai: Ai,
    language: &'static dyn Language,
}

pub(super) fn request(prompt: &Prompt) -> ChatRequest {
    ChatRequest::new([Message::system(prompt.system), Message::user(prompt.user)])
        .with_temperature(prompt.temperature)
        .with_max_output_tokens(prompt.max_tokens)
}

/// The whole answer.
pub(super) async fn oneshot(ai: &Ai, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
    let answer = ai.send(request(prompt)).await?;
    sink.text(&answer.text());
    for call in answer.tool_calls() {
        sink.arguments(&call.arguments);
    }
    Ok(())
}

/// The answer as it comes.
pub(super) async fn stream(ai: &Ai, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
    read(ai.stream(request(prompt)).await?, sink).await
}

pub(super) async fn read(mut events: ChatStream, sink: &mut Sink) -> Result<()> {
    while let Some(event) = events.next().await {
        match event? {
            StreamEvent::TextDelta { text, .. } => sink.text(&text),
            StreamEvent::ToolInputDelta { text, .. } => sink.arguments(&text),
            other => _ = std::hint::black_box(other),
        }
    }
    Ok(())
}

impl Contender for Ours {
    fn new(base_url: &str, wire: Wire) -> Result<Self> {
        let language = wire.language();
        let connect = language.connect().context("the library has no driver for this wire")?;
        let model = format!("bench/{}", PROMPT.model);
        // What the protection adds is measured by itself.
        let builder = Ai::builder().resilience(ai::layers::Resilience::none());
        Ok(Self { ai: connect(builder, base_url).default_model(model).build()?, language })
    }

    async fn oneshot(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        oneshot(&self.ai, prompt, sink).await
    }

    async fn stream(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        stream(&self.ai, prompt, sink).await
    }

    async fn fold(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let answer = self.ai.stream(request(prompt)).await?.into_response().await?;
        sink.text(&answer.text());
        Ok(())
    }

    fn frames(&self, body: &[Bytes]) -> Result<Option<usize>> {
        let mut framer = match self.language.framing() {
            Framing::Events => Framer::sse(),
            Framing::Lines => Framer::ndjson(),
        };
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
        Ok(self.language.encoder(ChatRequest::new(messages)))
    }
}
