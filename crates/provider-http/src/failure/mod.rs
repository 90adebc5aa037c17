//! An answer that says no.

mod class;
mod redact;

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode};
use laravel_ai_core::{Body, Clock, Error, ErrorKind, RateLimits, Retry};
use serde::Deserialize;

use self::class::{describe, kind_of};
use crate::headers;

/// How much of a failure's body is read: 1 MiB. Vendors send a few hundred bytes, broken proxies send pages.
pub const FAILURE_BODY_LIMIT: usize = 1 << 20;

/// How long that takes at most; the status is known, and a proxy that drips its page byte by byte must not hold up the error.
const FAILURE_BODY_TIME: Duration = Duration::from_secs(5);

/// What a vendor answered in place of a result: everything a driver needs to tell which [`ErrorKind`] it is.
///
/// Statuses of 300 and above become one, and a driver makes one for an error object inside a 200 answer or a stream.
/// The driver reads the body with [`json`](Self::json), picks kind and message, and calls [`error`](Self::error);
/// where the body says nothing, [`default_error`](Self::default_error) goes by the status.
///
/// ```
/// use laravel_ai_core::{ErrorKind, Retry};
/// use provider_http::Failure;
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("retry-after", http::HeaderValue::from_static("2"));
/// let body = r#"{"error":{"code":"slow_down","message":"too fast"}}"#;
/// let failure = Failure::new(http::StatusCode::TOO_MANY_REQUESTS, &headers, body.into(), std::time::UNIX_EPOCH);
///
/// #[derive(serde::Deserialize)]
/// struct Wire<'a> { #[serde(borrow)] error: Inner<'a> }
/// #[derive(serde::Deserialize)]
/// struct Inner<'a> { code: &'a str }
/// assert_eq!(failure.json::<Wire<'_>>().unwrap().error.code, "slow_down");
///
/// let error = failure.default_error();
/// assert_eq!(error.kind(), ErrorKind::RateLimited);
/// assert_eq!(error.retry(), Retry::SameTarget { after: Some(std::time::Duration::from_secs(2)) });
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Failure {
    /// The HTTP status; 200 for an error object inside an answer that began well.
    pub status: StatusCode,
    /// How long the vendor asks to wait, measured from the moment the answer came.
    pub retry_after: Option<Duration>,
    /// The vendor's own word on repeating the request.
    pub should_retry: Option<bool>,
    /// The caller's limits.
    pub rate_limits: RateLimits,
    /// The vendor's id of the request.
    pub request_id: Option<String>,
    /// The origin that a redirect which was not followed points to.
    pub redirect_to: Option<String>,
    /// The body as it came, up to [`FAILURE_BODY_LIMIT`] bytes.
    pub body: Bytes,
    /// The body was longer than what was read, or broke off.
    pub truncated: bool,
    /// What a body must not quote.
    secrets: Vec<Bytes>,
}

/// What kind of text a failure's body is, whatever its content type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyForm {
    /// Nothing but white space.
    Empty,
    /// A JSON object or array.
    Json,
    /// A page, as proxies and firewalls send them.
    Html,
    /// Anything else.
    Text,
}

impl Failure {
    /// A failure from its parts; dates in `headers` are measured from `now`.
    #[must_use]
    pub fn new(status: StatusCode, headers: &HeaderMap, body: Bytes, now: SystemTime) -> Self {
        Self {
            status,
            retry_after: headers::retry_after(headers, now),
            should_retry: headers::should_retry(headers),
            rate_limits: headers::rate_limits(headers),
            request_id: headers::request_id(headers).map(Into::into),
            redirect_to: status.is_redirection().then(|| class::location_origin(headers)).flatten(),
            body,
            truncated: false,
            secrets: Vec::new(),
        }
    }

    /// The failure of the same answer with another body, for an error object that is only a part of it, such as one frame
    /// of a stream. Secrets are struck out of it as well.
    #[must_use]
    pub fn with_body(&self, body: impl Into<Bytes>) -> Self {
        let body = self.secrets.iter().fold(body.into(), |body, secret| redact::strike(body, secret));
        Self { body, truncated: false, ..self.clone() }
    }

    /// Reads the body of a failed answer, as far as the limit goes and for 5 seconds at most. A body that breaks off or
    /// dawdles is no second failure: what came is kept. Dropping the future closes the connection.
    pub async fn read(response: http::Response<Body>, clock: &dyn Clock) -> Self {
        let (head, body) = response.into_parts();
        let mut failure = Self::new(head.status, &head.headers, Bytes::new(), clock.wall());
        let mut bytes = BytesMut::new();
        let mut pieces = body.take_until(clock.sleep(FAILURE_BODY_TIME));
        while let Some(piece) = pieces.next().await {
            let Ok(piece) = piece else {
                failure.truncated = true;
                break;
            };
            let room = FAILURE_BODY_LIMIT - bytes.len();
            bytes.extend_from_slice(piece.get(..room).unwrap_or(&piece));
            if piece.len() > room {
                failure.truncated = true;
                break;
            }
        }
        failure.truncated |= pieces.take_result().is_some();
        failure.body = bytes.freeze();
        failure
    }

    /// The failure with every sensitive value of the request's `headers` struck out of its body, for vendors that quote the
    /// key they refuse.
    #[must_use]
    pub fn without_secrets_of(mut self, headers: &HeaderMap) -> Self {
        for value in headers.values().filter(|value| value.is_sensitive()) {
            // Of `Bearer <key>` the key alone is the secret, and may be quoted alone.
            let secret = value.as_bytes().rsplit(|byte| *byte == b' ').next().unwrap_or_default();
            self = self.strike(secret);
        }
        self
    }

    /// The failure with `secret` struck out of its body. What is shorter than six bytes stays, since it would tear words.
    #[must_use]
    pub fn without(self, secret: &str) -> Self {
        self.strike(secret.as_bytes())
    }

    fn strike(mut self, secret: &[u8]) -> Self {
        if secret.len() < redact::SHORTEST {
            return self;
        }
        let secret = Bytes::copy_from_slice(secret);
        self.body = redact::strike(self.body, &secret);
        // An id that repeats the key is none.
        self.request_id.take_if(|id| memchr::memmem::find(id.as_bytes(), &secret).is_some());
        self.secrets.push(secret);
        self
    }

    /// What kind of text the body is.
    #[must_use]
    pub fn form(&self) -> BodyForm {
        class::form_of(&self.body)
    }

    /// The body, or a part of it, as JSON; `None` if it is no JSON or not of this shape. The content type is not looked at.
    #[must_use]
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The error of this kind, with status, request id, limits and retry class of this answer. The message must hold
    /// neither the body nor a secret.
    #[must_use]
    pub fn error(&self, kind: ErrorKind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        let mut error =
            Error::new(kind, message).with_status(self.status.as_u16()).with_retry(self.retry(kind));
        if let Some(id) = &self.request_id {
            error = error.with_request_id(id.clone());
        }
        if !self.rate_limits.is_empty() {
            error = error.with_rate_limits(self.rate_limits);
        }
        error
    }

    /// The error that the status alone stands for, when the body says nothing that the driver knows.
    #[must_use]
    pub fn default_error(&self) -> Error {
        self.error(kind_of(self.status), describe(self))
    }

    /// The retry class of an error of this kind: the kind's own, with the vendor's delay, unless the vendor says whether
    /// to repeat.
    #[must_use]
    pub fn retry(&self, kind: ErrorKind) -> Retry {
        let same = Retry::SameTarget { after: self.retry_after };
        match (kind.retry(), self.should_retry) {
            (_, Some(true)) => same,
            (Retry::SameTarget { .. }, Some(false)) => Retry::OtherTarget,
            (Retry::SameTarget { .. }, None) => same,
            (other, _) => other,
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("status", &self.status.as_u16())
            .field("retry_after", &self.retry_after)
            .field("should_retry", &self.should_retry)
            .field("request_id", &self.request_id)
            .field("form", &self.form())
            .field("bytes", &self.body.len())
            .field("truncated", &self.truncated)
            .finish_non_exhaustive()
    }
}
