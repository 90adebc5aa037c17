//! What this crate promises.

mod object;
