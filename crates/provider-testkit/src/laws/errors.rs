//! Failures.

use std::time::Duration;

use laravel_ai_core::{Error, ErrorKind, Retry};

use crate::violation::{ensure, same};
use crate::wire::Reply;
use crate::{Answer, Role, Subject, Violation};

const AGAIN: Retry = Retry::SameTarget { after: None };

/// A status, the kinds that it may be, and its retry class.
type Row = (u16, &'static [ErrorKind], Retry);

const STATUSES: &[Row] = &[
    (400, &[ErrorKind::InvalidRequest], Retry::Never),
    (401, &[ErrorKind::Authentication], Retry::OtherTarget),
    (403, &[ErrorKind::Permission], Retry::OtherTarget),
    // A wrong path must not send a call elsewhere, a missing model may.
    (404, &[ErrorKind::InvalidRequest], Retry::Never),
    (408, &[ErrorKind::Timeout], AGAIN),
    (409, &[ErrorKind::Server], AGAIN),
    (413, &[ErrorKind::InvalidRequest], Retry::Never),
    (422, &[ErrorKind::InvalidRequest], Retry::Never),
    (429, &[ErrorKind::RateLimited], AGAIN),
    (500, &[ErrorKind::Server], AGAIN),
    (502, &[ErrorKind::Server], AGAIN),
    (503, &[ErrorKind::Server, ErrorKind::Overloaded], AGAIN),
    (504, &[ErrorKind::Server, ErrorKind::Timeout], AGAIN),
    (529, &[ErrorKind::Overloaded], AGAIN),
];

/// Bodies that say nothing: what a proxy sends, an empty object, nothing.
const BODIES: [(&str, &str); 3] = [
    ("text/html", "<html><body>Something is wrong</body></html>"),
    ("application/json", "{}"),
    ("text/plain", ""),
];

/// A failure whose body says nothing has kind and retry class by its status, in both forms: 400, 401, 403, 404,
/// 408, 409, 413, 422, 429, 5xx and 529. A refusal is never billed, and a stream's refusal is the error of the call.
///
/// # Errors
/// The status whose error is another.
pub async fn every_status_has_its_kind(subject: &Subject) -> Result<(), Violation> {
    for (status, kinds, retry) in STATUSES {
        for (content_type, body) in BODIES {
            let answer = Answer::new(content_type, body).with_status(*status);
            for whole in [true, false] {
                let error = failure(subject, Reply::new(answer.clone()), whole).await?;
                let at = |violation: Violation| violation.at(format_args!("status {status} with {body:?}"));
                ensure(kinds.contains(&error.kind()), format_args!("{kinds:?}"), || {
                    format!("{:?}", error.kind())
                })
                .map_err(at)?;
                same("the retry class", retry, &error.retry()).map_err(at)?;
                same("the status", &Some(*status), &error.status()).map_err(at)?;
                let refused = (400..500).contains(status) && *status != 408 && *status != 409;
                ensure(!(refused && error.possibly_billed()), "a refusal that is not billed", || {
                    format!("{error:?}")
                })
                .map_err(at)?;
            }
        }
    }
    Ok(())
}

/// The vendor's own failures have the kind that they stand for, in both forms.
///
/// # Errors
/// The failure that was read as another kind, or that none are declared.
pub async fn vendor_errors_have_their_kind(subject: &Subject) -> Result<(), Violation> {
    ensure(!subject.errors.is_empty(), "failures of the vendor (`Subject::with_error`)", || "none".into())?;
    for (answer, kind) in &subject.errors {
        for whole in [true, false] {
            let error = failure(subject, Reply::new(answer.clone()), whole).await?;
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            same("the kind", kind, &error.kind()).map_err(|violation| violation.at(body))?;
        }
    }
    Ok(())
}

/// The vendor's own delay is kept, as a floor for the next try.
///
/// # Errors
/// What came instead of the delay.
pub async fn retry_after_is_kept(subject: &Subject) -> Result<(), Violation> {
    for status in [429, 503] {
        let answer = Answer::json("{}").with_status(status).with_header("retry-after", "7");
        for whole in [true, false] {
            let error = failure(subject, Reply::new(answer.clone()), whole).await?;
            let expected = Retry::SameTarget { after: Some(Duration::from_secs(7)) };
            same("the retry class", &expected, &error.retry())
                .map_err(|violation| violation.at(format_args!("status {status}")))?;
        }
    }
    Ok(())
}

/// A failed call is one request: trying again is the business of layers.
///
/// # Errors
/// The number of requests.
pub async fn nothing_is_tried_twice(subject: &Subject) -> Result<(), Violation> {
    let request = &subject.exchange(Role::Text)?.request;
    for status in [401, 429, 500, 503] {
        for whole in [true, false] {
            let reply = || Reply::new(Answer::json("{}").with_status(status).with_header("retry-after", "0"));
            let stage = subject.open([reply(), reply(), reply()]).await?;
            let answered = stage.ask(request, whole).await?.is_ok();
            same("an error", &false, &answered)?;
            same("requests", &1, &stage.script.sent().len())
                .map_err(|violation| violation.at(format_args!("status {status}")))?;
        }
    }
    Ok(())
}

/// A connection that can't be made is a [`Transport`](ErrorKind::Transport) error, in both forms.
///
/// # Errors
/// What came instead.
pub async fn refused_connection_is_an_error(subject: &Subject) -> Result<(), Violation> {
    for whole in [true, false] {
        let error = failure(subject, Reply::refused(), whole).await?;
        same("the kind", &ErrorKind::Transport, &error.kind())?;
    }
    Ok(())
}

async fn failure(subject: &Subject, reply: Reply, whole: bool) -> Result<Error, Violation> {
    let stage = subject.open([reply]).await?;
    let request = &subject.exchange(Role::Text)?.request;
    match stage.ask(request, whole).await? {
        Err(error) => Ok(error),
        Ok(()) => {
            let form = if whole { "chat" } else { "stream" };
            Err(Violation::new(format_args!("an error of the call `{form}`"), "none"))
        }
    }
}
