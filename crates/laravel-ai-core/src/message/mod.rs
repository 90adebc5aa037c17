//! Messages, one shape for each role, so that nonsense can't be written.

mod assistant;
mod form;
mod portable;
mod tool;
mod user;

use serde::{Deserialize, Serialize};

pub use self::assistant::{
    AssistantPart, ProviderCall, ProviderResult, Reasoning, Refusal, Source, Text, ToolCall, ToolCallKind,
};
pub use self::form::MESSAGE_VERSION;
pub use self::tool::{ToolResult, ToolResultPart};
pub use self::user::{TextPart, UserPart};
use crate::{RawJson, Target};

/// One message of a conversation.
///
/// The roles are exhaustive on purpose: each has its own kinds of parts, and a vendor's encoder must handle all.
///
/// The serde form is versioned and keeps parts that this version does not know:
/// `{"v": 1, "role": "user", "content": [{"type": "text", "text": "Hello"}]}`.
///
/// ```
/// use laravel_ai_core::Message;
///
/// let messages = [Message::system("Answer in one word."), Message::user("What is the capital of Peru?")];
/// let stored = serde_json::to_string(&messages)?;
/// assert_eq!(serde_json::from_str::<Vec<Message>>(&stored)?, messages);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the roles of a conversation are a closed set that every encoder handles"
)]
pub enum Message {
    /// Instructions of the application.
    System(Vec<TextPart>),
    /// What the user says and shows.
    User(Vec<UserPart>),
    /// What a model answered.
    Assistant(Vec<AssistantPart>),
    /// What tools gave back, one result for each call of the assistant message before.
    Tool(Vec<ToolResult>),
}

impl Message {
    /// Instructions in one text.
    pub fn system(text: impl Into<String>) -> Self {
        Self::System(vec![TextPart::new(text)])
    }

    /// A user's text.
    pub fn user(text: impl Into<String>) -> Self {
        Self::User(vec![UserPart::text(text)])
    }

    /// An answer in one text, as history from elsewhere has it.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::Assistant(vec![AssistantPart::text(text)])
    }

    /// Results of tools.
    pub fn tool(results: impl IntoIterator<Item = ToolResult>) -> Self {
        Self::Tool(results.into_iter().collect())
    }

    /// The role's name: `system`, `user`, `assistant` or `tool`.
    pub fn role(&self) -> &'static str {
        match self {
            Self::System(_) => "system",
            Self::User(_) => "user",
            Self::Assistant(_) => "assistant",
            Self::Tool(_) => "tool",
        }
    }

    /// Whether the message has no parts at all. Parts with empty texts count.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::System(parts) => parts.is_empty(),
            Self::User(parts) => parts.is_empty(),
            Self::Assistant(parts) => parts.is_empty(),
            Self::Tool(results) => results.is_empty(),
        }
    }

    /// All text of the message joined, media and calls left out.
    pub fn text(&self) -> String {
        match self {
            Self::System(parts) => parts.iter().map(|part| part.text.as_str()).collect(),
            Self::User(parts) => parts.iter().filter_map(UserPart::as_text).collect(),
            Self::Assistant(parts) => parts.iter().filter_map(AssistantPart::as_text).collect(),
            Self::Tool(results) => results
                .iter()
                .flat_map(|result| &result.content)
                .filter_map(ToolResultPart::as_text)
                .collect(),
        }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::user(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::user(text)
    }
}

/// State that only the target that made it understands: a signature, an item id, encrypted reasoning. It goes
/// back to that target unchanged and to no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Opaque {
    /// Who made it.
    pub target: Target,
    /// The state, byte for byte.
    pub data: RawJson,
}

impl Opaque {
    /// State that `target` made.
    pub fn new(target: Target, data: RawJson) -> Self {
        Self { target, data }
    }
}

/// Marks a part up to which the vendor may cache the prompt. Vendors without such marks ignore it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CacheBreakpoint {
    /// How long the vendor should keep it, in seconds; `None` leaves it to the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
}

impl CacheBreakpoint {
    /// With how long the vendor should keep it.
    pub fn with_ttl_seconds(mut self, seconds: u64) -> Self {
        self.ttl_seconds = Some(seconds);
        self
    }
}
