//! The `x-ratelimit-*` headers.

use http::HeaderMap;
use laravel_ai_core::RateLimits;

use super::duration;

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
        let Some((what, of)) = name.as_str().strip_prefix(PREFIX).and_then(|name| name.split_once('-'))
        else {
            continue;
        };
        let limit = match of {
            "requests" => &mut limits.requests,
            "tokens" => &mut limits.tokens,
            "project-tokens" => &mut limits.project_tokens,
            _ => continue,
        };
        let Some(value) = value.to_str().ok().map(str::trim) else { continue };
        match what {
            "limit" => limit.limit = limit.limit.or_else(|| value.parse().ok()),
            "remaining" => limit.remaining = limit.remaining.or_else(|| value.parse().ok()),
            "reset" => limit.reset = limit.reset.or_else(|| duration::parse_duration(value)),
            _ => {}
        }
    }
    limits
}
