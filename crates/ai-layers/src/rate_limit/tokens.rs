//! How many tokens a call may use, roughly and without asking anyone.

use std::sync::Arc;

use laravel_ai_core::{
    AssistantPart, ChatRequest, EmbeddingInput, Error, ErrorKind, Message, StreamEvent, Tool, ToolResultPart,
    UserPart,
};

use serde_json::Value;

use crate::call::Asked;

/// One token is about four bytes of text.
const BYTES: usize = 4;
/// What an image, a sound or a file is taken for.
const MEDIA: usize = 1_000 * BYTES;
/// What each message costs beside its text.
const FRAME: usize = 4 * BYTES;

pub(super) fn of_bytes(bytes: usize) -> u64 {
    bytes.div_ceil(BYTES) as u64
}

/// The tokens of the question.
pub(crate) fn of(asked: Asked<'_>) -> u64 {
    of_bytes(match asked {
        Asked::Chat(request) => request_bytes(request),
        Asked::Embedding(request) => request
            .inputs
            .iter()
            .map(|input| match input {
                EmbeddingInput::Text(text) => text.len(),
                EmbeddingInput::Tokens(tokens) => tokens.len() * BYTES,
                _ => 0,
            })
            .sum(),
        _ => 0,
    })
}

/// The most tokens of the answer.
pub(super) fn most(asked: Asked<'_>, assumed: u32) -> u64 {
    match asked {
        Asked::Chat(request) => request.max_output_tokens.unwrap_or(assumed).into(),
        _ => 0,
    }
}

/// The bytes that an event adds to the answer.
pub(super) fn bytes_of(event: &StreamEvent) -> usize {
    match event {
        StreamEvent::TextDelta { text, .. }
        | StreamEvent::ReasoningDelta { text, .. }
        | StreamEvent::RefusalDelta { text, .. }
        | StreamEvent::ToolInputDelta { text, .. } => text.len(),
        StreamEvent::Part { part, .. } => part_bytes(part),
        _ => 0,
    }
}

/// Whether the failure is one of a call that never reached the vendor.
pub(super) fn was_never_sent(error: &Error) -> bool {
    let ours = matches!(
        error.kind(),
        ErrorKind::Configuration
            | ErrorKind::InvalidRequest
            | ErrorKind::Unsupported
            | ErrorKind::BudgetExceeded
            | ErrorKind::Throttled
            | ErrorKind::CircuitOpen
            | ErrorKind::Transport
            | ErrorKind::Timeout
    );
    ours && error.status().is_none() && !error.possibly_billed()
}

fn request_bytes(request: &Arc<ChatRequest>) -> usize {
    if let Some(raw) = &request.raw {
        return raw.as_str().len();
    }
    let tools = request.tools.iter().map(|tool| match tool {
        Tool::Function(tool) => {
            tool.name.len() + tool.description.as_ref().map_or(0, String::len) + 50 * BYTES
        }
        _ => 50 * BYTES,
    });
    request.messages.iter().map(|message| FRAME + message_bytes(message)).chain(tools).sum()
}

fn message_bytes(message: &Message) -> usize {
    match message {
        Message::System(parts) => parts.iter().map(|part| part.text.len()).sum(),
        Message::User(parts) => parts.iter().map(user_bytes).sum(),
        Message::Assistant(parts) => parts.iter().map(part_bytes).sum(),
        Message::Tool(results) => results
            .iter()
            .flat_map(|result| &result.content)
            .map(|part| match part {
                ToolResultPart::Text(text) => text.text.len(),
                ToolResultPart::Json { value } => json_bytes(value),
                _ => MEDIA,
            })
            .sum(),
    }
}

fn json_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(json_bytes).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + json_bytes(value)).sum(),
        _ => BYTES,
    }
}

fn user_bytes(part: &UserPart) -> usize {
    match part {
        UserPart::Text(text) => text.text.len(),
        _ => MEDIA,
    }
}

fn part_bytes(part: &AssistantPart) -> usize {
    match part {
        AssistantPart::Text(text) => text.text.len(),
        AssistantPart::Reasoning(reasoning) => reasoning.text.len(),
        AssistantPart::Refusal(refusal) => refusal.text.len(),
        AssistantPart::ToolCall(call) => call.name.len() + call.arguments.len(),
        _ => MEDIA,
    }
}
