//! Events in tests.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use laravel_ai_core::RunId;

use crate::{Event, Listener, ListenerError};

/// Keeps every event, for tests. Clones share what was kept, so give one to the bus and ask the other.
///
/// ```
/// # use std::sync::Arc;
/// # use ai_events::{EventBus, doc::StoppedClock};
/// # use laravel_ai_core::Context;
/// use ai_events::{EventKind, Recorder};
///
/// # let bus = EventBus::new(Arc::new(StoppedClock));
/// let recorder = Recorder::new();
/// bus.listen(recorder.clone());
/// # bus.publish(&Context::new(), || EventKind::ConversationCreated { conversation: "c-1".into() });
/// recorder.assert_published(|event| matches!(event.kind, EventKind::ConversationCreated { .. }));
/// recorder.assert_not_published("CallFailed");
/// ```
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Event>>>);

impl Recorder {
    /// A recorder that has nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The events so far, in their order.
    pub fn events(&self) -> Vec<Event> {
        self.kept().clone()
    }

    /// The events of one run.
    pub fn of(&self, run: RunId) -> Vec<Event> {
        self.kept().iter().filter(|event| event.run == run).cloned().collect()
    }

    /// The names of the events so far.
    pub fn names(&self) -> Vec<&'static str> {
        self.kept().iter().map(Event::name).collect()
    }

    /// How many events have this name.
    pub fn count(&self, name: &str) -> usize {
        self.kept().iter().filter(|event| event.name() == name).count()
    }

    /// Forgets the events so far.
    pub fn clear(&self) {
        self.kept().clear();
    }

    /// Demands that exactly these events were published, in this order.
    ///
    /// # Panics
    /// When it was otherwise, with the names of what was.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion of tests")]
    pub fn assert_names(&self, names: &[&str]) {
        let published = self.names();
        if published != names {
            panic!("expected the events {names:?}, but there were {published:?}");
        }
    }

    /// Demands that some event is as `expected`.
    ///
    /// # Panics
    /// When none is, with a list of those published.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion of tests")]
    pub fn assert_published(&self, expected: impl Fn(&Event) -> bool) {
        let events = self.events();
        if !events.iter().any(expected) {
            panic!("an expected event was not published; there were {events:#?}");
        }
    }

    /// Demands that no event has this name.
    ///
    /// # Panics
    /// When one has, with all its like.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion of tests")]
    pub fn assert_not_published(&self, name: &str) {
        let found: Vec<_> = self.events().into_iter().filter(|event| event.name() == name).collect();
        if !found.is_empty() {
            panic!("expected no {name}, but there was {found:#?}");
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Recorder {
    fn on_event(&self, event: &Event) -> Result<(), ListenerError> {
        self.kept().push(event.clone());
        Ok(())
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recorder").field(&self.names()).finish()
    }
}
