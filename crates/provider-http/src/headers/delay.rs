//! When, and whether, the vendor wants to see the request again.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use super::{duration, text};

/// How long the vendor asks to wait before the request is repeated.
///
/// `retry-after-ms` (milliseconds, decimals allowed) wins over `Retry-After`, which is seconds, decimal seconds, a
/// duration as Go writes it, or an HTTP date (RFC 9110, section 10.2.3). A date is measured from `now`; one in the past is
/// no wait at all. What can't be read, or is longer than thirty years, is as if it were not there.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("retry-after", http::HeaderValue::from_static("1.5"));
/// assert_eq!(provider_http::retry_after(&headers, SystemTime::UNIX_EPOCH), Some(Duration::from_millis(1500)));
/// ```
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let milliseconds = text(headers, "retry-after-ms")
        .and_then(|text| text.parse::<f64>().ok())
        .and_then(|milliseconds| duration::plausible(milliseconds / 1000.0));
    milliseconds.or_else(|| {
        let value = text(headers, "retry-after")?;
        match httpdate::parse_http_date(value) {
            Ok(date) => duration::plausible(date.duration_since(now).unwrap_or_default().as_secs_f64()),
            Err(_) => duration::parse_duration(value),
        }
    })
}

/// The vendor's own word on whether to repeat the request, `x-should-retry: true` or `false`. It overrides every rule
/// about statuses.
#[must_use]
pub fn should_retry(headers: &HeaderMap) -> Option<bool> {
    let value = text(headers, "x-should-retry")?;
    match value {
        _ if value.eq_ignore_ascii_case("true") => Some(true),
        _ if value.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
