//! The driver for Ollama, judged by Ollama's own definition.

use std::sync::Arc;

use laravel_ai_core::{ChatRequest, Driver as _, ErrorKind, Provider, Resources};
use provider_ollama::{Config, KeepAlive, Ollama, OllamaOptions, Think};
use serde_json::Value;
use tests::SentRequest;
use tests::conformance::OLLAMA;

use super::{Models, Row};
use crate::sdk;

const CLOSED: &str = "/tools/0/function/parameters/additionalProperties is only ours: false";
const TWO: &str = "two calls of one tool are told apart by it";
const WORDS: &str = "the caller's own words, those of Chat Completions";

pub(crate) fn native() -> Row {
    Row {
        name: "ollama",
        vendor: &OLLAMA,
        connect,
        models: Models { chat: "llama3.2", embedding: "nomic-embed-text" },
        unstreamed: |request: &mut SentRequest| {
            let Some(body) = request.body.as_object_mut() else { return false };
            // Without a word the server streams, so both ways say which.
            body.insert("stream".into(), Value::Bool(false)) == Some(Value::Bool(true))
        },
        sdk: "ollama",
        own,
        beyond: &[
            ("extra body", "were unexpected", WORDS),
            ("raw", "was unexpected", WORDS),
            ("raw", "\"developer\" is not one of", WORDS),
            ("embed: extra body", "'encoding_format' was unexpected", WORDS),
        ],
        sdk_cases: sdk::ollama,
        differs: &[
            ("tools", CLOSED, "the schema of the other SDK; this one is sent as it is given"),
            ("stream_tools", CLOSED, "as above"),
            ("tool_result", CLOSED, "as above"),
            ("tool_result", "/messages/1/tool_calls/0/id is only ours: \"call_1\"", TWO),
            ("tool_result", "/messages/2/tool_call_id is only ours: \"call_1\"", TWO),
            (
                "models",
                "content-type is absent, theirs application/json",
                "a question without a body has no content type",
            ),
        ],
        answers: &[
            "provider-ollama/ollama_chat_success.json",
            "provider-ollama/ollama_chat_parallel_tool_calls.json",
            "provider-ollama/ollama_chat_tool_call.json",
            "provider-ollama/ollama_chat_thinking.json",
            "provider-ollama/ollama_chat_stream_thinking.ndjson",
            "provider-ollama/ollama_chat_stream_tool_calls.ndjson",
        ],
        refuses: &[
            ("image by url", ErrorKind::Unsupported, "Ollama fetches nothing"),
            ("image by url with detail", ErrorKind::Unsupported, "as above"),
            ("images without text", ErrorKind::Unsupported, "as above"),
            ("sound wav", ErrorKind::Unsupported, "Ollama's messages have no sounds"),
            ("sound mp3", ErrorKind::Unsupported, "as above"),
            ("file inline", ErrorKind::Unsupported, "Ollama's messages have no files"),
            ("file uploaded", ErrorKind::Unsupported, "as above"),
            ("embed: tokens", ErrorKind::Unsupported, "Ollama embeds texts only"),
        ],
    }
}

fn connect(resources: &Resources) -> Arc<dyn Provider> {
    Ollama::connect("test", Config::new(), resources).unwrap()
}

fn own() -> Vec<(String, ChatRequest)> {
    let named = |name: &str, set: fn(&mut OllamaOptions)| {
        let mut options = OllamaOptions::default();
        set(&mut options);
        let request = ChatRequest::user("What is the capital of Poland?").with_options(&options).unwrap();
        (format!("option {name}"), request)
    };
    vec![
        named("keep_alive", |options| options.keep_alive = Some(KeepAlive::text("10m"))),
        named("keep_alive forever", |options| options.keep_alive = Some(KeepAlive::forever())),
        named("think", |options| options.think = Some(Think::On)),
        named("truncate", |options| options.truncate = Some(false)),
        named("shift", |options| options.shift = Some(false)),
        named("logprobs", |options| (options.logprobs, options.top_logprobs) = (Some(true), Some(2))),
        named("runner", |options| {
            (options.num_ctx, options.min_p, options.mirostat) = (Some(4096), Some(0.1), Some(2));
            (options.num_gpu, options.use_mmap) = (Some(-1), Some(true));
        }),
    ]
}
