#![doc = include_str!("../README.md")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this package measures with the real clock, and its floor is a bare HTTP client; the bans protect the library"
)]

// What only the conductor needs is left out of the peers' programs.
#[cfg(feature = "ours")]
mod baseline;
#[cfg(feature = "ours")]
mod callgrind;
mod contender;
mod machine;
mod measure;
#[cfg(feature = "ours")]
mod minimal;
#[cfg(feature = "ours")]
mod page;
mod payload;
#[cfg(feature = "ours")]
mod report;
#[cfg(feature = "ours")]
mod rounds;
mod scenario;
#[cfg(feature = "ours")]
mod start;
mod vendor;
mod wire;

pub use contender::{Contender, Encoder, KEY, Name, PROMPT, Prompt, Sink};
pub use measure::{Count, Counts, Order, run_client, run_peer};
#[cfg(feature = "ours")]
pub use rounds::{Arguments, run};
pub use scenario::{Kind, Scenario};
pub use vendor::serve;
pub use wire::Wire;
