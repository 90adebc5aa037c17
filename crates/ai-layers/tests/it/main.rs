//! Layers around the mock, in paused time, and around a provider that keeps every law.
#![allow(clippy::unwrap_used, reason = "tests")]

mod conformance;
mod other_calls;
mod timeout;
