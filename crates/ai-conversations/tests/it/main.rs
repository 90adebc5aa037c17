//! Integration tests of conversations.
#![expect(clippy::unwrap_used, reason = "functions that tests share: a panic there is a failure")]

mod faults;
mod model;
mod repair;
mod store;
mod streams;
mod turns;
mod windows;
