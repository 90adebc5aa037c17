#![doc = include_str!("../README.md")]

mod amount;
mod database;
mod failure;
mod instant;
mod schema;

pub use database::Database;
pub use failure::StorageError;
pub use schema::Migration;
