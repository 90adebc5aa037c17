#![doc = include_str!("../README.md")]

mod brief;
mod bus;
mod channel;
mod content;
#[doc(hidden)]
pub mod doc;
mod event;
mod failure;
mod kind;
mod listener;
mod recorder;
mod traced;
mod written;

pub use brief::Brief;
pub use bus::EventBus;
pub use channel::{EventReceiver, WhenFull};
pub use content::Content;
pub use event::Event;
pub use failure::Failure;
pub use kind::{AttemptOutcome, CircuitScope, EventKind};
pub use listener::{Listener, ListenerError};
pub use recorder::Recorder;
pub use traced::Traced;
