//! Answers while they are made.

mod event;
mod fold;
mod law;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

pub use self::event::{BlockId, BlockKind, ResponseFinish, ResponseStart, StreamEvent};
use self::fold::Fold;
pub use self::law::{LawViolation, StreamLaw};
use crate::{ChatResponse, Error, ErrorKind, Result, Target};

type Events = Pin<Box<dyn Stream<Item = Result<StreamEvent>> + Send>>;

/// An answer while it is made: a [`Stream`] of [`StreamEvent`] that ends with one finish or one error.
///
/// It can't lie: a source that ends without a finish becomes an [`ErrorKind::StreamInterrupted`], every error
/// carries what was delivered before it ([`Error::partial`]), and after finish or error there is nothing.
/// Dropping it cancels the call and closes the connection.
///
/// ```
/// # use laravel_ai_core::{ChatStream, Result};
/// # async fn run(stream: ChatStream) -> Result<()> {
/// let response = stream.into_response().await?;
/// println!("{}", response.text());
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is read"]
pub struct ChatStream {
    target: Target,
    events: Events,
    fold: Fold,
    over: bool,
    law: StreamLaw,
}

impl ChatStream {
    /// A stream of `events` from `target`.
    pub fn new(target: Target, events: impl Stream<Item = Result<StreamEvent>> + Send + 'static) -> Self {
        Self::boxed(target, Box::pin(events))
    }

    fn boxed(target: Target, events: Events) -> Self {
        Self { target, events, fold: Fold::default(), over: false, law: StreamLaw::default() }
    }

    /// Who was asked. Who answers is in [`StreamEvent::Start`], since a layer may have moved the call.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The same answer through `wrap`: how a layer watches or changes events. The wrapped stream keeps its own
    /// record of what was delivered, so wrapping a stream that was not read yet costs nothing per event.
    pub fn wrap<S>(self, wrap: impl FnOnce(Events) -> S) -> Self
    where
        S: Stream<Item = Result<StreamEvent>> + Send + 'static,
    {
        let Self { target, events, .. } = self;
        Self::boxed(target, Box::pin(wrap(events)))
    }

    /// Reads to the end and gives the whole answer, the same that the call without streaming would give.
    ///
    /// # Errors
    /// The error that ended the stream; [`Error::partial`] holds what was delivered before it.
    pub async fn into_response(mut self) -> Result<ChatResponse> {
        while let Some(event) = std::future::poll_fn(|cx| Pin::new(&mut self).poll_next(cx)).await {
            event?;
        }
        Ok(self.fold.response(self.target))
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<StreamEvent>>> {
        self.over = true;
        let error = error.with_target(&self.target);
        let error = match (error.partial(), self.fold.partial()) {
            (None, Some(partial)) => error.with_partial(partial),
            _ => error,
        };
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for ChatStream {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.over {
            return Poll::Ready(None);
        }
        match this.events.as_mut().poll_next(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(event))) => {
                if cfg!(debug_assertions)
                    && let Err(violation) = this.law.event(&event)
                {
                    return this.fail(Error::new(
                        ErrorKind::Decode,
                        format!("the driver broke the stream law: {violation}"),
                    ));
                }
                this.fold.add(&event);
                this.over = matches!(event, StreamEvent::Finish(_));
                Poll::Ready(Some(Ok(event)))
            }
            Poll::Ready(Some(Err(error))) => this.fail(error),
            Poll::Ready(None) => {
                this.fail(Error::new(ErrorKind::StreamInterrupted, "the answer ended before it was finished"))
            }
        }
    }
}

impl fmt::Debug for ChatStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatStream")
            .field("target", &self.target)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}
