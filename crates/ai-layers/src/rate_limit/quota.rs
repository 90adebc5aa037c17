//! How much, for whom, and what then.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use laravel_ai_core::Target;

/// How much one member of a scope may use. What is not set is not limited.
///
/// A minute's worth may be used at once, and comes back evenly over the minute.
///
/// ```
/// use std::num::{NonZeroU32, NonZeroU64};
///
/// use ai_layers::Quota;
///
/// let quota = Quota::new()
///     .requests_per_minute(NonZeroU64::new(3_500).unwrap())
///     .tokens_per_minute(NonZeroU64::new(90_000).unwrap())
///     .concurrency(NonZeroU32::new(50).unwrap());
/// assert_eq!(quota.concurrency.map(NonZeroU32::get), Some(50));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Requests a minute.
    pub requests_per_minute: Option<NonZeroU64>,
    /// Tokens a minute, input and output together.
    pub tokens_per_minute: Option<NonZeroU64>,
    /// Calls at the same time.
    pub concurrency: Option<NonZeroU32>,
}

impl Quota {
    /// Everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// With so many requests a minute.
    pub fn requests_per_minute(mut self, requests: NonZeroU64) -> Self {
        self.requests_per_minute = Some(requests);
        self
    }

    /// With so many tokens a minute.
    pub fn tokens_per_minute(mut self, tokens: NonZeroU64) -> Self {
        self.tokens_per_minute = Some(tokens);
        self
    }

    /// With so many calls at the same time.
    pub fn concurrency(mut self, calls: NonZeroU32) -> Self {
        self.concurrency = Some(calls);
        self
    }
}

/// Who shares a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LimitScope {
    /// The calls of one user of one tenant, by the call's [`Labels`](laravel_ai_core::Labels), to whatever target. Calls
    /// without a user are not limited by it.
    User,
    /// The calls through one key of one connection.
    Connection,
    /// The calls to one model through one key of one connection.
    Model,
}

impl LimitScope {
    /// The member that `target` belongs to, and its name for people; `None` where the target does not say.
    pub(super) fn key(self, target: &Target) -> Option<(String, String)> {
        let credential = target.credential().map(|credential| credential.to_string()).unwrap_or_default();
        let connection = format!("{}\n{}\n{credential}", target.driver(), target.connection());
        match self {
            Self::User => None,
            Self::Connection => Some((connection, format!("connection `{}`", target.connection()))),
            Self::Model => Some((format!("{connection}\n{}", target.model()), format!("model `{target}`"))),
        }
    }
}

/// What happens to a call over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenLimited {
    /// It waits in turn, at most this long in all and never past its deadline; then it is refused.
    Wait(Duration),
    /// It is refused at once.
    Fail,
}

/// What a call could not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Requests(u64),
    Tokens(u64),
    Concurrency(u32),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requests(limit) => write!(f, "{limit} requests a minute"),
            Self::Tokens(limit) => write!(f, "{limit} tokens a minute"),
            Self::Concurrency(limit) => write!(f, "{limit} calls at the same time"),
        }
    }
}
