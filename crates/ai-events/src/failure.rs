//! Why something failed, in few words.

use std::time::Duration;

use laravel_ai_core::{Error, ErrorKind, Retry};
use serde::{Deserialize, Serialize};

use crate::{Brief, written};

/// What an event tells of an error: its class and its one line, nothing of a prompt or a body.
///
/// ```
/// use ai_events::Failure;
/// use laravel_ai_core::{Error, ErrorKind};
///
/// let failure = Failure::from(&Error::new(ErrorKind::Overloaded, "no capacity").with_status(529));
/// assert_eq!((failure.kind, failure.status), (ErrorKind::Overloaded, Some(529)));
/// assert_eq!(failure.message, "no capacity");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// The class of the error.
    pub kind: ErrorKind,
    /// Its message.
    pub message: Brief,
    /// The HTTP status, when an answer arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The id under which the vendor's support finds the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Brief>,
    /// How long the vendor asks to be left alone.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "written::optional_seconds")]
    pub retry_after: Option<Duration>,
    /// Whether the vendor may charge for it all the same.
    pub possibly_billed: bool,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let retry_after = match error.retry() {
            Retry::SameTarget { after } => after,
            _ => None,
        };
        Self {
            kind: error.kind(),
            message: error.message().into(),
            status: error.status(),
            request_id: error.request_id().map(Brief::from),
            retry_after,
            possibly_billed: error.possibly_billed(),
        }
    }
}
