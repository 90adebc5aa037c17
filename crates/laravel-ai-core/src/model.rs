//! What a provider's list says about a model.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::{Capabilities, RawJson};

/// One model of a provider's list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelInfo {
    /// The name to ask for.
    pub id: String,
    /// What it is for; unknown when the list does not say.
    pub kind: Option<ModelKind>,
    /// A name for people.
    pub name: Option<String>,
    /// Who offers it.
    pub owned_by: Option<String>,
    /// When it was made.
    pub created: Option<SystemTime>,
    /// When the provider will switch it off, as the provider writes it.
    pub shutdown: Option<String>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// The provider's own record.
    #[serde(with = "crate::json::embedded", default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<RawJson>,
}

impl ModelInfo {
    /// A model of which only the id is known.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind: None,
            name: None,
            owned_by: None,
            created: None,
            shutdown: None,
            capabilities: Capabilities::default(),
            raw: None,
        }
    }
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelKind {
    /// Conversation.
    Chat,
    /// Embeddings.
    Embedding,
    /// Making images.
    Image,
    /// Speech to text or text to speech.
    Audio,
    /// Judging content.
    Moderation,
    /// Something else.
    Other,
}
