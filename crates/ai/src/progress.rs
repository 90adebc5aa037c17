//! What callbacks are told.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::{FutureExt, Stream, StreamExt};
use laravel_ai_core::{ChatResponse, ChatStream, Error, Result, StreamEvent};

/// How far an answer is, for [`Conversation::on_event`](crate::Conversation::on_event).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// More text.
    Text {
        /// What is new.
        delta: &'a str,
        /// All text up to and with it.
        so_far: &'a str,
    },
    /// Any other event.
    Event(&'a StreamEvent),
    /// The whole answer; the last call.
    Finished(&'a ChatResponse),
}

type OnEvent = Box<dyn FnMut(Progress<'_>) + Send>;
type OnSuccess = Box<dyn FnMut(&ChatResponse) + Send>;
type OnError = Box<dyn FnMut(&Error) + Send>;

/// The callbacks of a conversation, shared with the streams that it gave out.
#[derive(Clone, Default)]
pub(crate) struct Callbacks(Arc<Mutex<Registered>>);

#[derive(Default)]
pub(crate) struct Registered {
    pub(crate) event: Option<OnEvent>,
    pub(crate) success: Option<OnSuccess>,
    pub(crate) error: Option<OnError>,
}

impl Callbacks {
    pub(crate) fn registered(&self) -> MutexGuard<'_, Registered> {
        // A callback that panicked is the application's to mend; the others are still called.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of the end of a call.
    pub(crate) fn end(&self, outcome: &Result<ChatResponse>) {
        match (outcome, &mut *self.registered()) {
            (Ok(response), Registered { success: Some(callback), .. }) => callback(response),
            (Err(error), Registered { error: Some(callback), .. }) => callback(error),
            _ => {}
        }
    }

    /// The stream that tells of its events and of its end.
    pub(crate) fn follow(&self, stream: ChatStream) -> ChatStream {
        let target = stream.target().clone();
        let callbacks = self.clone();
        ChatStream::new(target, Followed { stream: Some(stream), callbacks, so_far: String::new() })
    }
}

struct Followed {
    stream: Option<ChatStream>,
    callbacks: Callbacks,
    so_far: String,
}

impl Followed {
    fn event(&mut self, event: &StreamEvent) {
        let mut registered = self.callbacks.registered();
        let Some(callback) = &mut registered.event else { return };
        match event {
            StreamEvent::TextDelta { text: delta, .. } => {
                self.so_far.push_str(delta);
                callback(Progress::Text { delta, so_far: &self.so_far });
            }
            event => callback(Progress::Event(event)),
        }
    }

    /// The stream is over, so its answer or error is there at once.
    fn end(&mut self) {
        let Some(outcome) = self.stream.take().and_then(|stream| stream.into_response().now_or_never())
        else {
            return;
        };
        if let (Ok(response), Some(callback)) = (&outcome, &mut self.callbacks.registered().event) {
            callback(Progress::Finished(response));
        }
        self.callbacks.end(&outcome);
    }
}

impl Stream for Followed {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(None) };
        let item = stream.poll_next_unpin(cx);
        match &item {
            Poll::Ready(Some(Ok(event))) => {
                self.event(event);
                if matches!(event, StreamEvent::Finish(_)) {
                    self.end();
                }
            }
            Poll::Ready(_) => self.end(),
            Poll::Pending => {}
        }
        item
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registered = self.registered();
        f.debug_struct("Callbacks")
            .field("event", &registered.event.is_some())
            .field("success", &registered.success.is_some())
            .field("error", &registered.error.is_some())
            .finish()
    }
}
