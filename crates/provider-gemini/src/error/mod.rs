//! From what Google says when it refuses to an error.

mod body;
mod table;

use std::borrow::Cow;

use laravel_ai_core::{Error, ErrorKind};
use provider_http::words::with_facts;
use provider_http::{BodyForm, Failure};

pub use self::body::{GeminiError, QuotaViolation};

/// The error that a failed answer stands for: by the reason in the details, well-known words of the message, the status.
/// Google's own words are the error's source. A limit per day is used up, whatever delay comes with it.
pub(crate) fn error_of(failure: &Failure) -> Error {
    let Some(said) = GeminiError::read(&failure.body) else { return wordless(failure) };
    // A status inside the body is the better one where HTTP said 200.
    let status = match failure.status.as_u16() {
        200..=299 => said.code.unwrap_or(failure.status.as_u16()),
        status => status,
    };
    let mut kind = said.class(status);
    let begun = failure.status.is_success();
    if begun && kind == ErrorKind::Unknown {
        // It had taken the request and begun, so what it can't explain is its own failure.
        kind = ErrorKind::Server;
    }
    let mut failure = Cow::Borrowed(failure);
    if failure.retry_after.is_none() && said.retry_delay.is_some() {
        failure.to_mut().retry_after = said.retry_delay;
    }
    let error = failure.error(kind, describe(&said, kind)).with_source(said);
    if begun && kind == ErrorKind::Server { error.with_possibly_billed(true) } else { error }
}

/// The error of an error object that is only a part of `answer`, such as a frame of a stream: HTTP said 200.
pub(crate) fn error_in_answer(answer: &Failure, data: &str) -> Error {
    error_of(&answer.with_body(data.to_owned()))
}

fn wordless(failure: &Failure) -> Error {
    match failure.status.as_u16() {
        404 | 405 => failure.error(
            ErrorKind::InvalidRequest,
            "there is no such path at the server: check `base_url` and `api_version`",
        ),
        402 => failure.error(ErrorKind::QuotaExceeded, "credit is used up: check plan and billing"),
        499 => failure.error(ErrorKind::Cancelled, "the provider gave the request up"),
        200..=299 if failure.form() == BodyForm::Empty => {
            failure.error(ErrorKind::Decode, "the answer is empty")
        }
        _ => failure.default_error(),
    }
}

/// What failed and what to do, in our words: the vendor's may hold parts of the prompt or of the key.
fn describe(said: &GeminiError, kind: ErrorKind) -> String {
    let what = match kind {
        ErrorKind::Authentication => "Google refuses the API key, or got none: check it",
        ErrorKind::Permission => "the API key may not do this, or not from here",
        ErrorKind::ModelNotFound => "the model does not exist there, or does not do this",
        ErrorKind::ContextTooLong => {
            "the prompt is longer than the model's context: shorten or drop messages"
        }
        ErrorKind::QuotaExceeded if said.quota.iter().any(|limit| limit.id.contains("PerDay")) => {
            "the limit of the day is used up: it comes back at midnight Pacific time"
        }
        ErrorKind::QuotaExceeded => "the plan has no room for this: check plan and billing",
        ErrorKind::RateLimited => "too many requests or tokens for the moment: slow down",
        ErrorKind::Overloaded => "no capacity at the moment: try again later",
        ErrorKind::Server => "an error on Google's side: try again later",
        ErrorKind::Timeout => "Google ran out of time",
        ErrorKind::Cancelled => "the request was given up",
        ErrorKind::InvalidRequest if said.message.contains("thought_signature") => {
            "a call of a function goes back without its signature: send the parts of answers as they came"
        }
        ErrorKind::InvalidRequest => "Google refuses the request",
        ErrorKind::Unsupported => "Google can't do this",
        _ => "Google refused without a reason that this driver knows",
    };
    let limit = said.quota.first().map(|limit| limit.id.as_str());
    let facts = [
        ("status", said.status.as_deref()),
        ("reason", said.reason.as_deref()),
        ("field", said.fields.first().map(String::as_str)),
        ("limit", limit),
    ];
    with_facts(what, &facts)
}
