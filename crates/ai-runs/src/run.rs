//! One run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use laravel_ai_core::{Labels, RunId};
use tokio::sync::watch;

use crate::{Cursor, RunLog, Watch};

/// A call that goes on while nobody watches. Clones are the same run; dropping them all changes nothing.
///
/// Whoever gives a run to a person checks first that it is theirs: [`labels`](Self::labels) say whom it belongs to.
#[derive(Clone, Debug)]
pub struct Run(pub(crate) Arc<Shared>);

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunState {
    /// It goes on.
    Running,
    /// It ended with a whole answer.
    Finished,
    /// It ended with an error.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) id: RunId,
    pub(crate) labels: Arc<Labels>,
    pub(crate) log: Arc<dyn RunLog>,
    /// How many items the log has; told after each.
    pub(crate) length: watch::Sender<u64>,
    /// Whether it is to stop.
    pub(crate) cancel: watch::Sender<bool>,
    pub(crate) state: AtomicU8,
}

impl Shared {
    pub(crate) fn state(&self) -> RunState {
        match self.state.load(Ordering::Acquire) {
            0 => RunState::Running,
            1 => RunState::Finished,
            2 => RunState::Failed,
            _ => RunState::Cancelled,
        }
    }

    pub(crate) fn set(&self, state: RunState) {
        let number = match state {
            RunState::Running => 0,
            RunState::Finished => 1,
            RunState::Failed => 2,
            RunState::Cancelled => 3,
        };
        self.state.store(number, Ordering::Release);
    }
}

impl Run {
    /// Its id, the one of its events and ledger rows.
    pub fn id(&self) -> RunId {
        self.0.id
    }

    /// Whom it belongs to.
    pub fn labels(&self) -> &Labels {
        &self.0.labels
    }

    /// How it stands.
    pub fn state(&self) -> RunState {
        self.0.state()
    }

    /// How much of it has happened: a viewer who wants only what comes from here on watches from it.
    pub fn now(&self) -> Cursor {
        Cursor::after(*self.0.length.borrow())
    }

    /// Stops it: the connection and every permit are free, and it ends with an error of the kind
    /// [`Cancelled`](laravel_ai_core::ErrorKind::Cancelled) that holds what was delivered. One that has ended stays as it is. It
    /// does not wait; [`ended`](Self::ended) does.
    pub fn cancel(&self) {
        self.0.cancel.send_replace(true);
    }

    /// Waits until it has ended, and says how. Dropping the future changes nothing.
    pub async fn ended(&self) -> RunState {
        let mut length = self.0.length.subscribe();
        // The sender is among what this run shares, so it does not end before.
        let over = length.wait_for(|_| self.0.state() != RunState::Running).await;
        drop(over);
        self.0.state()
    }

    /// What happens in it, from a place on: what has happened first, and then what happens, as it happens. Any number may
    /// watch, each at its own pace; nobody slows the run. Dropping the stream changes nothing.
    pub fn watch(&self, from: Cursor) -> Watch {
        Watch::new(Arc::clone(&self.0), from)
    }
}
