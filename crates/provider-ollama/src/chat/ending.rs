//! What is known at the end of an answer.

use std::collections::BTreeMap;

use laravel_ai_core::{Finish, FinishReason, RawJson, ResponseFinish};
use provider_http::wire::Members;
use serde_json::value::RawValue;

use super::wire::Answer;
use crate::embedding::used;

/// What an answer holds beside its parts, by the server's names: how long everything took (nanoseconds), who really served a
/// cloud model, how likely the tokens were.
#[derive(Debug, Default)]
pub(super) struct Extras {
    metadata: BTreeMap<String, RawJson>,
    /// The likelihoods so far, without the brackets of the list.
    logprobs: String,
}

impl Extras {
    pub(super) fn note(&mut self, members: &Members<'_>) {
        for (key, value) in members {
            self.metadata.insert(key.as_str().to_owned(), RawJson::from(*value));
        }
    }

    pub(super) fn likelihoods(&mut self, list: &RawValue) {
        let inner = list.get().strip_prefix('[').and_then(|list| list.strip_suffix(']')).map(str::trim);
        let Some(inner) = inner.filter(|inner| !inner.is_empty()) else { return };
        if !self.logprobs.is_empty() {
            self.logprobs.push(',');
        }
        self.logprobs.push_str(inner);
    }

    pub(super) fn into_metadata(mut self) -> BTreeMap<String, RawJson> {
        if !self.logprobs.is_empty()
            && let Ok(list) = RawJson::parse(format!("[{}]", self.logprobs))
        {
            self.metadata.insert("logprobs".into(), list);
        }
        self.metadata
    }
}

/// The end that the last line, or the whole answer, tells. The word stays `stop` with tool calls, so they decide over it.
pub(super) fn ending(answer: &Answer<'_>, calls: bool, mut extras: Extras) -> ResponseFinish {
    let raw = answer.done_reason.owned();
    let reason = match raw.as_deref() {
        Some("length") => FinishReason::Length,
        _ if calls => FinishReason::ToolCalls,
        Some("stop") => FinishReason::Stop,
        // `load` and `unload` answer requests without messages; old servers give no word.
        _ => FinishReason::Unknown,
    };
    let mut finish = Finish::new(reason);
    finish.raw = raw;
    if let Some(time) = answer.created_at.filled()
        && let Ok(time) = RawJson::of(time)
    {
        extras.metadata.insert("created_at".into(), time);
    }
    let mut end = ResponseFinish::new(finish, used(answer.prompt_tokens.0, answer.answer_tokens.0));
    end.metadata = extras.into_metadata();
    end
}
