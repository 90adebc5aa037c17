//! What every driver does between its codec and the transport.

mod base_url;
mod call;

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use laravel_ai_core::{Body, Clock, Context, Error, ErrorKind, RenderedRequest, Result, Transport};

pub use self::base_url::{BaseUrl, encode_segment};
pub use self::call::Call;
use crate::headers::{mark_sensitive, request_id};
use crate::{Failure, FrameReader, Framer};

/// The longest answer that is read whole if nothing else is said: 64 MiB, room for images and for large embeddings.
pub const DEFAULT_ANSWER_LIMIT: usize = 64 << 20;

type Failures = dyn Fn(&Failure) -> Error + Send + Sync;

/// Sends a driver's requests: joins URLs, merges headers, checks the status, reads the answer whole or as frames.
///
/// It never retries and keeps no state of calls; cloning is cheap. A status of 300 or above becomes a [`Failure`] and then
/// the [`Error`] that the driver's mapping makes of it.
///
/// ```
/// use std::sync::Arc;
///
/// use laravel_ai_core::{Clock, Context, ErrorKind, Result, Secret, Transport};
/// use provider_http::{Call, Framer, HttpClient};
///
/// async fn ask(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>, key: &Secret) -> Result<()> {
///     let client = HttpClient::new(transport, clock, "https://api.example.com/v1")?
///         .with_header("authorization", key.header("Bearer ")?)?
///         .with_failures(|failure| match failure.json::<serde_json::Value>() {
///             Some(body) if body["error"]["code"] == "model_not_found" => {
///                 failure.error(ErrorKind::ModelNotFound, "the model does not exist")
///             }
///             _ => failure.default_error(),
///         });
///     let ctx = Context::new();
///     let models = client.send(&ctx, Call::get("models")).await?;
///     println!("{} bytes", models.body().len());
///
///     let call = Call::post("chat/completions", r#"{"model":"x","stream":true}"#);
///     let mut frames = client.stream(&ctx, call, Framer::sse()).await?;
///     while let Some(frame) = frames.next_frame().await? {
///         if frame.data() == "[DONE]" {
///             break;
///         }
///     }
///     frames.drain().await;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct HttpClient {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    base_url: Arc<BaseUrl>,
    headers: Arc<HeaderMap>,
    failures: Arc<Failures>,
    answer_limit: usize,
}

impl HttpClient {
    /// A client for the API at `base_url`.
    ///
    /// # Errors
    ///
    /// `Configuration` for a base URL that can't be used; see [`BaseUrl::parse`].
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>, base_url: &str) -> Result<Self> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static(call::ANYTHING));
        Ok(Self {
            transport,
            clock,
            base_url: Arc::new(BaseUrl::parse(base_url)?),
            headers: Arc::new(headers),
            failures: Arc::new(Failure::default_error),
            answer_limit: DEFAULT_ANSWER_LIMIT,
        })
    }

    /// With a header on every request. A key's value comes from [`Secret::header`](laravel_ai_core::Secret::header).
    ///
    /// # Errors
    ///
    /// `Configuration` if the name is no header's, or belongs to the connection.
    pub fn with_header(mut self, name: &str, value: HeaderValue) -> Result<Self> {
        let mut one = HeaderMap::with_capacity(1);
        let name = http::HeaderName::try_from(name).map_err(|_| {
            let message = format!("the name of header `{}` can't be sent", name.escape_debug());
            Error::new(ErrorKind::Configuration, message)
        })?;
        one.insert(name, value);
        let mut merged = Call::post("", " ")
            .with_headers(&one)
            .merged(&self.headers)
            .map_err(|error| error.with_kind(ErrorKind::Configuration))?;
        mark_sensitive(&mut merged);
        self.headers = Arc::new(merged);
        Ok(self)
    }

    /// With a parameter in the query of every request. Its value is shown nowhere.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: &str) -> Self {
        self.base_url = Arc::new((*self.base_url).clone().with_query(name, value));
        self
    }

    /// With the driver's mapping of failures; the status alone decides otherwise.
    #[must_use]
    pub fn with_failures(mut self, map: impl Fn(&Failure) -> Error + Send + Sync + 'static) -> Self {
        self.failures = Arc::new(map);
        self
    }

    /// With another limit for answers that are read whole, in bytes.
    #[must_use]
    pub fn with_answer_limit(mut self, limit: usize) -> Self {
        self.answer_limit = limit;
        self
    }

    /// The root of the API.
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The clock that dates of answers are measured with.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Posts JSON and reads the answer whole.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn post_json(
        &self,
        ctx: &Context,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>> {
        self.send(ctx, Call::post(path, body).with_extra_headers(headers)).await
    }

    /// Sends and reads the answer whole. The content type is not looked at; an empty answer is an empty body. Dropping the
    /// future gives the connection up.
    ///
    /// # Errors
    ///
    /// What the driver's mapping makes of a failure; `InvalidRequest` for a path or header that can't be sent; `Decode` for
    /// an answer over the limit; what the transport reports.
    pub async fn send(&self, ctx: &Context, call: impl Borrow<Call<'_>>) -> Result<Response<Bytes>> {
        let (head, body) = self.open(ctx, call.borrow(), "application/json").await?.into_parts();
        match body.bytes(self.answer_limit).await {
            Ok(bytes) => Ok(Response::from_parts(head, bytes)),
            Err(error) => Err(located(error, &head)),
        }
    }

    /// Sends and reads the answer as frames. It resolves when the head of the answer is there. Dropping the reader gives
    /// the connection up.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); what goes wrong later comes from the reader.
    pub async fn stream(&self, ctx: &Context, call: Call<'_>, framer: Framer) -> Result<FrameReader> {
        let response = self.open(ctx, &call, framer.media_type()).await?;
        let (head, body) = response.into_parts();
        let failure = self.failure(&call, &Response::from_parts(head, Bytes::new()));
        Ok(FrameReader::of(failure, body, framer, Arc::clone(&self.clock)))
    }

    /// The request as it would be sent, secrets masked. No I/O.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` as for [`send`](Self::send), or if the body is no JSON.
    pub fn render(&self, call: &Call<'_>) -> Result<RenderedRequest> {
        let request = self.request(call, "application/json")?;
        let body = if call.body.is_empty() {
            Ok(serde_json::Value::Null)
        } else {
            serde_json::from_slice(&call.body)
        };
        let body = body.map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, "the body is no JSON").with_source(error)
        })?;
        let mut headers = request.headers().clone();
        mark_sensitive(&mut headers);
        let url = self.base_url.join_masked(call.path, call.query)?.to_string();
        Ok(RenderedRequest::new(request.method(), url, &headers, body))
    }

    /// An answer to `call` as a failure, for an error object inside a 200: its body without the secrets of the call.
    #[must_use]
    pub fn failure(&self, call: &Call<'_>, answer: &Response<Bytes>) -> Failure {
        let failure =
            Failure::new(answer.status(), answer.headers(), answer.body().clone(), self.clock.wall());
        self.without_secrets(failure, call)
    }

    /// What the driver's mapping makes of a failure.
    pub fn error(&self, failure: &Failure) -> Error {
        (self.failures)(failure)
    }

    fn without_secrets(&self, failure: Failure, call: &Call<'_>) -> Failure {
        let all = [Some(&*self.headers), call.headers, call.extra_headers];
        let failure = all.into_iter().flatten().fold(failure, Failure::without_secrets_of);
        self.base_url.query_values().fold(failure, Failure::without)
    }

    async fn open(&self, ctx: &Context, call: &Call<'_>, accept: &'static str) -> Result<Response<Body>> {
        let response = self.transport.send(ctx, self.request(call, accept)?).await?;
        if response.status().as_u16() < 300 {
            return Ok(response);
        }
        // Apart, so that the many calls that succeed have no room for it in their future.
        Err(Box::pin(async {
            let failure = Failure::read(response, &*self.clock).await;
            self.error(&self.without_secrets(failure, call))
        })
        .await)
    }

    fn request(&self, call: &Call<'_>, accept: &'static str) -> Result<Request<Bytes>> {
        let mut request = Request::new(call.body.clone());
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = self.base_url.join(call.path, call.query)?;
        *request.headers_mut() = call.accepting(accept, &self.headers)?;
        Ok(request)
    }
}

/// An error while the body came, with what its head said.
fn located(error: Error, head: &http::response::Parts) -> Error {
    let error = error.with_status(head.status.as_u16());
    match request_id(&head.headers) {
        Some(id) => error.with_request_id(id),
        None => error,
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("base_url", &self.base_url)
            .field("headers", &crate::RedactedHeaders::new(&self.headers))
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
