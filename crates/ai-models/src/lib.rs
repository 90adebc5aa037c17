#![doc = include_str!("../README.md")]

#[cfg(feature = "conformance")]
pub mod conformance;
#[doc(hidden)]
pub mod doc;
mod memory;
mod models;
mod report;
mod store;

pub use self::memory::MemoryModels;
pub use self::models::{Models, Source, SyncOptions};
pub use self::report::{SyncOutcome, SyncReport};
pub use self::store::{KeptList, KeptModel, ModelStore, NewList};
