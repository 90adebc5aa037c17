//! Errors that only xAI words like this; the rest of its table is the shared one.
//!
//! A code says little there: a wrong key is an invalid argument, an empty account a missing permission. So the wording comes
//! first, then xAI's codes, which inside a stream are all there is.

use laravel_ai_core::ErrorKind::{self, *};
use provider_openai_compat::OpenAiError;

/// Each line is one kind and all words that must occur.
const WORDINGS: &[(ErrorKind, &[&str])] = &[
    (QuotaExceeded, &["credits or licenses"]),
    (QuotaExceeded, &["available credits"]),
    (QuotaExceeded, &["spending limit"]),
    (QuotaExceeded, &["purchase", "credits"]),
    (QuotaExceeded, &["run out of credits"]),
    (ContentFiltered, &["usage guidelines"]),
    (ContentFiltered, &["safety_check"]),
    (Authentication, &["incorrect api key"]),
    (Authentication, &["no api key"]),
    (ContextTooLong, &["maximum prompt length"]),
    (Overloaded, &["at capacity"]),
    (ModelNotFound, &["model", "does not exist"]),
    // Said without a code.
    (InvalidRequest, &["live search is deprecated"]),
];

/// xAI's codes: slugs, and the sentences that they were before the middle of 2026.
const CODES: &[(ErrorKind, &[&str])] = &[
    (InvalidRequest, &["invalid-argument", "Client specified an invalid argument"]),
    (InvalidRequest, &["not-found", "Some requested entity was not found"]),
    (RateLimited, &["resource-exhausted", "Some resource has been exhausted"]),
    (
        Permission,
        &["permission-denied", "The caller does not have permission to execute the specified operation"],
    ),
    (Authentication, &["unauthenticated", "The request does not have valid authentication credentials"]),
];

/// The kind of an error that xAI words in its own way.
pub(crate) fn classify(said: &OpenAiError, _: u16) -> Option<ErrorKind> {
    let message = said.message.to_ascii_lowercase();
    let worded = WORDINGS.iter().find(|(_, words)| words.iter().all(|word| message.contains(word)));
    if let Some((kind, _)) = worded {
        return Some(*kind);
    }
    // `unauthenticated:no-credentials` and the like say more than is needed.
    let code = said.code.as_deref()?;
    let code = code.split(':').next().unwrap_or(code);
    let (kind, codes) = CODES.iter().find(|(_, codes)| codes.contains(&code))?;
    Some(match kind {
        InvalidRequest if codes.contains(&"not-found") && message.contains("model") => ModelNotFound,
        kind => *kind,
    })
}

/// What to say where the words for the kind would not help.
pub(crate) fn explain(said: &OpenAiError, status: u16) -> Option<&'static str> {
    let message = said.message.to_ascii_lowercase();
    let has = |words: &str| message.contains(words);
    if status == 410 || has("live search is deprecated") {
        return Some(LIVE_SEARCH);
    }
    if has("argument not supported on this model") {
        return Some(
            "the model does not take a parameter of the request: leave it out, or ask another model",
        );
    }
    None
}

/// Said of every request that carries `search_parameters`.
pub(crate) const LIVE_SEARCH: &str = "xAI's Live Search is gone and any request with `search_parameters` is refused: leave it out, \
                                      and give the tools `WebSearch` and `XSearch` to a connection with `api = \"responses\"`";
