//! What this crate promises.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "functions that tests share: a panic there is a failure"
)]

mod object;
