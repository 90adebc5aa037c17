//! All runs of a process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use laravel_ai_core::{ChatStream, Clock, Context, Result, RunId};
use tokio::sync::watch;

use crate::drive::drive;
use crate::run::{Run, RunState, Shared};
use crate::{MemoryLog, RunLog};

/// Starts runs, and finds them again. Clones are the same; dropping them all stops nothing.
///
/// Runs that ended are found as long as they are among the last thousand.
#[derive(Clone, Debug)]
pub struct Runs {
    clock: Arc<dyn Clock>,
    log: Arc<dyn RunLog>,
    all: Arc<Mutex<HashMap<RunId, Run>>>,
    /// How many go on.
    running: Arc<watch::Sender<usize>>,
}

const ENDED: usize = 1_000;

impl Runs {
    /// Runs that are kept in `log`.
    pub fn new(clock: Arc<dyn Clock>, log: Arc<dyn RunLog>) -> Self {
        Self { clock, log, all: Arc::default(), running: Arc::new(watch::Sender::new(0)) }
    }

    /// Runs in the memory of the process.
    pub fn in_memory(clock: Arc<dyn Clock>) -> Self {
        Self::new(clock, Arc::new(MemoryLog::new()))
    }

    /// Starts a call as a run with the id and the labels of its context. It goes on from now, whether anybody watches or
    /// not. A run of the same id that goes on is given in its place, and the call is dropped unasked; one that has ended is
    /// forgotten with all it said.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(
        &self,
        ctx: &Context,
        call: impl Future<Output = Result<ChatStream>> + Send + 'static,
    ) -> Run {
        let (run, again) = {
            let mut all = self.all();
            let before = all.get(&ctx.run);
            if let Some(run) = before.filter(|run| run.state() == RunState::Running) {
                return run.clone();
            }
            let again = before.is_some();
            let run = Run(Arc::new(Shared {
                id: ctx.run,
                labels: Arc::clone(&ctx.labels),
                log: Arc::clone(&self.log),
                length: watch::Sender::new(0),
                cancel: watch::Sender::new(false),
                state: 0.into(),
            }));
            make_room(&mut all);
            all.insert(run.id(), run.clone());
            (run, again)
        };
        let going = Going::on(&self.running);
        let shared = Arc::clone(&run.0);
        #[expect(
            clippy::disallowed_methods,
            reason = "this module owns the task: it ends with its call, or when the run is cancelled"
        )]
        let task = tokio::spawn(async move {
            drive(shared, call, again).await;
            drop(going);
        });
        drop(task);
        run
    }

    /// The run of this id, when it was started in this process.
    pub fn find(&self, id: RunId) -> Option<Run> {
        self.all().get(&id).cloned()
    }

    /// How many go on.
    pub fn running(&self) -> usize {
        *self.running.borrow()
    }

    /// Waits until all have ended, for so long at most, and then cancels the others and waits for their end. To be called
    /// before a program ends; no new ones should be started meanwhile. Gives how many were cancelled.
    pub async fn shutdown(&self, patience: Duration) -> usize {
        let mut running = self.running.subscribe();
        let patience = self.clock.sleep(patience);
        tokio::select! {
            biased;
            none = running.wait_for(|running| *running == 0) => {
                drop(none);
                return 0;
            }
            () = patience => {}
        }
        let cancelled: Vec<Run> =
            self.all().values().filter(|run| run.state() == RunState::Running).cloned().collect();
        cancelled.iter().for_each(Run::cancel);
        let none = running.wait_for(|running| *running == 0).await;
        drop(none);
        cancelled.len()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<RunId, Run>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets runs that ended when there are many: the oldest, by their ids.
fn make_room(all: &mut HashMap<RunId, Run>) {
    if all.len() < ENDED * 2 {
        return;
    }
    let mut ended: Vec<RunId> =
        all.values().filter(|run| run.state() != RunState::Running).map(Run::id).collect();
    ended.sort_unstable();
    for id in ended.iter().take(ended.len().saturating_sub(ENDED)) {
        all.remove(id);
    }
}

/// Counts a run as long as it goes on.
struct Going(Arc<watch::Sender<usize>>);

impl Going {
    fn on(running: &Arc<watch::Sender<usize>>) -> Self {
        running.send_modify(|count| *count += 1);
        Self(Arc::clone(running))
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
