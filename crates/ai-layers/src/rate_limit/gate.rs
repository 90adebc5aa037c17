//! Where calls wait in turn.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use ai_events::Brief;
use laravel_ai_core::{Clock, RateLimit, RateLimits};

use super::bucket::Bucket;
use super::quota::{Missing, Quota};
use crate::kept::AsNew;

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a call needs beside a place and a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub(super) tokens: u64,
}

/// One member of a scope: what it may use still, and who waits for it.
#[derive(Debug)]
pub(super) struct Gate {
    name: String,
    quota: Quota,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Made at the first call, since there is no time before.
    buckets: Option<Buckets>,
    running: u32,
    queue: VecDeque<Waiting>,
    next_ticket: u64,
    /// Until when the vendor wants to be left alone.
    floor: Option<Instant>,
}

#[derive(Debug, Default)]
struct Buckets {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    waker: Option<Waker>,
}

impl Gate {
    pub(super) fn new(name: String, quota: Quota) -> Self {
        Self { name, quota, state: Mutex::default() }
    }

    pub(super) fn name(&self) -> Brief {
        Brief::from(format!("the limit of {}", self.name))
    }

    pub(super) fn counts_tokens(&self) -> bool {
        self.quota.tokens_per_minute.is_some()
            || self.state().buckets.as_ref().is_some_and(|buckets| buckets.tokens.is_some())
    }

    /// How long the vendor wants to be left alone still.
    pub(super) fn floor(&self, now: Instant) -> Option<Duration> {
        let left = self.state().floor?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    pub(super) fn rest(&self, delay: Duration, now: Instant) {
        let mut state = self.state();
        let until = now.checked_add(delay);
        state.floor = state.floor.max(until);
    }

    /// Takes over what the vendor reports.
    pub(super) fn learn(&self, limits: &RateLimits, now: Instant) {
        let mut state = self.state();
        let buckets = state.buckets.get_or_insert_default();
        let learn = |bucket: &mut Option<Bucket>, said: RateLimit| {
            if let (Some(limit @ 1..), Some(left)) = (said.limit, said.remaining) {
                *bucket = Some(Bucket::learn(*bucket, limit, left, said.reset, now));
            }
        };
        learn(&mut buckets.requests, limits.requests);
        let project = limits.project_tokens;
        let tokens = if project.remaining.is_some() && project.remaining < limits.tokens.remaining {
            project
        } else {
            limits.tokens
        };
        learn(&mut buckets.tokens, tokens);
        state.wake();
    }

    /// Enters, in turn, and waits for that at most `patience`; says whether it had to wait. Dropping the future gives the
    /// place in the queue up.
    pub(super) async fn enter(
        self: &Arc<Self>,
        permit: &mut Permit,
        patience: Duration,
    ) -> Result<bool, Missing> {
        let clock = Arc::clone(&permit.clock);
        let need = permit.need;
        if self.try_enter(None, need, clock.now(), None).is_ok() {
            permit.gates.push(Arc::clone(self));
            return Ok(false);
        }
        if patience.is_zero() {
            return self.refusal(need, clock.now());
        }
        let mut place = Place { gate: self, ticket: self.queue() };
        let mut limit = clock.sleep(patience);
        let mut filled: Option<(Instant, Sleep)> = None;
        let outcome = poll_fn(|cx| {
            loop {
                let now = clock.now();
                let wait = match self.try_enter(Some(place.ticket), need, now, Some(cx.waker())) {
                    Ok(()) => return Poll::Ready(Ok(true)),
                    Err(wait) => wait,
                };
                if limit.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(self.refusal(need, now));
                }
                // Only the first in the queue waits for time to pass; the others wait for it.
                let Some(until) = wait.and_then(|wait| now.checked_add(wait)) else {
                    filled = None;
                    return Poll::Pending;
                };
                let sleep = match &mut filled {
                    Some((at, sleep)) if *at == until => sleep,
                    _ => &mut filled.insert((until, clock.sleep(until.saturating_duration_since(now)))).1,
                };
                if sleep.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                filled = None;
            }
        })
        .await;
        if outcome.is_ok() {
            permit.gates.push(Arc::clone(self));
            place.entered();
        }
        outcome
    }

    /// Enters if it is this ticket's turn and there is enough; otherwise says how long until there is, where only time
    /// is missing and it is this ticket's turn, and keeps the waker. In one lock, or a call that leaves meanwhile would
    /// wake nobody.
    fn try_enter(
        &self,
        ticket: Option<u64>,
        need: Need,
        now: Instant,
        waker: Option<&Waker>,
    ) -> Result<(), Option<Duration>> {
        let mut state = self.state();
        let first = state.queue.front().map(|waiting| waiting.ticket);
        let missing = if first == ticket { self.missing(&mut state, need, now) } else { Some(None) };
        if let Some(wait) = missing {
            let mine = state.queue.iter_mut().find(|waiting| Some(waiting.ticket) == ticket);
            if let (Some(waiting), Some(waker)) = (mine, waker) {
                match &mut waiting.waker {
                    Some(kept) => kept.clone_from(waker),
                    none => *none = Some(waker.clone()),
                }
            }
            return Err(wait);
        }
        if let Some(buckets) = &mut state.buckets {
            buckets.requests.iter_mut().for_each(|bucket| bucket.take(1));
            buckets.tokens.iter_mut().for_each(|bucket| bucket.take(need.tokens));
        }
        state.running += 1;
        if ticket.is_some() {
            state.queue.pop_front();
            state.wake();
        }
        Ok(())
    }

    /// What keeps the first in the queue from entering: time, of which so much is missing, or a place.
    fn missing(&self, state: &mut State, need: Need, now: Instant) -> Option<Option<Duration>> {
        let running = state.running;
        let buckets = self.filled(state, now);
        if self.quota.concurrency.is_some_and(|limit| running >= limit.get()) {
            return Some(None);
        }
        let until = |bucket: &Option<Bucket>, need| {
            bucket.as_ref().map_or(Duration::ZERO, |bucket| bucket.until(need))
        };
        let wait = until(&buckets.requests, 1).max(until(&buckets.tokens, need.tokens));
        (!wait.is_zero()).then_some(Some(wait))
    }

    fn filled<'s>(&self, state: &'s mut State, now: Instant) -> &'s mut Buckets {
        let buckets = state.buckets.get_or_insert_with(|| Buckets {
            requests: self.quota.requests_per_minute.map(|limit| Bucket::per_minute(limit.get(), now)),
            tokens: self.quota.tokens_per_minute.map(|limit| Bucket::per_minute(limit.get(), now)),
        });
        for bucket in [&mut buckets.requests, &mut buckets.tokens].into_iter().flatten() {
            bucket.fill(now);
        }
        buckets
    }

    /// What is missing, for words.
    fn refusal<T>(&self, need: Need, now: Instant) -> Result<T, Missing> {
        let mut state = self.state();
        let running = state.running;
        let buckets = self.filled(&mut state, now);
        let short = |bucket: &Option<Bucket>, need| {
            bucket.as_ref().filter(|bucket| !bucket.until(need).is_zero()).map(Bucket::limit)
        };
        let concurrency = self.quota.concurrency.map_or(u32::MAX, |limit| limit.get());
        Err(match (short(&buckets.requests, 1), short(&buckets.tokens, need.tokens)) {
            _ if running >= concurrency => Missing::Concurrency(concurrency),
            (Some(limit), _) => Missing::Requests(limit),
            (None, Some(limit)) => Missing::Tokens(limit),
            // It was not this call's turn: those before it wait for something.
            (None, None) => match (&buckets.requests, &buckets.tokens) {
                (_, Some(bucket)) => Missing::Tokens(bucket.limit()),
                (Some(bucket), None) => Missing::Requests(bucket.limit()),
                (None, None) => Missing::Concurrency(concurrency),
            },
        })
    }

    fn queue(&self) -> u64 {
        let mut state = self.state();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.queue.push_back(Waiting { ticket, waker: None });
        ticket
    }

    /// Ends a call that has entered: `used` of its tokens are gone; a call that was never sent has not been one.
    fn leave(&self, need: Need, used: Option<u64>) {
        let mut state = self.state();
        state.running = state.running.saturating_sub(1);
        if let Some(buckets) = &mut state.buckets {
            if let Some(bucket) = &mut buckets.tokens {
                bucket.settle(need.tokens, used.unwrap_or(0));
            }
            if let (Some(bucket), None) = (&mut buckets.requests, used) {
                bucket.settle(1, 0);
            }
        }
        state.wake();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets the first in the queue look again.
    fn wake(&self) {
        if let Some(waker) = self.queue.front().and_then(|waiting| waiting.waker.as_ref()) {
            waker.wake_by_ref();
        }
    }
}

impl AsNew for Gate {
    fn is_as_new(&self) -> bool {
        let state = self.state();
        let full = |bucket: &Option<Bucket>| bucket.as_ref().is_none_or(Bucket::is_full);
        let buckets = state.buckets.as_ref();
        state.running == 0
            && state.queue.is_empty()
            && state.floor.is_none()
            && buckets.is_none_or(|buckets| full(&buckets.requests) && full(&buckets.tokens))
    }
}

/// A place in the queue, until the call enters or is dropped.
struct Place<'a> {
    gate: &'a Arc<Gate>,
    ticket: u64,
}

impl Place<'_> {
    /// The ticket is gone from the queue.
    fn entered(&mut self) {
        self.ticket = u64::MAX;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.ticket == u64::MAX {
            return;
        }
        let mut state = self.gate.state();
        state.queue.retain(|waiting| waiting.ticket != self.ticket);
        state.wake();
    }
}

/// What a call holds at the gates that it has passed. Dropping it gives everything back.
pub(super) struct Permit {
    clock: Arc<dyn Clock>,
    need: Need,
    gates: Vec<Arc<Gate>>,
}

impl Permit {
    pub(super) fn new(clock: Arc<dyn Clock>, need: Need) -> Self {
        Self { clock, need, gates: Vec::new() }
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The call is over and has used so many tokens. Does nothing the second time.
    pub(super) fn settle(&mut self, used: u64) {
        self.gates.drain(..).for_each(|gate| gate.leave(self.need, Some(used)));
    }

    /// The call was never sent.
    pub(super) fn cancel(&mut self) {
        self.gates.drain(..).for_each(|gate| gate.leave(self.need, None));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.cancel();
    }
}
