//! A response body on its way.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;
use laravel_ai_core::{Error, Result};
use tokio::time::{Instant, Sleep};
use tracing::Span;

use super::failure;
use super::lanes::Place;

/// The bytes of a body as the caller reads them, under the idle limit and the deadline.
pub(super) struct LiveBody {
    /// `None` once it has ended, cleanly or not; the connection is free from then on.
    open: Option<(reqwest::Body, Place)>,
    span: Span,
    bytes: u64,
    /// What the head announced, where the bytes are counted as they came.
    length: Option<u64>,
    idle: Duration,
    deadline: Option<Instant>,
    /// When the silence is too long. Set when the caller has to wait, so that a pause of the caller is none of the server.
    quiet_until: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl LiveBody {
    pub(super) fn new(
        body: reqwest::Body,
        place: Place,
        span: Span,
        length: Option<u64>,
        idle: Duration,
        deadline: Option<Instant>,
    ) -> Self {
        Self {
            open: Some((body, place)),
            span,
            bytes: 0,
            length,
            idle,
            deadline,
            quiet_until: None,
            timer: None,
        }
    }

    /// Whether the wait has been too long. The timer is set again only when it fires, not for every piece.
    fn poll_limits(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let quiet_until = match self.quiet_until {
            Some(end) => end,
            None => {
                let now = Instant::now();
                // A limit beyond what the clock can count is no limit.
                let end = now.checked_add(self.idle).unwrap_or_else(|| now + Duration::from_secs(1 << 30));
                *self.quiet_until.insert(end)
            }
        };
        let end = self.deadline.map_or(quiet_until, |deadline| deadline.min(quiet_until));
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        // A timer that is set for an earlier time is left alone: it fires once, and is then set right.
        if timer.deadline() > end {
            timer.as_mut().reset(end);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= end {
                let passed = self.deadline.is_some_and(|deadline| deadline <= quiet_until);
                return Poll::Ready(if passed {
                    failure::deadline()
                } else {
                    failure::silence(self.idle, "no more of the answer came")
                });
            }
            timer.as_mut().reset(end);
        }
        Poll::Pending
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.span.record("bytes", self.bytes);
        }
    }
}

impl Stream for LiveBody {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = &mut *self;
        // Asked here too, or a server that never pauses would be read for ever.
        if this.open.is_some() && this.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            this.close();
            return Poll::Ready(Some(Err(failure::deadline())));
        }
        loop {
            let Some((body, _)) = &mut this.open else { return Poll::Ready(None) };
            let frame = match Pin::new(body).poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    return this.poll_limits(cx).map(|error| {
                        this.close();
                        Some(Err(error))
                    });
                }
            };
            this.quiet_until = None;
            match frame {
                Some(Ok(frame)) => {
                    // What is no data is a trailer, which no vendor uses.
                    let Ok(data) = frame.into_data() else { continue };
                    this.bytes = this.bytes.saturating_add(data.len() as u64);
                    return Poll::Ready(Some(Ok(data)));
                }
                Some(Err(error)) => {
                    this.close();
                    return Poll::Ready(Some(Err(failure::of_reading(error))));
                }
                None => {
                    this.close();
                    // hyper takes an HTTP/2 stream that is reset with NO_ERROR for a clean end, wherever it was.
                    let cut = this.length.is_some_and(|length| this.bytes < length);
                    return Poll::Ready(cut.then(|| Err(failure::cut_short())));
                }
            }
        }
    }
}

impl Drop for LiveBody {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for LiveBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveBody")
            .field("bytes", &self.bytes)
            .field("open", &self.open.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use laravel_ai_core::ErrorKind;

    use super::*;
    use crate::ReqwestTransport;

    #[tokio::test]
    async fn the_deadline_ends_a_server_that_never_pauses() {
        let place = ReqwestTransport::new().unwrap().inner.lanes.plain.enter().unwrap();
        let (idle, now) = (Duration::from_secs(60), Some(Instant::now()));
        let mut body = LiveBody::new("ready".into(), place, Span::none(), None, idle, now);
        let first = poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await.unwrap();
        assert_eq!(first.unwrap_err().kind(), ErrorKind::Timeout);
        assert!(poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await.is_none());
    }
}
