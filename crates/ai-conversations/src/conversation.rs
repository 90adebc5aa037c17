//! Conversations and whom they belong to.

use std::fmt;

use laravel_ai_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Tells conversations apart. Ids sort by the time they were made (UUID version 7).
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

impl std::str::FromStr for ConversationId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Uuid::try_parse(text)
            .map(Self)
            .map_err(|_| Error::new(ErrorKind::InvalidRequest, "a conversation's id is a UUID"))
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Whom a conversation belongs to: a user, a team, a bot. Every read and write of a [`Store`](crate::Store) asks
/// for it, so that nobody finds the conversation of another by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Owner {
    /// What it is, such as `user` or `team`.
    pub kind: String,
    /// Which one it is, by the application's own id.
    pub id: String,
}

impl Owner {
    /// An owner of a kind.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }

    /// A user.
    pub fn user(id: impl Into<String>) -> Self {
        Self::new("user", id)
    }

    /// The one owner in a program that does not tell users apart.
    pub fn local() -> Self {
        Self::new("local", "local")
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

/// A stored conversation without its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Whom it belongs to.
    pub owner: Owner,
    /// What people call it.
    pub title: Option<String>,
    /// How many messages it has: the sequence number of the next one.
    pub message_count: u64,
}

impl Conversation {
    /// A conversation without messages.
    pub fn new(owner: Owner, new: NewConversation) -> Self {
        Self { id: new.id, owner, title: new.title, message_count: 0 }
    }
}

/// What a conversation starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewConversation {
    /// The id that it is going to have.
    pub id: ConversationId,
    /// What people call it.
    pub title: Option<String>,
}

impl NewConversation {
    /// One with a new id.
    #[expect(clippy::new_without_default, reason = "it holds a new id, so no two are equal")]
    pub fn new() -> Self {
        Self { id: ConversationId::new(), title: None }
    }

    /// With an id that the application made.
    pub fn with_id(mut self, id: ConversationId) -> Self {
        self.id = id;
        self
    }

    /// With a title.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }
}
