//! What calls cost, what budgets hold, and what the ledger keeps.

mod budgets;
mod catalogue;
mod concurrency;
mod cost;
mod estimate;
mod golden;
mod laws;
mod support;
