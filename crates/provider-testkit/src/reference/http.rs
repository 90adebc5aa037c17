//! Requests and failures of the vendor that does not exist.

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use laravel_ai_core::{Body, Context, Credentials, Error, ErrorKind, Result, Retry, Secret, Transport};
use serde_json::Value;

use super::Fault;
use crate::Connect;

const LIMIT: usize = 1 << 20;

pub(super) struct Wire {
    pub(super) base_url: String,
    pub(super) key: Secret,
    transport: Arc<dyn Transport>,
    credentials: Option<Arc<dyn Credentials>>,
    fault: Option<Fault>,
}

impl Wire {
    pub(super) fn new(connect: &Connect<'_>, fault: Option<Fault>) -> Result<Self> {
        connect.key.header("")?;
        let transport = Arc::clone(&connect.resources.transport);
        if fault == Some(Fault::KeepsItsPorts) {
            std::mem::forget(Arc::clone(&transport));
        }
        Ok(Self {
            base_url: connect.base_url.to_owned(),
            key: connect.key.clone(),
            transport,
            credentials: connect.resources.credentials.clone(),
            fault,
        })
    }

    pub(super) fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base_url)
    }

    /// The key of a call.
    pub(super) async fn key(&self, ctx: &Context) -> Result<Secret> {
        let mut key = self.key.clone();
        if let Some(credentials) = self.credentials.as_ref().filter(|_| !self.is(Fault::IgnoresCredentials)) {
            key = credentials.secret(ctx, "kit").await?.unwrap_or(key);
        }
        Ok(key)
    }

    pub(super) async fn send(
        &self,
        ctx: &Context,
        key: &Secret,
        (method, path): (Method, &str),
        extra: &HeaderMap,
        body: Bytes,
    ) -> Result<Response<Body>> {
        let tries = if self.is(Fault::TriesAgain) { 2 } else { 1 };
        let mut failure = None;
        for _ in 0..tries {
            let mut request = Request::new(body.clone());
            *request.method_mut() = method.clone();
            *request.uri_mut() = self
                .url(path)
                .parse()
                .map_err(|_| Error::new(ErrorKind::Configuration, "the base URL is no URL"))?;
            request.headers_mut().insert("x-key", key.header("")?);
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request.headers_mut().extend(extra.clone());
            let call = self.transport.send(ctx, request);
            let sent = if self.is(Fault::KeepsDroppedCalls) {
                ManuallyDrop::new(call).as_mut().await
            } else {
                call.await
            };
            let response = sent.map_err(|error| match error.kind() {
                ErrorKind::Transport if self.is(Fault::BlamesTheVendor) => error.with_kind(ErrorKind::Server),
                _ => error,
            })?;
            if response.status().is_success() {
                return Ok(response);
            }
            failure = Some(self.failure(response).await);
        }
        Err(failure.unwrap_or_else(|| ErrorKind::Unknown.into()))
    }

    pub(super) async fn json(&self, ctx: &Context, method: Method, path: &str, body: Bytes) -> Result<Value> {
        let key = self.key(ctx).await?;
        read(self.send(ctx, &key, (method, path), &HeaderMap::new(), body).await?).await
    }

    async fn failure(&self, response: Response<Body>) -> Error {
        let status = response.status().as_u16();
        let delay = response.headers().get(header::RETRY_AFTER).cloned();
        let body = response.into_body().bytes(LIMIT).await.unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let code = body.get("error").and_then(|error| error.get("code")).and_then(Value::as_str);
        let kind = match (code, status) {
            (Some("unknown_model"), _) if !self.is(Fault::IgnoresCodes) => ErrorKind::ModelNotFound,
            (Some("too_long"), _) if !self.is(Fault::IgnoresCodes) => ErrorKind::ContextTooLong,
            _ if self.is(Fault::IgnoresStatuses) => ErrorKind::Unknown,
            (_, 401) => ErrorKind::Authentication,
            (_, 403) => ErrorKind::Permission,
            (_, 408) => ErrorKind::Timeout,
            (_, 429) => ErrorKind::RateLimited,
            (_, 503 | 529) => ErrorKind::Overloaded,
            (_, 409 | 500..) => ErrorKind::Server,
            _ => ErrorKind::InvalidRequest,
        };
        let error = Error::new(kind, "the vendor refused").with_status(status);
        let seconds = delay.and_then(|delay| delay.to_str().ok()?.parse().ok());
        match seconds.filter(|_| !self.is(Fault::ForgetsDelays)) {
            Some(seconds) => {
                error.with_retry(Retry::SameTarget { after: Some(Duration::from_secs(seconds)) })
            }
            None => error,
        }
    }
}

/// The whole answer.
pub(super) async fn read(answer: Response<Body>) -> Result<Value> {
    let bytes = answer.into_body().bytes(LIMIT).await?;
    serde_json::from_slice(&bytes).map_err(|error| Error::decode("the answer is not JSON", &error))
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
