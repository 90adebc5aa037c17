//! What became of a sync.

use std::collections::BTreeMap;
use std::time::SystemTime;

use laravel_ai_core::{Error, ModelInfo, ModelKind};

/// What became of one connection's list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SyncReport {
    /// The connection.
    pub connection: String,
    /// The driver that it uses.
    pub driver: String,
    /// Whether it was asked, and whether it answered.
    pub outcome: SyncOutcome,
    /// Ids that are new, or back again, in their order.
    pub added: Vec<String>,
    /// Ids of which the list says something else than before.
    pub updated: Vec<String>,
    /// Ids that are gone.
    pub removed: Vec<String>,
    /// How many models there are: by the new list, or by the one that is kept.
    pub models: usize,
    /// How many of each kind; those of which the list does not say are not among them.
    pub kinds: BTreeMap<&'static str, usize>,
    /// When the list was given that is kept now; `None` when there never was one.
    pub synced: Option<SystemTime>,
    /// Until when it counts as fresh.
    pub fresh_until: Option<SystemTime>,
}

/// Whether a connection was asked, and whether it answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SyncOutcome {
    /// It gave its list, which was taken over.
    Synced,
    /// It gave its list, which was only looked at.
    DryRun,
    /// It was not asked: its list is fresh.
    Fresh,
    /// It could not be asked, or its list not kept. What was kept before stays as it was.
    Failed(Error),
}

/// How many of each kind, by the kind's name.
pub(crate) fn kinds<'a>(models: impl Iterator<Item = &'a ModelInfo>) -> BTreeMap<&'static str, usize> {
    let mut kinds = BTreeMap::new();
    for kind in models.filter_map(|model| model.kind) {
        *kinds.entry(name(kind)).or_default() += 1;
    }
    kinds
}

fn name(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Chat => "chat",
        ModelKind::Embedding => "embedding",
        ModelKind::Image => "image",
        ModelKind::Audio => "audio",
        ModelKind::Moderation => "moderation",
        _ => "other",
    }
}
