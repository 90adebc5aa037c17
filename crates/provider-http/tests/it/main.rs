//! The promises of this crate, one module per subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that can't go on fails, also outside of its #[test] function"
)]

mod call_allocations;
#[cfg(feature = "cassettes")]
mod cassette;
mod client;
mod codec;
mod failure;
mod framing;
mod framing_allocations;
mod headers;
mod http2;
mod no_tls;
mod scripted;
mod server;
mod spans;
mod stream;
mod tls;
mod transport;
