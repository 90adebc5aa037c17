//! A row in bytes, and its hash.

use sea_orm::{DbErr, QueryResult};
use sha2::{Digest, Sha256};

use super::entry::{AuditEntry, AuditRecord};
use crate::instant::from_micros;

pub(super) const COLUMNS: [&str; 8] =
    ["sequence", "at", "actor", "action", "subject", "outcome", "detail", "hash"];

/// A row as the database has it: what is hashed are its texts, so nothing can change unseen between text and meaning.
pub(super) struct Row {
    pub(super) sequence: i64,
    pub(super) at: i64,
    /// Actor, action, subject, outcome and detail.
    pub(super) texts: [String; 5],
    pub(super) hash: String,
}

impl Row {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            sequence: row.try_get("", "sequence")?,
            at: row.try_get("", "at")?,
            texts: [
                row.try_get("", "actor")?,
                row.try_get("", "action")?,
                row.try_get("", "subject")?,
                row.try_get("", "outcome")?,
                row.try_get("", "detail")?,
            ],
            hash: row.try_get("", "hash")?,
        })
    }

    /// SHA-256 in hexadecimal over the hash before, the numbers, and each text after its length, so that no text can be
    /// moved from one column to the next.
    pub(super) fn hash(&self, before: &str) -> String {
        let mut digest = Sha256::new();
        digest.update(b"laravel-ai audit 1");
        digest.update(self.sequence.to_be_bytes());
        digest.update(self.at.to_be_bytes());
        for text in std::iter::once(before).chain(self.texts.iter().map(String::as_str)) {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// `None` when the detail is none of ours.
    pub(super) fn record(self) -> Option<AuditRecord> {
        let [actor, action, subject, outcome, detail] = self.texts;
        let detail = serde_json::from_str(&detail).ok()?;
        Some(AuditRecord {
            sequence: self.sequence.unsigned_abs(),
            at: from_micros(self.at),
            entry: AuditEntry { actor, action, subject, outcome, detail },
        })
    }
}
