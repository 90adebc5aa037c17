//! Bodies that arrive as scripted, within the limits of the call.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use laravel_ai_core::{Clock, Error, ErrorKind, Result};

use super::wire_reply::Step;
use crate::clock::wait;

/// Waiting within the limits of a call.
pub(super) struct Patience {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) deadline: Option<Instant>,
    /// The longest silence.
    pub(super) limit: Option<Duration>,
    /// How long it has been silent.
    pub(super) quiet: Duration,
}

impl Patience {
    /// Lets `pause` pass, or for ever when it is `None`; fails with `late` where the limit comes first.
    pub(super) async fn wait(&mut self, pause: Option<Duration>, late: &'static str) -> Result<()> {
        let left = self.limit.map(|limit| limit.saturating_sub(self.quiet));
        match left.filter(|left| pause.is_none_or(|pause| pause > Duration::ZERO && pause >= *left)) {
            Some(left) => {
                wait(&*self.clock, self.deadline, Some(left)).await?;
                Err(Error::new(ErrorKind::Timeout, late))
            }
            None => {
                wait(&*self.clock, self.deadline, pause).await?;
                self.quiet += pause.unwrap_or_default();
                Ok(())
            }
        }
    }
}

/// A body on its way.
pub(super) struct Reading {
    pub(super) steps: VecDeque<Step>,
    pub(super) patience: Patience,
    pub(super) open: Open,
    pub(super) delivered: Arc<AtomicUsize>,
}

impl Reading {
    pub(super) async fn next(&mut self) -> Option<Result<Bytes>> {
        const LATE: &str = "no more of the answer came in time";
        loop {
            let waited = match self.steps.pop_front() {
                Some(Step::Chunk(chunk)) => {
                    self.patience.quiet = Duration::ZERO;
                    self.delivered.fetch_add(1, Ordering::SeqCst);
                    return Some(Ok(chunk));
                }
                Some(Step::Wait(pause)) => self.patience.wait(Some(pause), LATE).await,
                Some(Step::Stall) => self.patience.wait(None, LATE).await,
                Some(Step::Error(error)) => Err(error),
                None => {
                    self.open.close();
                    return None;
                }
            };
            if let Err(error) = waited {
                self.steps.clear();
                self.open.close();
                return Some(Err(error));
            }
        }
    }
}

/// Counts a body as open until it is read to its end or dropped.
pub(super) struct Open(Option<Arc<AtomicUsize>>);

impl Open {
    pub(super) fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Some(count))
    }

    fn close(&mut self) {
        if let Some(count) = self.0.take() {
            count.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}
