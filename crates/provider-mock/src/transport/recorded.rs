//! HTTP requests as a transport received them.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use laravel_ai_core::{Context, Error, ErrorKind, Result};
use serde_json::Value;

/// An HTTP request as a [`ScriptedTransport`](crate::ScriptedTransport) received it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedHttp {
    /// The place among all requests of the transport, from 1.
    pub number: usize,
    /// The environment of the call.
    pub context: Context,
    /// Method, URL, headers and body.
    pub request: Arc<http::Request<Bytes>>,
}

impl RecordedHttp {
    /// The method, such as `POST`.
    pub fn method(&self) -> &str {
        self.request.method().as_str()
    }

    /// The host without port; empty when the URL has none.
    pub fn host(&self) -> &str {
        self.request.uri().host().unwrap_or_default()
    }

    /// The path without query.
    pub fn path(&self) -> &str {
        self.request.uri().path()
    }

    /// The value of a header, when it is there once or more and is text. Credentials too: this is the true value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when it is not.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(self.request.body())
            .map_err(|e| Error::new(ErrorKind::Decode, format!("the body of {self} is not JSON: {e}")))
    }
}

impl fmt::Display for RecordedHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.request.body().len();
        write!(f, "{}. {} ({size} bytes)", self.number, destination(&self.request))
    }
}

/// Method, host and path. The query stays out: some vendors take their key there.
pub(crate) fn destination<B>(request: &http::Request<B>) -> String {
    let (method, uri) = (request.method(), request.uri());
    let host = uri.authority().map(|authority| {
        let text = authority.as_str();
        // What stands before an `@` is a credential.
        text.rsplit_once('@').map_or(text, |(_, host)| host).to_owned()
    });
    format!("{method} {}{}", host.unwrap_or_default(), uri.path())
}
