//! What calls cost, what budgets hold, and what the ledger keeps.

mod catalogue;
mod cost;
mod estimate;
mod golden;
mod laws;
mod support;
