//! The audit trail: who did what to what, in a chain of hashes.

mod chain;
mod entry;
mod listener;
mod tables;
mod trail;

pub use entry::{AuditEntry, AuditRecord};
pub use listener::AuditListener;
pub(crate) use tables::STEP;
pub use trail::{AuditHead, AuditTrail};
