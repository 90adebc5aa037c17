//! Messages, their parts, and calls and results of tools in them.

use serde_json::{Value, json};
use tests::SentRequest;
use tests::conformance::OPENAI;

use super::{assistant_call, chat, refused, user};
use crate::specs;

#[test]
fn wrong_messages_are_refused() {
    let Some(definition) = specs::definition(&OPENAI) else { return };
    refused(
        &definition,
        vec![
            (
                "role",
                messages(json!([{"role": "model", "content": "x"}])),
                "/messages/0/role",
                "\"model\" is not one of",
            ),
            (
                "no role",
                messages(json!([{"content": "x"}])),
                "/messages/0",
                "\"role\" is a required property",
            ),
            (
                "no content",
                messages(json!([{"role": "user"}])),
                "/messages/0",
                "\"content\" is a required property",
            ),
            (
                "unknown member",
                messages(json!([{"role": "user", "content": "x", "nom": "y"}])),
                "/messages/0",
                "'nom' was unexpected",
            ),
            (
                "part of another API",
                user(json!({"type": "input_text", "text": "x"})),
                "/messages/0/content/0/type",
                "is not one of",
            ),
            (
                "text without text",
                user(json!({"type": "text"})),
                "/messages/0/content/0",
                "\"text\" is a required property",
            ),
            (
                "image as text",
                user(json!({"type": "image_url", "image_url": "https://example.com"})),
                "/messages/0/content/0/image_url",
                "is not of type \"object\"",
            ),
            (
                "detail",
                user(
                    json!({"type": "image_url", "image_url": {"url": "https://example.com", "detail": "max"}}),
                ),
                "/messages/0/content/0/image_url/detail",
                "\"max\" is not one of",
            ),
            (
                "sound",
                user(json!({"type": "input_audio", "input_audio": {"data": "AA==", "format": "ogg"}})),
                "/messages/0/content/0/input_audio/format",
                "\"ogg\" is not one of",
            ),
            (
                "image in a tool's result",
                messages(json!([{"role": "tool", "tool_call_id": "1",
                "content": [{"type": "image_url", "image_url": {"url": "https://example.com"}}]}])),
                "/messages/0/content/0/type",
                "is not one of",
            ),
            (
                "result without id",
                messages(json!([{"role": "tool", "content": "x"}])),
                "/messages/0",
                "\"tool_call_id\" is a required property",
            ),
            (
                "result as object",
                messages(json!([{"role": "tool", "tool_call_id": "1", "content": {"a": 1}}])),
                "/messages/0/content",
                "is not of type",
            ),
            (
                "call without type",
                assistant_call(json!({"id": "1", "function": {"name": "f", "arguments": "{}"}})),
                "/messages/0/tool_calls/0",
                "\"type\" is a required property",
            ),
            (
                "arguments as object",
                assistant_call(
                    json!({"id": "1", "type": "function", "function": {"name": "f", "arguments": {}}}),
                ),
                "/messages/0/tool_calls/0/function/arguments",
                "is not of type \"string\"",
            ),
        ],
    );
}

fn messages(messages: Value) -> SentRequest {
    chat(json!({"messages": messages}))
}
