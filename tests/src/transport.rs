//! A transport that keeps what is sent.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use laravel_ai_core::{Body, Context, Error, ErrorKind, Result, Transport};
use serde_json::Value;

use crate::SentRequest;

/// Answers each request with the same body and keeps it, sensitive headers included.
#[derive(Debug)]
pub struct CapturingTransport {
    content_type: &'static str,
    answer: Bytes,
    sent: Mutex<VecDeque<SentRequest>>,
}

impl CapturingTransport {
    /// Answers status 200 with this content type and body.
    pub fn answering(content_type: &'static str, answer: impl Into<Bytes>) -> Self {
        Self { content_type, answer: answer.into(), sent: Mutex::default() }
    }

    /// Takes the oldest request out.
    pub fn take(&self) -> Option<SentRequest> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

#[async_trait]
impl Transport for CapturingTransport {
    async fn send(&self, _: &Context, request: http::Request<Bytes>) -> Result<http::Response<Body>> {
        let body = match request.body().is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(request.body()).map_err(|error| {
                Error::new(ErrorKind::Transport, format!("what was sent is not JSON: {error}"))
            })?,
        };
        let headers = request.headers().iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let sent = SentRequest {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            headers: headers.collect(),
            body,
        };
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push_back(sent);
        let mut response = http::Response::new(Body::full(self.answer.clone()));
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(self.content_type));
        Ok(response)
    }
}
