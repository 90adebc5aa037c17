//! Conversations.

mod row;
mod store;
mod tables;

pub use self::store::SqlStore;
pub(crate) use self::tables::STEP;
