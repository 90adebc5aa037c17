//! The [`Transport`] port on reqwest.
#![allow(clippy::disallowed_types, reason = "this is the room that knows reqwest")]

mod body;
mod builder;
mod connect;
mod failure;
mod lanes;
mod redirect;
mod tls;
mod urls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::uri::Scheme;
use laravel_ai_core::{Body, Context, Result, Transport};
use tokio::time::Instant;
use tracing::{Instrument, Span};

use self::body::LiveBody;
pub use self::builder::{TlsBackend, TransportBuilder};
use self::connect::ConnectLimit;
use self::lanes::Lanes;
use self::urls::Urls;
use crate::headers;

/// Sends requests with reqwest: HTTP/1.1 and HTTP/2, pooled connections, rustls, gzip. Cloning shares the pool.
///
/// * **The environment is not read**: no proxy but the one given, unless
///   [`system_proxy`](TransportBuilder::system_proxy) asks for it.
/// * **Redirects** are followed only within the same origin and only with status 307 and 308, which keep method and body.
///   Any other comes back as the answer it is, so no credential, in whatever header, reaches another host.
/// * **HTTP/2** servers allow about a hundred streams on a connection and the pool keeps one connection for a host, so
///   requests are spread over lanes: each has its own pool, and a new one is opened when all are full.
/// * **Back-pressure**: the body is read from the connection as the caller reads it. Dropping the future or the body
///   closes an HTTP/1.1 connection or resets the HTTP/2 stream at once.
/// * **Nothing is repeated** but what HTTP itself says was never processed: a pooled connection that the server had closed
///   before the request was written, and HTTP/2's `REFUSED_STREAM`.
/// * **One `debug` span** for each request, `http_request`, with method, host, status, request id and bytes of the body;
///   no path, no query, no header.
///
/// ```
/// use std::time::Duration;
///
/// use provider_http::ReqwestTransport;
///
/// let transport = ReqwestTransport::builder()
///     .connect_timeout(Duration::from_secs(5))
///     .user_agent("shop/1.2")
///     .build()?;
/// # Ok::<(), laravel_ai_core::Error>(())
/// ```
///
/// It needs a tokio runtime with I/O and time when it sends. A connection lives on the runtime that opened it and stops
/// with it, so a program with several runtimes that don't all run all the time makes a transport for each. Errors are
/// [`Transport`](laravel_ai_core::ErrorKind::Transport) and [`Timeout`](laravel_ai_core::ErrorKind::Timeout);
/// [`Configuration`](laravel_ai_core::ErrorKind::Configuration) where TLS is needed and there is none. Their text names no path
/// and no query.
#[derive(Clone)]
pub struct ReqwestTransport {
    inner: Arc<Inner>,
}

struct Inner {
    lanes: Routes,
    /// For calls with a connect limit of their own, see [`connect`]. `None` if the application gave the clients.
    limited: Option<Routes>,
    urls: Urls,
    connect: Duration,
    idle: Duration,
}

/// Lanes for servers without and with TLS.
struct Routes {
    plain: Lanes,
    secure: Lanes,
}

impl ReqwestTransport {
    /// A transport with the defaults of [`TransportBuilder`].
    ///
    /// # Errors
    ///
    /// None today; see [`TransportBuilder::build`].
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// Begins with the defaults.
    pub fn builder() -> TransportBuilder {
        TransportBuilder::default()
    }

    /// Sends with clients that the application built itself; the one with the fewest requests under way is taken.
    ///
    /// Proxy, TLS, redirects, pool and connect timeout are then the clients' own: give them
    /// `redirect(reqwest::redirect::Policy::none())`, or their redirects carry key headers other than `Authorization` to
    /// other hosts. One client keeps one HTTP/2 connection for each host, so give several where more than a hundred
    /// streams run at once. The idle limit, the deadline and dropping work as always.
    pub fn from_clients(clients: impl IntoIterator<Item = reqwest::Client>) -> Self {
        let lanes = Lanes::fixed(clients);
        let inner = Inner {
            lanes: Routes { plain: lanes.clone(), secure: lanes },
            limited: None,
            urls: Urls::default(),
            connect: builder::CONNECT_TIMEOUT,
            idle: builder::IDLE_TIMEOUT,
        };
        Self { inner: Arc::new(inner) }
    }
}

impl Inner {
    fn request(&self, request: http::Request<Bytes>) -> Result<reqwest::Request> {
        let (parts, body) = request.into_parts();
        let mut request = reqwest::Request::new(parts.method, self.urls.parse(&parts.uri)?);
        *request.headers_mut() = parts.headers;
        headers::mark_sensitive(request.headers_mut());
        if !body.is_empty() {
            *request.body_mut() = Some(body.into());
        }
        Ok(request)
    }
}

impl From<reqwest::Client> for ReqwestTransport {
    fn from(client: reqwest::Client) -> Self {
        Self::from_clients([client])
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, ctx: &Context, request: http::Request<Bytes>) -> Result<http::Response<Body>> {
        let now = Instant::now();
        ctx.remaining(now.into_std())?;
        let deadline = ctx.deadline.map(Instant::from_std);
        let idle = ctx.timeouts.idle.unwrap_or(self.inner.idle);
        let quiet_until = now.checked_add(idle);
        let give_up = [quiet_until, deadline].into_iter().flatten().min();
        let connect = ctx.timeouts.connect.filter(|limit| *limit != self.inner.connect);
        let routes = connect.and(self.inner.limited.as_ref()).unwrap_or(&self.inner.lanes);
        let lanes =
            if request.uri().scheme() == Some(&Scheme::HTTPS) { &routes.secure } else { &routes.plain };
        let lane = lanes.enter()?;
        // Asked first: with its feature `log`, which other crates turn on, the fields of a disabled span are made too.
        let span = if tracing::enabled!(tracing::Level::DEBUG) {
            tracing::debug_span!(
                "http_request",
                method = %request.method(),
                host = request.uri().host(),
                status = tracing::field::Empty,
                request_id = tracing::field::Empty,
                bytes = tracing::field::Empty,
            )
        } else {
            Span::none()
        };
        let executing = lane.client().execute(self.inner.request(request)?);
        let sending = async {
            match connect {
                Some(limit) => ConnectLimit::new(limit, give_up).scope(executing).await,
                None => executing.await,
            }
        };
        let sending = sending.instrument(span.clone());
        let answer = match give_up {
            Some(end) => tokio::time::timeout_at(end, sending).await.map_err(|_| {
                if deadline == Some(end) {
                    failure::deadline()
                } else {
                    failure::silence(idle, "no answer came")
                }
            })?,
            None => sending.await,
        };
        let (head, body) = http::Response::from(answer.map_err(failure::of_sending)?).into_parts();
        if !span.is_disabled() {
            span.record("status", head.status.as_u16());
            if let Some(id) = headers::request_id(&head.headers) {
                span.record("request_id", id);
            }
        }
        // reqwest takes the header away from what it unpacks, so the length is that of the body as it is read.
        let length = head
            .headers
            .get(http::header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let body = LiveBody::new(body, lane, span, length, idle, deadline);
        Ok(http::Response::from_parts(head, Body::stream(body)))
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("connect_timeout", &self.inner.connect)
            .field("idle_timeout", &self.inner.idle)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_marked_whoever_set_them() {
        let transport = ReqwestTransport::new().unwrap();
        let mut request = http::Request::post("https://vendor.example/v1").body(Bytes::new()).unwrap();
        for name in ["authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "x-note"] {
            request.headers_mut().insert(name, http::HeaderValue::from_static("test-key"));
        }
        let request = transport.inner.request(request).unwrap();
        let open = request.headers().iter().filter(|(_, value)| !value.is_sensitive());
        assert_eq!(open.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["x-note"]);
    }
}
