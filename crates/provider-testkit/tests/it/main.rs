//! The kit keeps its own laws, and each law catches the fault that it is for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod declarations;
mod direct;
mod faults;
mod layers;
mod recordings;
mod reference;
