//! A streamed answer, frame by frame.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use laravel_ai_core::{Body, Clock, RateLimits, Result};

use crate::Failure;
use crate::framing::{Frame, Framer};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// What is read after the last event, to use the connection again: as much as this …
const DRAIN_BYTES: usize = 64 << 10;
/// … and as long as this. A new connection with TLS costs about as much.
const DRAIN_TIME: Duration = Duration::from_millis(50);

/// Reads the body of a streamed answer as frames. Nothing is read ahead: a reader that is not asked stops the server.
///
/// A server that answers a streamed call with a single JSON document, as some do with errors, or with a web page, gives
/// one frame with the whole document, so that the decoder of the stream sees it.
///
/// After the last frame that matters call [`drain`](Self::drain): it reads what is left, so that the connection can be
/// used again. Dropping the reader before that closes the connection, or resets the HTTP/2 stream.
pub struct FrameReader {
    /// `None` after the end.
    body: Option<Body>,
    framer: Framer,
    failure: Arc<Failure>,
    clock: Arc<dyn Clock>,
    /// Whether the first bytes were looked at.
    begun: bool,
    drain: Option<Drain>,
}

struct Drain {
    room: usize,
    timer: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl FrameReader {
    /// Reads `response` with `framer`. The clock bounds the time of [`drain`](Self::drain).
    #[must_use]
    pub fn new(response: http::Response<Body>, framer: Framer, clock: Arc<dyn Clock>) -> Self {
        let (head, body) = response.into_parts();
        Self::of(Failure::new(head.status, &head.headers, Bytes::new(), clock.wall()), body, framer, clock)
    }

    pub(crate) fn of(failure: Failure, body: Body, framer: Framer, clock: Arc<dyn Clock>) -> Self {
        Self { body: Some(body), framer, failure: Arc::new(failure), clock, begun: false, drain: None }
    }

    /// The answer as a failure with an empty body: what an error object in a frame is told
    /// [with](Failure::with_body), so that status, delays and limits of the answer are not lost, nor secrets shown.
    #[must_use]
    pub fn failure(&self) -> &Arc<Failure> {
        &self.failure
    }

    /// The vendor's id of the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.failure.request_id.as_deref()
    }

    /// The caller's limits, if the vendor said any.
    #[must_use]
    pub fn rate_limits(&self) -> Option<RateLimits> {
        Some(self.failure.rate_limits).filter(|limits| !limits.is_empty())
    }

    /// The next frame, or `None` when the body ended cleanly. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// What the transport reports, so a body that is cut off is never a clean end; `Decode` for a frame over the limit.
    /// Nothing comes after an error.
    pub async fn next_frame(&mut self) -> Result<Option<Frame<'_>>> {
        let found = poll_fn(|cx| self.poll_advance(cx)).await?;
        Ok(if found { Some(self.framer.frame()) } else { None })
    }

    /// Reads what is left of the body and throws it away, at most 64 KiB and 50 ms. Afterwards the connection is free:
    /// for the next request if the body ended, closed otherwise. Errors no longer matter and are not reported.
    pub async fn drain(&mut self) {
        poll_fn(|cx| self.poll_drain(cx)).await;
    }

    /// Reads on to the next frame. After `true`, [`frame`](Self::frame) gives it; `false` is the clean end.
    pub(super) fn poll_advance(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool>> {
        loop {
            match self.framer.advance() {
                Ok(true) => return Poll::Ready(Ok(true)),
                Ok(false) => {}
                Err(error) => {
                    self.body = None;
                    return Poll::Ready(Err(error));
                }
            }
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(false)) };
            match ready!(Pin::new(body).poll_next(cx)) {
                Some(Ok(piece)) => self.push(piece),
                Some(Err(error)) => {
                    self.body = None;
                    // What the framer still holds was cut off and must not come as a frame.
                    self.framer.discard();
                    return Poll::Ready(Err(error));
                }
                None => {
                    self.body = None;
                    self.framer.finish();
                }
            }
        }
    }

    /// Gives the connection up.
    pub(super) fn close(&mut self) {
        self.body = None;
        self.framer.discard();
    }

    pub(super) fn frame(&self) -> Frame<'_> {
        self.framer.frame()
    }

    pub(super) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(body) = &mut self.body {
            match Pin::new(body).poll_next(cx) {
                Poll::Ready(Some(Ok(piece))) => {
                    let drain = self.drain.get_or_insert_with(|| Drain::new(&*self.clock));
                    match drain.room.checked_sub(piece.len()) {
                        Some(room) => drain.room = room,
                        None => self.body = None,
                    }
                }
                Poll::Ready(_) => self.body = None,
                Poll::Pending => {
                    let drain = self.drain.get_or_insert_with(|| Drain::new(&*self.clock));
                    ready!(drain.timer.as_mut().poll(cx));
                    self.body = None;
                }
            }
        }
        self.drain = None;
        self.framer.discard();
        Poll::Ready(())
    }

    fn push(&mut self, piece: Bytes) {
        if !self.begun
            && let Some(first) =
                piece.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&piece).trim_ascii_start().first()
        {
            self.begun = true;
            // No event stream begins like this; to the rules it would be a field with an odd name.
            if self.framer.is_sse() && matches!(first, b'{' | b'[' | b'"' | b'<') {
                self.framer.become_document();
            }
        }
        self.framer.push(piece);
    }
}

impl Drain {
    fn new(clock: &dyn Clock) -> Self {
        Self { room: DRAIN_BYTES, timer: clock.sleep(DRAIN_TIME) }
    }
}

impl fmt::Debug for FrameReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameReader")
            .field("status", &self.failure.status.as_u16())
            .field("request_id", &self.request_id())
            .field("open", &self.body.is_some())
            .finish_non_exhaustive()
    }
}
