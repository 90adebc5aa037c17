//! Conversations.

mod pinned;
mod row;
mod store;
mod tables;

pub(crate) use self::pinned::STEP as PINNED;
pub use self::store::SqlStore;
pub(crate) use self::tables::STEP;
