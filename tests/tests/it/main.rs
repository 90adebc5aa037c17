//! End-to-end tests, one module per capability.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod book;
mod canary;
mod conformance;
mod costs;
mod fault_matrix;
mod live;
mod real_time;
#[path = "../served/mod.rs"]
mod served;
