#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[macro_use]
mod support;

mod analytics;
mod audit;
mod budgets;
mod conversations;
mod database;
mod ledger;
mod models;
mod vault;
