//! Runs in the memory of the process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use laravel_ai_core::{Error, ErrorKind, Result, RunId, StreamEvent};

use crate::{Cursor, Page, RunItem, RunLog};

/// Keeps runs in memory: of each as many bytes as are set, and of those that ended as many runs as are set, the oldest of
/// both are forgotten first. What a run says is kept before anything is given up: a viewer who falls behind so far that
/// what comes next is gone gets an error.
///
/// ```
/// use ai_runs::MemoryLog;
///
/// let log = MemoryLog::new().with_bytes_per_run(1 << 20).with_ended_runs(100);
/// ```
#[derive(Debug)]
pub struct MemoryLog {
    bytes: usize,
    ended: usize,
    runs: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    runs: HashMap<RunId, Items>,
    /// In the order in which they ended.
    ended: VecDeque<RunId>,
}

#[derive(Debug, Default)]
struct Items {
    /// How many were forgotten.
    gone: u64,
    items: VecDeque<RunItem>,
    bytes: usize,
}

impl MemoryLog {
    /// 4 MiB of each run, and 1,000 runs that ended.
    pub fn new() -> Self {
        Self { bytes: 4 << 20, ended: 1_000, runs: Mutex::default() }
    }

    /// With about so many bytes of each run.
    pub fn with_bytes_per_run(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// With so many runs kept that ended.
    pub fn with_ended_runs(mut self, runs: usize) -> Self {
        self.ended = runs;
        self
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

/// About what an item takes.
fn size(item: &RunItem) -> usize {
    const BASE: usize = size_of::<RunItem>();
    BASE + match item {
        RunItem::Event(
            StreamEvent::TextDelta { text, .. }
            | StreamEvent::ReasoningDelta { text, .. }
            | StreamEvent::RefusalDelta { text, .. }
            | StreamEvent::ToolInputDelta { text, .. },
        ) => text.len(),
        RunItem::Event(StreamEvent::Part { part, .. }) => serde_size(part),
        _ => 512,
    }
}

/// Media may be large, and are the only parts that come whole.
fn serde_size(part: &laravel_ai_core::AssistantPart) -> usize {
    part.as_text().map_or(4096, str::len)
}

fn gone(run: RunId, what: &str) -> Error {
    Error::new(ErrorKind::Storage, format!("{what} of run {run} is no longer kept"))
        .with_possibly_billed(false)
}

#[async_trait]
impl RunLog for MemoryLog {
    async fn append(&self, run: RunId, at: Cursor, item: RunItem) -> Result<()> {
        let mut kept = self.kept();
        let items = kept.runs.entry(run).or_default();
        if at.position() != items.gone + items.items.len() as u64 {
            return Ok(());
        }
        let last = item.is_last();
        items.bytes += size(&item);
        items.items.push_back(item);
        while items.bytes > self.bytes && items.items.len() > 1 {
            if let Some(old) = items.items.pop_front() {
                items.bytes -= size(&old);
                items.gone += 1;
            }
        }
        if last {
            kept.ended.push_back(run);
            while kept.ended.len() > self.ended {
                if let Some(old) = kept.ended.pop_front() {
                    kept.runs.remove(&old);
                }
            }
        }
        Ok(())
    }

    async fn read(&self, run: RunId, from: Cursor, most: usize) -> Result<Page> {
        let kept = self.kept();
        let items = kept.runs.get(&run).ok_or_else(|| gone(run, "everything"))?;
        let Some(skipped) = from.position().checked_sub(items.gone) else {
            return Err(gone(run, "the beginning"));
        };
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let cursors = (from.position() + 1..).map(Cursor::after);
        let items = items.items.iter().skip(skipped).take(most).cloned();
        Ok(Page::new(cursors.zip(items).collect()))
    }

    async fn forget(&self, run: RunId) -> Result<()> {
        let mut kept = self.kept();
        kept.runs.remove(&run);
        kept.ended.retain(|ended| *ended != run);
        Ok(())
    }
}
