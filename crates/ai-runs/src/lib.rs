#![doc = include_str!("../README.md")]

mod drive;
mod log;
mod memory;
mod run;
mod runs;
mod watch;

pub use self::log::{Cursor, Page, RunItem, RunLog};
pub use self::memory::MemoryLog;
pub use self::run::{Run, RunState};
pub use self::runs::Runs;
pub use self::watch::Watch;
