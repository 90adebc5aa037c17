//! Ids that are of use at one target only.

use std::fmt;

use laravel_ai_core::{ChatResponse, Error, ErrorKind, Result, Target};
use serde::{Deserialize, Serialize};

/// An id of something that a vendor stores, and the target that it was made at. Sent to another target, as a failover would
/// do, it is an error with [`PinnedElsewhere`] as its source, before anything is sent.
///
/// ```
/// use laravel_ai_core::Target;
/// use provider_http::Pinned;
///
/// let (mine, yours) = (Target::new("acme", "work", "m"), Target::new("acme", "home", "m"));
/// let cached = Pinned::new("cache-1", mine.clone());
/// assert_eq!(cached.for_target("cached", &mine)?, "cache-1");
/// assert!(cached.for_target("cached", &yours).is_err());
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pinned {
    /// The vendor's id.
    pub id: String,
    /// Who made it.
    pub target: Target,
}

impl Pinned {
    /// An id that `target` made.
    pub fn new(id: impl Into<String>, target: Target) -> Self {
        Self { id: id.into(), target }
    }

    /// The id of an answer; `None` when it has none. Of use only if the vendor was asked to store the answer.
    pub fn response(response: &ChatResponse) -> Option<Self> {
        response.id.as_ref().map(|id| Self::new(id, response.served_by.clone()))
    }

    /// The id, for a request to `asked`; `option` is the name of the option that holds it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when another target made it.
    pub fn for_target(&self, option: &'static str, asked: &Target) -> Result<&str> {
        if asked.accepts_state_of(&self.target) {
            return Ok(&self.id);
        }
        let message =
            format!("`{option}` was made by {} and can't be used at {asked}: send the messages", self.target);
        let source = PinnedElsewhere { option, made_by: self.target.clone(), asked: asked.clone() };
        Err(Error::new(ErrorKind::InvalidRequest, message).with_source(source))
    }
}

/// A [`Pinned`] id was sent to another target than the one that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PinnedElsewhere {
    /// The option that holds it.
    pub option: &'static str,
    /// Who made the id.
    pub made_by: Target,
    /// Who was asked.
    pub asked: Target,
}

impl fmt::Display for PinnedElsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is pinned to {}, not to {}", self.option, self.made_by, self.asked)
    }
}

impl std::error::Error for PinnedElsewhere {}
