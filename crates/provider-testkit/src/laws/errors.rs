//! Failures.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use laravel_ai_core::{Context, Error, ErrorKind, Retry};

use super::stream::is_interruption;
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
                let at = |violation: Violation| {
                    violation.at(format_args!("{} with status {status} and {body:?}", form(whole)))
                };
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

/// The vendor's own failures have the kind and the retry class that they stand for, in both forms.
///
/// # Errors
/// The failure that was read as another kind, or that none are declared.
pub async fn vendor_errors_have_their_kind(subject: &Subject) -> Result<(), Violation> {
    ensure(!subject.errors.is_empty(), "failures of the vendor (`Subject::with_error`)", || "none".into())?;
    for (answer, kind, retry) in &subject.errors {
        for whole in [true, false] {
            let error = failure(subject, Reply::new(answer.clone()), whole).await?;
            let body = String::from_utf8_lossy(&answer.body);
            let at = |violation: Violation| {
                violation.at(format_args!("{} with {} `{body}`", form(whole), answer.status))
            };
            same("the kind", kind, &error.kind()).map_err(at)?;
            same("the retry class", retry, &error.retry()).map_err(at)?;
        }
    }
    Ok(())
}

/// What can't be read as an answer is a [`Decode`](ErrorKind::Decode) error or an interruption, although the status
/// says that all is well: nothing, a web page, an object that says nothing, half of an answer. It may have been paid
/// for, and says so.
///
/// # Errors
/// What was taken for an answer.
pub async fn unreadable_answer_is_an_error(subject: &Subject) -> Result<(), Violation> {
    let exchange = subject.exchange(Role::Text)?;
    for whole in [true, false] {
        let answer = exchange.form(whole)?;
        let half = answer.body.slice(..answer.body.len() / 2);
        let page = Bytes::from_static(b"<html><body>Please log in</body></html>");
        for body in [Bytes::new(), Bytes::from_static(b"{}"), page, half] {
            let answer = Answer { body: body.clone(), ..answer.clone() };
            let error = failure(subject, Reply::new(answer), whole).await;
            let at = |violation: Violation| {
                violation.at(format_args!("{} with {:?}", form(whole), String::from_utf8_lossy(&body)))
            };
            let error = error.map_err(at)?;
            is_interruption(&error).map_err(at)?;
            ensure(error.possibly_billed(), "an error that says it may be billed", || format!("{error:?}"))
                .map_err(at)?;
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
                .map_err(|violation| violation.at(format_args!("{} with status {status}", form(whole))))?;
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
                .map_err(|violation| violation.at(format_args!("{} with status {status}", form(whole))))?;
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

/// The error of a call whose only reply is this; a stream that begins well is read to its end.
async fn failure(subject: &Subject, reply: Reply, whole: bool) -> Result<Error, Violation> {
    let begins_well = reply.answer.as_ref().is_some_and(|answer| answer.status.is_success());
    let stage = subject.open([reply]).await?;
    let request = Arc::new(subject.exchange(Role::Text)?.request.clone());
    let (model, ctx) = (stage.chat_model()?, Context::new());
    let answered = if whole {
        model.chat(&ctx, request).await
    } else {
        match model.stream(&ctx, request).await {
            Ok(stream) if begins_well => stream.into_response().await,
            Ok(_) => return Err(Violation::new("an error of the call `stream`", "a stream")),
            Err(error) => Err(error),
        }
    };
    match answered {
        Err(error) => Ok(error),
        Ok(answer) => {
            let expected = format_args!("an error of `{}`", form(whole));
            let got = format_args!("an answer that ended for {:?}: {:?}", answer.finish, answer.content);
            Err(Violation::new(expected, got))
        }
    }
}

fn form(whole: bool) -> &'static str {
    if whole { "chat" } else { "stream" }
}
