//! What a user or the application says.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::{self, Part};
use crate::{CacheBreakpoint, Media};

/// A text in a system or user message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TextPart {
    /// The text.
    pub text: String,
    /// The vendor's prompt cache may end here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheBreakpoint>,
}

impl TextPart {
    /// A text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), cache: None }
    }

    /// With a mark that the vendor's prompt cache may end here.
    pub fn with_cache(mut self, cache: CacheBreakpoint) -> Self {
        self.cache = Some(cache);
        self
    }
}

/// A part of a user message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum UserPart {
    /// Text.
    Text(TextPart),
    /// An image.
    Image(Media),
    /// A sound.
    Audio(Media),
    /// A document or another file.
    File(Media),
    /// A part that this version does not know, kept as it was stored.
    #[serde(skip)]
    Unknown(Value),
}

impl UserPart {
    /// A text part.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextPart::new(text))
    }

    /// The text of a text part.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(part) => Some(&part.text),
            _ => None,
        }
    }
}

impl Part for UserPart {
    const TYPES: &'static [&'static str] = &["text", "image", "audio", "file"];

    fn known(value: Value) -> serde_json::Result<Self> {
        Self::deserialize(value)
    }

    fn unknown(value: Value) -> Self {
        Self::Unknown(value)
    }
}

impl Serialize for UserPart {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown(value) => super::form::unknown::<Self, S>(value, serializer),
            known => Self::serialize(known, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for UserPart {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        form::part(deserializer)
    }
}
