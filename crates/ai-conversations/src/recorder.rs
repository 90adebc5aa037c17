//! Watches a stream and stores what becomes of it.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use laravel_ai_core::{ChatStream, ErrorKind, Result, StreamEvent, Target, Warning};

use crate::turn::{Pending, not_stored};
use crate::{Answer, Outcome};

type Last = Pin<Box<dyn Future<Output = Result<StreamEvent>> + Send>>;

pub(crate) struct Recorder {
    warnings: VecDeque<Warning>,
    state: State,
    served_by: Target,
}

enum State {
    Reading(Box<(ChatStream, Pending)>),
    /// The outcome is being stored; then the last item goes out.
    Storing(Last),
    Over,
}

impl Recorder {
    pub(crate) fn stream(stream: ChatStream, pending: Pending, warnings: Vec<Warning>) -> ChatStream {
        let target = stream.target().clone();
        let state = State::Reading(Box::new((stream, pending)));
        let served_by = target.clone();
        ChatStream::new(target, Self { warnings: warnings.into(), state, served_by })
    }

    /// The last item of the stream, after its outcome is stored.
    fn last(&mut self, item: Result<StreamEvent>) -> Last {
        let State::Reading(reading) = std::mem::replace(&mut self.state, State::Over) else {
            return Box::pin(std::future::ready(item));
        };
        let (stream, mut pending) = *reading;
        let served_by = self.served_by.clone();
        match item {
            // The stream has been read to its end, so the answer is there without waiting.
            Ok(finish) => Box::pin(async move {
                let response = stream.into_response().await?;
                let stored = pending.settle(Outcome::Answered(Answer::from(&response))).await;
                stored.map_err(|error| not_stored(error, &response)).map(|()| finish)
            }),
            Err(error) => Box::pin(async move {
                let _ = pending.settle(Outcome::failed(&error, Some(&served_by))).await;
                Err(error)
            }),
        }
    }
}

impl Stream for Recorder {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(warning) = self.warnings.pop_front() {
            return Poll::Ready(Some(Ok(StreamEvent::Warning(Box::new(warning)))));
        }
        let this = &mut *self;
        let item = match &mut this.state {
            State::Over => return Poll::Ready(None),
            State::Reading(reading) => ready!(Pin::new(&mut reading.0).poll_next(cx)),
            State::Storing(_) => None,
        };
        match item {
            Some(Ok(event)) if !matches!(event, StreamEvent::Finish(_)) => {
                if let StreamEvent::Start(start) = &event {
                    this.served_by = start.served_by.clone();
                }
                return Poll::Ready(Some(Ok(event)));
            }
            Some(last) => this.state = State::Storing(this.last(last)),
            None => {}
        }
        let State::Storing(last) = &mut this.state else { return Poll::Ready(None) };
        let item = ready!(last.as_mut().poll(cx));
        this.state = State::Over;
        Poll::Ready(Some(item))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let State::Reading(reading) = std::mem::replace(&mut self.state, State::Over) {
            let (stream, mut pending) = *reading;
            let partial = stream.into_partial();
            let partial = partial.map(|partial| Answer::partial(&partial, Some(&self.served_by)));
            pending.otherwise = Some(Outcome::Failed { kind: ErrorKind::Cancelled, partial });
        }
    }
}
