//! The promises of this crate, one module per subject.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that can't go on fails, also outside of its #[test] function"
)]

mod failure;
mod framing;
mod framing_allocations;
mod headers;
mod server;
mod transport;
