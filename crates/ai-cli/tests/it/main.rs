//! The binary, as a user runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod ask;
mod chat;
mod config;
mod database;
mod models;
mod others;
mod pull;
mod server;
