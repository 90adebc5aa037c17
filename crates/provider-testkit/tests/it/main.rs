//! The kit keeps its own laws, and each law catches the fault that it is for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod declarations;
mod faults;
mod reference;
