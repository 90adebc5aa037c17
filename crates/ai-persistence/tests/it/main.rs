#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[macro_use]
mod support;

mod audit;
mod budgets;
mod conversations;
mod database;
mod ledger;
mod vault;
