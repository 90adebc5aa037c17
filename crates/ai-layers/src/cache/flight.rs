//! One call for all who ask the same at once.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures_util::lock::{Mutex as Gate, OwnedMutexGuard};
use laravel_ai_core::{Clock, Context, Result};

use super::CacheKey;

/// Who asks what at this moment.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<CacheKey, Arc<Flight>>>);

#[derive(Debug, Default)]
struct Flight {
    gate: Arc<Gate<()>>,
    /// The answer turned out to be one that is not kept: nobody needs to wait for another's.
    open: AtomicBool,
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
    pub(super) async fn turn(self, ctx: &Context, clock: &dyn Clock) -> Result<Turn> {
        if let Some(gate) = self.flight.gate.clone().try_lock_owned() {
            return Ok(Turn { place: self, gate: Some(gate), waited: false });
        }
        let mut gate = pin!(self.flight.gate.clone().lock_owned());
        let mut end = ctx.remaining(clock.now())?.map(|left| clock.sleep(left));
        let gate = std::future::poll_fn(|cx| match gate.as_mut().poll(cx) {
            Poll::Ready(gate) => Poll::Ready(Some(gate)),
            Poll::Pending => match &mut end {
                Some(end) => end.as_mut().poll(cx).map(|()| None),
                None => Poll::Pending,
            },
        })
        .await;
        if gate.is_none() {
            ctx.remaining(clock.now())?;
        }
        let mut turn = Turn { place: self, gate, waited: true };
        if turn.place.flight.open.load(Ordering::Acquire) {
            turn.gate = None;
        }
        Ok(turn)
    }
}

impl Turn {
    /// Lets everybody ask at once: there is no answer to wait for.
    pub(super) fn open(&mut self) {
        self.place.flight.open.store(true, Ordering::Release);
        self.gate = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The map and this place: nobody else is there, and nobody can come while the map is locked.
        if Arc::strong_count(&self.flight) == 2 {
            flights.remove(&self.key);
        }
    }
}
