//! Kinds of failure and what each allows.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Whether trying again can help, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// The same request fails everywhere, or must not be repeated.
    Never,
    /// The same target may succeed.
    SameTarget {
        /// The vendor's own delay: a floor for this target, never shortened. `None` leaves it to the policy.
        after: Option<Duration>,
    },
    /// This target will not succeed soon, another key, model or vendor may.
    OtherTarget,
}

/// The class of a failure. Each says whether the retry layer tries the same target again and whether failover
/// may move to another candidate; a driver may narrow that with [`Error::with_retry`](crate::Error::with_retry).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The credential is missing, wrong, expired or revoked; another key may be right.
    /// *Retried: no. Fails over: yes. Billed: no.*
    Authentication,
    /// The credential is right but may not do this: scope, region, model access.
    /// *Retried: no. Fails over: yes. Billed: no.*
    Permission,
    /// Our own configuration is wrong: an unknown connection, a missing key, an illegal character in a key. It
    /// stops the call, so that it is seen and mended. *Retried: no. Fails over: no. Billed: no.*
    Configuration,
    /// The vendor or our own checks refuse the request as it stands. *Retried: no. Fails over: no. Billed: no.*
    InvalidRequest,
    /// The model does not exist there, was removed, or is not visible to the key.
    /// *Retried: no. Fails over: yes. Billed: no.*
    ModelNotFound,
    /// The prompt, or prompt plus answer, exceeds the model's window; a candidate may have a larger one.
    /// *Retried: no. Fails over: yes. Billed: no.*
    ContextTooLong,
    /// The vendor's policy blocked the prompt or the answer. A refused prompt is not offered around.
    /// *Retried: no. Fails over: no. Billed: perhaps.*
    ContentFiltered,
    /// Too many requests or tokens for a while; the vendor's delay is waited out.
    /// *Retried: yes. Fails over: yes. Billed: no.*
    RateLimited,
    /// Credit, plan or spend limit is used up; waiting does not help. *Retried: no. Fails over: yes. Billed: no.*
    QuotaExceeded,
    /// A budget of ours refuses the call before anything is sent. *Retried: no. Fails over: no. Billed: no.*
    BudgetExceeded,
    /// A limiter of ours refuses the call before anything is sent; elsewhere a user's limit would be walked
    /// around. *Retried: no. Fails over: no. Billed: no.*
    Throttled,
    /// The circuit breaker of this target is open; nothing was sent. *Retried: no. Fails over: yes. Billed: no.*
    CircuitOpen,
    /// The vendor has no capacity at the moment. *Retried: yes. Fails over: yes. Billed: no.*
    Overloaded,
    /// The vendor failed (5xx, or an error object of that class). *Retried: yes. Fails over: yes. Billed: perhaps.*
    Server,
    /// A time limit passed: connect, first content, idle read, total.
    /// *Retried: yes. Fails over: yes. Billed: perhaps.*
    Timeout,
    /// The connection could not be made or broke: DNS, TLS, refused, reset.
    /// *Retried: yes. Fails over: yes. Billed: perhaps.*
    Transport,
    /// A stream ended before its finish, with a part of the answer in the caller's hands. While the caller has
    /// nothing yet, the layers set a class of their own, which allows both.
    /// *Retried: no. Fails over: no. Billed: perhaps.*
    StreamInterrupted,
    /// The answer could not be understood, but was probably billed.
    /// *Retried: no. Fails over: yes. Billed: perhaps.*
    Decode,
    /// This driver or model can't do what was asked. *Retried: no. Fails over: yes. Billed: no.*
    Unsupported,
    /// The application's own database failed or could not be asked; the message says whether a call was made.
    /// *Retried: no. Fails over: no. Billed: perhaps.*
    Storage,
    /// The caller cancelled. *Retried: no. Fails over: no. Billed: perhaps.*
    Cancelled,
    /// Not recognised; repeating the unknown can cost money. *Retried: no. Fails over: no. Billed: perhaps.*
    Unknown,
}

impl ErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 22] = [
        Self::Authentication,
        Self::Permission,
        Self::Configuration,
        Self::InvalidRequest,
        Self::ModelNotFound,
        Self::ContextTooLong,
        Self::ContentFiltered,
        Self::RateLimited,
        Self::QuotaExceeded,
        Self::BudgetExceeded,
        Self::Throttled,
        Self::CircuitOpen,
        Self::Overloaded,
        Self::Server,
        Self::Timeout,
        Self::Transport,
        Self::StreamInterrupted,
        Self::Decode,
        Self::Unsupported,
        Self::Storage,
        Self::Cancelled,
        Self::Unknown,
    ];

    /// The retry class of an error of this kind when nothing more is known.
    pub fn retry(self) -> Retry {
        match self {
            Self::RateLimited | Self::Overloaded | Self::Server | Self::Timeout | Self::Transport => {
                Retry::SameTarget { after: None }
            }
            Self::Authentication
            | Self::Permission
            | Self::ModelNotFound
            | Self::ContextTooLong
            | Self::QuotaExceeded
            | Self::CircuitOpen
            | Self::Decode
            | Self::Unsupported => Retry::OtherTarget,
            Self::Configuration
            | Self::InvalidRequest
            | Self::ContentFiltered
            | Self::BudgetExceeded
            | Self::Throttled
            | Self::StreamInterrupted
            | Self::Storage
            | Self::Cancelled
            | Self::Unknown => Retry::Never,
        }
    }

    /// Whether a call that failed like this may be charged when nothing more is known.
    pub fn possibly_billed(self) -> bool {
        matches!(
            self,
            Self::Server
                | Self::Timeout
                | Self::Transport
                | Self::StreamInterrupted
                | Self::Decode
                | Self::ContentFiltered
                | Self::Storage
                | Self::Cancelled
                | Self::Unknown
        )
    }

    /// The name in words, as `Display` shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "authentication failed",
            Self::Permission => "permission denied",
            Self::Configuration => "configuration error",
            Self::InvalidRequest => "invalid request",
            Self::ModelNotFound => "model not found",
            Self::ContextTooLong => "context too long",
            Self::ContentFiltered => "content filtered",
            Self::RateLimited => "rate limited",
            Self::QuotaExceeded => "quota exceeded",
            Self::BudgetExceeded => "budget exceeded",
            Self::Throttled => "throttled",
            Self::CircuitOpen => "circuit open",
            Self::Overloaded => "provider overloaded",
            Self::Server => "provider failed",
            Self::Timeout => "timed out",
            Self::Transport => "connection failed",
            Self::StreamInterrupted => "stream interrupted",
            Self::Decode => "unreadable answer",
            Self::Unsupported => "unsupported",
            Self::Storage => "storage failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown error",
        }
    }

    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Authentication => "check the API key of the connection",
            Self::Permission => "check what the API key may do",
            Self::ModelNotFound => "check the model's name against the list of models",
            Self::RateLimited | Self::Throttled | Self::Overloaded => "try again later",
            Self::QuotaExceeded => "check plan and billing with the provider",
            Self::Storage => "check the database",
            Self::Cancelled => "the caller cancelled",
            _ => "no more is known",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
