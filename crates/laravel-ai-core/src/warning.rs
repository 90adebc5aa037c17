//! What was done otherwise than asked.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// Something in the request or the answer that was changed, dropped or not understood, while the call went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Warning {
    /// What happened.
    pub kind: WarningKind,
    /// What it happened to: an option, a part, a model.
    pub subject: String,
    /// One line for people, without content of the conversation.
    pub message: String,
}

/// What a [`Warning`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarningKind {
    /// The vendor or model does not take this option; it was left out.
    OptionDropped,
    /// The option was sent in another form or with another value.
    OptionChanged,
    /// Options meant for another driver were given.
    ForeignOptions,
    /// State that only another target understands was left out.
    StateDropped,
    /// A part of a message has no form in the vendor's language and was left out.
    PartDropped,
    /// The answer holds something this version does not know; it was kept.
    UnknownPart,
    /// The answer holds more than was asked for, such as further choices; it was left out.
    AnswerDropped,
    /// A schema was changed to fit the vendor's strict mode.
    SchemaChanged,
    /// Stored history could not be sent as it was and was completed.
    HistoryRepaired,
    /// A context window left a part of the stored history out of the request, as it was asked to.
    HistoryTrimmed,
    /// As far as is known the model can't do what was asked. It was sent all the same.
    BeyondCapabilities,
    /// The vendor is going to remove what was used.
    Deprecated,
    /// Anything else.
    Other,
}

impl Warning {
    /// A warning of `kind` about `subject`.
    pub fn new(kind: WarningKind, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, subject: subject.into(), message: message.into() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}

/// Collects an encoder's warnings, or refuses at the first one when the request is
/// [strict](crate::ChatRequest::strict).
#[derive(Clone, Debug, Default)]
pub struct Warnings {
    strict: bool,
    list: Vec<Warning>,
}

impl Warnings {
    /// An empty collection. With `strict`, each push is an error.
    pub fn new(strict: bool) -> Self {
        Self { strict, list: Vec::new() }
    }

    /// Adds a warning.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] with the warning's text when the collection is strict.
    pub fn push(&mut self, warning: Warning) -> Result<()> {
        if self.strict {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("{warning} (warnings are errors for this request)"),
            ));
        }
        self.list.push(warning);
        Ok(())
    }

    /// Adds several warnings.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn extend(&mut self, warnings: impl IntoIterator<Item = Warning>) -> Result<()> {
        warnings.into_iter().try_for_each(|warning| self.push(warning))
    }

    /// The warnings, in order.
    pub fn into_vec(self) -> Vec<Warning> {
        self.list
    }
}
