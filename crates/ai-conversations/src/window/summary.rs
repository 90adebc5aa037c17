//! What stands for messages that are not sent any more.

use laravel_ai_core::{Cost, Message, Target, Usage};
use serde::{Deserialize, Serialize};

/// A summary of the first messages of a conversation. It is kept beside them: they stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// It stands for the messages before the one with this number.
    pub until: u64,
    /// What it says.
    pub text: String,
    /// What making it used.
    #[serde(default)]
    pub usage: Usage,
    /// What making it cost, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Who made it; `None` for one of the application's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
}

impl Summary {
    /// A summary of the application's own, of the messages before the one with the number `until`.
    pub fn new(until: u64, text: impl Into<String>) -> Self {
        Self { until, text: text.into(), usage: Usage::default(), cost: None, target: None }
    }

    /// The message that is sent in place of what it stands for. It is the user's, and not an instruction: what it says
    /// comes from people, tools and models.
    pub fn message(&self) -> Message {
        Message::user(format!("[Summary of the conversation before this point]\n{}", self.text))
    }
}
