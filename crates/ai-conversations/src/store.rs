//! Where conversations are kept, as a port.

use std::fmt::{self, Debug};
use std::ops::Range;

use async_trait::async_trait;
use laravel_ai_core::{Error, ErrorKind, Message, Result};

use crate::{Conversation, ConversationId, NewConversation, Outcome, Owner, StoredMessage, Summary};

/// Keeps conversations.
///
/// # Contract
/// * The owner is part of every question: to a foreign owner a conversation does not exist. A database has it in
///   the condition of every statement.
/// * Each method is one operation: all of it is stored, or nothing.
/// * Messages are numbered from 0 without gaps. A write says which number comes next; when another writer was
///   faster, it is a [`Conflict`] and nothing is stored. No write is repeated silently.
/// * No method waits for a model, and none is called with a lock of the caller held.
/// * Dropping a future leaves the store as it was before the operation, or as it is after.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// Starts a conversation.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the id is taken, by whomever.
    async fn create(&self, owner: &Owner, new: NewConversation) -> Result<Conversation>;

    /// The conversation, if it exists and belongs to the owner.
    async fn find(&self, owner: &Owner, id: ConversationId) -> Result<Option<Conversation>>;

    /// The owner's conversations made before the conversation `before`, newest first, at most `limit`.
    async fn list(
        &self,
        owner: &Owner,
        before: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<Conversation>>;

    /// The messages as they are stored, in order; [`repair`](crate::repair) makes a history of them that can be
    /// sent.
    ///
    /// # Errors
    /// [`unknown`](Conflict::unknown) when the owner has no such conversation.
    async fn messages(&self, owner: &Owner, id: ConversationId) -> Result<Vec<StoredMessage>>;

    /// Adds messages that wait for their answer, the first with the number `next`. Gives the number after the last.
    ///
    /// # Errors
    /// A [`Conflict`] when `next` is not the next number; [`unknown`](Conflict::unknown) as above.
    async fn append(
        &self,
        owner: &Owner,
        id: ConversationId,
        next: u64,
        messages: Vec<Message>,
    ) -> Result<u64>;

    /// Stores how the call for the messages `question` came out: their status, and the answer or what there is of
    /// it after them, with its usage, cost and target.
    ///
    /// # Errors
    /// A [`Conflict`] when `question.end` is not the next number any more; [`unknown`](Conflict::unknown) as above.
    async fn settle(
        &self,
        owner: &Owner,
        id: ConversationId,
        question: Range<u64>,
        outcome: Outcome,
    ) -> Result<()>;

    /// [`settle`](Self::settle) for a caller that can't wait, because it is being dropped. It never blocks on I/O
    /// and never panics: a database puts it into a bounded queue of its own. When that is full the question stays
    /// pending, and loading copes with it. A conflict is the other writer's right and is ignored.
    fn hand_over(&self, owner: &Owner, id: ConversationId, question: Range<u64>, outcome: Outcome);

    /// Waits until everything that was handed over is stored. To be called before a program ends.
    async fn flush(&self) -> Result<()>;

    /// Gives the conversation another title, or none. `false` when the owner has no such conversation.
    async fn rename(&self, owner: &Owner, id: ConversationId, title: Option<String>) -> Result<bool>;

    /// Pins the message with the number `sequence`, so that no [`Window`](crate::Window) leaves it out, or takes the pin
    /// away. `false` when the owner has no such conversation, or it has no such message.
    async fn pin(&self, owner: &Owner, id: ConversationId, sequence: u64, pinned: bool) -> Result<bool>;

    /// Keeps a summary beside the messages, in place of the one before; `None` forgets that. `false` when the owner has
    /// no such conversation, or it has fewer messages than the summary stands for.
    async fn keep_summary(&self, owner: &Owner, id: ConversationId, summary: Option<Summary>)
    -> Result<bool>;

    /// The summary that was kept last. A foreign owner's conversation has none.
    async fn summary(&self, owner: &Owner, id: ConversationId) -> Result<Option<Summary>>;

    /// Removes the conversation with its messages. `false` when the owner has no such conversation.
    async fn delete(&self, owner: &Owner, id: ConversationId) -> Result<bool>;
}

/// Another writer was faster: `error.vendor::<Conflict>()`.
///
/// The error's kind is [`ErrorKind::InvalidRequest`], because a layer must not repeat the write on its own: what
/// was meant for one state of the conversation need not fit the next. Load it again and decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conflict {
    /// The number that the writer took for the next.
    pub expected: u64,
    /// The number that is the next.
    pub actual: u64,
}

impl Conflict {
    /// The error for a writer that expected another state.
    pub fn error(expected: u64, actual: u64) -> Error {
        let conflict = Self { expected, actual };
        Error::new(ErrorKind::InvalidRequest, conflict.to_string()).with_source(conflict)
    }

    /// The error for a message that is not there, or whose conversation the owner does not have.
    pub fn no_message(id: ConversationId, sequence: u64) -> Error {
        let message = format!("there is no message {sequence} in a conversation {id} of this owner");
        Error::new(ErrorKind::InvalidRequest, message)
    }

    /// The error for a conversation that the owner does not have; it does not tell whether another has it.
    pub fn unknown(id: ConversationId) -> Error {
        Error::new(ErrorKind::InvalidRequest, format!("there is no conversation {id} of this owner"))
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the conversation was changed meanwhile: expected message {} to be the next, it is {}; load it again",
            self.expected, self.actual
        )
    }
}

impl std::error::Error for Conflict {}
