#![doc = include_str!("../README.md")]

mod conversation;
mod memory;
mod repair;
mod store;
mod turn;

pub use conversation::{Conversation, ConversationId, Owner, Settlement, Status, StoredMessage};
pub use memory::MemoryStore;
pub use repair::repair;
pub use store::{Question, Store};
pub use turn::Turn;
