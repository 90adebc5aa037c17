//! Answers while they are made.

mod event;
mod fold;
mod law;
mod replay;

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

pub use self::event::{BlockId, BlockKind, ResponseFinish, ResponseStart, StreamEvent};
use self::fold::Fold;
pub use self::law::{LawViolation, StreamLaw};
use crate::{ChatResponse, Error, ErrorKind, Partial, Result, Retry, Target};

type Source = Pin<Box<dyn Stream<Item = Result<StreamEvent>> + Send>>;

/// An answer while it is made: a [`Stream`] of [`StreamEvent`] that ends with one finish or one error.
///
/// It can't lie: a source that ends without a finish becomes an [`ErrorKind::StreamInterrupted`], every error
/// carries what was delivered before it ([`Error::partial`]), and after finish or error there is nothing. Once content
/// was delivered an error is never to be retried by itself ([`Retry::Never`]), whatever its kind.
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
    events: Source,
    /// What was read to find the first content, and not given to the caller yet.
    ahead: VecDeque<StreamEvent>,
    /// Nothing has to be waited for to find the first content.
    begun: bool,
    fold: Fold,
    law: StreamLaw,
    over: bool,
    committed: bool,
    failure: Option<Error>,
}

impl ChatStream {
    /// A stream of `events` from `target`.
    pub fn new(target: Target, events: impl Stream<Item = Result<StreamEvent>> + Send + 'static) -> Self {
        Self {
            target,
            events: Box::pin(events),
            ahead: VecDeque::new(),
            begun: false,
            fold: Fold::default(),
            law: StreamLaw::default(),
            over: false,
            committed: false,
            failure: None,
        }
    }

    /// Who was asked. Who answers is in [`StreamEvent::Start`], since a layer may have moved the call.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What was delivered so far, for whoever gives the stream up before its end; `None` when nothing was.
    pub fn into_partial(mut self) -> Option<Partial> {
        self.fold.partial()
    }

    /// Reads on until there is something of the answer, or it is complete, and gives back the same stream with
    /// nothing lost. A failure before that is the error of this call: nobody has seen anything, so layers may try
    /// again or elsewhere. This is the commit point of a stream, found in one place; asking again costs nothing.
    /// Dropping the future drops the stream.
    ///
    /// # Errors
    /// What ended the stream before its first content, with the usage if it was reported. A
    /// [`StreamInterrupted`](ErrorKind::StreamInterrupted) is one that may be repeated, since the caller has nothing.
    pub async fn until_content(mut self) -> Result<Self> {
        while !self.begun && !self.over {
            let error = match std::future::poll_fn(|cx| self.events.as_mut().poll_next(cx)).await {
                Some(Ok(event)) => {
                    self.begun = event.is_content() || matches!(event, StreamEvent::Finish(_));
                    self.ahead.push_back(event);
                    continue;
                }
                Some(Err(error)) => error,
                None => interrupted("the answer ended before it began"),
            };
            let error = match error.kind() {
                ErrorKind::StreamInterrupted => error.with_retry(Retry::SameTarget { after: None }),
                _ => error,
            };
            self.ahead.iter().for_each(|event| self.fold.add(event));
            return match self.fail(error) {
                Poll::Ready(Some(Err(error))) => Err(error),
                _ => Ok(self),
            };
        }
        Ok(self)
    }

    /// The same answer through `wrap`: how a layer watches or changes events at no further cost per event.
    ///
    /// `wrap` is given the events as the source makes them: errors carry no [`partial`](Error::partial) yet, and
    /// the end may come without a finish. The stream that comes out mends both, and keeps its own record of what
    /// was delivered; so whoever read events before wrapping puts them in front again. A layer that needs the
    /// mended errors itself gives the whole stream to [`new`](Self::new) instead, since it is a [`Stream`].
    pub fn wrap<S>(
        self,
        wrap: impl FnOnce(Pin<Box<dyn Stream<Item = Result<StreamEvent>> + Send>>) -> S,
    ) -> Self
    where
        S: Stream<Item = Result<StreamEvent>> + Send + 'static,
    {
        let events = match self.ahead {
            ahead if ahead.is_empty() => self.events,
            ahead => Box::pin(Ahead { ahead, events: self.events }),
        };
        Self { begun: self.begun, ..Self::new(self.target, wrap(events)) }
    }

    /// Reads to the end and gives the whole answer, the same that the call without streaming would give. Events
    /// that were read before are part of it.
    ///
    /// # Errors
    /// The error that ended the stream, now or before; [`Error::partial`] holds what was delivered until then.
    pub async fn into_response(mut self) -> Result<ChatResponse> {
        while let Some(event) = std::future::poll_fn(|cx| Pin::new(&mut self).poll_next(cx)).await {
            event?;
        }
        match self.failure {
            Some(error) => Err(error),
            None => Ok(self.fold.response(self.target)),
        }
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<StreamEvent>>> {
        self.over = true;
        let mut error = error.with_target(&self.target);
        if self.committed {
            // What the caller has can't be taken back, so the call must not be repeated behind its back.
            error = error.with_retry(Retry::Never);
        }
        let error = match (error.partial(), self.fold.partial()) {
            (None, Some(partial)) => error.with_partial(partial),
            _ => error,
        };
        self.failure = Some(error.clone());
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
        match poll_source(&mut this.ahead, &mut this.events, cx) {
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
                this.committed |= event.is_content();
                this.begun |= this.committed;
                this.over = matches!(event, StreamEvent::Finish(_));
                Poll::Ready(Some(Ok(event)))
            }
            Poll::Ready(Some(Err(error))) => this.fail(error),
            Poll::Ready(None) => this.fail(interrupted("the answer ended before it was finished")),
        }
    }
}

fn interrupted(what: &'static str) -> Error {
    Error::new(ErrorKind::StreamInterrupted, what)
}

fn poll_source(
    ahead: &mut VecDeque<StreamEvent>,
    events: &mut Source,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<StreamEvent>>> {
    match ahead.pop_front() {
        Some(event) => Poll::Ready(Some(Ok(event))),
        None => events.as_mut().poll_next(cx),
    }
}

/// Events that were read already, then the rest.
struct Ahead {
    ahead: VecDeque<StreamEvent>,
    events: Source,
}

impl Stream for Ahead {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        poll_source(&mut this.ahead, &mut this.events, cx)
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
