#![doc = include_str!("../README.md")]

mod amount;
mod analytics;
mod audit;
mod budgets;
mod conversations;
mod database;
mod failure;
mod instant;
mod ledger;
mod models;
mod queue;
mod schema;
mod vault;

pub use analytics::{Analytics, ModelPerformance, Refreshed};
pub use audit::{AuditEntry, AuditHead, AuditListener, AuditRecord, AuditTrail};
pub use budgets::SqlBudgets;
pub use conversations::SqlStore;
pub use database::Database;
pub use failure::StorageError;
pub use ledger::{AttemptFilter, Durability, Grouping, SqlLedger, Total};
pub use models::{KeptPrice, PriceSource, SqlModels, SqlPrices};
pub use schema::Migration;
pub use vault::{Account, AccountName, MasterKeys, Vault, VaultError};
