//! Tests of the schema compiler through its public interface.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail the test"
)]

mod compile;
mod generate;
mod profiles;
mod properties;
mod restore;
mod rust_types;
