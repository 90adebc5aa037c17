//! A transport that lets nothing out.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use laravel_ai_core::{Body, Context, Error, ErrorKind, Result, Transport};

use super::recorded::destination;
use crate::assertions::fail;

/// Refuses every request with an [`ErrorKind::Configuration`] that names method, host and path. Such an error is
/// never retried, never failed over and never billed, so a test that forgot a fake fails at the first call.
///
/// Hosts may be allowed and go through another transport, as a test with a local server needs. Clones share the
/// list of what was refused.
///
/// ```
/// use bytes::Bytes;
/// use laravel_ai_core::{Context, ErrorKind, Transport};
/// use provider_mock::RefusingTransport;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), http::Error> {
/// let transport = RefusingTransport::new();
/// let request = http::Request::post("https://api.example.com/v1/chat").body(Bytes::new())?;
/// let error = transport.send(&Context::new(), request).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Configuration);
/// assert!(error.message().contains("POST api.example.com/v1/chat"));
/// assert_eq!(transport.refused(), ["POST api.example.com/v1/chat"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct RefusingTransport {
    allowed: Vec<String>,
    inner: Option<Arc<dyn Transport>>,
    refused: Arc<Mutex<Vec<String>>>,
}

impl RefusingTransport {
    /// A transport that refuses everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets requests to these hosts pass through `inner`: `localhost`, `127.0.0.1:8080` for one port only,
    /// `*.example.com` for all names below one. A later call takes the place of an earlier one.
    pub fn with_allowed<H: Into<String>>(
        mut self,
        hosts: impl IntoIterator<Item = H>,
        inner: Arc<dyn Transport>,
    ) -> Self {
        self.allowed = hosts.into_iter().map(|host| host.into().to_ascii_lowercase()).collect();
        self.inner = Some(inner);
        self
    }

    /// What was refused so far: method, host and path.
    pub fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Demands that nothing was refused, for code that swallows errors.
    ///
    /// # Panics
    /// When something was, with a list of it.
    #[track_caller]
    pub fn assert_nothing_refused(&self) {
        let refused = self.refused();
        if !refused.is_empty() {
            fail("expected that no request is refused", &refused);
        }
    }

    fn inner_for(&self, uri: &http::Uri) -> Option<&Arc<dyn Transport>> {
        let host = uri.host()?.to_ascii_lowercase();
        let port = uri.port_u16().or(match uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        });
        let with_port = port.map(|port| format!("{host}:{port}"));
        let allows = |allowed: &String| {
            *allowed == host
                || Some(allowed) == with_port.as_ref()
                || allowed.strip_prefix('*').is_some_and(|end| end.starts_with('.') && host.ends_with(end))
        };
        self.inner.as_ref().filter(|_| self.allowed.iter().any(allows))
    }
}

#[async_trait]
impl Transport for RefusingTransport {
    async fn send(&self, ctx: &Context, request: http::Request<Bytes>) -> Result<http::Response<Body>> {
        if let Some(inner) = self.inner_for(request.uri()) {
            return inner.send(ctx, request).await;
        }
        let destination = destination(&request);
        let message = format!(
            "{destination} was refused, because this program may not reach the network: script the call with a Mock \
             or a ScriptedTransport, or allow its host with RefusingTransport::with_allowed"
        );
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(destination);
        Err(Error::new(ErrorKind::Configuration, message))
    }
}

impl fmt::Debug for RefusingTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusingTransport")
            .field("allowed", &self.allowed)
            .field("inner", &self.inner)
            .field("refused", &self.refused())
            .finish()
    }
}
