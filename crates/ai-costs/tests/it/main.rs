//! What calls cost, what budgets hold, and what the ledger keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[cfg(feature = "conformance")]
mod budgets;
mod catalogue;
mod concurrency;
mod cost;
mod estimate;
mod golden;
mod laws;
mod support;
