//! The state of one key.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use laravel_ai_core::ErrorKind;

use crate::kept::AsNew;

#[derive(Debug, Default)]
pub(super) struct Key {
    running: AtomicU64,
    standing: Mutex<Standing>,
}

#[derive(Debug, Default)]
struct Standing {
    dead: bool,
    /// Until when the vendor wants it to be left alone.
    cools_until: Option<Instant>,
    /// Until when we don't try it any more.
    parked_until: Option<Instant>,
    /// The same by model, where it is only that model which the key may not use.
    models: HashMap<String, Instant>,
    /// Why it was last left alone.
    why: Option<ErrorKind>,
    last_use: Option<Instant>,
}

/// When a key can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Now,
    /// When the vendor's delay is over.
    At(Instant),
    /// Not within any time that a call could wait.
    Never,
}

impl Key {
    pub(super) fn is_usable(&self, model: &str, now: Instant) -> Use {
        let standing = self.standing();
        let parked = standing.parked_until.max(standing.models.get(model).copied());
        if standing.dead || parked.is_some_and(|until| until > now) {
            return Use::Never;
        }
        standing.cools_until.filter(|until| *until > now).map_or(Use::Now, Use::At)
    }

    /// Why it is left alone.
    pub(super) fn why(&self) -> Option<ErrorKind> {
        self.standing().why
    }

    /// Never uses it again.
    pub(super) fn kill(&self) {
        let mut standing = self.standing();
        standing.dead = true;
        standing.why = Some(ErrorKind::Authentication);
    }

    /// Leaves it alone for as long as the vendor wants; never for less long than before.
    pub(super) fn cool(&self, until: Option<Instant>) {
        let mut standing = self.standing();
        standing.cools_until = standing.cools_until.max(until);
        standing.why = Some(ErrorKind::RateLimited);
    }

    /// Leaves it alone for this reason, for all models.
    pub(super) fn park(&self, why: ErrorKind, until: Option<Instant>) {
        let mut standing = self.standing();
        standing.parked_until = standing.parked_until.max(until);
        standing.why = Some(why);
    }

    /// Leaves it alone for this reason, for one model.
    pub(super) fn park_for(&self, model: &str, why: ErrorKind, until: Option<Instant>) {
        let mut standing = self.standing();
        standing.models.extend(until.map(|until| (model.to_owned(), until)));
        standing.why = Some(why);
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
        standing.why.is_none()
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
