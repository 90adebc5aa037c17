//! Layers around the mock, in paused time, and around a provider that keeps every law.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod announce;
mod attempt;
mod billing;
mod cache;
mod circuit_breaker;
mod conformance;
mod failover;
mod key_pool;
mod map_error;
mod other_calls;
mod pipeline;
mod properties;
mod rate_limit;
mod redact;
mod retry;
mod spans;
mod speed;
mod spending;
mod support;
mod timeout;
