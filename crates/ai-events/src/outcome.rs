//! What some events say in one word.

use serde::{Deserialize, Serialize};

use crate::Failure;

/// How a physical try ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// With an answer.
    Succeeded,
    /// With an error.
    Failed(Failure),
    /// It was dropped: by the caller, or because a limit passed.
    Cancelled,
}

/// What a circuit breaker leaves alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CircuitScope {
    /// One model through one key of one connection.
    Target,
    /// All models through one key of one connection.
    Key,
}
