//! Answers and failures in one line, for comparing.

use std::time::Duration;

use laravel_ai_core::{AssistantPart, ChatResponse, Error, FinishReason, Result, Retry, Usage};

/// The parts, why it ended, and what it used; or the failure.
pub(crate) fn said(answer: &Result<ChatResponse>) -> String {
    match answer {
        Ok(response) => {
            let parts: Vec<_> = response.content.iter().map(part).collect();
            let warned: String =
                response.warnings.iter().map(|warning| format!(" · warning {warning}")).collect();
            let (reason, usage) = (ended(response.finish.reason), used(&response.usage));
            format!("{} · {reason} · {usage}{warned}", parts.join(" "))
        }
        Err(error) => failed(error),
    }
}

/// The kind, the status, what may be tried, and what had arrived.
pub(crate) fn failed(error: &Error) -> String {
    let mut text = error.kind().to_string();
    if let Some(status) = error.status() {
        text += &format!(" · {status}");
    }
    text += " · ";
    text += &match error.retry() {
        Retry::SameTarget { after: Some(delay) } => format!("again after {}", seconds(delay)),
        Retry::SameTarget { after: None } => "again".into(),
        Retry::OtherTarget => "elsewhere".into(),
        Retry::Never => "never".into(),
        other => format!("{other:?}"),
    };
    if let Some(partial) = error.partial() {
        let parts: Vec<_> = partial.content.iter().map(part).collect();
        text += &format!(" · after “{}”", parts.join(" "));
    }
    text
}

fn seconds(delay: Duration) -> String {
    format!("{} s", delay.as_secs_f64())
}

fn part(part: &AssistantPart) -> String {
    match part {
        AssistantPart::Text(text) => shortened(&text.text),
        AssistantPart::Reasoning(reasoning) => format!("({})", shortened(&reasoning.text)),
        AssistantPart::ToolCall(call) => {
            let cut = if call.truncated { " cut" } else { "" };
            format!("{}#{}{}{cut}", call.name, call.id, call.arguments)
        }
        AssistantPart::Refusal(refusal) => format!("refusal: {}", refusal.text),
        other => format!("{other:?}"),
    }
}

fn shortened(text: &str) -> String {
    match text.chars().count() {
        0..=120 => text.to_owned(),
        count => format!("{}… ({count} characters)", text.chars().take(20).collect::<String>()),
    }
}

fn ended(reason: FinishReason) -> String {
    format!("{reason:?}")
}

fn used(usage: &Usage) -> String {
    let count = |tokens: Option<u64>| tokens.map_or("?".into(), |tokens| tokens.to_string());
    format!("{}+{}", count(usage.input), count(usage.output))
}
