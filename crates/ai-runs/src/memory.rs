//! Runs in the memory of the process.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use laravel_ai_core::{AssistantPart, Error, ErrorKind, MediaSource, Opaque, Result, RunId, StreamEvent};
use serde::Serialize;

use crate::{Cursor, Page, RunItem, RunLog};

/// Keeps runs in memory: of each as many bytes as are set, and of those that ended as many runs and as many bytes together as
/// are set, the oldest of all are forgotten first. What a run says is kept before anything is given up: a viewer who falls
/// behind so far that what comes next is gone gets an error. The last item of a run and the last run that ended are kept
/// whatever their size.
///
/// ```
/// use ai_runs::MemoryLog;
///
/// let log = MemoryLog::new().with_bytes_per_run(1 << 20).with_ended_runs(100).with_bytes_of_ended_runs(16 << 20);
/// ```
#[derive(Debug)]
pub struct MemoryLog {
    bytes: usize,
    ended: usize,
    ended_bytes: usize,
    runs: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    runs: HashMap<RunId, Items>,
    /// In the order in which they ended.
    ended: VecDeque<RunId>,
    /// What those take together.
    ended_bytes: usize,
}

impl Kept {
    fn forget(&mut self, run: RunId, ended: bool) {
        let bytes = self.runs.remove(&run).map_or(0, |items| items.bytes);
        if ended {
            self.ended_bytes -= bytes;
        }
    }
}

#[derive(Debug, Default)]
struct Items {
    /// How many were forgotten.
    gone: u64,
    items: VecDeque<RunItem>,
    bytes: usize,
}

impl MemoryLog {
    /// 32 MiB of each run, and 1,000 runs that ended with 256 MiB together.
    pub fn new() -> Self {
        Self { bytes: 32 << 20, ended: 1_000, ended_bytes: 256 << 20, runs: Mutex::default() }
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

    /// With about so many bytes kept of all runs that ended.
    pub fn with_bytes_of_ended_runs(mut self, bytes: usize) -> Self {
        self.ended_bytes = bytes;
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
    const BASE: usize = size_of::<RunItem>() + 256;
    BASE + match item {
        RunItem::Event(
            StreamEvent::TextDelta { text, .. }
            | StreamEvent::ReasoningDelta { text, .. }
            | StreamEvent::RefusalDelta { text, .. }
            | StreamEvent::ToolInputDelta { text, .. },
        ) => text.len(),
        RunItem::Event(StreamEvent::Part { part, .. }) => part_size(part),
        RunItem::Event(StreamEvent::BlockEnd { opaque: Some(opaque), .. }) => opaque_size(opaque),
        RunItem::Event(event) => json_size(event),
        RunItem::Failed(error) => {
            error.partial().map_or(0, |partial| partial.content.iter().map(part_size).sum())
        }
    }
}

fn part_size(part: &AssistantPart) -> usize {
    match part {
        AssistantPart::Media(media) => {
            let bytes = if let MediaSource::Bytes(bytes) = &media.source { bytes.len() } else { 1024 };
            bytes + media.opaque.as_ref().map_or(0, opaque_size)
        }
        part => json_size(part),
    }
}

fn opaque_size(opaque: &Opaque) -> usize {
    opaque.data.as_str().len()
}

fn json_size(value: &impl Serialize) -> usize {
    struct Counted(usize);
    impl io::Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counted = Counted(0);
    // What is no JSON is none of what a vendor said.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
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
            let bytes = items.bytes;
            kept.ended.push_back(run);
            kept.ended_bytes += bytes;
            while kept.ended.len() > self.ended || kept.ended_bytes > self.ended_bytes && kept.ended.len() > 1
            {
                if let Some(old) = kept.ended.pop_front() {
                    kept.forget(old, true);
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
        let before = kept.ended.len();
        kept.ended.retain(|ended| *ended != run);
        let ended = kept.ended.len() < before;
        kept.forget(run, ended);
        Ok(())
    }
}
