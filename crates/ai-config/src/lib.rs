#![doc = include_str!("../README.md")]

mod check;
mod code;
mod config;
mod connection;
mod environment;
mod general;
mod model;
mod nearest;
mod problem;
mod read;
mod secrets;
mod settings;
mod show;
mod tree;
mod variables;

pub use check::KnownDriver;
pub use config::Config;
pub use connection::Connection;
pub use environment::Environment;
pub use general::{CacheSettings, DatabaseSettings};
pub use model::ModelName;
pub use problem::{Origin, Problem, Problems, Severity};
pub use settings::{
    CircuitBreakerSettings, LogLevel, LoggingSettings, RateLimitSettings, RetrySettings, Settings,
};
pub use show::Shown;
pub use variables::{EnvironmentTable, VendorVariables};
