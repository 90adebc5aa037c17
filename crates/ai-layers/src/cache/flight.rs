//! One call for all who ask the same at once.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::lock::{Mutex as Gate, OwnedMutexGuard};
use laravel_ai_core::{Clock, Context, Result};

use super::CacheKey;

/// Whose stream moves on no more for so long is not waited for: its caller may hold it for ever without reading.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who asks what at this moment.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<CacheKey, Arc<Flight>>>);

#[derive(Debug, Default)]
struct Flight {
    gate: Arc<Gate<()>>,
    /// The answer turned out to be one that is not kept: nobody needs to wait for another's.
    open: AtomicBool,
    /// How far the stream is that is waited for; 0 while there is none.
    step: AtomicU64,
}

/// A place among those who ask the same.
pub(super) struct Place {
    flights: Arc<Flights>,
    key: CacheKey,
    flight: Arc<Flight>,
}

/// Leave to ask. Whoever waits comes next when it is dropped, by a caller who gave up too.
pub(super) struct Turn {
    // Let go before the place is.
    gate: Option<OwnedMutexGuard<()>>,
    place: Place,
    /// Whether another's call was waited for, which may have left its answer.
    pub(super) waited: bool,
}

impl Flights {
    pub(super) fn enter(self: &Arc<Self>, key: &CacheKey) -> Place {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = Arc::clone(flights.entry(key.clone()).or_default());
        Place { flights: Arc::clone(self), key: key.clone(), flight }
    }
}

impl Place {
    /// Waits for whoever asks already. The call's own deadline holds while it waits.
    ///
    /// # Errors
    /// When the deadline passes.
    pub(super) async fn turn(mut self, ctx: &Context, clock: &dyn Clock) -> Result<Turn> {
        let mut waited = false;
        let mut end = None;
        loop {
            if let Some(gate) = self.flight.gate.clone().try_lock_owned() {
                return Ok(self.turn_with(Some(gate), waited));
            }
            if !waited {
                end = ctx.remaining(clock.now())?.map(|left| clock.sleep(left));
                waited = true;
            }
            let mut gate = pin!(self.flight.gate.clone().lock_owned());
            let step = || self.flight.step.load(Ordering::Relaxed);
            let mut seen = step();
            let mut patience = clock.sleep(PATIENCE);
            let gate = std::future::poll_fn(|cx| {
                if let Poll::Ready(gate) = gate.as_mut().poll(cx) {
                    return Poll::Ready(Ok(Some(gate)));
                }
                if end.as_mut().is_some_and(|end| end.as_mut().poll(cx).is_ready()) {
                    return Poll::Ready(ctx.remaining(clock.now()).map(|_| None));
                }
                while patience.as_mut().poll(cx).is_ready() {
                    if step() > 0 && step() == seen {
                        return Poll::Ready(Ok(None));
                    }
                    seen = step();
                    patience = clock.sleep(PATIENCE);
                }
                Poll::Pending
            })
            .await?;
            if gate.is_some() {
                return Ok(self.turn_with(gate, waited));
            }
            self.leave();
        }
    }

    fn turn_with(self, gate: Option<OwnedMutexGuard<()>>, waited: bool) -> Turn {
        // Nobody comes one by one for what is not kept.
        let gate = gate.filter(|_| !waited || !self.flight.open.load(Ordering::Acquire));
        Turn { gate, place: self, waited }
    }

    /// Goes over to whoever asks anew, and is the one where nobody does.
    fn leave(&mut self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = flights.entry(self.key.clone()).or_default();
        if Arc::ptr_eq(flight, &self.flight) {
            *flight = Arc::default();
        }
        self.flight = Arc::clone(flight);
    }
}

impl Turn {
    /// A stream that others wait for was begun, or moved on.
    pub(super) fn step(&self) {
        self.place.flight.step.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets everybody ask at once: there is no answer to wait for.
    pub(super) fn open(&mut self) {
        self.place.flight.open.store(true, Ordering::Release);
        self.gate = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = flights.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight));
        // The map and this place: nobody else is there, and nobody can come while the map is locked.
        if listed && Arc::strong_count(&self.flight) == 2 {
            flights.remove(&self.key);
        }
    }
}
