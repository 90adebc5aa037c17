//! From those who publish to those who listen.

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use laravel_ai_core::{Clock, Context, RunId};

use crate::channel::{self, EventReceiver, WhenFull};
use crate::{Event, EventKind, Listener};

/// Runs that may publish at the same moment without waiting for each other, mostly.
const LANES: usize = 16;

/// Hands events to listeners. Clones are the same bus.
///
/// ```
/// # use std::sync::Arc;
/// # use ai_events::doc::StoppedClock;
/// use ai_events::{EventBus, EventKind, WhenFull};
/// use laravel_ai_core::Context;
///
/// # let clock = Arc::new(StoppedClock);
/// let bus = EventBus::new(clock);
/// let mut receiver = bus.subscribe(100, WhenFull::Drop);
/// bus.publish(&Context::new(), || EventKind::ConversationCreated { conversation: "c-1".into() });
/// assert_eq!(receiver.try_recv().unwrap().name(), "ConversationCreated");
/// ```
#[derive(Clone)]
pub struct EventBus(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    listeners: RwLock<Arc<[Arc<dyn Listener>]>>,
    /// The number of listeners, so that publishing to nobody takes no lock.
    count: AtomicUsize,
    sequence: AtomicU64,
    failures: AtomicU64,
    /// Keeps the events of a run in order when several threads publish them.
    lanes: [Mutex<()>; LANES],
}

thread_local! {
    /// What listeners on this thread publish while they are being told: it follows afterwards.
    static NESTED: RefCell<Option<Vec<(EventBus, Event)>>> = const { RefCell::new(None) };
}

impl EventBus {
    /// A bus without listeners that dates events by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            clock,
            listeners: RwLock::new(Arc::new([])),
            count: AtomicUsize::new(0),
            sequence: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            lanes: [const { Mutex::new(()) }; LANES],
        }))
    }

    /// With one more listener, for as long as the bus lives or until the listener says that it
    /// [is over](Listener::is_over). Listeners are told in the order in which they came.
    pub fn listen(&self, listener: impl Listener) {
        self.edit(|listeners| listeners.push(Arc::new(listener)));
    }

    /// The events from now on, through a channel that holds at most `capacity` of them. It ends when the receiver is
    /// dropped.
    pub fn subscribe(&self, capacity: usize, when_full: WhenFull) -> EventReceiver {
        let (listener, receiver) = channel::bounded(capacity, when_full);
        self.listen(listener);
        receiver
    }

    /// Whether nobody listens, so that there is no point in preparing an event.
    pub fn is_silent(&self) -> bool {
        self.0.count.load(Ordering::Relaxed) == 0
    }

    /// How many times a listener panicked or failed.
    pub fn failures(&self) -> u64 {
        self.0.failures.load(Ordering::Relaxed)
    }

    /// Tells every listener what `kind` makes, with the ids of the call. Not called when nobody listens.
    pub fn publish(&self, ctx: &Context, kind: impl FnOnce() -> EventKind) {
        if self.is_silent() {
            return;
        }
        let event = self.event(ctx, kind());
        let mut first = Some(event);
        // At the end of a thread, where its locals are gone, nothing can be nested any more.
        let _ = NESTED.try_with(|nested| match &mut *nested.borrow_mut() {
            Some(later) => later.extend(first.take().map(|event| (self.clone(), event))),
            none => *none = Some(Vec::new()),
        });
        let Some(event) = first else { return };
        self.tell(event);
        while let Ok(Some(later)) = NESTED.try_with(|nested| match &mut *nested.borrow_mut() {
            Some(later) if !later.is_empty() => Some(std::mem::take(later)),
            nested => nested.take().and(None),
        }) {
            later.into_iter().for_each(|(bus, event)| bus.tell(event));
        }
    }

    /// The event, still without its number.
    fn event(&self, ctx: &Context, kind: EventKind) -> Event {
        let since = self.0.clock.wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let whole = Duration::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        Event {
            sequence: 0,
            at: SystemTime::UNIX_EPOCH.checked_add(whole).unwrap_or(SystemTime::UNIX_EPOCH),
            run: ctx.run,
            step: ctx.step,
            attempt: ctx.attempt,
            labels: Arc::clone(&ctx.labels),
            kind,
        }
    }

    fn tell(&self, mut event: Event) {
        let _lane = self.lane(event.run);
        event.sequence = self.0.sequence.fetch_add(1, Ordering::Relaxed);
        let listeners = Arc::clone(&self.0.listeners.read().unwrap_or_else(PoisonError::into_inner));
        let mut over = false;
        for listener in &*listeners {
            // A listener keeps no lock of ours while it runs, so a panic leaves nothing half done here.
            let told = catch_unwind(AssertUnwindSafe(|| {
                over |= listener.is_over();
                listener.on_event(&event)
            }));
            let problem = match told {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it panicked".to_owned(),
            };
            self.0.failures.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(event = event.name(), run = %event.run, problem, "a listener failed");
        }
        if over {
            self.edit(|listeners| {
                listeners.retain(|listener| {
                    !catch_unwind(AssertUnwindSafe(|| listener.is_over())).unwrap_or(true)
                });
            });
        }
    }

    fn edit(&self, edit: impl FnOnce(&mut Vec<Arc<dyn Listener>>)) {
        let mut listeners = self.0.listeners.write().unwrap_or_else(PoisonError::into_inner);
        let mut list = listeners.to_vec();
        edit(&mut list);
        self.0.count.store(list.len(), Ordering::Relaxed);
        *listeners = list.into();
    }

    fn lane(&self, run: RunId) -> std::sync::MutexGuard<'_, ()> {
        // The last bits of a UUID of version 7 are random.
        let [.., last] = run.as_uuid().as_bytes();
        let [first, ..] = &self.0.lanes;
        let lane = self.0.lanes.get(usize::from(*last) % LANES).unwrap_or(first);
        lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for EventBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBus")
            .field("listeners", &self.0.count.load(Ordering::Relaxed))
            .field("published", &self.0.sequence.load(Ordering::Relaxed))
            .field("failures", &self.failures())
            .finish_non_exhaustive()
    }
}
