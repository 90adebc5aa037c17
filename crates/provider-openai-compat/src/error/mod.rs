//! From what a server says when it refuses to an error.

mod body;
mod table;

use std::borrow::Cow;

use laravel_ai_core::{Error, ErrorKind, Retry};
use provider_http::words::with_facts;
use provider_http::{BodyForm, Failure, parse_duration};

pub use self::body::OpenAiError;
use crate::dialect::Dialect;

/// The error that a failed answer stands for.
///
/// Read in this order: what the dialect recognises, the `code`, the `type`, well-known words of the message, the HTTP status
/// (a number as `code` counts as one). The vendor's own words are the error's source, see [`OpenAiError`]. `Retry-After`
/// and `x-should-retry` of the answer are honoured; a delay that only the message names is read too. What a server does not
/// explain although HTTP said 200 is its own failure, since it had begun.
pub fn error_of(dialect: &Dialect, failure: &Failure) -> Error {
    let error = match OpenAiError::read(&failure.body) {
        Some(said) => explained(dialect, failure, said),
        None => wordless(failure),
    };
    if error.kind() != ErrorKind::Unknown || !failure.status.is_success() {
        return error;
    }
    // The server had taken the request and begun, so what it can't explain is its own failure.
    error.with_kind(ErrorKind::Server).with_retry(failure.retry(ErrorKind::Server)).with_possibly_billed(true)
}

fn explained(dialect: &Dialect, failure: &Failure, said: OpenAiError) -> Error {
    // A status inside the body is the better one where a gateway answers 200 for everything.
    let status = match failure.status.as_u16() {
        200..=299 => said.status().unwrap_or(failure.status.as_u16()),
        status => status,
    };
    let kind = (dialect.classify)(&said, status).unwrap_or_else(|| said.class(status));
    let mut failure = Cow::Borrowed(failure);
    if failure.retry_after.is_none()
        && let Some(delay) = delay_in(&said.message)
    {
        failure.to_mut().retry_after = Some(delay);
    }
    let what = (dialect.explain)(&said, status).unwrap_or_else(|| general(&said, kind));
    let error = failure.error(kind, describe(&said, what)).with_source(said.clone());
    match kind {
        // Waiting doesn't make a request smaller, nor another tier free.
        ErrorKind::RateLimited | ErrorKind::Overloaded
            if failure.should_retry != Some(true) && (said.is_too_large() || said.is_tier_full()) =>
        {
            error.with_retry(Retry::OtherTarget)
        }
        // Refused before anything was generated.
        ErrorKind::ContentFiltered if failure.status.is_client_error() => error.with_possibly_billed(false),
        _ => error,
    }
}

/// The error of an error object that is only a part of `answer`, such as a frame of a stream: HTTP said 200.
pub fn error_in_answer(dialect: &Dialect, answer: &Failure, data: &str) -> Error {
    error_of(dialect, &answer.with_body(data.to_owned()))
}

fn wordless(failure: &Failure) -> Error {
    let error = failure.default_error();
    match failure.status.as_u16() {
        404 | 405 => failure.error(
            ErrorKind::InvalidRequest,
            "there is no such path at the server: check `base_url`, which mostly ends in /v1",
        ),
        200..=299 if failure.form() == BodyForm::Empty => {
            failure.error(ErrorKind::Decode, "the answer is empty")
        }
        _ => error,
    }
}

/// What failed and what to do, in our words: the vendor's may hold parts of the prompt or of the key.
fn general(said: &OpenAiError, kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Authentication => {
            "the provider refuses the API key: check it, and that it belongs to this endpoint"
        }
        ErrorKind::Permission => "the API key may not do this, or not from here",
        ErrorKind::ModelNotFound => "the model does not exist there, or the key may not use it",
        ErrorKind::ContextTooLong => {
            "the prompt is longer than the model's context: shorten or drop messages"
        }
        ErrorKind::ContentFiltered => "the provider's policy blocked the request",
        ErrorKind::QuotaExceeded => "credit or spend limit is used up: check plan and billing",
        ErrorKind::RateLimited if said.is_too_large() => {
            "the request alone is larger than the limit of tokens per minute: make it smaller"
        }
        ErrorKind::RateLimited => "too many requests or tokens for the moment: slow down",
        ErrorKind::Overloaded => "no capacity at the moment: try again later",
        ErrorKind::Server => "an error on the provider's side: try again later",
        ErrorKind::Timeout => "the provider ran out of time",
        ErrorKind::InvalidRequest => "the provider refuses the request",
        ErrorKind::Unsupported => "the provider can't do this",
        _ => "the provider refused without a reason that this driver knows",
    }
}

/// `what` with the names that the provider gives it.
fn describe(said: &OpenAiError, what: &str) -> String {
    let facts = [
        ("code", said.code.as_deref()),
        ("type", said.kind.as_deref()),
        ("parameter", said.param.as_deref()),
    ];
    with_facts(what, &facts)
}

/// The delay in "Please try again in 7m12s" or "Resets in: 3m 4s".
fn delay_in(message: &str) -> Option<std::time::Duration> {
    let lower = message.to_ascii_lowercase();
    let (_, after) = lower.split_once("try again in ").or_else(|| lower.split_once("resets in: "))?;
    let units =
        |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(['s', 'm', 'h']);
    let text: String =
        after.split_whitespace().map(|word| word.trim_end_matches(['.', ','])).take_while(units).collect();
    parse_duration(&text)
}
