#![doc = include_str!("../README.md")]

mod timeout;

pub use timeout::Timeout;
