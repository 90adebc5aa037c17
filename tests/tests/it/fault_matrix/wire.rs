//! The languages that vendors speak, as a healthy vendor speaks them.

use std::sync::Arc;

use laravel_ai_core::{ChatModel, Driver, Resources, Secret};
use provider_mock::WireReply;

/// A wire: how to open a model on it, and what its vendor says.
pub(super) struct Wire {
    pub(super) name: &'static str,
    pub(super) open: fn(&str, &Resources) -> Arc<dyn ChatModel>,
    pub(super) whole: &'static str,
    pub(super) events: &'static [&'static str],
    /// So many events come before the first content.
    pub(super) begun: usize,
    /// After so many events the answer is finished, but its usage is not known; none where the finish has it.
    pub(super) finished: Option<usize>,
    /// An error object that stands where an answer should.
    pub(super) error: &'static str,
}

impl Wire {
    pub(super) fn healthy(&self, streamed: bool) -> WireReply {
        if streamed { WireReply::events(self.events) } else { WireReply::status(200).body(self.whole) }
    }
}

pub(super) const WIRES: &[Wire] = &[CHAT_COMPLETIONS, RESPONSES];

const CHAT_COMPLETIONS: Wire = Wire {
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
    begun: 1,
    finished: Some(4),
    error: r#"{"error": {"message": "no capacity", "type": "server_error", "code": 500}}"#,
};

const RESPONSES: Wire = Wire {
    name: "Responses",
    open: |connection, resources| {
        use provider_openai::{Config, OpenAi};
        let config = Config::new(Secret::new(format!("sk-test-{connection}")));
        let config = config.with_base_url(format!("http://{connection}.test/v1"));
        OpenAi::connect(connection, config, resources).unwrap().chat_model("model").unwrap()
    },
    whole: r#"{"id": "r", "object": "response", "created_at": 1, "status": "completed", "model": "model", "output": [{"id": "m", "type": "message", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "Hello there", "annotations": []}]}], "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}}"#,
    events: &[
        r#"{"type": "response.created", "response": {"id": "r", "object": "response", "created_at": 1, "status": "in_progress", "model": "model", "output": []}, "sequence_number": 0}"#,
        r#"{"type": "response.output_item.added", "output_index": 0, "item": {"id": "m", "type": "message", "status": "in_progress", "role": "assistant", "content": []}, "sequence_number": 1}"#,
        r#"{"type": "response.content_part.added", "item_id": "m", "output_index": 0, "content_index": 0, "part": {"type": "output_text", "text": "", "annotations": []}, "sequence_number": 2}"#,
        r#"{"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0, "delta": "Hello", "sequence_number": 3}"#,
        r#"{"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0, "delta": " there", "sequence_number": 4}"#,
        r#"{"type": "response.output_text.done", "item_id": "m", "output_index": 0, "content_index": 0, "text": "Hello there", "sequence_number": 5}"#,
        r#"{"type": "response.output_item.done", "output_index": 0, "item": {"id": "m", "type": "message", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "Hello there", "annotations": []}]}, "sequence_number": 6}"#,
        r#"{"type": "response.completed", "response": {"id": "r", "object": "response", "created_at": 1, "status": "completed", "model": "model", "output": [{"id": "m", "type": "message", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "Hello there", "annotations": []}]}], "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}}, "sequence_number": 7}"#,
    ],
    begun: 3,
    finished: None,
    error: r#"{"type": "error", "error": {"message": "no capacity", "type": "server_error", "code": "server_error"}, "sequence_number": 9}"#,
};
