//! Where an API lives, and the URLs below it.

use std::borrow::Cow;
use std::fmt;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use laravel_ai_core::{Error, ErrorKind, Result};

/// The root of an API, such as `https://api.openai.com/v1`.
///
/// A slash at its end makes no difference. A query stays on every URL below it (`?api-version=…`).
///
/// ```
/// use provider_http::BaseUrl;
///
/// let base = BaseUrl::parse("http://localhost:11434/v1/")?;
/// assert_eq!(base.join("/models", &[("limit", "a b")])?, "http://localhost:11434/v1/models?limit=a%20b");
/// # Ok::<(), laravel_ai_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    path: String,
    query: Option<String>,
}

impl BaseUrl {
    /// Reads a base URL.
    ///
    /// # Errors
    ///
    /// `Configuration` if it is not an absolute `http` or `https` URL, or holds a user and password, which would be
    /// printed with it.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let wrong = |why: &'static str| Error::new(ErrorKind::Configuration, why).with_possibly_billed(false);
        if text.contains('#') {
            return Err(wrong("the base URL has a fragment, which is never sent"));
        }
        let uri = Uri::try_from(text).map_err(|_| wrong("the base URL can't be read"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(wrong("the base URL is not absolute: it begins with https:// or http://"));
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(wrong("the base URL is neither http nor https"));
        }
        if authority.as_str().contains('@') {
            return Err(wrong("the base URL holds a user or password: set credentials apart from it"));
        }
        if authority.host().is_empty() {
            return Err(wrong("the base URL has no host"));
        }
        // What will send the requests is stricter: about ports, and about hosts that look like addresses.
        if url::Url::parse(&format!("{scheme}://{authority}")).is_err() {
            return Err(wrong("the host or the port of the base URL can't be read"));
        }
        let path =
            parts.path_and_query.as_ref().map_or("", PathAndQuery::path).trim_end_matches('/').to_owned();
        let query =
            parts.path_and_query.as_ref().and_then(PathAndQuery::query).filter(|query| !query.is_empty());
        Ok(Self { scheme, authority, path, query: query.map(Into::into) })
    }

    /// The URL of `path` below this one, with query parameters. Names and values are encoded here; what comes from outside
    /// in `path`, such as a model's name, is encoded by the caller with [`encode_segment`].
    ///
    /// # Errors
    ///
    /// `InvalidRequest` if `path` holds what no URL can.
    pub fn join(&self, path: &str, query: &[(&str, &str)]) -> Result<Uri> {
        self.build(path, self.query.as_deref(), query)
    }

    /// With one more parameter in the query of every URL below it. Name and value are encoded here.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: &str) -> Self {
        let query = self.query.get_or_insert_default();
        if !query.is_empty() {
            query.push('&');
        }
        encode(name, query);
        query.push('=');
        encode(value, query);
        self
    }

    /// The names of the fixed query, as they are written.
    pub(crate) fn query_names(&self) -> impl Iterator<Item = &str> {
        let pairs = self.query.as_deref().unwrap_or_default().split('&');
        pairs.map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
    }

    /// The values of the fixed query as they are sent; one may be a key.
    pub(super) fn query_values(&self) -> impl Iterator<Item = &str> {
        let pairs = self.query.as_deref().unwrap_or_default().split('&');
        pairs.filter_map(|pair| Some(pair.split_once('=')?.1))
    }

    /// The same URL for people: the values of the fixed query, which may hold a key, are masked.
    pub(super) fn join_masked(&self, path: &str, query: &[(&str, &str)]) -> Result<Uri> {
        let mask = |pair: &str| format!("{}=***", pair.split('=').next().unwrap_or_default());
        let fixed =
            self.query.as_deref().map(|fixed| fixed.split('&').map(mask).collect::<Vec<_>>().join("&"));
        self.build(path, fixed.as_deref(), query)
    }

    fn build(&self, path: &str, fixed: Option<&str>, query: &[(&str, &str)]) -> Result<Uri> {
        let path = path.trim_start_matches('/');
        let mut text = String::with_capacity(self.path.len() + path.len() + 1 + query.len() * 24);
        text.push_str(&self.path);
        if !path.is_empty() || self.path.is_empty() {
            text.push('/');
            text.push_str(path);
        }
        let mut separator = if path.contains('?') { '&' } else { '?' };
        let mut next = |text: &mut String| text.push(std::mem::replace(&mut separator, '&'));
        if let Some(fixed) = fixed {
            next(&mut text);
            text.push_str(fixed);
        }
        for (name, value) in query {
            next(&mut text);
            encode(name, &mut text);
            text.push('=');
            encode(value, &mut text);
        }
        let wrong =
            || Error::new(ErrorKind::InvalidRequest, "the path of the request can't be part of a URL");
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(PathAndQuery::try_from(text).map_err(|_| wrong())?);
        Uri::from_parts(parts).map_err(|_| wrong())
    }

    /// Host and port, for people.
    #[must_use]
    pub fn host(&self) -> &str {
        self.authority.as_str()
    }
}

/// Prints no query, which may hold a key.
impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

/// Makes `text` safe as one segment of a path: everything but letters, digits, `-._~:@` is percent-encoded, so that a
/// model's name can neither leave its place nor add a query. `.` and `..` name nothing and are encoded twice, because
/// URLs take `%2E%2E` for a step up too (WHATWG URL, "double-dot URL path segment").
///
/// ```
/// assert_eq!(provider_http::encode_segment("gpt-x"), "gpt-x");
/// assert_eq!(provider_http::encode_segment("../files?a=é"), "..%2Ffiles%3Fa%3D%C3%A9");
/// ```
#[must_use]
pub fn encode_segment(text: &str) -> Cow<'_, str> {
    let harmless = |byte: u8| is_unreserved(byte) || matches!(byte, b':' | b'@');
    if text.bytes().all(harmless) && text != "." && text != ".." {
        return text.into();
    }
    let mut encoded = String::with_capacity(text.len() + 8);
    if text == "." || text == ".." {
        return text.replace('.', "%252E").into();
    }
    text.bytes().for_each(|byte| push(byte, harmless(byte), &mut encoded));
    encoded.into()
}

fn encode(text: &str, to: &mut String) {
    text.bytes().for_each(|byte| push(byte, is_unreserved(byte), to));
}

fn push(byte: u8, harmless: bool, to: &mut String) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    if harmless {
        to.push(char::from(byte));
        return;
    }
    to.push('%');
    to.extend([byte >> 4, byte & 15].iter().filter_map(|digit| DIGITS.get(usize::from(*digit))));
}

/// The characters that RFC 3986 (section 2.3) leaves as they are.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}
