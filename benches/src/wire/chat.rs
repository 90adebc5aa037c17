//! OpenAI's Chat Completions.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Ask, Language, Message, event, messages, quoted};
use crate::contender::Sink;

pub(super) struct Chat;

const ID: &str = "chatcmpl-CP2xQ8vZkT4mNf7RbYw1Lh6sDgUaE";
const MODEL: &str = "gpt-test-2026-03-01";
pub(crate) const CREATED: &str = "1790000000";
const USAGE: &str = r#"{"prompt_tokens":87,"completion_tokens":2000,"total_tokens":2087,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"#;

fn chunk(delta: &str, finish: &str) -> String {
    event(&format!(
        r#"{{"id":"{ID}","object":"chat.completion.chunk","created":{CREATED},"model":"{MODEL}","service_tier":"default","system_fingerprint":"fp_51db84afab","choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null}}"#
    ))
}

/// The last chunk, the usage and the end mark belong to the chunks before them: one part in some hundred.
fn ended(mut events: Vec<String>, reason: &str) -> Vec<String> {
    events.push(chunk("{}", reason));
    events.push(event(&format!(
        r#"{{"id":"{ID}","object":"chat.completion.chunk","created":{CREATED},"model":"{MODEL}","service_tier":"default","system_fingerprint":"fp_51db84afab","choices":[],"usage":{USAGE}}}"#
    )));
    events.push(event("[DONE]"));
    events
}

impl Language for Chat {
    fn whole(&self, text: &str) -> String {
        format!(
            r#"{{"id":"{ID}","object":"chat.completion","created":{CREATED},"model":"{MODEL}","choices":[{{"index":0,"message":{{"role":"assistant","content":{},"refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{USAGE},"service_tier":"default","system_fingerprint":"fp_51db84afab"}}"#,
            quoted(text),
        )
    }

    fn text(&self, pieces: &[&str]) -> Vec<String> {
        let mut events = vec![chunk(r#"{"role":"assistant","content":"","refusal":null}"#, "null")];
        let delta = |piece: &&str| chunk(&format!(r#"{{"content":{}}}"#, quoted(piece)), "null");
        events.extend(pieces.iter().map(delta));
        ended(events, r#""stop""#)
    }

    fn call(&self, pieces: &[String]) -> Option<Vec<String>> {
        let begin = r#"{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_Qp3Hk8sZ2mVnXc7bLdTfYw1e","type":"function","function":{"name":"write_file","arguments":""}}],"refusal":null}"#;
        let mut events = vec![chunk(begin, "null")];
        let delta = |piece: &String| {
            format!(r#"{{"tool_calls":[{{"index":0,"function":{{"arguments":{}}}}}]}}"#, quoted(piece))
        };
        events.extend(pieces.iter().map(|piece| chunk(&delta(piece), "null")));
        Some(ended(events, r#""tool_calls""#))
    }

    fn path(&self, _: &Ask<'_>) -> String {
        "chat/completions".to_owned()
    }

    fn request(&self, ask: &Ask<'_>) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(&Request {
            model: ask.model,
            messages: messages(ask),
            temperature: ask.temperature,
            max_tokens: ask.max_tokens,
            stream: ask.stream,
            stream_options: ask.stream.then_some(StreamOptions { include_usage: true }),
        })?)
    }

    fn read(&self, body: &[u8], sink: &mut Sink) -> Result<()> {
        let answer: Completion = serde_json::from_slice(body)?;
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

    fn read_frame(&self, data: &[u8], sink: &mut Sink) -> Result<bool> {
        if data == b"[DONE]" {
            return Ok(true);
        }
        let chunk: Chunk = serde_json::from_slice(data)?;
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
        Ok(false)
    }

    #[cfg(feature = "ours")]
    fn connect(&self) -> Option<super::Connect> {
        use provider_openai_compat::{Config, OpenAiCompatible};
        Some(|builder, base_url| {
            let mut config = Config::new(base_url);
            config.api_key = Some(ai::Secret::new(crate::KEY));
            builder.connect::<OpenAiCompatible>("bench", config)
        })
    }

    #[cfg(feature = "ours")]
    fn encoder(&self, request: ai::ChatRequest) -> Option<crate::Encoder> {
        use provider_openai_compat::{CompatibleOptions, Dialect, encode_chat};
        let (dialect, target) =
            (Dialect::new("openai-compatible"), ai::Target::new("openai-compatible", "bench", "gpt-test"));
        Some(Box::new(move || {
            let encoded = encode_chat::<CompatibleOptions>(&dialect, &target, &request, false)?;
            Ok(std::hint::black_box(encoded.body).len())
        }))
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
