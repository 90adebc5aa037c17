//! Tests of the driver for Ollama.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests; the lints only know functions marked as such"
)]

mod catalog;
mod conformance;
mod decode;
mod driver;
mod embedding;
mod error;
mod fixtures;
mod pull;
mod request;
mod speed;
mod stream;
mod support;
