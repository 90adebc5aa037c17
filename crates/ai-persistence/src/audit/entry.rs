//! What an audit trail says.

use std::collections::BTreeMap;
use std::time::SystemTime;

/// Something that happened, to be written down. It holds names and outcomes; whoever puts content into `detail` does so
/// on purpose, since a row can't be changed later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditEntry {
    /// Who did it, such as `user:7` or `system`.
    pub actor: String,
    /// What was done, such as `credential.access`.
    pub action: String,
    /// What it was done to, such as the account `acme/openai/production`.
    pub subject: String,
    /// How it came out: `ok`, or why not.
    pub outcome: String,
    /// Whatever else is worth knowing.
    pub detail: BTreeMap<String, String>,
}

impl AuditEntry {
    /// An entry about something that went well.
    pub fn new(actor: impl Into<String>, action: impl Into<String>, subject: impl Into<String>) -> Self {
        Self {
            actor: actor.into(),
            action: action.into(),
            subject: subject.into(),
            outcome: "ok".to_owned(),
            detail: BTreeMap::new(),
        }
    }

    /// With another outcome.
    pub fn with_outcome(mut self, outcome: impl Into<String>) -> Self {
        self.outcome = outcome.into();
        self
    }

    /// With something else that is worth knowing.
    pub fn with_detail(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.detail.insert(name.into(), value.into());
        self
    }
}

/// An entry as it stands in the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditRecord {
    /// Its number in the trail, from 1 without a gap.
    pub sequence: u64,
    /// When it was written, to the microsecond.
    pub at: SystemTime,
    /// What happened.
    pub entry: AuditEntry,
}
