//! The keys of a connection that the library keeps for itself.

pub(crate) mod duration;
mod keys;

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use laravel_ai_core::Timeouts;
use serde::Deserialize;

pub(crate) use self::keys::{GROUPS, Keys, RESERVED, SHARED};

/// What a connection sets besides its driver's own keys. `None` leaves the default of whoever acts on it.
///
/// Settings come from the connection's table, then from the same keys at the top level of the file, then from
/// the environment.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// The model to use when a call names none.
    pub default_model: Option<String>,
    /// One number for everything: see [`timeouts_of`](Self::timeouts_of).
    pub timeout: Option<Duration>,
    /// Time limits.
    pub timeouts: Timeouts,
    /// Repeating failed calls.
    pub retry: RetrySettings,
    /// Limits of our own on what is sent.
    pub rate_limiting: RateLimitSettings,
    /// Leaving a failing target alone for a while.
    pub circuit_breaker: CircuitBreakerSettings,
    /// What is logged.
    pub logging: LoggingSettings,
}

impl Settings {
    /// The time limits of a call. The single `timeout` bounds the whole of a call without streaming, and the
    /// wait for the first content of a stream; a limit given by its own name comes before it.
    pub fn timeouts_of(&self, streaming: bool) -> Timeouts {
        let Some(limit) = self.timeout else { return self.timeouts };
        let single = Timeouts::default();
        self.timeouts.or(if streaming { single.with_first_content(limit) } else { single.with_total(limit) })
    }
}

/// `[connections.<name>.retry]`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RetrySettings {
    /// How often to try in all, the first time included. Also as `retry_attempts`.
    pub attempts: Option<NonZeroU32>,
    /// How long to wait before the second try. Also as `retry_delay`, in milliseconds.
    pub delay: Option<Duration>,
    /// What each further wait is longer by, at least 1.
    pub multiplier: Option<f64>,
    /// The longest wait. Also as `max_retry_delay`, in milliseconds.
    pub max_delay: Option<Duration>,
    /// Which part of a wait is left to chance, from 0 to 1.
    pub jitter: Option<f64>,
}

/// `[connections.<name>.rate_limiting]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RateLimitSettings {
    /// Whether it is on.
    pub enabled: Option<bool>,
    /// The most requests a minute.
    pub requests_per_minute: Option<NonZeroU64>,
    /// The most tokens a minute, input and output together.
    pub tokens_per_minute: Option<NonZeroU64>,
    /// The most calls at the same time.
    pub concurrency: Option<NonZeroU32>,
}

/// `[connections.<name>.circuit_breaker]`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CircuitBreakerSettings {
    /// Whether it is on.
    pub enabled: Option<bool>,
    /// The part of failed calls at which it opens, above 0 to 1.
    pub failure_rate: Option<f64>,
    /// How many calls it must have seen before it may open.
    pub minimum_calls: Option<NonZeroU32>,
    /// How far back it looks.
    pub window: Option<Duration>,
    /// How long it stays open before it lets a call through as a test.
    pub cool_down: Option<Duration>,
}

/// `[connections.<name>.logging]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct LoggingSettings {
    /// Whether calls are logged.
    pub enabled: Option<bool>,
    /// A name for the log of these calls.
    pub channel: Option<String>,
    /// How much is logged.
    pub level: Option<LogLevel>,
    /// Whether prompts and answers are logged too.
    pub include_content: Option<bool>,
}

/// How much is logged. The names of syslog are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LogLevel {
    /// Everything.
    Trace,
    /// What helps to find a fault.
    Debug,
    /// What happens.
    #[serde(alias = "notice")]
    Info,
    /// What is probably wrong.
    #[serde(alias = "warning")]
    Warn,
    /// What failed.
    #[serde(alias = "critical", alias = "alert", alias = "emergency")]
    Error,
}
