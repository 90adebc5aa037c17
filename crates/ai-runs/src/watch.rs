//! Watching a run.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use futures_core::Stream;
use futures_util::StreamExt as _;
use laravel_ai_core::{ChatResponse, ChatStream, Error, ErrorKind, Result, StreamEvent, Target};

use crate::run::{RunState, Shared};
use crate::{Cursor, Page, RunItem};

/// So many items are taken from the log at once.
const PAGE: usize = 256;

/// The events of a run, each with the cursor behind it: whoever keeps that cursor can go on from there later. It ends after
/// the finish, or with the error that ended the run.
///
/// A viewer who is too slow for what the log keeps gets an error of the kind [`Storage`](laravel_ai_core::ErrorKind::Storage): the
/// run is not slowed down for it, and no gap is hidden.
#[must_use = "a stream does nothing until it is read"]
pub struct Watch {
    shared: Arc<Shared>,
    cursor: Cursor,
    page: VecDeque<(Cursor, RunItem)>,
    reading: Option<Reading>,
    over: bool,
}

type Reading = Pin<Box<dyn Future<Output = Result<Page>> + Send>>;

impl Watch {
    pub(crate) fn new(shared: Arc<Shared>, from: Cursor) -> Self {
        Self { shared, cursor: from, page: VecDeque::new(), reading: None, over: false }
    }

    /// The cursor behind what was read.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The same as a stream of a call: with the law, the partial content in errors, and whatever reads such streams.
    pub fn into_stream(self) -> ChatStream {
        let target = Target::new("run", "run", self.shared.id.to_string());
        ChatStream::new(target, self.map(|item| item.map(|(_, event)| event)))
    }

    /// Waits for the end of the run, and gives its answer. Watched from [`Cursor::START`] it is whole.
    ///
    /// # Errors
    /// The one that ended the run, and those of the log.
    pub async fn into_response(self) -> Result<ChatResponse> {
        self.into_stream().into_response().await
    }

    /// What comes next, waited for where it has not happened.
    fn read(&self) -> Reading {
        let (shared, from) = (Arc::clone(&self.shared), self.cursor);
        Box::pin(async move {
            let mut length = shared.length.subscribe();
            // The sender is among what is shared, so it is there.
            let over = || shared.state() != RunState::Running;
            let happened = length.wait_for(|length| *length > from.position() || over()).await;
            drop(happened);
            let page = shared.log.read(shared.id, from, PAGE).await?;
            if page.items.is_empty() && over() {
                let message = format!("run {} is over, and nothing of it lies behind the cursor", shared.id);
                return Err(Error::new(ErrorKind::Storage, message).with_possibly_billed(false));
            }
            Ok(page)
        })
    }
}

impl Stream for Watch {
    type Item = Result<(Cursor, StreamEvent)>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if this.over {
                return Poll::Ready(None);
            }
            if let Some((cursor, item)) = this.page.pop_front() {
                this.cursor = cursor;
                this.over = item.is_last();
                return Poll::Ready(Some(match item {
                    RunItem::Event(event) => Ok((cursor, event)),
                    RunItem::Failed(error) => Err(error),
                }));
            }
            if this.reading.is_none() {
                this.reading = Some(this.read());
            }
            let Some(reading) = &mut this.reading else { continue };
            let page = ready!(reading.as_mut().poll(cx));
            this.reading = None;
            match page {
                Ok(page) => this.page.extend(page.items),
                Err(error) => return Poll::Ready(Some(Err(this.fail(error)))),
            }
        }
    }
}

impl Watch {
    fn fail(&mut self, error: Error) -> Error {
        self.over = true;
        error
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("run", &self.shared.id)
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}
