//! What a vendor says beside the body: how long to wait, how much is left, which request it was.

mod delay;
mod duration;
mod limits;
mod redact;

use http::HeaderMap;

pub use self::delay::{retry_after, should_retry};
pub use self::duration::parse_duration;
pub use self::limits::rate_limits;
pub(crate) use self::redact::mark_sensitive;
pub use self::redact::{RedactedHeaders, is_printable};

/// Names under which vendors send the id that their support asks for, the most common first.
const REQUEST_IDS: [&str; 5] =
    ["x-request-id", "request-id", "x-goog-request-id", "x-amzn-requestid", "apim-request-id"];

/// The vendor's id of the request, if one was sent and is visible text.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> Option<&str> {
    REQUEST_IDS.iter().find_map(|name| text(headers, name)).filter(|id| !id.is_empty())
}

/// The value of a header without white space around it, if it is there and visible ASCII.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}
