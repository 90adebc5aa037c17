//! Where answers are kept.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use laravel_ai_core::{ChatResponse, EmbeddingResponse, ModelInfo, Result};
use serde::{Deserialize, Serialize};

use super::CacheKey;

/// Keeps answers for the [`Cache`](super::Cache) layer: in the memory of the process ([`MemoryCache`](super::MemoryCache)), or
/// in a store that several processes share.
///
/// # Contract for implementers
/// * Memory is bounded. What is kept may be forgotten at any time; an answer is only ever a saved call.
/// * An entry is given back whole or not at all.
/// * Nobody sees an entry after its time, counted by whatever clock the store has.
/// * An entry holds what the model said. A store that leaves the process encrypts it, or is trusted like a database.
///
/// A store that fails costs a call and nothing else: the layer asks the model, and logs the error.
#[async_trait]
pub trait CacheStore: Debug + Send + Sync + 'static {
    /// The entry of a key.
    ///
    /// # Errors
    /// When the store could not be asked.
    async fn find(&self, key: &CacheKey) -> Result<Option<Arc<Cached>>>;

    /// Keeps an entry for so long at most, in place of an earlier one.
    ///
    /// # Errors
    /// When it was not kept.
    async fn keep(&self, key: CacheKey, entry: Arc<Cached>, length: Duration) -> Result<()>;

    /// Forgets everything of a [partition](CacheKey::partition), as when a tenant leaves.
    ///
    /// # Errors
    /// When that could not be done.
    async fn forget(&self, partition: &str) -> Result<()>;
}

/// An answer that was kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cached {
    /// When it was complete.
    pub at: SystemTime,
    /// The answer.
    pub answer: CachedAnswer,
}

impl Cached {
    /// An answer that was complete at this time.
    pub fn new(at: SystemTime, answer: CachedAnswer) -> Self {
        Self { at, answer }
    }

    /// About how many bytes of memory it takes.
    pub fn size(&self) -> usize {
        const BASE: usize = 1024;
        BASE + match &self.answer {
            CachedAnswer::Chat(answer) => {
                let part = |part: &laravel_ai_core::AssistantPart| {
                    256 + part
                        .as_text()
                        .map_or_else(|| serde_json::to_string(part).map_or(0, |text| text.len()), str::len)
                };
                answer.content.iter().map(part).sum()
            }
            CachedAnswer::Embedding(answer) => {
                answer.embeddings.iter().map(|vector| 24 + vector.len() * 4).sum()
            }
            CachedAnswer::Models(models) => models.len() * BASE,
            CachedAnswer::Model(_) => BASE,
        }
    }
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CachedAnswer {
    /// A message.
    Chat(ChatResponse),
    /// Vectors.
    Embedding(EmbeddingResponse),
    /// The models of a connection.
    Models(Vec<ModelInfo>),
    /// One of them.
    Model(Box<ModelInfo>),
}
