//! Where conversations are kept.

use std::fmt::Debug;

use async_trait::async_trait;
use laravel_ai_core::{Message, Result};

use crate::{Conversation, ConversationId, Owner, Settlement, StoredMessage};

/// Keeps conversations.
///
/// # Contract
/// * Every method takes the owner and finds nothing of anybody else's: reads give `None` or nothing, writes are
///   [`InvalidRequest`](laravel_ai_core::ErrorKind::InvalidRequest) as for a conversation that does not exist.
/// * Messages are ordered by sequence. [`ask`](Self::ask) and [`settle`](Self::settle) are atomic: a crash leaves
///   all of one or nothing.
/// * No lock and no connection is held between two calls, so a slow model blocks nobody.
/// * Dropping a future before it is done leaves all or nothing too.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// Stores a new conversation under its owner.
    ///
    /// # Errors
    /// [`InvalidRequest`](laravel_ai_core::ErrorKind::InvalidRequest) when the id is taken.
    async fn create(&self, conversation: &Conversation) -> Result<()>;

    /// The conversation, if `owner` has it.
    ///
    /// # Errors
    /// Those of the database.
    async fn find(&self, owner: &Owner, id: ConversationId) -> Result<Option<Conversation>>;

    /// All messages in their order, whatever their status.
    ///
    /// # Errors
    /// Those of the database.
    async fn messages(&self, owner: &Owner, id: ConversationId) -> Result<Vec<StoredMessage>>;

    /// Stores a question of one or more messages as pending, behind the message with sequence `after` (0 for an
    /// empty conversation).
    ///
    /// # Errors
    /// [`InvalidRequest`](laravel_ai_core::ErrorKind::InvalidRequest) when another writer has added messages
    /// behind `after`, or the conversation is not there. Nothing is stored then.
    async fn ask(
        &self,
        owner: &Owner,
        id: ConversationId,
        after: u64,
        messages: &[Message],
    ) -> Result<Question>;

    /// Ends a question: its status, and the answer or what arrived of it, in one operation. A question that is
    /// not pending any more stays as it is.
    ///
    /// # Errors
    /// Those of the database; the question stays pending then.
    async fn settle(&self, question: &Question, settlement: Settlement) -> Result<()>;

    /// As [`settle`](Self::settle), for a call that was dropped: returns at once, never blocks and never panics.
    /// A store that can't write at once keeps a bounded queue; what does not fit stays pending.
    fn settle_later(&self, question: &Question, settlement: Settlement);
}

/// A question that was stored and waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// Whose it is.
    pub owner: Owner,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// The sequence of its first message.
    pub first: u64,
    /// The sequence of its last message.
    pub last: u64,
}

impl Question {
    /// The messages from `first` to `last` of a conversation.
    pub fn new(owner: Owner, conversation: ConversationId, first: u64, last: u64) -> Self {
        Self { owner, conversation, first, last }
    }
}
