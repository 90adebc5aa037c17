#![doc = include_str!("../README.md")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this package measures with the real clock, and its floor is a bare HTTP client; the bans protect the library"
)]

mod baseline;
mod contender;
mod machine;
mod measure;
mod payload;
mod report;
mod rounds;
mod scenario;
mod vendor;

pub use contender::{Contender, Encoder, KEY, Name, PROMPT, Prompt, Sink};
pub use measure::{Count, Counts, Order, run_client, run_peer};
pub use rounds::{Arguments, run};
pub use scenario::Scenario;
pub use vendor::serve;
