//! genai, as a careful user of it writes it.

use anyhow::Result;
use benches::{Contender, KEY, Prompt, Sink, Wire};
use futures_util::StreamExt as _;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatOptions, ChatRequest, ChatStreamEvent};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ServiceTarget};

pub(crate) struct Peer {
    client: Client,
    endpoint: String,
}

impl Peer {
    fn target(&self, prompt: &Prompt) -> ServiceTarget {
        ServiceTarget {
            model: ModelIden::new(AdapterKind::OpenAI, prompt.model),
            endpoint: Endpoint::from_owned(self.endpoint.clone()),
            auth: AuthData::from_single(KEY),
        }
    }

    fn request(prompt: &Prompt) -> ChatRequest {
        ChatRequest::new(vec![ChatMessage::user(prompt.user)]).with_system(prompt.system)
    }

    fn options(prompt: &Prompt) -> ChatOptions {
        let options = ChatOptions::default().with_temperature(prompt.temperature);
        // Without this the fragments of tool calls are not handed over whole.
        options.with_max_tokens(prompt.max_tokens).with_capture_usage(true).with_capture_tool_calls(true)
    }
}

impl Contender for Peer {
    // It trims whole answers.
    const TRIMS: usize = 1;

    fn new(base_url: &str, _: Wire) -> Result<Self> {
        Ok(Self { client: Client::new()?, endpoint: format!("{base_url}/") })
    }

    async fn oneshot(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let options = Self::options(prompt);
        let answer =
            self.client.exec_chat(self.target(prompt), Self::request(prompt), Some(&options)).await?;
        sink.text(answer.first_text().unwrap_or_default());
        Ok(())
    }

    async fn stream(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let options = Self::options(prompt);
        let answer =
            self.client.exec_chat_stream(self.target(prompt), Self::request(prompt), Some(&options)).await?;
        let mut events = answer.stream;
        let mut seen = 0;
        while let Some(event) = events.next().await {
            match event? {
                ChatStreamEvent::Chunk(chunk) => sink.text(&chunk.content),
                // It hands over the arguments so far, again and again.
                ChatStreamEvent::ToolCallChunk(chunk) => {
                    let so_far = chunk.tool_call.fn_arguments.as_str().unwrap_or_default();
                    sink.arguments(so_far.get(seen..).unwrap_or_default());
                    seen = so_far.len();
                }
                _ => {}
            }
        }
        Ok(())
    }
}
