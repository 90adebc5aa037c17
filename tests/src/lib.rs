//! What the tests of the whole workspace share: `tests/it` walks through the front door, `tests/conform` compares
//! what the drivers send with the vendors' own definitions and SDKs, `examples/real` talks to servers that nobody
//! here wrote.

pub mod conformance;
pub mod meaning;
mod sent;

pub use sent::SentRequest;
