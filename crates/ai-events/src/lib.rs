#![doc = include_str!("../README.md")]

mod brief;
mod bus;
mod channel;
mod content;
#[doc(hidden)]
pub mod doc;
mod event;
mod failure;
pub mod genai;
mod kind;
mod listener;
#[cfg(feature = "metrics")]
mod metrics;
mod names;
mod outcome;
mod recorder;
mod traced;
mod written;

pub use brief::Brief;
pub use bus::EventBus;
pub use channel::{EventReceiver, WhenFull};
pub use content::Content;
pub use event::Event;
pub use failure::Failure;
pub use kind::EventKind;
pub use listener::{Listener, ListenerError};
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
pub use outcome::{AttemptOutcome, CircuitScope};
pub use recorder::Recorder;
pub use traced::Traced;
