//! Integration tests: fixtures of real shape through the public API.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail the test"
)]

#[cfg(feature = "conformance")]
mod conformance;
mod support;

mod config;
mod decode;
mod driver;
mod embedding;
mod error;
mod fixtures;
mod fragments;
mod models;
mod parity;
mod repetition;
mod request;
mod request_parts;
mod responses;
mod schema;
mod speed;
mod stream;
mod stream_edges;
