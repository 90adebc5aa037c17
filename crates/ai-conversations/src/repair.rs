//! Making stored history fit to be sent.

use laravel_ai_core::{AssistantPart, Message, ToolCall, ToolResult, Warning, WarningKind};

/// What stands in for the result of a call that was never run.
const NOT_RUN: &str = "The call was not run: the conversation was interrupted before it.";

/// Completes history that no vendor would take, and says what was done: a tool call without a result gets one that
/// says so, a result without a call goes, a call whose arguments were cut goes.
pub fn repair(messages: Vec<Message>) -> (Vec<Message>, Vec<Warning>) {
    let mut repaired = Vec::with_capacity(messages.len());
    let mut warnings = Vec::new();
    let mut open: Vec<ToolCall> = Vec::new();
    for message in messages {
        match message {
            Message::Tool(results) => answer(&mut repaired, results, &mut open, &mut warnings),
            other => {
                close(&mut repaired, &mut open, &mut warnings);
                let other = whole(other, &mut warnings);
                if let Message::Assistant(parts) = &other {
                    open.extend(parts.iter().filter_map(AssistantPart::as_tool_call).cloned());
                    if parts.is_empty() {
                        continue;
                    }
                }
                repaired.push(other);
            }
        }
    }
    close(&mut repaired, &mut open, &mut warnings);
    (repaired, warnings)
}

/// Keeps the results that answer an open call.
fn answer(
    repaired: &mut Vec<Message>,
    mut results: Vec<ToolResult>,
    open: &mut Vec<ToolCall>,
    warnings: &mut Vec<Warning>,
) {
    results.retain(|result| {
        let Some(at) = open.iter().position(|call| call.id == result.call_id) else {
            warnings.push(warning(&result.call_id, "a result without a call was left out"));
            return false;
        };
        open.remove(at);
        true
    });
    if results.is_empty() {
        return;
    }
    match repaired.last_mut() {
        Some(Message::Tool(before)) => before.extend(results),
        _ => repaired.push(Message::Tool(results)),
    }
}

/// Gives every call that is still open a result that says it was not run.
fn close(repaired: &mut Vec<Message>, open: &mut Vec<ToolCall>, warnings: &mut Vec<Warning>) {
    let results: Vec<ToolResult> = open
        .drain(..)
        .map(|call| {
            warnings.push(warning(&call.id, "a call without a result was closed with a stated error"));
            ToolResult::error(&call, NOT_RUN)
        })
        .collect();
    if results.is_empty() {
        return;
    }
    match repaired.last_mut() {
        Some(Message::Tool(before)) => before.extend(results),
        _ => repaired.push(Message::Tool(results)),
    }
}

/// The message without calls whose arguments were cut, which can neither be run nor sent.
fn whole(mut message: Message, warnings: &mut Vec<Warning>) -> Message {
    if let Message::Assistant(parts) = &mut message {
        parts.retain(|part| match part.as_tool_call() {
            Some(call) if call.truncated => {
                warnings.push(warning(&call.id, "a call whose arguments were cut was left out"));
                false
            }
            _ => true,
        });
    }
    message
}

fn warning(call: &str, what: &str) -> Warning {
    Warning::new(WarningKind::HistoryRepaired, format!("tool call {call}"), what)
}
