//! Writing rows.

use std::fmt;
use std::time::Duration;

use ai_costs::{Ledger, LedgerEntry};
use async_trait::async_trait;
use laravel_ai_core::Result;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ConnectionTrait, DbBackend, Value};

use super::row::{self, COLUMNS};
use super::tables::ATTEMPTS;
use crate::Database;
use crate::StorageError;
use crate::failure::failed;
use crate::queue::{Queue, Work};

/// How many rows wait at most.
const ROOM: usize = 10_000;
/// How many rows are written by one statement: as many as fit into the parameters that every server takes.
const BATCH: usize = 500;
/// How long the database is waited for while it can't be reached, before rows count as lost.
const PATIENCE: [Duration; 6] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(20),
];

/// When a row counts as kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// When it is in the queue of the writer, which writes as fast as the database does: what a program that is killed
    /// loses are the rows of its last moments, at most 10,500.
    #[default]
    Queued,
    /// When the database has it.
    Sync,
}

/// The ledger in a [`Database`].
///
/// * Rows are written many at a time, each statement whole or not at all, and each row once.
/// * [`record`](Ledger::record) waits when 10,000 rows wait; [`hand_over`](Ledger::hand_over) never does, and a row that
///   finds no room is counted by [`lost`](Self::lost).
/// * A database that can't be reached is waited for, for half a minute. A row that it refuses is lost alone.
/// * [`flush`](Ledger::flush) returns when everything that was taken before is written, or says that something is not.
#[derive(Clone)]
pub struct SqlLedger {
    pub(super) database: Database,
    durability: Durability,
    queue: std::sync::Arc<Queue<LedgerEntry>>,
}

impl SqlLedger {
    /// The ledger of a database. Inside of a tokio runtime only, which writes the rows.
    pub fn new(database: Database) -> Self {
        let queue = std::sync::Arc::new(Queue::new(ROOM, BATCH, Rows(database.clone())));
        Self { database, durability: Durability::default(), queue }
    }

    /// With this as the moment from which a row counts as kept.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How many rows were lost, for want of room or because the database did not take them.
    pub fn lost(&self) -> u64 {
        self.queue.lost()
    }
}

#[async_trait]
impl Ledger for SqlLedger {
    async fn record(&self, entry: LedgerEntry) -> Result<()> {
        match self.durability {
            Durability::Queued => self.queue.push(entry).await,
            Durability::Sync => {
                let values = row::values(self.database.backend(), entry)?;
                Rows(self.database.clone()).insert(vec![values]).await
            }
        }
    }

    fn hand_over(&self, entry: LedgerEntry) {
        self.queue.offer(entry);
    }

    async fn flush(&self) -> Result<()> {
        self.queue.flush().await
    }
}

struct Rows(Database);

/// One row, in a transaction of another's.
pub(crate) async fn insert_row(
    on: &impl ConnectionTrait,
    backend: DbBackend,
    entry: LedgerEntry,
) -> Result<()> {
    insert(on, vec![row::values(backend, entry)?]).await
}

async fn insert(on: &impl ConnectionTrait, rows: Vec<Vec<Value>>) -> Result<()> {
    let mut insert = Query::insert();
    insert.into_table(ATTEMPTS).columns(COLUMNS);
    for row in rows {
        insert.values_panic(row.into_iter().map(Into::into));
    }
    // Once is enough: a write whose outcome is unknown is repeated.
    insert.on_conflict(OnConflict::column("id").do_nothing_on(["id"]).to_owned());
    let done = on.execute(&insert).await;
    done.map(drop).map_err(|cause| failed("rows of the ledger were not stored", &cause))
}

impl Rows {
    async fn insert(&self, rows: Vec<Vec<Value>>) -> Result<()> {
        insert(self.0.writer(), rows).await
    }

    /// The same, waiting for a database that can't be reached.
    async fn insert_patiently(&self, rows: Vec<Vec<Value>>) -> Result<()> {
        for wait in PATIENCE {
            match self.insert(rows.clone()).await {
                Err(error) if error.vendor::<StorageError>().is_some_and(|known| known.unavailable) => {
                    tracing::warn!(%error, rows = rows.len(), "the ledger waits for the database");
                    tokio::time::sleep(wait).await;
                }
                done => return done,
            }
        }
        self.insert(rows).await
    }
}

impl Work<LedgerEntry> for Rows {
    async fn work(&self, batch: Vec<LedgerEntry>) -> Result<u64> {
        let mut lost = 0;
        let mut rows = Vec::with_capacity(batch.len());
        for entry in batch {
            match row::values(self.0.backend(), entry) {
                Ok(values) => rows.push(values),
                Err(error) => {
                    tracing::error!(%error, "a row of the ledger can't be stored");
                    lost += 1;
                }
            }
        }
        let Err(error) = self.insert_patiently(rows.clone()).await else { return Ok(lost) };
        if error.vendor::<StorageError>().is_none_or(|known| known.unavailable) || rows.len() == 1 {
            return Err(error);
        }
        // One of them is refused: the others shall not be lost with it.
        for row in rows {
            if let Err(error) = self.insert_patiently(vec![row]).await {
                tracing::error!(%error, "a row of the ledger was refused");
                lost += 1;
            }
        }
        Ok(lost)
    }
}

impl fmt::Debug for SqlLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlLedger")
            .field("database", &self.database)
            .field("durability", &self.durability)
            .field("queue", &self.queue)
            .finish()
    }
}
