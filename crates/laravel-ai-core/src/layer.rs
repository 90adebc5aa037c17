//! Layers around models.

use std::fmt::Debug;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Catalog, ChatModel, EmbeddingModel, TokenCounter};

/// Something that is done around every call: retries, limits, budgets, events.
///
/// # Contract for implementers
/// * A layered model is a model, so each hook gives back the trait it was given; the default adds nothing. What a
///   hook gives back keeps the wrappers' part of that trait's contract.
/// * State (counts, buckets, caches) lives in the layer value and is shared by all models it wraps.
/// * A layer that must not be walked around answers `covers` with `false` for what it does not wrap, and the
///   library refuses such calls.
///
/// # Contract for wrappers
/// A layer made of layers applies them in every hook, in the same order, and covers what all of them cover.
pub trait Layer: Debug + Send + Sync + 'static {
    /// Whether calls of this kind may pass: wrapped, or harmless without.
    fn covers(&self, modality: Modality) -> bool;

    /// Wraps a chat model.
    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        inner
    }

    /// Wraps an embedding model.
    fn embedding(&self, inner: Arc<dyn EmbeddingModel>) -> Arc<dyn EmbeddingModel> {
        inner
    }

    /// Wraps a token counter.
    fn token_counter(&self, inner: Arc<dyn TokenCounter>) -> Arc<dyn TokenCounter> {
        inner
    }

    /// Wraps a catalogue.
    fn catalog(&self, inner: Arc<dyn Catalog>) -> Arc<dyn Catalog> {
        inner
    }
}

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Modality {
    /// Conversation.
    Chat,
    /// Embeddings.
    Embedding,
    /// Counting tokens.
    TokenCount,
    /// Lists, credentials, health.
    Catalog,
}
