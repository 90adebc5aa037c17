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
    /// What is said with status 404 of a model that is gone.
    pub(super) gone: &'static str,
    pub(super) framing: Framing,
}

/// What separates events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events.
    Events,
    /// A line of JSON each.
    Lines,
}

impl Wire {
    pub(super) fn healthy(&self, streamed: bool) -> WireReply {
        if streamed { self.begun_with(self.events.len()) } else { WireReply::status(200).body(self.whole) }
    }

    /// A stream that has given so many of its events.
    pub(super) fn begun_with(&self, count: usize) -> WireReply {
        let media = match self.framing {
            Framing::Events => "text/event-stream",
            Framing::Lines => "application/x-ndjson",
        };
        let begun = WireReply::status(200).header("content-type", media);
        self.events[..count].iter().fold(begun, |reply, data| reply.body(self.framed(data)))
    }

    /// An event as it is sent.
    pub(super) fn framed(&self, data: &str) -> String {
        match self.framing {
            Framing::Events => format!("data: {data}\n\n"),
            Framing::Lines => format!("{data}\n"),
        }
    }
}

pub(super) const WIRES: &[Wire] = &[CHAT_COMPLETIONS, RESPONSES, GEMINI, XAI, XAI_CHAT, OLLAMA];

/// As OpenAI says it, and others after it.
const GONE: &str = r#"{"error": {"message": "the model does not exist", "code": "model_not_found"}}"#;

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
    gone: GONE,
    framing: Framing::Events,
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
    gone: GONE,
    framing: Framing::Events,
};

const GEMINI: Wire = Wire {
    name: "Gemini",
    open: |connection, resources| {
        use provider_gemini::{Config, Gemini};
        let config = Config::new(Secret::new(format!("test-key-{connection}")));
        let config = config.with_base_url(format!("http://{connection}.test"));
        Gemini::connect(connection, config, resources).unwrap().chat_model("model").unwrap()
    },
    whole: r#"{"candidates": [{"content": {"parts": [{"text": "Hello there"}], "role": "model"}, "finishReason": "STOP", "index": 0}], "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}, "modelVersion": "model", "responseId": "g"}"#,
    events: &[
        r#"{"candidates": [{"content": {"parts": [{"text": "Hello"}], "role": "model"}, "index": 0}], "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5}, "modelVersion": "model", "responseId": "g"}"#,
        r#"{"candidates": [{"content": {"parts": [{"text": " there"}], "role": "model"}, "index": 0}], "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}, "modelVersion": "model", "responseId": "g"}"#,
        r#"{"candidates": [{"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "STOP", "index": 0}], "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}, "modelVersion": "model", "responseId": "g"}"#,
    ],
    begun: 0,
    finished: None,
    error: r#"{"error": {"code": 500, "message": "An internal error has occurred.", "status": "INTERNAL"}}"#,
    gone: r#"{"error": {"code": 404, "message": "models/model is not found for API version v1beta, or is not supported for generateContent.", "status": "NOT_FOUND"}}"#,
    framing: Framing::Events,
};

const XAI: Wire = Wire {
    name: "xAI, Responses",
    open: |connection, resources| xai(connection, resources, provider_xai::Api::Responses),
    ..RESPONSES
};

const XAI_CHAT: Wire = Wire {
    name: "xAI, Chat Completions",
    open: |connection, resources| xai(connection, resources, provider_xai::Api::Chat),
    error: r#"{"code": "The service is currently unavailable", "error": "no capacity"}"#,
    gone: r#"{"code": "Some requested entity was not found", "error": "The model model does not exist or your team does not have access to it."}"#,
    ..CHAT_COMPLETIONS
};

fn xai(connection: &str, resources: &Resources, api: provider_xai::Api) -> Arc<dyn ChatModel> {
    use provider_xai::{Config, Xai};
    let config = Config::new(Secret::new(format!("xai-test-{connection}"))).with_api(api);
    let config = config.with_base_url(format!("http://{connection}.test/v1"));
    Xai::connect(connection, config, resources).unwrap().chat_model("model").unwrap()
}

const OLLAMA: Wire = Wire {
    name: "Ollama",
    open: |connection, resources| {
        use provider_ollama::{Config, Ollama};
        let config = Config::new().with_base_url(format!("http://{connection}.test"));
        Ollama::connect(connection, config, resources).unwrap().chat_model("model").unwrap()
    },
    whole: r#"{"model": "model", "created_at": "2026-11-25T10:00:00Z", "message": {"role": "assistant", "content": "Hello there"}, "done": true, "done_reason": "stop", "total_duration": 9, "load_duration": 1, "prompt_eval_count": 5, "prompt_eval_duration": 1, "eval_count": 2, "eval_duration": 1}"#,
    events: &[
        r#"{"model": "model", "created_at": "2026-11-25T10:00:00Z", "message": {"role": "assistant", "content": "Hello"}, "done": false}"#,
        r#"{"model": "model", "created_at": "2026-11-25T10:00:00Z", "message": {"role": "assistant", "content": " there"}, "done": false}"#,
        r#"{"model": "model", "created_at": "2026-11-25T10:00:00Z", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop", "total_duration": 9, "load_duration": 1, "prompt_eval_count": 5, "prompt_eval_duration": 1, "eval_count": 2, "eval_duration": 1}"#,
    ],
    begun: 0,
    finished: None,
    error: r#"{"error": "an error was encountered while running the model"}"#,
    gone: r#"{"error": "model 'model' not found"}"#,
    framing: Framing::Lines,
};
