//! One request of a driver.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use laravel_ai_core::{Error, ErrorKind, Result};

/// Headers that belong to the connection or are made from the URL and the body: setting them by hand breaks requests or
/// smuggles them (RFC 9110, section 7.6.1).
const REFUSED: [HeaderName; 11] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("http2-settings"),
];

/// The value of `accept` as long as nobody chose one.
pub(super) const ANYTHING: &str = "*/*";

/// What to send below the base URL.
///
/// ```
/// use provider_http::Call;
///
/// let call = Call::get("models").with_query(&[("pageSize", "1000")]);
/// let call = Call::post("chat/completions", r#"{"model":"gpt-x"}"#);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call<'a> {
    /// The method.
    pub method: Method,
    /// The path below the base URL, encoded.
    pub path: &'a str,
    /// Query parameters, not encoded.
    pub query: &'a [(&'a str, &'a str)],
    /// Headers of this call; they replace the client's.
    pub headers: Option<&'a HeaderMap>,
    /// Headers of the user; they replace all others, and may not be those of the connection.
    pub extra_headers: Option<&'a HeaderMap>,
    /// The JSON to send; empty for none.
    pub body: Bytes,
}

impl<'a> Call<'a> {
    /// A request with this method and no body.
    #[must_use]
    pub fn new(method: Method, path: &'a str) -> Self {
        Self { method, path, query: &[], headers: None, extra_headers: None, body: Bytes::new() }
    }

    /// A GET.
    #[must_use]
    pub fn get(path: &'a str) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST of JSON.
    #[must_use]
    pub fn post(path: &'a str, json: impl Into<Bytes>) -> Self {
        Self { body: json.into(), ..Self::new(Method::POST, path) }
    }

    /// With query parameters.
    #[must_use]
    pub fn with_query(mut self, query: &'a [(&'a str, &'a str)]) -> Self {
        self.query = query;
        self
    }

    /// With headers of the driver, such as the key of this call. They replace the client's of the same name.
    #[must_use]
    pub fn with_headers(mut self, headers: &'a HeaderMap) -> Self {
        self.headers = Some(headers);
        self
    }

    /// With headers of the user. They replace the driver's of the same name.
    #[must_use]
    pub fn with_extra_headers(mut self, headers: &'a HeaderMap) -> Self {
        self.extra_headers = Some(headers);
        self
    }

    /// All headers, over `defaults`.
    pub(super) fn merged(&self, defaults: &HeaderMap) -> Result<HeaderMap> {
        self.over(defaults.clone())
    }

    /// All headers, over `defaults` that accept this where they accept [`ANYTHING`].
    pub(super) fn accepting(&self, accept: &'static str, defaults: &HeaderMap) -> Result<HeaderMap> {
        let mut all = defaults.clone();
        // Replaced where it lies: one header more than the clone has room for would move all of them.
        if let Some(anything) = all.get_mut(header::ACCEPT).filter(|value| *value == ANYTHING) {
            *anything = HeaderValue::from_static(accept);
        }
        self.over(all)
    }

    fn over(&self, mut all: HeaderMap) -> Result<HeaderMap> {
        if self.body.is_empty() {
            all.remove(header::CONTENT_TYPE);
        }
        for more in [self.headers, self.extra_headers].into_iter().flatten() {
            for name in more.keys() {
                if REFUSED.contains(name) {
                    let message = format!("the header `{name}` belongs to the connection and can't be set");
                    return Err(Error::new(ErrorKind::InvalidRequest, message));
                }
                let mut values = more.get_all(name).iter();
                if let Some(first) = values.next() {
                    all.insert(name, first.clone());
                }
                values.for_each(|value| _ = all.append(name, value.clone()));
            }
        }
        Ok(all)
    }
}
