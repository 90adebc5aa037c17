//! Integration tests of the public API.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod arbitrary;
mod body;
mod capabilities;
mod chat_stream;
mod context;
mod contracts;
mod embedding;
mod error;
mod error_kind;
mod json;
mod media;
mod message;
mod message_v1;
mod money;
mod portable;
mod rendered;
mod replay;
mod request;
mod secret;
mod stream_law;
mod target;
mod usage;
mod validate;
mod warning;
