//! What is stored.

use std::fmt;
use std::str::FromStr;

use laravel_ai_core::{AssistantPart, Error, ErrorKind, Message, Target, Usage};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of a conversation. Ids sort by the time they were made (UUID version 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationId(Uuid);

impl ConversationId {
    /// A new id.
    #[expect(clippy::new_without_default, reason = "an id made by `default()` would look like a constant")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id as a UUID.
    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl From<Uuid> for ConversationId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for ConversationId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |_| Error::new(ErrorKind::InvalidRequest, "a conversation id is a UUID");
        text.parse().map(Self).map_err(wrong)
    }
}

/// Whom a conversation belongs to: a user, a team, a bot. Every read and write of a store names one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Owner {
    /// What kind of owner, such as `user` or `team`.
    pub kind: String,
    /// Which one, in the application's own ids.
    pub id: String,
}

impl Owner {
    /// An owner of this kind.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }

    /// The application itself, for conversations that belong to nobody in particular.
    pub fn application() -> Self {
        Self::new("application", "")
    }
}

/// A conversation without its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Whom it belongs to.
    pub owner: Owner,
    /// A title for people. Nothing makes one up.
    pub title: Option<String>,
}

impl Conversation {
    /// A new conversation of `owner`.
    pub fn new(owner: Owner) -> Self {
        Self { id: ConversationId::new(), owner, title: None }
    }

    /// With a title.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }
}

/// A message in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredMessage {
    /// Its place in the conversation, from 1 without gaps. Messages are ordered by it and not by time.
    pub sequence: u64,
    /// The message.
    pub message: Message,
    /// How far it got.
    pub status: Status,
    /// What the answer used; on answers only.
    pub usage: Option<Usage>,
    /// Who answered; on answers only.
    pub served_by: Option<Target>,
    /// Why there is no whole answer; on questions that failed and on partial answers.
    pub error: Option<ErrorKind>,
}

impl StoredMessage {
    /// A message in its place.
    pub fn new(sequence: u64, message: Message, status: Status) -> Self {
        Self { sequence, message, status, usage: None, served_by: None, error: None }
    }
}

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// A question that was stored and has no answer yet.
    Pending,
    /// A question with its answer, or a whole answer.
    Complete,
    /// A question that got no answer.
    Failed,
    /// A question whose answer broke, or the part of the answer that arrived.
    Interrupted,
    /// A question whose answer the caller cancelled, or the part of it that had arrived.
    Cancelled,
}

/// How a question ended: what a store writes in one operation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Settlement {
    /// The new status of the question, and of the answer.
    pub status: Status,
    /// The answer or what arrived of it; empty when nothing did.
    pub content: Vec<AssistantPart>,
    /// What it used, as far as that is known.
    pub usage: Usage,
    /// Who answered, when somebody did.
    pub served_by: Option<Target>,
    /// Why there is no whole answer.
    pub error: Option<ErrorKind>,
}

impl Settlement {
    /// An end with this status and nothing else.
    pub fn new(status: Status) -> Self {
        Self { status, content: Vec::new(), usage: Usage::default(), served_by: None, error: None }
    }

    /// With what arrived.
    pub fn with_content(mut self, content: Vec<AssistantPart>, usage: Usage) -> Self {
        self.content = content;
        self.usage = usage;
        self
    }
}
