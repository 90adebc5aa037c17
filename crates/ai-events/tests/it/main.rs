//! Events, those who publish them, and those who listen.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bus;
mod channel;
mod event;
#[cfg(feature = "metrics")]
mod metrics;
mod speed;
mod support;
mod traced;
