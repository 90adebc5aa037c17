//! Secrets.

use std::error::Error as _;
use std::sync::Arc;

use laravel_ai_core::{Context, Error};

use super::request::all_headers;
use crate::stage::{KEY, read, unexpected};
use crate::violation::ensure;
use crate::wire::Reply;
use crate::{Answer, Role, Subject, Violation};

/// Of the key, as much as gives it away.
const RECOGNISABLE: usize = 12;
/// Of the text before a key, as much as says where it is.
const AROUND: usize = 80;

/// The key is sent, and shown nowhere: not in `Debug`, descriptions, rendered requests, answers, events, or errors,
/// even when the vendor repeats it.
///
/// # Errors
/// The text that shows it.
pub async fn secrets_stay_secret(subject: &Subject) -> Result<(), Violation> {
    let exchange = subject.exchange(Role::Text)?;
    let (ctx, request) = (Context::new(), Arc::new(exchange.request.clone()));
    let answers = [exchange.form(true)?.clone(), exchange.form(false)?.clone()];
    let stage = subject.open(answers.map(Reply::new)).await?;
    let model = stage.chat_model()?;
    let provider = &stage.provider;
    hidden("the provider", &format!("{provider:?} {provider:#?} {:?}", provider.describe()))?;
    hidden("the model", &format!("{model:?} {:?}", model.target()))?;
    hidden("the embedding model", &format!("{:?}", stage.embedding_model()))?;
    hidden("the catalogue", &format!("{:?}", stage.catalog()))?;
    let rendered =
        model.render(&ctx, &request).map_err(|error| Violation::new("a rendered request", error))?;
    hidden(
        "the rendered request",
        &format!("{rendered} {rendered:?} {:?}", serde_json::to_string(&rendered)),
    )?;
    let answer =
        model.chat(&ctx, Arc::clone(&request)).await.map_err(|error| unexpected(Role::Text, &error))?;
    hidden("the answer", &format!("{answer:?} {:?}", serde_json::to_string(&answer)))?;
    let stream =
        model.stream(&ctx, Arc::clone(&request)).await.map_err(|error| unexpected(Role::Text, &error))?;
    hidden("the stream", &format!("{stream:?}"))?;
    let (events, _) = read(stream).await;
    hidden("an event", &format!("{events:?} {:?}", serde_json::to_string(&events)))?;
    for sent in stage.script.sent() {
        let sent = format!("{} {} {}", sent.uri(), all_headers(&sent), String::from_utf8_lossy(sent.body()));
        ensure(sent.contains(KEY), "the configured key in the request", || "it was not sent".into())?;
    }
    for status in [400, 401, 500] {
        let said = format!("The key {KEY} is wrong.");
        let echo =
            serde_json::json!({"error": {"message": said, "code": KEY, "type": said}, "message": said});
        for answer in [Answer::json(echo.to_string()), Answer::new("text/plain", said.clone())] {
            let answer = answer.with_status(status).with_header("x-request-id", KEY);
            for whole in [true, false] {
                let stage = subject.open([Reply::new(answer.clone())]).await?;
                if let Err(error) = stage.ask(&request, whole).await? {
                    hidden("an error", &texts(&error))?;
                }
            }
        }
    }
    Ok(())
}

/// Everything that a log may print of an error.
fn texts(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    text
}

fn hidden(what: &str, text: &str) -> Result<(), Violation> {
    let start = KEY.get(..RECOGNISABLE).unwrap_or(KEY);
    let Some(at) = text.find(start) else { return Ok(()) };
    let before: String = text.get(..at).unwrap_or_default().chars().rev().take(AROUND).collect();
    let before: String = before.chars().rev().collect();
    Err(Violation::new(format_args!("no key in {what}"), format_args!("… {before}<THE KEY> …")))
}
