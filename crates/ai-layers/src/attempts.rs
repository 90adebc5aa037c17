//! How many tries a call has.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use laravel_ai_core::Context;

/// The physical tries of one call: how many were made, and how many it may make in all layers together, so that retries
/// inside a failover inside an application never multiply.
///
/// Failover, retry and the pool of keys look whether another try may begin; [`Attempt`](crate::Attempt) counts each
/// request that goes out. It travels in the [`Context`]; a layer of your own that tries again asks it too.
///
/// ```
/// use std::num::NonZeroU32;
///
/// use ai_layers::Attempts;
/// use laravel_ai_core::Context;
///
/// let attempts = Attempts::new(NonZeroU32::MIN);
/// let ctx = Context::new().with_extension(attempts.clone());
/// assert_eq!(Attempts::of(&ctx).and_then(Attempts::take), Some(1));
/// assert_eq!((attempts.made(), attempts.left(), attempts.take()), (1, 0, None));
/// ```
#[derive(Clone, Debug)]
pub struct Attempts {
    made: Arc<AtomicU32>,
    limit: u32,
    until: Option<Instant>,
    others_wait: bool,
}

impl Attempts {
    /// None made, `limit` in all.
    pub fn new(limit: NonZeroU32) -> Self {
        Self { made: Arc::default(), limit: limit.get(), until: None, others_wait: false }
    }

    /// With none begun at `end` or later. A try that runs then is left to its end.
    pub fn until(mut self, end: Instant) -> Self {
        self.until = Some(self.until.map_or(end, |before| before.min(end)));
        self
    }

    /// Those of the call, when a layer further out counts them.
    pub fn of(ctx: &Context) -> Option<&Self> {
        ctx.extension()
    }

    /// How many were made, in all layers together.
    pub fn made(&self) -> u32 {
        self.made.load(Ordering::Relaxed)
    }

    /// How many may still be made here.
    pub fn left(&self) -> u32 {
        self.limit.saturating_sub(self.made())
    }

    /// Whether a try may begin at this moment.
    pub fn may_begin(&self, at: Instant) -> bool {
        self.left() > 0 && self.until.is_none_or(|end| at < end)
    }

    /// Counts a try and gives its number, from 1; `None` when all are used up.
    pub fn take(&self) -> Option<u32> {
        let more = |made: u32| (made < self.limit).then_some(made + 1);
        self.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|before| before + 1)
    }

    /// Whether another target can be asked when this one is left alone.
    pub(crate) fn others_wait(&self) -> bool {
        self.others_wait
    }

    /// The part of them for a target after which `others` more may have to be asked: one is kept for each of them,
    /// as far as that leaves one.
    pub(crate) fn keeping(&self, others: u32) -> Self {
        let kept = others.min(self.left().saturating_sub(1));
        Self { limit: self.limit - kept, others_wait: self.others_wait || others > 0, ..self.clone() }
    }

    /// The same where another can be asked without a wait.
    pub(crate) fn beside_others(&self) -> Self {
        Self { others_wait: true, ..self.clone() }
    }

    /// The call's tries, at most `limit` more of them, none begun later than `length` from now.
    pub(crate) fn within(ctx: &Context, limit: NonZeroU32, end: Option<Instant>) -> Self {
        let attempts = match Self::of(ctx) {
            Some(given) => {
                let limit = given.limit.min(given.made().saturating_add(limit.get()));
                Self { limit, ..given.clone() }
            }
            None => Self::new(limit),
        };
        match end {
            Some(end) => attempts.until(end),
            None => attempts,
        }
    }
}

/// `now + length`, when that can be said.
pub(crate) fn end(now: Instant, length: Option<Duration>) -> Option<Instant> {
    length.and_then(|length| now.checked_add(length))
}
