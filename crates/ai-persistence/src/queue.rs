//! Work for later: a bounded queue with a task of its own.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use laravel_ai_core::{Error, ErrorKind, Result};
use tokio::sync::{mpsc, oneshot};

/// What is done with the work. It gives how many pieces of the batch are lost; an error is that all are.
pub(crate) trait Work<T>: Send + Sync + 'static {
    fn work(&self, batch: Vec<T>) -> impl Future<Output = Result<u64>> + Send;
}

/// Hands work to a task that does it batch by batch, in order. The task ends when the queue is dropped, after everything
/// that is in it.
pub(crate) struct Queue<T> {
    items: mpsc::Sender<Item<T>>,
    lost: Arc<AtomicU64>,
}

enum Item<T> {
    Work(T),
    Flush(oneshot::Sender<Result<()>>),
}

impl<T: Send + 'static> Queue<T> {
    /// A queue for at most `room` pieces, of which at most `batch` are done together. Inside of a tokio runtime only.
    pub(crate) fn new(room: usize, batch: usize, worker: impl Work<T>) -> Self {
        let (items, queued) = mpsc::channel(room);
        let lost = Arc::new(AtomicU64::new(0));
        #[expect(clippy::disallowed_methods, reason = "the task lives as long as the queue and its work")]
        tokio::spawn(run(queued, batch, worker, Arc::clone(&lost)));
        Self { items, lost }
    }

    /// Takes a piece without waiting. Where there is no room, or no task any more, it is counted as lost.
    pub(crate) fn offer(&self, piece: T) {
        if self.items.try_send(Item::Work(piece)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(lost = self.lost(), "no room to store what was handed over");
        }
    }

    /// Takes a piece, waiting for room.
    pub(crate) async fn push(&self, piece: T) -> Result<()> {
        self.items.send(Item::Work(piece)).await.map_err(|_| over())
    }

    /// Waits until everything that was taken before is done.
    pub(crate) async fn flush(&self) -> Result<()> {
        let (done, wait) = oneshot::channel();
        self.items.send(Item::Flush(done)).await.map_err(|_| over())?;
        wait.await.map_err(|_| over())?
    }

    /// How many pieces found no room or could not be done.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

async fn run<T>(
    mut queued: mpsc::Receiver<Item<T>>,
    most: usize,
    worker: impl Work<T>,
    lost: Arc<AtomicU64>,
) {
    let mut items = Vec::with_capacity(most);
    // The first failure since the last flush, which is who is told.
    let mut failed = Ok(());
    while queued.recv_many(&mut items, most).await > 0 {
        let mut batch = Vec::with_capacity(items.len());
        for item in items.drain(..) {
            match item {
                Item::Work(piece) => batch.push(piece),
                Item::Flush(done) => {
                    failed = failed.and(work(&worker, &mut batch, &lost).await);
                    let _ = done.send(std::mem::replace(&mut failed, Ok(())));
                }
            }
        }
        failed = failed.and(work(&worker, &mut batch, &lost).await);
    }
}

async fn work<T>(worker: &impl Work<T>, batch: &mut Vec<T>, lost: &AtomicU64) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let pieces = batch.len() as u64;
    match worker.work(std::mem::take(batch)).await {
        Ok(0) => Ok(()),
        Ok(gone) => {
            lost.fetch_add(gone, Ordering::Relaxed);
            Err(Error::new(ErrorKind::Storage, format!("{gone} pieces of {pieces} could not be stored")))
        }
        Err(error) => {
            lost.fetch_add(pieces, Ordering::Relaxed);
            tracing::error!(%error, pieces, "what was handed over could not be stored");
            Err(error)
        }
    }
}

fn over() -> Error {
    Error::new(
        ErrorKind::Storage,
        "the runtime in which the database was opened is gone, so nothing is stored",
    )
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("room", &self.items.capacity())
            .field("lost", &self.lost.load(Ordering::Relaxed))
            .finish()
    }
}
