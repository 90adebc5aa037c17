//! The languages that vendors speak, as a healthy vendor speaks them.

use std::sync::Arc;

use laravel_ai_core::{ChatModel, Driver, Resources, Secret};
use provider_mock::WireReply;

/// A wire: how to open a model on it, and what its vendor says.
pub(super) struct Wire {
    pub(super) name: &'static str,
    pub(super) open: fn(&str, &Resources) -> Arc<dyn ChatModel>,
    pub(super) whole: &'static str,
    /// The first says that the answer begins, the second has the first content.
    pub(super) events: &'static [&'static str],
    /// After so many events the answer is finished, but its usage is not known.
    pub(super) finished: usize,
    /// An error object that stands where an answer should.
    pub(super) error: &'static str,
}

impl Wire {
    pub(super) fn healthy(&self, streamed: bool) -> WireReply {
        if streamed { WireReply::events(self.events) } else { WireReply::status(200).body(self.whole) }
    }
}

pub(super) const WIRES: &[Wire] = &[Wire {
    name: "Chat Completions",
    open: |connection, resources| {
        use provider_openai_compat::{Config, OpenAiCompatible};
        let mut config = Config::new(format!("http://{connection}.test/v1"));
        config.api_key = Some(Secret::new(format!("sk-test-{connection}")));
        OpenAiCompatible::connect(connection, config, resources).unwrap().chat_model("model").unwrap()
    },
    whole: r#"{"id": "c", "object": "chat.completion", "created": 1, "model": "model", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello there"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}"#,
    events: &[
        r#"{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "model", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]}"#,
        r#"{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "model", "choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": null}]}"#,
        r#"{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "model", "choices": [{"index": 0, "delta": {"content": " there"}, "finish_reason": null}]}"#,
        r#"{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "model", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}"#,
        r#"{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "model", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}"#,
        "[DONE]",
    ],
    finished: 4,
    error: r#"{"error": {"message": "no capacity", "type": "server_error", "code": 500}}"#,
}];
