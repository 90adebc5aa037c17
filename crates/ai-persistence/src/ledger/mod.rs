//! The ledger: what was tried, and what it cost.

mod read;
mod row;
mod tables;
mod write;

pub use self::read::{AttemptFilter, Grouping, Total};
pub(crate) use self::read::{together, whole};
pub(crate) use self::tables::{ATTEMPTS, STEP};
pub(crate) use self::write::insert_row;
pub use self::write::{Durability, SqlLedger};
