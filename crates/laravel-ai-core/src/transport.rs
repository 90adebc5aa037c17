//! HTTP as a port.

use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::{Context, Error, ErrorKind, Result};

/// Carries one HTTP request to a vendor. `provider-http` implements it on reqwest; tests script it.
///
/// # Contract for implementers
/// * Any status is `Ok`: what a status means is the driver's business.
/// * The future resolves when the response head has arrived; the body is read lazily, so that a paused reader
///   stops the sender (back-pressure).
/// * Dropping the future or the [`Body`] gives the connection up at once.
/// * A body that ends before its declared or framed end yields an error, never a clean end.
/// * Honours `ctx.timeouts.connect` and `ctx.timeouts.idle`, and `ctx.deadline` as the end of everything.
/// * Never retries, never follows a redirect to another origin with credentials, never logs headers or bodies.
/// * Errors are [`ErrorKind::Transport`] or [`ErrorKind::Timeout`], with
///   [`possibly_billed`](Error::possibly_billed) `false` when no byte of the request was sent. Their text has no
///   URL beyond host and path.
///
/// # Contract for wrappers
/// Pass the request on unchanged but for what the wrapper is for, and hand the body through without collecting it.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends `request` and gives back the response as soon as its head is there.
    async fn send(&self, ctx: &Context, request: http::Request<Bytes>) -> Result<http::Response<Body>>;
}

/// A response body: a stream of byte chunks that ends cleanly or with one error.
pub struct Body(Kind);

enum Kind {
    Full(Option<Bytes>),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>),
}

impl Body {
    /// A body that is here already.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::Full(Some(bytes.into())))
    }

    /// A body that arrives in chunks.
    pub fn stream(chunks: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Self(Kind::Stream(Box::pin(chunks)))
    }

    /// Reads to the end. Where the body is one chunk nothing is copied.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when more than `limit` bytes arrive, and whatever the transport reports.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes> {
        let too_long = || Error::new(ErrorKind::Decode, format!("the answer is longer than {limit} bytes"));
        let mut first = Bytes::new();
        let mut joined: Option<BytesMut> = None;
        while let Some(chunk) = std::future::poll_fn(|cx| Pin::new(&mut self).poll_next(cx)).await {
            let chunk = chunk?;
            let length = joined.as_ref().map_or(first.len(), BytesMut::len);
            if length + chunk.len() > limit {
                return Err(too_long());
            }
            match &mut joined {
                Some(joined) => joined.extend_from_slice(&chunk),
                None if first.is_empty() => first = chunk,
                None => {
                    let mut buffer = BytesMut::with_capacity((first.len() + chunk.len()) * 2);
                    buffer.extend_from_slice(&first);
                    buffer.extend_from_slice(&chunk);
                    joined = Some(buffer);
                }
            }
        }
        Ok(joined.map_or(first, BytesMut::freeze))
    }
}

impl Stream for Body {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            Kind::Full(bytes) => Poll::Ready(bytes.take().filter(|bytes| !bytes.is_empty()).map(Ok)),
            Kind::Stream(chunks) => chunks.as_mut().poll_next(cx),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Full(bytes) => write!(f, "Body({} bytes)", bytes.as_ref().map_or(0, Bytes::len)),
            Kind::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::full(bytes)
    }
}
