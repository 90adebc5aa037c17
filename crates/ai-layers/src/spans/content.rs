//! Messages in the form of the conventions: a list of messages with a role and parts, as JSON.

use ai_events::genai;
use laravel_ai_core::{AssistantPart, FinishReason, Message, ToolResult, ToolResultPart, UserPart};
use serde_json::{Value, json};

/// The instructions, and the other messages.
pub(super) fn input(messages: &[Message]) -> (Option<String>, String) {
    let (mut system, mut others) = (Vec::new(), Vec::new());
    for message in messages {
        match message {
            Message::System(parts) => system.extend(parts.iter().map(|part| text(&part.text))),
            Message::User(parts) => others.push(told("user", parts.iter().map(of_user).collect())),
            Message::Assistant(parts) => {
                others.push(told("assistant", parts.iter().map(of_assistant).collect()))
            }
            Message::Tool(results) => others.push(told("tool", results.iter().map(of_tool).collect())),
        }
    }
    let system = (!system.is_empty()).then(|| Value::Array(system).to_string());
    (system, Value::Array(others).to_string())
}

/// The one message of an answer.
pub(super) fn output(parts: &[AssistantPart], reason: FinishReason) -> String {
    let parts: Vec<Value> = parts.iter().map(of_assistant).collect();
    json!([{"role": "assistant", "parts": parts, "finish_reason": genai::finish_reason(reason)}]).to_string()
}

fn told(role: &str, parts: Vec<Value>) -> Value {
    json!({"role": role, "parts": parts})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "content": text})
}

/// Media are named and left out: a trace is no place for them.
fn of_user(part: &UserPart) -> Value {
    match part {
        UserPart::Text(part) => text(&part.text),
        UserPart::Image(_) => json!({"type": "image"}),
        UserPart::Audio(_) => json!({"type": "audio"}),
        UserPart::File(_) => json!({"type": "file"}),
        _ => json!({"type": "unknown"}),
    }
}

fn of_assistant(part: &AssistantPart) -> Value {
    match part {
        AssistantPart::Text(part) => text(&part.text),
        AssistantPart::Reasoning(part) => json!({"type": "reasoning", "content": part.text}),
        AssistantPart::Refusal(part) => json!({"type": "refusal", "content": part.text}),
        AssistantPart::ToolCall(call) => {
            let arguments = serde_json::from_str(&call.arguments)
                .unwrap_or_else(|_| Value::from(call.arguments.as_str()));
            json!({"type": "tool_call", "id": call.id, "name": call.name, "arguments": arguments})
        }
        AssistantPart::Media(_) => json!({"type": "media"}),
        _ => json!({"type": "unknown"}),
    }
}

fn of_tool(result: &ToolResult) -> Value {
    let parts: Vec<Value> = result
        .content
        .iter()
        .map(|part| match part {
            ToolResultPart::Text(part) => Value::from(part.text.as_str()),
            ToolResultPart::Json { value } => value.clone(),
            _ => json!({"type": "media"}),
        })
        .collect();
    json!({"type": "tool_call_response", "id": result.call_id, "response": parts})
}
