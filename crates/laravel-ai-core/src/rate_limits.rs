//! What a vendor says about the caller's limits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The limits that a response's headers report. What was not said is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RateLimits {
    /// Requests.
    pub requests: RateLimit,
    /// Tokens.
    pub tokens: RateLimit,
    /// Tokens of the project, where that limit is the one that binds.
    pub project_tokens: RateLimit,
}

impl RateLimits {
    /// Whether no header said anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many are allowed in the vendor's window.
    pub limit: Option<u64>,
    /// How many are left.
    pub remaining: Option<u64>,
    /// How long until the limit is full again.
    pub reset: Option<Duration>,
}
