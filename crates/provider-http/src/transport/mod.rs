//! The [`Transport`] port on reqwest.
#![allow(clippy::disallowed_types, reason = "this is the room that knows reqwest")]

mod body;
mod builder;
mod connect;
mod failure;
mod lanes;
mod redirect;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::uri::Scheme;
use laravel_ai_core::{Body, Context, Error, ErrorKind, Result, Transport};
use tokio::time::Instant;
use tracing::Instrument;

use self::body::LiveBody;
pub use self::builder::{TlsBackend, TransportBuilder};
use self::connect::ConnectLimit;
use self::lanes::Lanes;
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
/// It needs a tokio runtime with I/O and time when it sends. Errors are [`ErrorKind::Transport`] and
/// [`ErrorKind::Timeout`]; [`ErrorKind::Configuration`] where TLS is needed and there is none. Their text names no path
/// and no query.
#[derive(Clone)]
pub struct ReqwestTransport {
    inner: Arc<Inner>,
}

struct Inner {
    plain: Lanes,
    secure: Lanes,
    connect: Duration,
    idle: Duration,
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
            plain: lanes.clone(),
            secure: lanes,
            connect: builder::CONNECT_TIMEOUT,
            idle: builder::IDLE_TIMEOUT,
        };
        Self { inner: Arc::new(inner) }
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
        let connect = ConnectLimit::new(ctx.timeouts.connect.unwrap_or(self.inner.connect), give_up);

        let lanes = if request.uri().scheme() == Some(&Scheme::HTTPS) {
            &self.inner.secure
        } else {
            &self.inner.plain
        };
        let lane = lanes.enter()?;
        let span = tracing::debug_span!(
            "http_request",
            method = %request.method(),
            host = request.uri().host(),
            status = tracing::field::Empty,
            request_id = tracing::field::Empty,
            bytes = tracing::field::Empty,
        );
        let sending = connect.scope(lane.client().execute(to_reqwest(request)?)).instrument(span.clone());
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
        let body = LiveBody::new(body, lane, span, idle, deadline);
        Ok(http::Response::from_parts(head, Body::stream(body)))
    }
}

/// reqwest wants a parsed `Url`; the parts of an `http::Uri` are joined in one allocation to make it.
fn to_reqwest(request: http::Request<Bytes>) -> Result<reqwest::Request> {
    let (parts, body) = request.into_parts();
    let uri = &parts.uri;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(Error::new(ErrorKind::Configuration, "a request needs an absolute URL"));
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let text = [scheme, "://", authority.as_str(), path].concat();
    let url =
        url::Url::parse(&text).map_err(|_| Error::new(ErrorKind::Configuration, "the URL can't be read"))?;
    let mut request = reqwest::Request::new(parts.method, url);
    *request.headers_mut() = parts.headers;
    headers::mark_sensitive(request.headers_mut());
    if !body.is_empty() {
        *request.body_mut() = Some(body.into());
    }
    Ok(request)
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("connect_timeout", &self.inner.connect)
            .field("idle_timeout", &self.inner.idle)
            .finish_non_exhaustive()
    }
}
