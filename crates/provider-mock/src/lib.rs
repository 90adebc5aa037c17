#![doc = include_str!("../README.md")]

mod assertions;
mod catalog;
mod chat;
mod clock;
mod config;
mod driver;
mod embedding;
mod events;
mod invent;
mod matcher;
mod mock;
mod provider;
mod recorded;
mod reply;
mod rules;
mod script;
mod seed;
mod tokens;
mod transport;

pub use clock::TestClock;
pub use config::MockConfig;
pub use driver::MockDriver;
pub use matcher::{Matcher, model, request, step, text, tool_result};
pub use mock::Mock;
pub use recorded::{Recorded, RecordedEmbedding};
pub use reply::{ChunkBy, Reply};
pub use script::When;
pub use transport::{RecordedHttp, RefusingTransport, ScriptedTransport, WhenHttp, WireReply};
