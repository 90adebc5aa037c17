//! Ollama's own chat: a line of JSON for each piece; calls come whole.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Ask, Framing, Language, Message, messages, quoted};
use crate::contender::Sink;

pub(super) struct Ollama;

/// The end of the last line.
const DONE: &str = r#""done":true,"done_reason":"stop","total_duration":5191566416,"load_duration":2154458,"prompt_eval_count":87,"prompt_eval_duration":383809000,"eval_count":2000,"eval_duration":4800000000"#;

fn line(number: usize, text: &str, end: &str) -> String {
    // Every line has another time.
    let nanos = 100_000_000 + number * 1_000;
    format!(
        r#"{{"model":"qwen3:8b","created_at":"2026-11-20T10:00:01.{nanos}Z","message":{{"role":"assistant","content":{}}},{end}}}"#,
        quoted(text),
    ) + "\n"
}

impl Language for Ollama {
    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn whole(&self, text: &str) -> String {
        line(0, text, DONE)
    }

    fn text(&self, pieces: &[&str]) -> Vec<String> {
        let mut lines: Vec<_> =
            pieces.iter().enumerate().map(|(at, piece)| line(at, piece, r#""done":false"#)).collect();
        lines.push(line(pieces.len(), "", DONE));
        lines
    }

    fn path(&self, _: &Ask<'_>) -> String {
        "api/chat".to_owned()
    }

    fn request(&self, ask: &Ask<'_>) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(&Request {
            model: ask.model,
            messages: messages(ask),
            stream: ask.stream,
            options: Options { temperature: ask.temperature, num_predict: ask.max_tokens },
        })?)
    }

    fn read(&self, body: &[u8], sink: &mut Sink) -> Result<()> {
        self.read_frame(body, sink).map(|_| ())
    }

    fn read_frame(&self, data: &[u8], sink: &mut Sink) -> Result<bool> {
        let answer: Answer = serde_json::from_slice(data)?;
        std::hint::black_box((&answer.model, &answer.created_at, &answer.message.role));
        std::hint::black_box((&answer.done_reason, answer.prompt_eval_count, answer.eval_count));
        if !answer.message.content.is_empty() {
            sink.text(&answer.message.content);
        }
        Ok(answer.done)
    }

    #[cfg(feature = "ours")]
    fn connect(&self) -> Option<super::Connect> {
        use provider_ollama::{Config, Ollama};
        Some(|builder, base_url| {
            // Everything below the server's root is added by the driver.
            let mut config = Config::new().with_base_url(base_url.trim_end_matches("/v1"));
            config.api_key = Some(ai::Secret::new(crate::KEY));
            builder.connect::<Ollama>("bench", config)
        })
    }

    #[cfg(feature = "ours")]
    fn encoder(&self, request: ai::ChatRequest) -> Option<crate::Encoder> {
        let target = ai::Target::new("ollama", "bench", "qwen3:8b");
        Some(Box::new(move || {
            let defaults = provider_ollama::OllamaOptions::default();
            let encoded = provider_ollama::encode_chat(&target, &defaults, &request, false)?;
            Ok(std::hint::black_box(encoded.body).len())
        }))
    }
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    options: Options,
}

#[derive(Serialize)]
struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_predict: Option<u32>,
}

#[derive(Deserialize)]
struct Answer {
    model: String,
    created_at: String,
    message: AnswerMessage,
    done: bool,
    done_reason: Option<String>,
    prompt_eval_count: Option<u64>,
    eval_count: Option<u64>,
}

#[derive(Deserialize)]
struct AnswerMessage {
    role: String,
    content: String,
}
