#![doc = include_str!("../README.md")]

mod clock;
mod conformance;
mod declared;
mod fixture;
pub mod laws;
pub mod live;
mod recordings;
mod reference;
mod stage;
mod subject;
mod violation;
mod wire;

pub use conformance::{LAWS, Law, check, run};
pub use fixture::{Answer, Embedding, Exchange, Role};
pub use laravel_ai_core::{LawViolation, StreamLaw};
pub use recordings::{Recording, Recordings, meaning};
pub use reference::{Fault, Reference};
pub use stage::Stage;
pub use subject::{Connect, Subject};
pub use violation::Violation;
pub use wire::{Reply, Script, Split};
