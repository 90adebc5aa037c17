//! What a dropped call leaves behind: nothing.

use std::pin::pin;
use std::sync::Arc;

use futures_util::StreamExt as _;
use laravel_ai_core::Context;

use crate::stage::unexpected;
use crate::violation::ensure;
use crate::wire::Reply;
use crate::{Role, Subject, Violation};

/// A dropped call gives its connection up: while the vendor is silent, and inside the body, in both forms.
///
/// # Errors
/// What stayed open.
pub async fn dropped_call_is_given_up(subject: &Subject) -> Result<(), Violation> {
    let exchange = subject.exchange(Role::Text)?;
    let answer = exchange.form(true)?.clone();
    let half = answer.body.len() / 2;
    let half = Reply::new(answer).stalling_at(half);
    for (reply, whole) in [(Reply::silent(), true), (Reply::silent(), false), (half, true)] {
        let stage = subject.open([reply]).await?;
        {
            let mut call = pin!(stage.ask(&exchange.request, whole));
            stage.until_open(call.as_mut()).await?;
        }
        stage.released("a dropped call").await?;
    }
    Ok(())
}

/// A dropped stream gives its connection up at once, although the vendor has more to say.
///
/// # Errors
/// What stayed open.
pub async fn dropped_stream_is_given_up(subject: &Subject) -> Result<(), Violation> {
    let exchange = subject.exchange(Role::Text)?;
    let answer = exchange.form(false)?.clone();
    let length = answer.body.len() * 2 / 3;
    let stage = subject.open([Reply::new(answer).stalling_at(length)]).await?;
    let mut stream = stage
        .chat_model()?
        .stream(&Context::new(), Arc::new(exchange.request.clone()))
        .await
        .map_err(|error| unexpected(Role::Text, &error))?;
    stream.next().await;
    ensure(stage.script.open() == 1, "one open answer while the stream is held", || {
        stage.script.open().to_string()
    })?;
    drop(stream);
    stage.released("a dropped stream").await
}

/// When calls are over and the handles are dropped, nothing holds the provider's ports: no task, no cache, no global.
///
/// # Errors
/// When the transport is still held.
pub async fn drop_releases_everything(subject: &Subject) -> Result<(), Violation> {
    let exchange = subject.exchange(Role::Text)?;
    let answers = [exchange.form(true)?.clone(), exchange.form(false)?.clone()];
    let mut stage = subject.open(answers.map(Reply::new)).await?;
    {
        let model = stage.chat_model()?;
        let (ctx, request) = (Context::new(), Arc::new(exchange.request.clone()));
        model.chat(&ctx, Arc::clone(&request)).await.map_err(|error| unexpected(Role::Text, &error))?;
        let answer = async { model.stream(&ctx, request).await?.into_response().await };
        answer.await.map_err(|error| unexpected(Role::Text, &error))?;
    }
    stage.released("the last event").await?;
    stage.provider = Arc::new(Nothing);
    ensure(stage.transport.upgrade().is_none(), "a transport that nothing holds any more", || {
        "it is still held".into()
    })
}

/// Takes the place of the dropped provider.
#[derive(Debug)]
struct Nothing;

impl laravel_ai_core::Provider for Nothing {
    fn name(&self) -> &str {
        "nothing"
    }

    fn describe(&self) -> laravel_ai_core::Description {
        laravel_ai_core::Description::default()
    }
}
