#![doc = include_str!("../README.md")]

mod change;
mod check;
mod compile;
mod emit;
mod keyword;
mod merge;
mod normal;
mod pointer;
mod profile;
mod restore;
mod union;

pub use change::{Change, ChangeKind, Violation};
pub use compile::{Compiled, Strict, compile};
pub use profile::{Limits, NullForm, Profile, References};
pub use restore::restore;
