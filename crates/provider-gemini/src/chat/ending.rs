//! How an answer ended, and what it says of itself.

use std::collections::BTreeMap;
use std::fmt;

use laravel_ai_core::{
    Error, ErrorKind, Finish, FinishReason, Partial, RawJson, Usage, Warning, WarningKind,
};
use provider_http::Failure;
use provider_http::wire::{Raw, object, parse, wire};

use super::wire::{Answer, Candidate, Feedback};

/// The finish of an answer that ended with Google's word `raw`. Calls end with `STOP`, so they decide.
pub(super) fn finish(raw: Option<&str>, calls: bool) -> Finish {
    let reason = match raw.unwrap_or_default() {
        "STOP" | "FINISH_REASON_STOP" => FinishReason::Stop,
        // `CONTINUATION` is cut too: it goes on with the token that comes with it.
        "MAX_TOKENS" | "CONTINUATION" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR" => FinishReason::ContentFilter,
        _ => FinishReason::Unknown,
    };
    let reason = match reason {
        FinishReason::Stop | FinishReason::Unknown if calls => FinishReason::ToolCalls,
        reason => reason,
    };
    match raw {
        Some(raw) => Finish::new(reason).with_raw(raw),
        None => Finish::new(reason),
    }
}

/// What has to be told of an answer that ended like this.
pub(super) fn told(raw: Option<&str>) -> Option<Warning> {
    let message = match raw? {
        "MALFORMED_FUNCTION_CALL" | "MALFORMED_RESPONSE" => {
            "the model wrote a call or an answer that Google could not read; asking again often helps"
        }
        "UNEXPECTED_TOOL_CALL" => "the model called a tool although it was given none",
        "TOO_MANY_TOOL_CALLS" => "Google stopped the model after too many calls of tools",
        "MISSING_THOUGHT_SIGNATURE" => {
            "a call in the history has no signature: send the parts of answers as they came"
        }
        _ => return None,
    };
    Some(Warning::new(WarningKind::Other, "finish", message))
}

pub(super) fn further_candidates() -> Warning {
    let message = "further candidates were left out; ask with one request each to have several answers";
    Warning::new(WarningKind::AnswerDropped, "candidates", message)
}

/// What else an answer says, by Google's names.
#[derive(Debug, Default)]
pub(super) struct Notes {
    metadata: BTreeMap<String, RawJson>,
    logprobs: Vec<String>,
}

wire! {
    struct Logprobs<'a> {
        top: Raw<'a> = "topCandidates",
        chosen: Raw<'a> = "chosenCandidates",
    } ignoring _
}

impl Notes {
    /// Takes note; in a stream what comes later holds, but likelihoods are those of all pieces.
    pub(super) fn candidate(&mut self, candidate: &Candidate<'_>) {
        for (key, value) in &candidate.other {
            self.note(key.as_str(), Some(value));
        }
        self.note("groundingMetadata", candidate.grounding);
        self.note("urlContextMetadata", candidate.urls);
        self.note("citationMetadata", candidate.citations);
        self.logprobs.extend(candidate.logprobs.map(|raw| raw.get().to_owned()));
    }

    pub(super) fn answer(&mut self, answer: &Answer<'_>) {
        for (key, value) in &answer.other {
            self.note(key.as_str(), Some(value));
        }
        if let Some(Feedback { ratings: Some(ratings), .. }) = &answer.feedback {
            self.note("promptSafetyRatings", Some(ratings));
        }
    }

    fn note(&mut self, name: &str, value: Raw<'_>) {
        let Some(value) = value.filter(|value| !matches!(value.get(), "{}" | "[]")) else { return };
        match self.metadata.get_mut(name) {
            Some(place) if place.as_str() == value.get() => {}
            Some(place) => *place = RawJson::from(value),
            None => _ = self.metadata.insert(name.to_owned(), RawJson::from(value)),
        }
    }

    pub(super) fn into_metadata(mut self) -> BTreeMap<String, RawJson> {
        let lists: Vec<Logprobs<'_>> = self.logprobs.iter().filter_map(|raw| parse(raw).ok()).collect();
        let joined = |lists: Vec<Raw<'_>>| {
            let inner =
                |raw: Raw<'_>| Some(raw?.get().trim().strip_prefix('[')?.strip_suffix(']')?.to_owned());
            format!("[{}]", lists.into_iter().filter_map(inner).collect::<Vec<_>>().join(","))
        };
        let logprobs = match self.logprobs.as_slice() {
            [] => None,
            [only] => RawJson::parse(only.clone()).ok(),
            _ => object([
                ("topCandidates", joined(lists.iter().map(|list| list.top).collect()).as_str()),
                ("chosenCandidates", joined(lists.iter().map(|list| list.chosen).collect()).as_str()),
            ]),
        };
        drop(lists);
        self.metadata.extend(logprobs.map(|logprobs| ("logprobsResult".to_owned(), logprobs)));
        self.metadata
    }
}

/// A prompt that Google's policy blocked: the source of an error of kind
/// [`ContentFiltered`](ErrorKind::ContentFiltered).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PromptBlocked {
    /// Why, in Google's word, such as `SAFETY` or `PROHIBITED_CONTENT`.
    pub reason: String,
    /// How each category of harm was rated, as Google says it.
    pub ratings: Option<RawJson>,
}

impl fmt::Display for PromptBlocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the prompt was blocked, {}", self.reason)
    }
}

impl std::error::Error for PromptBlocked {}

/// The error of an answer whose prompt was blocked, if it was. What it used is its partial.
pub(super) fn blocked(answer: &Answer<'_>, failure: &Failure, usage: Usage) -> Option<Error> {
    let feedback = answer.feedback.as_ref()?;
    let reason = feedback.reason.filled()?;
    let word: String = reason.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    let message = format!("the prompt was blocked by Google's policy: {word}");
    let source = PromptBlocked { reason: reason.to_owned(), ratings: feedback.ratings.map(RawJson::from) };
    let error = failure.error(ErrorKind::ContentFiltered, message).with_source(source);
    Some(with_usage(error, usage))
}

/// The error with what was used, if that is known.
pub(super) fn with_usage(error: Error, usage: Usage) -> Error {
    if usage.is_unknown() { error } else { error.with_partial(Partial::new(Vec::new()).with_usage(usage)) }
}
