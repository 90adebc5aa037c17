//! From listening to reading.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;

use crate::{Event, Listener, ListenerError};

/// What happens to an event when the channel is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// It is left out, and counted by [`EventReceiver::dropped`]. Calls never wait.
    Drop,
    /// The call waits at most this long, in real time, and then it is left out and counted. The wait blocks the thread
    /// of the call, also where the call is dropped: choose it only where a thread of its own reads, and nothing may be
    /// missing.
    Wait(Duration),
}

/// The reading end of a channel of events. See [`EventBus::subscribe`](crate::EventBus::subscribe).
///
/// It is a [`Stream`] for tasks, and has [`recv_blocking`](Self::recv_blocking) for threads. It ends when the bus is gone
/// and all was read. Dropping it ends the subscription.
///
/// ```
/// # use std::sync::Arc;
/// # use ai_events::{EventBus, EventKind, WhenFull, doc::StoppedClock};
/// # use laravel_ai_core::Context;
/// let bus = EventBus::new(Arc::new(StoppedClock));
/// let mut receiver = bus.subscribe(1, WhenFull::Drop);
/// let ctx = Context::new();
/// for number in 0..3 {
///     bus.publish(&ctx, || EventKind::ConversationCreated { conversation: format!("c-{number}").into() });
/// }
/// assert_eq!((receiver.try_recv().unwrap().sequence, receiver.dropped()), (0, 2));
/// ```
pub struct EventReceiver {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    room: Condvar,
    ready: Condvar,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    waker: Option<Waker>,
    bus_is_gone: bool,
    reader_is_gone: bool,
    dropped: u64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A channel of at most `capacity` events; 0 is read as 1.
pub(crate) fn bounded(capacity: usize, when_full: WhenFull) -> (Sending, EventReceiver) {
    let shared = Arc::new(Shared::default());
    (Sending { shared: Arc::clone(&shared), capacity: capacity.max(1), when_full }, EventReceiver { shared })
}

pub(crate) struct Sending {
    shared: Arc<Shared>,
    capacity: usize,
    when_full: WhenFull,
}

impl Listener for Sending {
    fn on_event(&self, event: &Event) -> Result<(), ListenerError> {
        let is_full = |state: &State| state.events.len() >= self.capacity && !state.reader_is_gone;
        let mut state = self.shared.state();
        if let WhenFull::Wait(longest) = self.when_full {
            let waited = self.shared.room.wait_timeout_while(state, longest, |state| is_full(state));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if is_full(&state) {
            state.dropped += 1;
            return Ok(());
        }
        state.events.push_back(event.clone());
        let waker = state.waker.take();
        drop(state);
        self.shared.ready.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.shared.state().reader_is_gone
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.shared.state();
            state.bus_is_gone = true;
            state.waker.take()
        };
        self.shared.ready.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl EventReceiver {
    /// The next event; `None` when the bus is gone and all was read. Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Option<Event> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The next event if it is there.
    pub fn try_recv(&mut self) -> Option<Event> {
        self.take(&mut self.shared.state())
    }

    /// Blocks the thread until the next event; `None` when the bus is gone and all was read, or nothing came for
    /// `longest`. Not for tasks.
    pub fn recv_blocking(&mut self, longest: Duration) -> Option<Event> {
        let none = |state: &mut State| state.events.is_empty() && !state.bus_is_gone;
        let waited = self.shared.ready.wait_timeout_while(self.shared.state(), longest, none);
        self.take(&mut waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// How many events were left out because the channel was full.
    pub fn dropped(&self) -> u64 {
        self.shared.state().dropped
    }

    fn take(&self, state: &mut State) -> Option<Event> {
        let event = state.events.pop_front();
        if event.is_some() {
            self.shared.room.notify_one();
        }
        event
    }
}

impl Stream for EventReceiver {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Event>> {
        let mut state = self.shared.state();
        match self.take(&mut state) {
            Some(event) => Poll::Ready(Some(event)),
            None if state.bus_is_gone => Poll::Ready(None),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for EventReceiver {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.reader_is_gone = true;
        state.events.clear();
        drop(state);
        self.shared.room.notify_all();
    }
}

impl fmt::Debug for EventReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state();
        f.debug_struct("EventReceiver")
            .field("waiting", &state.events.len())
            .field("dropped", &state.dropped)
            .finish_non_exhaustive()
    }
}
