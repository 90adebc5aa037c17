#![doc = include_str!("../README.md")]

#[cfg(feature = "conformance")]
pub mod conformance;
mod conversation;
mod memory;
mod message;
mod recorder;
mod repair;
mod store;
mod turn;
mod window;

pub use conversation::{Conversation, ConversationId, NewConversation, Owner};
pub use memory::MemoryStore;
pub use message::{Answer, Outcome, Status, StoredMessage};
pub use repair::{Repair, RepairKind, repair};
pub use store::{Conflict, Store};
pub use turn::Turn;
pub use window::{Counted, CountedBy, Summarise, Summary, Window, WindowReport};
