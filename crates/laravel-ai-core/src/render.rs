//! The request as it would be sent.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::Warning;

/// The exact HTTP request of a call, with secrets masked. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RenderedRequest {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// Names and values of the headers; a sensitive value is masked.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
    /// What differs from what was asked.
    pub warnings: Vec<Warning>,
}

impl RenderedRequest {
    /// A request to `url`. Sensitive headers are masked here; the URL and the body are shown as they are, so a key
    /// belongs in a header.
    pub fn new(
        method: &http::Method,
        url: impl Into<String>,
        headers: &http::HeaderMap,
        body: Value,
    ) -> Self {
        let headers = headers.iter().map(|(name, value)| {
            let value = match value.is_sensitive() {
                true => "***".to_owned(),
                false => String::from_utf8_lossy(value.as_bytes()).into_owned(),
            };
            (name.as_str().to_owned(), value)
        });
        Self {
            method: method.to_string(),
            url: url.into(),
            headers: headers.collect(),
            body,
            warnings: Vec::new(),
        }
    }

    /// With what differs from what was asked.
    pub fn with_warnings(mut self, warnings: Vec<Warning>) -> Self {
        self.warnings = warnings;
        self
    }
}

impl fmt::Display for RenderedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.method, self.url)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        write!(f, "\n{:#}", self.body)
    }
}
