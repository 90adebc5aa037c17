//! What happened in a run, in its order.

use std::fmt::Debug;

use async_trait::async_trait;
use laravel_ai_core::{Error, Result, RunId, StreamEvent};

/// A place between two items of a run: how many lie before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(u64);

impl Cursor {
    /// Before everything.
    pub const START: Self = Self(0);

    /// Behind so many items: a cursor that a viewer kept, as the `Last-Event-ID` of a browser.
    pub fn after(items: u64) -> Self {
        Self(items)
    }

    /// How many items lie before it.
    pub fn position(self) -> u64 {
        self.0
    }

    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Something that happened in a run. A run ends with a finish or an error, once.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RunItem {
    /// An event of its stream.
    Event(StreamEvent),
    /// It ended with this error; [`Cancelled`](laravel_ai_core::ErrorKind::Cancelled) when somebody cancelled it.
    Failed(Error),
}

impl RunItem {
    /// Whether nothing comes after it.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Event(StreamEvent::Finish(_)))
    }
}

/// What a log has for a viewer at this moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// Items, each with the cursor behind it.
    pub items: Vec<(Cursor, RunItem)>,
}

impl Page {
    /// These items.
    pub fn new(items: Vec<(Cursor, RunItem)>) -> Self {
        Self { items }
    }
}

/// Keeps what happened in runs, so that viewers may come and go.
///
/// # Contract for implementers
/// * Items of a run are kept in the order in which they are appended, each once: appending at a position that is taken changes
///   nothing.
/// * What is kept is bounded. What no longer is must be told: [`read`](Self::read) from before it is an error, never a gap.
/// * [`read`](Self::read) gives what is there and does not wait for more.
/// * Errors are kept with their kind and message; whatever else they hold may be lost outside the process.
#[async_trait]
pub trait RunLog: Debug + Send + Sync + 'static {
    /// Keeps an item that lies right behind the cursor. The run waits for it, so a slow log slows the run and loses nothing.
    ///
    /// # Errors
    /// When it was not kept.
    async fn append(&self, run: RunId, at: Cursor, item: RunItem) -> Result<()>;

    /// What lies behind the cursor, at most `most` items of it.
    ///
    /// # Errors
    /// [`Storage`](laravel_ai_core::ErrorKind::Storage) when the run is not known, or what lies behind the cursor is no longer kept.
    async fn read(&self, run: RunId, from: Cursor, most: usize) -> Result<Page>;

    /// Forgets a run.
    ///
    /// # Errors
    /// When that could not be done.
    async fn forget(&self, run: RunId) -> Result<()>;
}
