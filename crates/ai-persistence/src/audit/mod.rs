//! The audit trail: who did what to what, in a chain of hashes.

mod chain;
mod entry;
mod tables;
mod trail;

pub use entry::{AuditEntry, AuditRecord};
pub(crate) use tables::STEP;
pub use trail::{AuditHead, AuditTrail};
