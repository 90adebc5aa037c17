//! Streams.

use futures_util::StreamExt as _;
use laravel_ai_core::{BlockKind, Context, Error, ErrorKind, Retry, StreamEvent, StreamLaw};
use std::sync::Arc;

use crate::stage::read;
use crate::violation::{ensure, same};
use crate::wire::{Reply, Split};
use crate::{Role, Subject, Violation};

/// Every stream keeps the law of [`StreamEvent`]: starts, deltas and ends in their order, one finish or one error.
///
/// # Errors
/// The event that breaks it.
pub async fn stream_keeps_the_law(subject: &Subject) -> Result<(), Violation> {
    subject.exchange(Role::Text)?;
    for role in subject.roles() {
        let (events, error) = subject.events(role, Split::Whole).await?;
        let mut law = StreamLaw::default();
        let broken = |violation: laravel_ai_core::LawViolation| {
            Violation::new(
                "events that keep the stream law",
                format_args!("{violation} in the role {role:?}"),
            )
        };
        for event in &events {
            law.event(event).map_err(broken)?;
        }
        match &error {
            Some(error) if role != Role::Failing => {
                return Err(Violation::new("a stream without error", error).at(format_args!("{role:?}")));
            }
            Some(_) => law.error().map_err(broken)?,
            None => {}
        }
        law.end().map_err(broken)?;
    }
    Ok(())
}

/// The network cuts a stream anywhere: at every byte or at random places, the events are the same.
///
/// # Errors
/// The role and the split whose events differ.
pub async fn any_split_gives_the_same_events(subject: &Subject) -> Result<(), Violation> {
    subject.exchange(Role::Text)?;
    for role in subject.roles() {
        let whole = told(subject.events(role, Split::Whole).await?);
        for split in [Split::Bytes, Split::Random(1), Split::Random(2), Split::Random(3)] {
            let cut = told(subject.events(role, split).await?);
            let at = |violation: Violation| violation.at(format_args!("{role:?} cut as {split:?}"));
            for (number, (expected, got)) in whole.iter().zip(&cut).enumerate() {
                same(&format!("item {number} of the uncut stream"), expected, got).map_err(at)?;
            }
            same("as many items as the uncut stream", &whole.len(), &cut.len()).map_err(at)?;
        }
    }
    Ok(())
}

/// Events and the error as text, ids that drivers make up aside.
fn told((events, error): (Vec<StreamEvent>, Option<Error>)) -> Vec<String> {
    let mut told: Vec<_> = events
        .into_iter()
        .map(|event| match event {
            StreamEvent::BlockStart { block, kind: BlockKind::ToolInput { name, call, .. } } => {
                format!("BlockStart {{ {block:?}, {name}, {call:?} }}")
            }
            event => format!("{event:?}"),
        })
        .collect();
    told.extend(error.map(|error| format!("{error} {:?} {:?}", error.retry(), error.partial())));
    told
}

/// Events and members that a later version of the vendor's API may bring change nothing, in both forms.
///
/// # Errors
/// What came instead of the text.
pub async fn unknown_events_are_ignored(subject: &Subject) -> Result<(), Violation> {
    let known = subject.streamed(Role::Text).await?;
    for answer in [subject.whole(Role::UnknownEvents).await?, subject.streamed(Role::UnknownEvents).await?] {
        same("the text without the unknown events", &known.text(), &answer.text())?;
        same("the finish", &known.finish, &answer.finish)?;
        same("the number of parts", &known.content.len(), &answer.content.len())?;
    }
    Ok(())
}

/// A body that ends before the answer does is an error, wherever it ends, and the error holds what was delivered.
///
/// # Errors
/// The place where a cut answer was taken for a whole one.
pub async fn cut_stream_is_an_error(subject: &Subject) -> Result<(), Violation> {
    interrupted(subject, Reply::ending_at).await
}

/// A connection that breaks inside an answer is an error, wherever it breaks, and the error holds what was
/// delivered.
///
/// # Errors
/// The place where a broken answer was taken for a whole one.
pub async fn broken_stream_is_an_error(subject: &Subject) -> Result<(), Violation> {
    interrupted(subject, Reply::breaking_at).await
}

async fn interrupted(subject: &Subject, cut: fn(Reply, usize) -> Reply) -> Result<(), Violation> {
    let exchange = subject.exchange(Role::Text)?;
    let answer = exchange.form(false)?;
    let whole = subject.streamed(Role::Text).await?;
    let request = Arc::new(exchange.request.clone());
    // A socket is slower than memory by far, so there only some places are tried.
    let step = if subject.is_remote() { answer.body.len().div_ceil(8).max(1) } else { 1 };
    let mut errors = 0;
    for place in (0..answer.body.len()).step_by(step) {
        let stage = subject.open([cut(Reply::new(answer.clone()), place)]).await?;
        let at = |violation: Violation| violation.at(format_args!("cut after {place} bytes"));
        let stream = match stage.chat_model()?.stream(&Context::new(), Arc::clone(&request)).await {
            Ok(stream) => stream,
            Err(error) => {
                is_interruption(&error).map_err(at)?;
                errors += 1;
                continue;
            }
        };
        let (events, error) = read(stream).await;
        let delivered: String = events.iter().filter_map(StreamEvent::as_text).collect();
        ensure(whole.text().starts_with(&delivered), "a beginning of the text", || delivered.clone())
            .map_err(at)?;
        let Some(error) = error else {
            // What is cut off may be an end that says nothing new.
            same("the whole text, or an error", &whole.text(), &delivered).map_err(at)?;
            let finished = events.iter().any(|event| match event {
                StreamEvent::Finish(finish) => finish.finish == whole.finish,
                _ => false,
            });
            ensure(finished, "the finish of the whole answer, or an error", || format!("{events:?}"))
                .map_err(at)?;
            continue;
        };
        errors += 1;
        is_interruption(&error).map_err(at)?;
        let partial = error.partial().map(|partial| partial.text()).unwrap_or_default();
        same("what was delivered, as the error's partial answer", &delivered, &partial).map_err(at)?;
        ensure(delivered.is_empty() || error.retry() == Retry::Never, "no retry after content", || {
            format!("{:?}", error.retry())
        })
        .map_err(at)?;
    }
    ensure(errors > 0, "an error at some place", || "none at any".into())
}

pub(super) fn is_interruption(error: &Error) -> Result<(), Violation> {
    let kinds = [ErrorKind::StreamInterrupted, ErrorKind::Transport, ErrorKind::Decode];
    ensure(kinds.contains(&error.kind()), "a StreamInterrupted, Transport or Decode error", || {
        format!("{error:?}")
    })
}

/// An error event inside a stream ends it with an error of its kind, which holds what was delivered. Where the role
/// has a whole form too, such as a status of 200 with an error in its body, the call fails with that kind.
///
/// # Errors
/// When the stream or the call ends otherwise.
pub async fn failing_stream_is_an_error(subject: &Subject) -> Result<(), Violation> {
    let exchange = subject.exchange(Role::Failing)?;
    let Some(expected) = exchange.error else {
        return Err(Violation::new("the kind of the error (`Exchange::failing`)", "none is declared"));
    };
    let (events, error) = subject.events(Role::Failing, Split::Whole).await?;
    let Some(error) = error else {
        return Err(Violation::new("a stream that ends with an error", format_args!("{events:?}")));
    };
    same("the kind (`Exchange::failing`)", &expected, &error.kind())?;
    let delivered: String = events.iter().filter_map(StreamEvent::as_text).collect();
    ensure(!delivered.is_empty(), "text before the error in the role Failing", || format!("{events:?}"))?;
    let partial = error.partial().map(|partial| partial.text()).unwrap_or_default();
    same("what was delivered, as the error's partial answer", &delivered, &partial)?;
    if exchange.whole.is_some() {
        let (model, _stage) = subject.model(Role::Failing, true, Split::Whole).await?;
        let answer = model.chat(&Context::new(), Arc::new(exchange.request.clone())).await;
        let kind = answer.err().map(|error| error.kind());
        same("the kind of the whole form", &Some(expected), &kind)?;
    }
    Ok(())
}

/// A stream is read as its reader asks for it: with the first content in hand, the end of the body is still unread.
/// On a socket this can't be seen, so there it is not looked at.
///
/// # Errors
/// When everything was read at once.
pub async fn reads_lazily(subject: &Subject) -> Result<(), Violation> {
    if subject.is_remote() {
        return Ok(());
    }
    let (model, stage) = subject.model(Role::Text, false, Split::Bytes).await?;
    let Some(stage) = stage else {
        return Err(Violation::new("a provider with a wire", "a model without one: declare the law"));
    };
    let exchange = subject.exchange(Role::Text)?;
    let length = exchange.streamed.as_ref().map_or(0, |answer| answer.body.len());
    let request = Arc::new(exchange.request.clone());
    let mut stream = model
        .stream(&Context::new(), request)
        .await
        .map_err(|error| crate::stage::unexpected(Role::Text, &error))?;
    while let Some(event) = stream.next().await {
        if event.is_ok_and(|event| event.is_content()) {
            break;
        }
    }
    let taken = stage.script.taken();
    ensure(taken < length, "a part of the body still unread after the first content", || {
        format!("all {taken} bytes were read")
    })
}
