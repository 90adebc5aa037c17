//! The driver for any server that speaks Chat Completions, judged by the definition of those who made it up.

use std::sync::Arc;

use laravel_ai_core::{ChatRequest, Driver as _, Provider, Resources};
use provider_openai_compat::{CompatibleOptions, OpenAiCompatible};
use serde_json::{Value, json};
use tests::conformance::OPENAI;

use super::Row;
use crate::sdk;

/// With what most servers understand.
pub(crate) fn generic() -> Row {
    Row {
        name: "openai-compatible",
        vendor: &OPENAI,
        connect: |resources| connect(json!({}), resources),
        models: super::GPT,
        unstreamed: super::by_a_member,
        sdk: "openai",
        own,
        beyond: &[
            ("top k", "'top_k' was unexpected", "vLLM, llama.cpp and others take it; OpenAI does not"),
            ("option min_p", "'min_p' was unexpected", "vLLM and llama.cpp take it"),
            ("option repetition_penalty", "'repetition_penalty' was unexpected", "vLLM takes it"),
        ],
        sdk_cases: sdk::chat_completions,
        differs: &[
            (
                "chat.params",
                "/max_tokens is only ours: 50",
                "every server knows the old name, some ignore the new one",
            ),
            ("chat.params", "/max_completion_tokens is only theirs: 50", "as above"),
            FLOATS,
        ],
        answers: SERVERS,
        refuses: &[],
    }
}

/// With OpenAI's own ways switched on.
pub(crate) fn as_openai() -> Row {
    Row {
        name: "openai-compatible, as OpenAI",
        connect: |resources| {
            let quirks = json!({
                "max_tokens": "max_completion_tokens",
                "unsupported": ["top_k"],
                "max_stop_texts": 4,
                "limits_tool_names": true,
                "allowed_tools": true,
                "without_obfuscation": true,
                "reasoning_tokens": "inside",
                "refusal_parts": true,
                "cache_breakpoints": true,
                "end_user": "safety_identifier",
            });
            connect(quirks, resources)
        },
        beyond: &[
            ("option min_p", "'min_p' was unexpected", "asked for by name"),
            ("option repetition_penalty", "'repetition_penalty' was unexpected", "asked for by name"),
        ],
        differs: AS_OPENAI,
        answers: ANSWERS,
        ..generic()
    }
}

/// What every driver means to do otherwise that speaks Chat Completions with OpenAI.
pub(super) const AS_OPENAI: &[(&str, &str, &str)] = &[
    ("chat.params", "/safety_identifier is only ours: \"u1\"", "OpenAI deprecates `user` in its favour"),
    ("chat.params", "/user is only theirs: \"u1\"", "as above"),
    ("chat.stream", NO_PADDING, "half of a stream's bytes would be random padding"),
    ("chat.stream_tools", NO_PADDING, "as above"),
    FLOATS,
];

/// Of OpenAI's Chat Completions.
pub(super) const ANSWERS: &[&str] = &[
    "provider-openai-compat/openai_chat_success.json",
    "provider-openai-compat/openai_chat_parallel_tool_calls.json",
    "provider-openai-compat/openai_chat_custom_tool_call.json",
    "provider-openai-compat/openai_chat_refusal.json",
    "provider-openai-compat/openai_chat_reasoning_usage.json",
    "provider-openai-compat/openai_chat_stream.sse",
    "provider-openai-compat/openai_chat_stream_tool_calls.sse",
];

/// Of several servers that speak Chat Completions.
const SERVERS: &[&str] = &[
    "provider-openai-compat/openai_chat_success.json",
    "provider-openai-compat/openai_chat_parallel_tool_calls.json",
    "provider-openai-compat/gemini_openai_compat_tool_call.json",
    "provider-openai-compat/gemini_openai_compat_stream.sse",
    "provider-openai-compat/xai_chat_reasoning.json",
    "provider-openai-compat/xai_chat_citations.json",
    "provider-openai-compat/ollama_v1_tool_call.json",
];

const FLOATS: (&str, &str, &str) = (
    "embeddings_float_dims",
    "/encoding_format is \"base64\", theirs \"float\"",
    "the same numbers in a third of the bytes",
);
const NO_PADDING: &str = "/stream_options/include_obfuscation is only ours: false";

fn connect(quirks: Value, resources: &Resources) -> Arc<dyn Provider> {
    let config = json!({"base_url": "https://api.example.com/v1", "api_key": "sk-test", "quirks": quirks});
    OpenAiCompatible::connect("test", serde_json::from_value(config).unwrap(), resources).unwrap()
}

fn own() -> Vec<(String, ChatRequest)> {
    let with = |set: fn(&mut CompatibleOptions)| {
        let mut options = CompatibleOptions::default();
        set(&mut options);
        ChatRequest::user("What is the capital of Poland?").with_options(&options).unwrap()
    };
    let named = |name: &str, set| (format!("option {name}"), with(set));
    vec![
        named("logprobs", |options| (options.logprobs, options.top_logprobs) = (Some(true), Some(2))),
        named("logit_bias", |options| _ = options.logit_bias.insert("1234".into(), -100.0)),
        named("store", |options| options.store = Some(true)),
        named("service_tier", |options| options.service_tier = Some("flex".into())),
        named("verbosity", |options| options.verbosity = Some("low".into())),
        named("metadata", |options| _ = options.metadata.insert("ticket".into(), "7".into())),
        named("prediction", |options| {
            options.prediction = Some(json!({"type": "content", "content": "Warsaw"}))
        }),
        named("web_search_options", |options| {
            options.web_search_options = Some(json!({"search_context_size": "low"}))
        }),
        named("user", |options| options.user = Some("u1".into())),
        named("safety_identifier", |options| options.safety_identifier = Some("u1".into())),
        named("min_p", |options| options.min_p = Some(0.1)),
        named("repetition_penalty", |options| options.repetition_penalty = Some(1.1)),
    ]
}
