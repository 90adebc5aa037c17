//! The task of a run, whose whole life is here.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures_util::{FutureExt as _, StreamExt as _};
use laravel_ai_core::{ChatStream, Error, ErrorKind, Result, StreamEvent};
use tokio::sync::watch;

use crate::run::{RunState, Shared};
use crate::{Cursor, RunItem};

/// Runs it to its end. Whatever happens, the log gets a last item and viewers are told. One that is run `again` says nothing
/// of what it said before.
pub(crate) async fn drive(
    shared: Arc<Shared>,
    call: impl Future<Output = Result<ChatStream>> + Send,
    again: bool,
) {
    let cancelled = shared.cancel.subscribe();
    if again && let Err(error) = shared.log.forget(shared.id).await {
        tracing::error!(run = %shared.id, %error, "what a run said before was not forgotten");
    }
    let told = AssertUnwindSafe(tell(&shared, call, cancelled)).catch_unwind().await;
    let (state, last) = match told {
        Ok(Ok(())) => (RunState::Finished, None),
        Ok(Err(error)) if error.kind() == ErrorKind::Cancelled => (RunState::Cancelled, Some(error)),
        Ok(Err(error)) => (RunState::Failed, Some(error)),
        Err(_) => (
            RunState::Failed,
            Some(Error::new(ErrorKind::Unknown, "the run panicked").with_possibly_billed(true)),
        ),
    };
    if let Some(error) = last {
        // A viewer who can't be told by the log is told by the state, and finds the log short.
        if let Err(error) = append(&shared, RunItem::Failed(error)).await {
            tracing::error!(run = %shared.id, %error, "the end of a run was not kept");
        }
    }
    shared.set(state);
    shared.length.send_modify(|_| {});
}

async fn tell(
    shared: &Shared,
    call: impl Future<Output = Result<ChatStream>> + Send,
    mut cancelled: watch::Receiver<bool>,
) -> Result<()> {
    let mut stop = pin!(async move {
        // The sender is among what is shared, so it is there.
        let stopped = cancelled.wait_for(|cancelled| *cancelled).await;
        drop(stopped);
    });
    let mut stream = tokio::select! {
        biased;
        () = &mut stop => return Err(cancel()),
        stream = call => stream?,
    };
    loop {
        let next = tokio::select! {
            biased;
            () = &mut stop => {
                // The stream is dropped here: its connection and its permits are free.
                let partial = stream.into_partial();
                return Err(partial.into_iter().fold(cancel(), Error::with_partial));
            }
            next = stream.next() => next,
        };
        let Some(event) = next else {
            return Err(Error::new(ErrorKind::StreamInterrupted, "the answer ended before it was finished"));
        };
        let event = event?;
        let last = matches!(event, StreamEvent::Finish(_));
        append(shared, RunItem::Event(event)).await?;
        if last {
            return Ok(());
        }
    }
}

fn cancel() -> Error {
    Error::new(ErrorKind::Cancelled, "the run was cancelled").with_possibly_billed(true)
}

async fn append(shared: &Shared, item: RunItem) -> Result<()> {
    let at = Cursor::after(*shared.length.borrow());
    shared.log.append(shared.id, at, item).await?;
    shared.length.send_replace(at.next().position());
    Ok(())
}
