#![doc = include_str!("../README.md")]

mod amount;
mod conversations;
mod database;
mod failure;
mod instant;
mod queue;
mod schema;

pub use conversations::SqlStore;
pub use database::Database;
pub use failure::StorageError;
pub use schema::Migration;
