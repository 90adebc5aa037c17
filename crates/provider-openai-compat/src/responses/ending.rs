//! How an answer ended, and what it says of itself.

use std::collections::BTreeMap;

use laravel_ai_core::{
    AssistantPart, Error, ErrorKind, Finish, FinishReason, Partial, RawJson, ResponseFinish, Usage, Warning,
    WarningKind,
};
use provider_http::Failure;
use provider_http::calls::repeated_id;
use provider_http::wire::object;

use super::wire::Answer;
use crate::chat::usage_of;
use crate::dialect::Dialect;
use crate::error::error_in_answer;

/// What an answer holds, as far as its end depends on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    calls: bool,
    ids: Vec<String>,
    refusal: bool,
    logprobs: Vec<String>,
}

impl Held {
    pub(super) fn note(&mut self, part: &AssistantPart) {
        if let AssistantPart::ToolCall(call) = part {
            self.calls = true;
            self.ids.extend(Some(&call.id).filter(|id| !id.is_empty()).cloned());
        }
        self.refusal |= matches!(part, AssistantPart::Refusal(_));
    }

    /// A warning if two calls have one id.
    pub(super) fn repeated(&self) -> Option<Warning> {
        repeated_id(self.ids.iter().map(String::as_str))
    }

    pub(super) fn likelihoods(&mut self, lists: Vec<String>) {
        self.logprobs.extend(lists);
    }
}

/// Why the answer is none, if it is none: it failed or was cancelled, although HTTP said 200.
pub(super) fn failure(dialect: &Dialect, answer: &Answer<'_>, failed: impl Fn() -> Failure) -> Option<Error> {
    match (answer.status.filled(), answer.error) {
        (_, Some(error)) if answer.status.filled() != Some("completed") => {
            let said = object([("error", error.get())]);
            Some(error_in_answer(dialect, &failed(), said.as_ref().map_or("", RawJson::as_str)))
        }
        (Some("failed"), _) => {
            Some(failed().error(ErrorKind::Server, "the provider failed to answer, without a reason"))
        }
        (Some("cancelled"), _) => {
            Some(failed().error(ErrorKind::Cancelled, "the answer was cancelled at the provider"))
        }
        _ => None,
    }
}

/// What was generated before a failure, if anything was: it may be charged.
pub(super) fn with_partial(error: Error, content: Vec<AssistantPart>, usage: Usage) -> Error {
    if content.is_empty() && usage.is_unknown() {
        return error;
    }
    error.with_possibly_billed(true).with_partial(Partial::new(content).with_usage(usage))
}

pub(super) fn usage(dialect: &Dialect, answer: &Answer<'_>) -> Usage {
    answer.usage.map(|raw| usage_of(dialect, raw)).unwrap_or_default()
}

/// The end of an answer that is one.
pub(super) fn ending(dialect: &Dialect, answer: &Answer<'_>, held: Held) -> ResponseFinish {
    let mut end = ResponseFinish::new(finish(answer, &held), usage(dialect, answer));
    end.cost = end.usage.raw.as_ref().and_then(dialect.cost);
    end.service_tier = answer.service_tier.owned();
    let mut metadata = BTreeMap::new();
    for (key, value) in &answer.other {
        metadata.insert(key.as_str().to_owned(), RawJson::from(*value));
    }
    if let Some(transformations) = answer.transformations.filter(|raw| raw.get() != "[]") {
        metadata.insert("input_transformations".into(), RawJson::from(transformations));
    }
    if let Some(logprobs) = logprobs(&held.logprobs) {
        metadata.insert("logprobs".into(), logprobs);
    }
    end.metadata = metadata;
    end
}

/// Warnings for what the model did not get of what was sent.
pub(super) fn transformed(answer: &Answer<'_>) -> impl Iterator<Item = Warning> {
    answer.transformations().map(|change| {
        let kind = change.kind.filled().unwrap_or("item").to_owned();
        let name = |text: Option<&str>| text.unwrap_or("unknown").chars().take(64).collect::<String>();
        let message = format!(
            "the provider did not use it as it was sent ({}: {})",
            name(change.action.filled()),
            name(change.reason.filled())
        );
        Warning::new(WarningKind::StateDropped, kind, message)
    })
}

/// `completed` also ends answers that want tools to be run, and refusals.
fn finish(answer: &Answer<'_>, held: &Held) -> Finish {
    let status = answer.status.filled();
    let word = match status {
        Some("incomplete") => {
            answer.incomplete.as_ref().and_then(|details| details.reason.filled()).or(status)
        }
        status => status,
    };
    let reason = match (status, word) {
        (Some("incomplete"), Some("max_output_tokens" | "max_prompt_tokens")) => FinishReason::Length,
        (Some("incomplete"), Some("content_filter")) => FinishReason::ContentFilter,
        (Some("incomplete" | "queued" | "in_progress"), _) => FinishReason::Unknown,
        _ if held.calls => FinishReason::ToolCalls,
        (Some("completed") | None, _) if held.refusal => FinishReason::Refusal,
        (Some("completed") | None, _) => FinishReason::Stop,
        _ => FinishReason::Unknown,
    };
    match word {
        Some(word) => Finish::new(reason).with_raw(word),
        None => Finish::new(reason),
    }
}

/// All lists as one, in the shape that Chat Completions have.
fn logprobs(lists: &[String]) -> Option<RawJson> {
    let inner: Vec<&str> =
        lists.iter().filter_map(|list| list.trim().strip_prefix('[')?.strip_suffix(']')).collect();
    if inner.is_empty() {
        return None;
    }
    let all = format!("[{}]", inner.join(","));
    object([("content", all.as_str()), ("refusal", "null")])
}
