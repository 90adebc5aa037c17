//! The ledger in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use laravel_ai_core::{AttemptId, Result};

use super::{Ledger, LedgerEntry};

/// Keeps rows as long as it lives itself, for programs that need no more and for tests. It forgets nothing on its own:
/// a program that runs for long takes the rows out with [`take`](Self::take).
///
/// ```
/// use std::time::SystemTime;
/// use ai_costs::{Ledger, LedgerEntry, MemoryLedger};
/// use laravel_ai_core::{Context, Target};
///
/// let ledger = MemoryLedger::new();
/// ledger.hand_over(LedgerEntry::new(&Context::new(), Target::new("a", "b", "c"), SystemTime::UNIX_EPOCH));
/// assert_eq!(ledger.take().len(), 1);
/// assert!(ledger.entries().is_empty());
/// ```
#[derive(Default)]
pub struct MemoryLedger {
    /// Ids of attempts sort by the time they were made.
    rows: Mutex<BTreeMap<AttemptId, LedgerEntry>>,
}

impl MemoryLedger {
    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every row, the oldest first.
    pub fn entries(&self) -> Vec<LedgerEntry> {
        self.lock().values().cloned().collect()
    }

    /// Every row, the oldest first; the ledger forgets them.
    pub fn take(&self) -> Vec<LedgerEntry> {
        std::mem::take(&mut *self.lock()).into_values().collect()
    }

    /// Inserting is the only change, so what a panic elsewhere poisoned is still right.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AttemptId, LedgerEntry>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn record(&self, entry: LedgerEntry) -> Result<()> {
        self.hand_over(entry);
        Ok(())
    }

    fn hand_over(&self, entry: LedgerEntry) {
        self.lock().entry(entry.attempt).or_insert(entry);
    }

    async fn flush(&self) -> Result<()> {
        Ok(())
    }
}

impl fmt::Debug for MemoryLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLedger").field("rows", &self.lock().len()).finish()
    }
}
