//! The front door.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod book;
mod conversation;
#[cfg(feature = "database")]
mod database;
mod environment;
mod facade;
mod fake;
mod layers;
#[cfg(feature = "costs")]
mod prices;
mod resilience;
mod route;
mod window;
