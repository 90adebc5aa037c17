#![doc = include_str!("../README.md")]

mod amount;
mod audit;
mod budgets;
mod conversations;
mod database;
mod failure;
mod instant;
mod ledger;
mod queue;
mod schema;
mod vault;

pub use audit::{AuditEntry, AuditHead, AuditListener, AuditRecord, AuditTrail};
pub use budgets::SqlBudgets;
pub use conversations::SqlStore;
pub use database::Database;
pub use failure::StorageError;
pub use ledger::{AttemptFilter, Durability, Grouping, SqlLedger, Total};
pub use schema::Migration;
pub use vault::{Account, AccountName, MasterKeys, Vault, VaultError};
