//! The `x-ratelimit-*` headers.

use http::HeaderMap;
use laravel_ai_core::{RateLimit, RateLimits};

use super::{duration, text};

/// Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens,project-tokens}`.
///
/// Resets are durations such as `6m0s` (OpenAI API reference, "Rate limits in headers") or plain seconds; a date or a unix
/// time is left out, as is every number that can't be read. What was not said stays `None`.
#[must_use]
pub fn rate_limits(headers: &HeaderMap) -> RateLimits {
    let mut limits = RateLimits::default();
    // Most local servers send none of these; one look spares them nine.
    if headers.keys().any(|name| name.as_str().starts_with("x-ratelimit-")) {
        limits.requests = limit(
            headers,
            ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
        );
        limits.tokens = limit(
            headers,
            ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
        );
        limits.project_tokens = limit(
            headers,
            [
                "x-ratelimit-limit-project-tokens",
                "x-ratelimit-remaining-project-tokens",
                "x-ratelimit-reset-project-tokens",
            ],
        );
    }
    limits
}

fn limit(headers: &HeaderMap, [limit, remaining, reset]: [&str; 3]) -> RateLimit {
    let mut found = RateLimit::default();
    found.limit = text(headers, limit).and_then(|number| number.parse().ok());
    found.remaining = text(headers, remaining).and_then(|number| number.parse().ok());
    found.reset = text(headers, reset).and_then(duration::parse);
    found
}
