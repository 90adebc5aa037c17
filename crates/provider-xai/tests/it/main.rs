//! Integration tests: fixtures of real shape through the public API.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail the test"
)]

mod conformance;
mod support;

mod decode;
mod deferred;
mod driver;
mod error;
mod fixtures;
mod models;
mod parity;
mod replay;
mod request;
mod schema;
mod speed;
mod stream;
mod stream_edges;
mod usage;
