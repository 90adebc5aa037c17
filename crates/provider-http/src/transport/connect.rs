//! A connect timeout for each request, where reqwest knows one for each client.
//!
//! With a layer around its connector reqwest copies three boxes six times for each request, so only calls that ask for a
//! limit of their own go through clients that have it, and so through a pool of their own.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

type BoxError = Box<dyn StdError + Send + Sync>;

tokio::task_local! {
    /// The limit of the request that is being polled. The pool starts a connection from inside the future of the request
    /// that needs it, so the layer below finds the right one here.
    static LIMIT: ConnectLimit;
}

/// How long a connection may take for one request: name lookup, TCP, proxy and TLS together.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectLimit {
    duration: Duration,
    /// When the request is given up anyway. Ending the connection at the same instant tells a request that was never sent
    /// from one that may have been billed.
    give_up: Option<Instant>,
}

impl ConnectLimit {
    pub(super) fn new(duration: Duration, give_up: Option<Instant>) -> Self {
        Self { duration, give_up }
    }

    pub(super) async fn scope<F: Future>(self, future: F) -> F::Output {
        LIMIT.scope(self, future).await
    }
}

/// No connection was made in time; nothing was sent.
#[derive(Debug)]
pub(super) struct ConnectTimedOut(pub(super) Duration);

impl fmt::Display for ConnectTimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection within {:?}", self.0)
    }
}

impl StdError for ConnectTimedOut {}

/// Puts the limit around reqwest's connector.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectLayer;

impl<S> Layer<S> for ConnectLayer {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited(inner)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Limited<S>(S);

impl<S, R> Service<R> for Limited<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.0.call(request);
        let Ok(limit) = LIMIT.try_with(|limit| *limit) else { return Box::pin(connecting) };
        let began = Instant::now();
        let end = [began.checked_add(limit.duration), limit.give_up].into_iter().flatten().min();
        Box::pin(async move {
            let Some(end) = end else { return connecting.await };
            match tokio::time::timeout_at(end, connecting).await {
                Ok(connected) => connected,
                Err(_) => Err(ConnectTimedOut(end.saturating_duration_since(began)).into()),
            }
        })
    }
}
