//! The state of one key.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::kept::AsNew;

#[derive(Debug, Default)]
pub(super) struct Key {
    running: AtomicU64,
    standing: Mutex<Standing>,
}

#[derive(Debug, Default)]
struct Standing {
    dead: bool,
    rests_until: Option<Instant>,
    /// By model, where it is only that model which the key may not use.
    models: HashMap<String, Instant>,
    last_use: Option<Instant>,
}

/// When a key can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Now,
    At(Instant),
    Never,
}

impl Key {
    pub(super) fn is_usable(&self, model: &str, now: Instant) -> Use {
        let standing = self.standing();
        if standing.dead {
            return Use::Never;
        }
        let rests = standing.rests_until.max(standing.models.get(model).copied());
        rests.filter(|until| *until > now).map_or(Use::Now, Use::At)
    }

    pub(super) fn kill(&self) {
        self.standing().dead = true;
    }

    /// Leaves the key alone until then; never for less long than before.
    pub(super) fn rest(&self, until: Option<Instant>) {
        let mut standing = self.standing();
        standing.rests_until = standing.rests_until.max(until);
    }

    pub(super) fn rest_for(&self, model: &str, until: Option<Instant>) {
        if let Some(until) = until {
            self.standing().models.insert(model.to_owned(), until);
        }
    }

    pub(super) fn revive(&self) {
        let mut standing = self.standing();
        let last_use = standing.last_use;
        *standing = Standing { last_use, ..Standing::default() };
    }

    /// How many calls use it.
    pub(super) fn running(&self) -> u64 {
        self.running.load(Ordering::Relaxed)
    }

    pub(super) fn last_use(&self) -> Option<Instant> {
        self.standing().last_use
    }

    /// A call begins to use it, until what is given back is dropped.
    pub(super) fn begin(self: &Arc<Self>, now: Instant) -> Busy {
        self.standing().last_use = Some(now);
        self.running.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsNew for Key {
    fn is_as_new(&self) -> bool {
        let standing = self.standing();
        !standing.dead && standing.rests_until.is_none() && standing.models.is_empty()
    }
}

/// A call that uses a key.
#[derive(Debug)]
pub(super) struct Busy(Arc<Key>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}
