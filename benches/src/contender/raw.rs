//! The floor: reqwest and typed structs, as a careful user writes them in an afternoon.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Contender, Encoder, KEY, Prompt, Sink};

pub(crate) struct Raw {
    http: reqwest::Client,
    url: String,
}

impl Raw {
    async fn send(&self, prompt: &Prompt, stream: bool) -> Result<reqwest::Response> {
        let request = Request {
            model: prompt.model,
            messages: vec![
                Message { role: "system", content: prompt.system },
                Message { role: "user", content: prompt.user },
            ],
            temperature: Some(prompt.temperature),
            max_tokens: Some(prompt.max_tokens),
            stream,
            stream_options: stream.then_some(StreamOptions { include_usage: true }),
        };
        let sending = self.http.post(&self.url).bearer_auth(KEY).json(&request).send();
        Ok(sending.await?.error_for_status()?)
    }
}

impl Contender for Raw {
    fn new(base_url: &str) -> Result<Self> {
        // Fails when it was done before, and then it is as it should be.
        _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self { http: reqwest::Client::builder().build()?, url: format!("{base_url}/chat/completions") })
    }

    async fn oneshot(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let answer: Completion = self.send(prompt, false).await?.json().await?;
        std::hint::black_box((&answer.id, &answer.model, &answer.usage));
        for choice in &answer.choices {
            std::hint::black_box((choice.index, &choice.message.role, &choice.finish_reason));
            if let Some(text) = &choice.message.content {
                sink.text(text);
            }
            for call in choice.message.tool_calls.iter().flatten() {
                std::hint::black_box((&call.id, &call.function.name));
                sink.arguments(&call.function.arguments);
            }
        }
        Ok(())
    }

    async fn stream(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let mut response = self.send(prompt, true).await?;
        let mut lines = Lines::default();
        let mut done = false;
        while let Some(piece) = response.chunk().await? {
            lines.feed(&piece, |data| {
                if data == b"[DONE]" {
                    done = true;
                    return Ok(());
                }
                take(&serde_json::from_slice(data)?, sink);
                Ok(())
            })?;
        }
        done.then_some(()).context("the stream ended early")
    }

    fn frames(&self, body: &[Bytes]) -> Result<Option<usize>> {
        let mut lines = Lines::default();
        let mut bytes = 0;
        for piece in body {
            lines.feed(piece, |data| {
                bytes += std::hint::black_box(data).len();
                Ok(())
            })?;
        }
        Ok(Some(bytes))
    }

    fn encoder(&self, history: &[String]) -> Result<Option<Encoder>> {
        let turns = history.to_vec();
        Ok(Some(Box::new(move || {
            let roles = ["user", "assistant"].into_iter().cycle();
            let request = Request {
                model: "gpt-test",
                messages: turns.iter().zip(roles).map(|(content, role)| Message { role, content }).collect(),
                temperature: None,
                max_tokens: None,
                stream: false,
                stream_options: None,
            };
            Ok(std::hint::black_box(serde_json::to_vec(&request)?).len())
        })))
    }
}

fn take(chunk: &Chunk, sink: &mut Sink) {
    std::hint::black_box((&chunk.id, &chunk.model, &chunk.usage));
    for choice in &chunk.choices {
        std::hint::black_box((choice.index, &choice.delta.role, &choice.finish_reason));
        if let Some(text) = choice.delta.content.as_ref().filter(|text| !text.is_empty()) {
            sink.text(text);
        }
        for call in choice.delta.tool_calls.iter().flatten() {
            std::hint::black_box((call.index, &call.id));
            let Some(function) = &call.function else { continue };
            std::hint::black_box(&function.name);
            if let Some(arguments) = &function.arguments {
                sink.arguments(arguments);
            }
        }
    }
}

/// The data of server-sent events, line by line; a line that a read cuts is kept for the next.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn feed(&mut self, mut piece: &[u8], mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if !self.rest.is_empty() {
            let Some(end) = memchr::memchr(b'\n', piece) else {
                self.rest.extend_from_slice(piece);
                return Ok(());
            };
            self.rest.extend_from_slice(&piece[..end]);
            line(&self.rest, &mut each)?;
            self.rest.clear();
            piece = &piece[end + 1..];
        }
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', piece) {
            line(&piece[begin..end], &mut each)?;
            begin = end + 1;
        }
        self.rest.extend_from_slice(&piece[begin..]);
        Ok(())
    }
}

fn line(line: &[u8], each: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    match line.strip_prefix(b"data:") {
        Some(data) => each(data.trim_ascii()),
        None => Ok(()),
    }
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Deserialize)]
struct Completion {
    id: String,
    model: String,
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    index: u32,
    message: Answer,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    role: String,
    content: Option<String>,
    tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
struct Call {
    id: String,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
struct Chunk {
    id: String,
    model: String,
    choices: Vec<ChunkChoice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct ChunkChoice {
    index: u32,
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    role: Option<String>,
    content: Option<String>,
    tool_calls: Option<Vec<Fragment>>,
}

#[derive(Deserialize)]
struct Fragment {
    index: u32,
    id: Option<String>,
    function: Option<FunctionFragment>,
}

#[derive(Deserialize)]
struct FunctionFragment {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read because a user wants them")]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}
