//! Layers around the mock, in paused time.
#![allow(clippy::unwrap_used, reason = "tests")]

mod other_calls;
mod timeout;
