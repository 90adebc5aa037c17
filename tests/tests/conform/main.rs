//! What the drivers send, compared with the vendors' own definitions and with what the vendors' own SDKs send.
//!
//! The definitions are not ours to commit: the environment variable AI_SPECS names their folder. Without it the tests
//! that need them say so and pass, except under CI, where they fail.

mod good;
mod refused;
mod specs;
