//! A conversation as one text.

use std::fmt::Write as _;

use laravel_ai_core::{AssistantPart, Message, ToolResult, ToolResultPart, UserPart};

/// Writes the message down, each part under the name of who it is from. What is no text is named.
pub(super) fn write(message: &Message, out: &mut String) {
    match message {
        Message::System(parts) => parts.iter().for_each(|part| entry(out, "instructions", &part.text)),
        Message::User(parts) => parts.iter().for_each(|part| entry(out, "user", user(part))),
        Message::Assistant(parts) => parts.iter().for_each(|part| assistant(part, out)),
        Message::Tool(results) => results.iter().for_each(|it| result(it, out)),
    }
}

fn entry(out: &mut String, who: &str, what: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "[{who}]\n{what}\n");
}

fn user(part: &UserPart) -> &str {
    match part {
        UserPart::Text(part) => &part.text,
        UserPart::Image(_) => "(an image)",
        UserPart::Audio(_) => "(a sound)",
        UserPart::File(_) => "(a file)",
        _ => "(something else)",
    }
}

fn assistant(part: &AssistantPart, out: &mut String) {
    match part {
        AssistantPart::Text(part) => entry(out, "assistant", &part.text),
        AssistantPart::Refusal(part) => entry(out, "assistant", &part.text),
        AssistantPart::ToolCall(call) => {
            entry(out, &format!("assistant calls the tool {}", call.name), &call.arguments);
        }
        AssistantPart::ProviderCall(call) => {
            let input = call.input.as_ref().map_or("", |input| input.as_str());
            entry(out, &format!("assistant used {}", call.name), input);
        }
        AssistantPart::Media(_) => entry(out, "assistant", "(an image or sound)"),
        // How it thought, and what only its vendor can read, is not what was said.
        _ => {}
    }
}

fn result(result: &ToolResult, out: &mut String) {
    let name = result.name.as_deref().unwrap_or("a tool");
    let who = format!("{} of {name}", if result.is_error { "error" } else { "result" });
    for part in &result.content {
        match part {
            ToolResultPart::Text(part) => entry(out, &who, &part.text),
            ToolResultPart::Json { value } => entry(out, &who, &value.to_string()),
            _ => entry(out, &who, "(an image, a file or something else)"),
        }
    }
}
