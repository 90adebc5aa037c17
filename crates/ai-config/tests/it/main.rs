//! Integration tests of the configuration.
#![expect(clippy::unwrap_used, reason = "functions that tests share: a panic there is a failure")]

mod code;
mod drivers;
mod environment;
mod models;
mod problems;
mod references;
mod secrets;
mod settings;
mod show;
