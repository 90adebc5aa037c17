//! Which headers may be seen.

use std::fmt;

use http::{HeaderMap, HeaderName};

/// Names that carry a credential. Their values are marked, so that HTTP libraries neither print nor index them.
const SECRET: [&str; 8] = [
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-auth-token",
];

/// Names whose values may be printed. Everything else is hidden: a list of secrets would miss the next vendor's.
const PRINTABLE: [&str; 24] = [
    "accept",
    "accept-encoding",
    "age",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "host",
    "keep-alive",
    "openai-processing-ms",
    "openai-version",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "server",
    "te",
    "transfer-encoding",
    "user-agent",
    "via",
    "x-request-id",
    "x-should-retry",
];

/// Whether the value of this header may be printed, logged or recorded. A list of what is harmless: unknown names are not.
#[must_use]
pub fn is_printable(name: &HeaderName) -> bool {
    PRINTABLE.binary_search(&name.as_str()).is_ok() || name.as_str().starts_with("x-ratelimit-")
}

/// Prints headers with every value hidden that is not known to be harmless, or that is marked sensitive.
///
/// ```
/// let mut headers = http::HeaderMap::new();
/// headers.insert("content-type", http::HeaderValue::from_static("application/json"));
/// headers.insert("x-goog-api-key", http::HeaderValue::from_static("test-key"));
/// let printed = format!("{:?}", provider_http::RedactedHeaders::new(&headers));
/// assert_eq!(printed, r#"{"content-type": "application/json", "x-goog-api-key": ***}"#);
/// ```
#[derive(Clone, Copy)]
pub struct RedactedHeaders<'a>(&'a HeaderMap);

impl<'a> RedactedHeaders<'a> {
    /// A view of these headers that is safe to print.
    #[must_use]
    pub fn new(headers: &'a HeaderMap) -> Self {
        Self(headers)
    }
}

impl fmt::Debug for RedactedHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.0 {
            if is_printable(name) && !value.is_sensitive() {
                map.entry(&name.as_str(), &value);
            } else {
                map.entry(&name.as_str(), &format_args!("***"));
            }
        }
        map.finish()
    }
}

/// Marks the values of headers that carry a credential.
pub(crate) fn mark_sensitive(headers: &mut HeaderMap) {
    // A request has fewer headers than there are names, and a look at each costs less than a search for each name.
    for (name, value) in headers.iter_mut() {
        if SECRET.contains(&name.as_str()) {
            value.set_sensitive(true);
        }
    }
}
