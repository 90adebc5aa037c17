//! Whose spending a budget limits.

use std::fmt;

use laravel_ai_core::{Labels, Target};
use serde::{Deserialize, Serialize};

/// By what calls are told apart. Labels come from the call's [`Labels`], the rest from its [`Target`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Dimension {
    /// The label `tenant`.
    Organisation,
    /// The label `project`.
    Project,
    /// The label `user`.
    User,
    /// The label `conversation`.
    Conversation,
    /// The fingerprint of the credential.
    Key,
    /// The configured connection.
    Connection,
    /// The model, as it was asked for.
    Model,
}

impl Dimension {
    fn value(self, target: &Target, labels: &Labels) -> Option<String> {
        match self {
            Self::Organisation => labels.tenant.clone(),
            Self::Project => labels.project.clone(),
            Self::User => labels.user.clone(),
            Self::Conversation => labels.conversation.clone(),
            Self::Key => target.credential().map(|key| key.to_string()),
            Self::Connection => Some(target.connection().to_owned()),
            Self::Model => Some(target.model().to_owned()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Project => "project",
            Self::User => "user",
            Self::Conversation => "conversation",
            Self::Key => "key",
            Self::Connection => "connection",
            Self::Model => "model",
        }
    }
}

/// Whose spending a budget limits: that of all calls together, of one user, of each user apart …
///
/// ```
/// use ai_costs::{Dimension, Scope};
/// use laravel_ai_core::{Labels, Target};
///
/// let (target, labels) = (Target::new("openai", "work", "gpt-4.1"), Labels::default().with_user("7"));
/// assert_eq!(Scope::each(Dimension::User).subject(&target, &labels).as_deref(), Some("7"));
/// assert_eq!(Scope::only(Dimension::User, "8").subject(&target, &labels), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Scope {
    /// By what calls are told apart; without it, all are one.
    pub by: Option<Dimension>,
    /// The one value that counts; without it, each value has the whole limit for itself.
    pub only: Option<String>,
}

impl Scope {
    /// All calls together.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Each user, each project … for itself. Calls without that label share one limit, so that leaving it out is no way
    /// around the budget.
    pub fn each(dimension: Dimension) -> Self {
        Self { by: Some(dimension), only: None }
    }

    /// One user, one project … and no other.
    pub fn only(dimension: Dimension, value: impl Into<String>) -> Self {
        Self { by: Some(dimension), only: Some(value.into()) }
    }

    /// Who spends in this scope when such a call is made; `None` when it does not count. Empty text stands for all, and
    /// for calls without the label.
    pub fn subject(&self, target: &Target, labels: &Labels) -> Option<String> {
        let value = self.by.and_then(|dimension| dimension.value(target, labels)).unwrap_or_default();
        self.only.as_ref().is_none_or(|only| *only == value).then_some(value)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.by, &self.only) {
            (None, _) => f.write_str("everything"),
            (Some(by), None) => write!(f, "each {}", by.name()),
            (Some(by), Some(only)) => write!(f, "{} {only}", by.name()),
        }
    }
}
