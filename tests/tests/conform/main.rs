//! What the drivers send, compared with the vendors' own definitions and with what the vendors' own SDKs send.
//!
//! The definitions are not ours to commit: the environment variable AI_SPECS names their folder. Without it the tests
//! that need them say so and pass, except under CI, where they fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests; the lints only know functions marked as such"
)]

mod capabilities;
mod chat;
mod drivers;
mod good;
mod others;
mod refused;
mod requests;
mod sdk;
mod specs;
mod switching;
