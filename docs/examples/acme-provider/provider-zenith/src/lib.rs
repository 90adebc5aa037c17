#![doc = include_str!("../README.md")]

mod decode;
mod driver;
mod encode;

pub use driver::{Config, Zenith};
pub use encode::ZenithOptions;
