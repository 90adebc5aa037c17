//! What tools give back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::{self, Part};
use crate::{Media, TextPart, ToolCall};

/// The result of one tool call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolResult {
    /// The id of the call.
    pub call_id: String,
    /// The tool's name, which some vendors want again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the tool gave.
    pub content: Vec<ToolResultPart>,
    /// The tool failed, and the content says how.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
}

impl ToolResult {
    /// What `call` gave, as text.
    pub fn text(call: &ToolCall, text: impl Into<String>) -> Self {
        Self::of(call, vec![ToolResultPart::Text(TextPart::new(text))])
    }

    /// What `call` gave, as JSON.
    pub fn json(call: &ToolCall, value: Value) -> Self {
        Self::of(call, vec![ToolResultPart::Json { value }])
    }

    /// How `call` failed, for the model to read.
    pub fn error(call: &ToolCall, message: impl Into<String>) -> Self {
        Self { is_error: true, ..Self::text(call, message) }
    }

    /// What `call` gave, in parts.
    pub fn of(call: &ToolCall, content: Vec<ToolResultPart>) -> Self {
        Self { call_id: call.id.clone(), name: Some(call.name.clone()), content, is_error: false }
    }
}

/// A part of a tool's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolResultPart {
    /// Text.
    Text(TextPart),
    /// A JSON value.
    Json {
        /// The value.
        value: Value,
    },
    /// An image.
    Image(Media),
    /// A document or another file.
    File(Media),
    /// A part that this version does not know, kept as it was stored.
    #[serde(skip)]
    Unknown(Value),
}

impl ToolResultPart {
    /// The text of a text part.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(part) => Some(&part.text),
            _ => None,
        }
    }
}

impl Part for ToolResultPart {
    const TYPES: &'static [&'static str] = &["text", "json", "image", "file"];

    fn known(value: Value) -> serde_json::Result<Self> {
        Self::deserialize(value)
    }

    fn unknown(value: Value) -> Self {
        Self::Unknown(value)
    }
}

impl Serialize for ToolResultPart {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown(value) => super::form::unknown::<Self, S>(value, serializer),
            known => Self::serialize(known, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ToolResultPart {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        form::part(deserializer)
    }
}
