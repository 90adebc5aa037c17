//! The settings of a transport.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use laravel_ai_core::{Error, ErrorKind, Result};
use reqwest::ClientBuilder;

use super::connect::ConnectLayer;
use super::lanes::Lanes;
use super::tls::{self, Tls};
use super::urls::Urls;
use super::{Inner, ReqwestTransport, Routes, redirect};

pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Models that think may say nothing for minutes.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// How much of one HTTP/2 stream the server may send before the caller reads it.
const STREAM_WINDOW: u32 = 256 << 10;
/// Requests of one lane unless set otherwise: below the hundred streams that RFC 9113 (section 6.5.2) tells servers to
/// allow, because a stream that was just dropped still counts for the server.
const STREAMS: u32 = 90;

/// Which implementation of cryptography TLS uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsBackend {
    /// `ring`, with the feature `tls-ring`.
    Ring,
    /// `aws-lc-rs`, with the feature `tls-aws-lc`.
    AwsLc,
}

/// Builds a [`ReqwestTransport`].
///
/// ```
/// use std::time::Duration;
///
/// use provider_http::ReqwestTransport;
///
/// let transport = ReqwestTransport::builder()
///     .proxy("http://proxy.example:3128")
///     .proxy_exceptions("localhost,127.0.0.1")
///     .idle_timeout(Duration::from_secs(60))
///     .build()?;
/// # Ok::<(), laravel_ai_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TransportBuilder {
    user_agent: String,
    connect: Duration,
    idle: Duration,
    pool_idle: Duration,
    streams: u32,
    proxy: Option<Proxy>,
    proxy_exceptions: Option<String>,
    roots: Vec<Vec<u8>>,
    http2_prior_knowledge: bool,
    tls: Tls,
}

/// Where requests go through. A proxy's URL may hold a password, so it is not printed.
#[derive(Clone)]
enum Proxy {
    Given(String),
    System,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Given(_)) { "Given(***)" } else { "System" })
    }
}

impl Default for TransportBuilder {
    fn default() -> Self {
        Self {
            user_agent: concat!("laravel-ai-rs/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect: CONNECT_TIMEOUT,
            idle: IDLE_TIMEOUT,
            pool_idle: Duration::from_secs(90),
            streams: STREAMS,
            proxy: None,
            proxy_exceptions: None,
            roots: Vec::new(),
            http2_prior_knowledge: false,
            tls: Tls::default(),
        }
    }
}

impl TransportBuilder {
    /// Names the application; `laravel-ai-rs/<version>` otherwise. A `user-agent` header of the request wins.
    #[must_use]
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// The longest time for making a connection: name lookup, TCP, proxy and TLS together. 10 seconds;
    /// `ctx.timeouts.connect` overrides it for one call, which then uses a pool of its own.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// The longest silence of the server, before the first byte of an answer and between two reads. Whatever arrives
    /// counts as life, comments of event streams too; time in which the caller does not read does not count. 5 minutes;
    /// `ctx.timeouts.idle` overrides it for one call.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle = limit;
        self
    }

    /// How long an unused connection is kept. 90 seconds.
    #[must_use]
    pub fn pool_idle_timeout(mut self, limit: Duration) -> Self {
        self.pool_idle = limit;
        self
    }

    /// How many requests share one HTTP/2 connection before another is opened. 90, because servers allow a hundred; a
    /// server that allows fewer needs a smaller number here, or requests wait for each other.
    #[must_use]
    pub fn streams_per_connection(mut self, streams: u32) -> Self {
        self.streams = streams.max(1);
        self
    }

    /// Sends everything through this proxy (`http://`, `https://`, with user and password if need be).
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(Proxy::Given(url.into()));
        self
    }

    /// Sends everything through the proxy that the environment or the operating system names. Off unless asked for, because
    /// a library that reads the environment surprises.
    #[must_use]
    pub fn system_proxy(mut self) -> Self {
        self.proxy = Some(Proxy::System);
        self
    }

    /// Hosts, domains and networks that the given proxy is not used for, divided by commas, as in `NO_PROXY`.
    #[must_use]
    pub fn proxy_exceptions(mut self, list: impl Into<String>) -> Self {
        self.proxy_exceptions = Some(list.into());
        self
    }

    /// Trusts these certificate authorities too: PEM with any number of certificates, or one in DER.
    #[must_use]
    pub fn root_certificates(mut self, certificates: impl Into<Vec<u8>>) -> Self {
        self.roots.push(certificates.into());
        self
    }

    /// Trusts only the authorities given with [`root_certificates`](Self::root_certificates), not the system's. The
    /// system's are found by rustls, which looks at `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    #[must_use]
    pub fn only_given_roots(mut self) -> Self {
        self.tls.only_these = true;
        self
    }

    /// Chooses the cryptography where both are compiled in; ring otherwise.
    #[must_use]
    pub fn tls_backend(mut self, backend: TlsBackend) -> Self {
        self.tls.backend = Some(backend);
        self
    }

    /// Speaks HTTP/1.1 only.
    #[must_use]
    pub fn http1_only(mut self) -> Self {
        self.tls.http1_only = true;
        self
    }

    /// Speaks HTTP/2 without asking first, also without TLS: for servers that are known to speak it.
    #[must_use]
    pub fn http2_prior_knowledge(mut self) -> Self {
        self.http2_prior_knowledge = true;
        self.tls.http2_only = true;
        self
    }

    /// The transport. No I/O: the system's certificates are read when the first `https` request comes.
    ///
    /// # Errors
    ///
    /// `Configuration` for a user agent, proxy, certificate or TLS backend that can't be used.
    pub fn build(mut self) -> Result<ReqwestTransport> {
        for certificates in &self.roots {
            self.tls.roots.extend(tls::certificates(certificates)?);
        }
        self.tls.check()?;
        _ = self.client()?;
        let (connect, idle) = (self.connect, self.idle);
        let settings = Arc::new(self);
        let limited = settings.routes(|client| client.connector_layer(ConnectLayer));
        let lanes = settings.routes(move |client| client.connect_timeout(connect));
        Ok(ReqwestTransport {
            inner: Arc::new(Inner { lanes, limited: Some(limited), urls: Urls::default(), connect, idle }),
        })
    }

    fn routes(
        self: &Arc<Self>,
        finish: impl Fn(ClientBuilder) -> ClientBuilder + Copy + Send + Sync + 'static,
    ) -> Routes {
        // HTTP/1.1 gives every request its own connection, so there is nothing to spread.
        let one_lane = usize::MAX;
        let streams = usize::try_from(self.streams).unwrap_or(usize::MAX);
        let plain_room = if self.http2_prior_knowledge { streams } else { one_lane };
        let secure_room = if self.tls.http1_only { one_lane } else { streams };
        let (plain, secure) = (Arc::clone(self), Arc::clone(self));
        Routes {
            plain: Lanes::growing(plain_room, move || build(plain.tls.unused(finish(plain.client()?))?)),
            secure: Lanes::growing(secure_room, move || build(secure.tls.secure(finish(secure.client()?))?)),
        }
    }

    fn client(&self) -> Result<ClientBuilder> {
        let agent =
            HeaderValue::from_str(&self.user_agent).map_err(|_| wrong("the user agent can't be sent"))?;
        let mut client = reqwest::Client::builder()
            .user_agent(agent)
            .redirect(redirect::policy())
            // The URL of a request may hold a key; it is nobody else's business.
            .referer(false)
            .pool_idle_timeout(self.pool_idle)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            // Room for every stream of the lane, so that one slow reader does not stop the others.
            .http2_initial_connection_window_size(STREAM_WINDOW.saturating_mul(self.streams.min(1024)))
            // Finds out that a connection is dead while streams wait on it; the idle ones are left to TCP's keep-alive,
            // which reqwest sets to 15 seconds.
            .http2_keep_alive_interval(Duration::from_secs(30))
            .http2_keep_alive_timeout(Duration::from_secs(20));
        client = match &self.proxy {
            Some(Proxy::System) => client,
            Some(Proxy::Given(url)) => {
                let proxy =
                    reqwest::Proxy::all(url).map_err(|_| wrong("the URL of the proxy can't be used"))?;
                let exceptions = self.proxy_exceptions.as_deref().and_then(reqwest::NoProxy::from_string);
                client.proxy(proxy.no_proxy(exceptions))
            }
            None => client.no_proxy(),
        };
        if self.tls.http1_only {
            client = client.http1_only();
        }
        if self.http2_prior_knowledge {
            client = client.http2_prior_knowledge();
        }
        Ok(client)
    }
}

fn build(client: ClientBuilder) -> Result<reqwest::Client> {
    client.build().map_err(|error| wrong("the HTTP client can't be built").with_source(error.without_url()))
}

fn wrong(message: &'static str) -> Error {
    Error::new(ErrorKind::Configuration, message).with_possibly_billed(false)
}
