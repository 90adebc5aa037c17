//! The `x-ratelimit-*` headers.

use std::time::Duration;

use http::HeaderMap;
use laravel_ai_core::RateLimits;

use super::duration::parse_duration;

const PREFIX: &str = "x-ratelimit-";

/// Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens,project-tokens}`.
///
/// Resets are durations such as `6m0s` (OpenAI API reference, "Rate limits in headers") or plain seconds; a date or a unix
/// time is left out, as is every number that can't be read. What was not said stays `None`.
#[must_use]
pub fn rate_limits(headers: &HeaderMap) -> RateLimits {
    let mut limits = RateLimits::default();
    // One walk over all headers costs less than nine searches, and hardly anything where there are none.
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix(PREFIX) else { continue };
        let Ok(value) = std::str::from_utf8(value.as_bytes().trim_ascii()) else { continue };
        let number = |place: &mut Option<u64>| *place = place.or_else(|| value.parse().ok());
        let time = |place: &mut Option<Duration>| *place = place.or_else(|| parse_duration(value));
        match name {
            "limit-requests" => number(&mut limits.requests.limit),
            "remaining-requests" => number(&mut limits.requests.remaining),
            "reset-requests" => time(&mut limits.requests.reset),
            "limit-tokens" => number(&mut limits.tokens.limit),
            "remaining-tokens" => number(&mut limits.tokens.remaining),
            "reset-tokens" => time(&mut limits.tokens.reset),
            "limit-project-tokens" => number(&mut limits.project_tokens.limit),
            "remaining-project-tokens" => number(&mut limits.project_tokens.remaining),
            "reset-project-tokens" => time(&mut limits.project_tokens.reset),
            _ => {}
        }
    }
    limits
}
