//! The one error type that crosses crate boundaries.

mod kind;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt::{self, Write as _};
use std::sync::Arc;

pub use self::kind::{ErrorKind, Retry};
use crate::{AssistantPart, RateLimits, Target, Usage};

/// The result of every fallible operation of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, what may be done about it, and what was delivered before it did.
///
/// Callers act on [`kind`](Self::kind) and [`retry`](Self::retry); people read the one line that `Display`
/// prints, control characters turned into spaces. Neither `Display` nor `Debug` shows a prompt, an answer, a response body, a URL or a secret.
/// Cloning is cheap, so one failure can be returned, logged and published.
///
/// A vendor's own error is the [`source`](StdError::source); [`vendor`](Self::vendor) downcasts to it.
///
/// ```
/// use laravel_ai_core::{Error, ErrorKind, Retry};
///
/// let error = Error::new(ErrorKind::RateLimited, "60 requests a minute are used up").with_status(429);
/// assert_eq!(error.retry(), Retry::SameTarget { after: None });
/// assert_eq!(error.to_string(), "rate limited: 60 requests a minute are used up (status 429)");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    target: Option<Target>,
    status: Option<u16>,
    request_id: Option<String>,
    retry: Option<Retry>,
    possibly_billed: Option<bool>,
    rate_limits: Option<RateLimits>,
    partial: Option<Partial>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What a call had delivered when it broke: the finished and unfinished parts, and the usage if it was known.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Partial {
    /// Parts in the order of their start. A tool call whose arguments were cut has `truncated` set.
    pub content: Vec<AssistantPart>,
    /// The last usage that the vendor reported; unknown for most broken streams.
    pub usage: Usage,
}

impl Partial {
    /// A partial answer of these parts, usage unknown.
    pub fn new(content: Vec<AssistantPart>) -> Self {
        Self { content, usage: Usage::default() }
    }

    /// With the usage reported so far.
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// The text delivered so far, all text parts joined.
    pub fn text(&self) -> String {
        self.content.iter().filter_map(AssistantPart::as_text).collect()
    }
}

impl Error {
    /// An error of `kind`. The message says what failed, on one line, with no trailing period, no secret and
    /// nothing of a prompt or a body.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            target: None,
            status: None,
            request_id: None,
            retry: None,
            possibly_billed: None,
            rate_limits: None,
            partial: None,
            source: None,
        }))
    }

    /// [`ErrorKind::Decode`]: `what` failed because JSON is broken or has another shape. The message says how and
    /// where, but shows none of the values that `cause` quotes, since they are content.
    ///
    /// ```
    /// use laravel_ai_core::Error;
    ///
    /// let cause = serde_json::from_str::<u8>("\"private\"").unwrap_err();
    /// assert_eq!(
    ///     Error::decode("the age does not fit", &cause).message(),
    ///     "the age does not fit: invalid type: string, expected u8 at line 1 column 9",
    /// );
    /// ```
    pub fn decode(what: impl fmt::Display, cause: &serde_json::Error) -> Self {
        Self::new(ErrorKind::Decode, format!("{what}: {}", crate::json::shape(cause)))
    }

    /// What class of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message without kind, status and target.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The target that failed, when one was chosen.
    pub fn target(&self) -> Option<&Target> {
        self.0.target.as_ref()
    }

    /// The HTTP status, when an answer arrived. For people and logs: layers decide on kind and retry class.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The id under which the vendor's support finds the request.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Whether, where and when trying again can help. Set by the driver from what the vendor said, otherwise
    /// the default of the kind.
    pub fn retry(&self) -> Retry {
        self.0.retry.unwrap_or_else(|| self.0.kind.retry())
    }

    /// Whether the vendor may charge for the failed call. `true` unless nothing was sent or the vendor refused
    /// before generating.
    pub fn possibly_billed(&self) -> bool {
        self.0.possibly_billed.unwrap_or_else(|| self.0.kind.possibly_billed())
    }

    /// The vendor's rate limits, when the failed answer carried them.
    pub fn rate_limits(&self) -> Option<&RateLimits> {
        self.0.rate_limits.as_ref()
    }

    /// What was delivered before the call broke.
    pub fn partial(&self) -> Option<&Partial> {
        self.0.partial.as_ref()
    }

    /// The first error of type `T` in the chain of sources, such as a vendor's own error.
    pub fn vendor<T: StdError + 'static>(&self) -> Option<&T> {
        let mut source = self.source();
        while let Some(error) = source {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            source = error.source();
        }
        None
    }

    /// The same failure as another kind; what was set stays.
    pub fn with_kind(self, kind: ErrorKind) -> Self {
        self.edit(|inner| inner.kind = kind)
    }

    /// With the target that failed. The first one set stays, so that an outer layer does not hide it.
    pub fn with_target(self, target: &Target) -> Self {
        self.edit(|inner| _ = inner.target.get_or_insert_with(|| target.clone()))
    }

    /// With the HTTP status of the answer.
    pub fn with_status(self, status: u16) -> Self {
        self.edit(|inner| inner.status = Some(status))
    }

    /// With the vendor's request id.
    pub fn with_request_id(self, id: impl Into<String>) -> Self {
        self.edit(|inner| inner.request_id = Some(id.into()))
    }

    /// With a retry class other than the default of the kind.
    pub fn with_retry(self, retry: Retry) -> Self {
        self.edit(|inner| inner.retry = Some(retry))
    }

    /// With what is known about billing, when it differs from the default of the kind.
    pub fn with_possibly_billed(self, billed: bool) -> Self {
        self.edit(|inner| inner.possibly_billed = Some(billed))
    }

    /// With the vendor's rate limits.
    pub fn with_rate_limits(self, limits: RateLimits) -> Self {
        self.edit(|inner| inner.rate_limits = Some(limits))
    }

    /// With what was delivered before the call broke.
    pub fn with_partial(self, partial: Partial) -> Self {
        self.edit(|inner| inner.partial = Some(partial))
    }

    /// With the error that caused this one. Its own texts must hold no secret, since logs print the chain.
    pub fn with_source(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.edit(|inner| inner.source = Some(Arc::new(source)))
    }

    fn edit(mut self, edit: impl FnOnce(&mut Inner)) -> Self {
        edit(Arc::make_mut(&mut self.0));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut OneLine(f);
        write!(f, "{}: {}", self.0.kind, self.0.message)?;
        let mut separator = " (";
        let mut fact = |f: &mut OneLine<'_, '_>, name: &str, value: &dyn fmt::Display| {
            write!(f, "{separator}{name} {value}")?;
            separator = ", ";
            fmt::Result::Ok(())
        };
        if let Some(status) = self.0.status {
            fact(f, "status", &status)?;
        }
        if let Some(target) = &self.0.target {
            fact(f, "at", target)?;
        }
        if let Some(id) = &self.0.request_id {
            fact(f, "request", id)?;
        }
        if separator == ", " { f.write_str(")") } else { Ok(()) }
    }
}

/// Writes control characters as spaces: vendors' words go into logs, where a line break would forge an entry.
struct OneLine<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.split(char::is_control).enumerate().try_for_each(|(index, piece)| {
            if index > 0 {
                self.0.write_char(' ')?;
            }
            self.0.write_str(piece)
        })
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("target", &self.0.target)
            .field("status", &self.0.status)
            .field("request_id", &self.0.request_id)
            .field("retry", &self.retry())
            .field("possibly_billed", &self.possibly_billed())
            .field("has_partial", &self.0.partial.is_some())
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind, kind.advice())
    }
}
