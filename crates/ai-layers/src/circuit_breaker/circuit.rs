//! The state of one circuit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::kept::AsNew;

/// The window moves in steps of a tenth.
const SLOTS: usize = 10;

#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) failure_rate: f64,
    pub(super) slow_call: Duration,
    pub(super) slow_rate: f64,
    pub(super) minimum_calls: u32,
    pub(super) window: Duration,
    pub(super) cool_down: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            failure_rate: 0.5,
            slow_call: Duration::from_secs(60),
            slow_rate: 0.8,
            minimum_calls: 10,
            window: Duration::from_secs(60),
            cool_down: Duration::from_secs(30),
        }
    }
}

/// What the end of a call says about its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Well,
    Ill,
    Nothing,
}

#[derive(Debug)]
pub(super) struct Circuit {
    rules: Rules,
    origin: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    slots: [Slot; SLOTS],
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Phase {
    #[default]
    Closed,
    /// Nobody is let through before this moment, and then one at a time.
    Open { until: Instant },
    /// One is on its way.
    Testing,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    step: u64,
    calls: u32,
    failed: u32,
    slow: u32,
}

impl Circuit {
    pub(super) fn new(rules: Rules, origin: Instant) -> Self {
        Self { rules, origin, state: Mutex::default() }
    }

    /// Lets a call through, or says for how long nobody is.
    pub(super) fn admit(self: &Arc<Self>, now: Instant) -> Result<Admitted, Duration> {
        let mut state = self.state();
        let test = match state.phase {
            Phase::Closed => false,
            Phase::Open { until } if now >= until => {
                state.phase = Phase::Testing;
                true
            }
            Phase::Open { until } => return Err(until.saturating_duration_since(now)),
            Phase::Testing => return Err(Duration::ZERO),
        };
        Ok(Admitted { circuit: Arc::clone(self), test, since: now })
    }

    /// How long it will be open still, where it is.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        match self.state().phase {
            Phase::Closed => None,
            Phase::Open { until } => {
                Some(until.saturating_duration_since(now)).filter(|left| !left.is_zero())
            }
            Phase::Testing => Some(Duration::ZERO),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, state: &mut State, now: Instant) {
        let until = now.checked_add(self.rules.cool_down).unwrap_or(now);
        *state = State { phase: Phase::Open { until }, slots: State::default().slots };
    }

    /// Which step of the window it is. A step has at least a nanosecond, so that a window of nothing is one too.
    fn step(&self, now: Instant) -> u64 {
        let length = (self.rules.window / SLOTS as u32).as_nanos().max(1);
        let passed = now.saturating_duration_since(self.origin).as_nanos();
        // From 1, so that a slot that was never used belongs to no step.
        u64::try_from(passed / length).unwrap_or(u64::MAX - 1) + 1
    }

    /// Counts a call, and says why it opens if it does.
    fn count(&self, state: &mut State, failed: bool, slow: bool, now: Instant) -> Option<String> {
        let step = self.step(now);
        let index = usize::try_from(step % SLOTS as u64).unwrap_or_default();
        if let Some(slot) = state.slots.get_mut(index) {
            if slot.step != step {
                *slot = Slot { step, ..Slot::default() };
            }
            slot.calls += 1;
            slot.failed += u32::from(failed);
            slot.slow += u32::from(slow);
        }
        let recent = state.slots.iter().filter(|slot| slot.step + SLOTS as u64 > step);
        let (calls, failures, slow) = recent.fold((0, 0, 0), |(calls, failed, slow), slot| {
            (calls + slot.calls, failed + slot.failed, slow + slot.slow)
        });
        if calls < self.rules.minimum_calls {
            return None;
        }
        let reached = |part: u32, rate: f64| part > 0 && f64::from(part) >= rate * f64::from(calls);
        let reason = if reached(failures, self.rules.failure_rate) {
            format!("{failures} of {calls} calls failed")
        } else if reached(slow, self.rules.slow_rate) {
            format!("{slow} of {calls} calls were slower than {:?}", self.rules.slow_call)
        } else {
            return None;
        };
        self.open(state, now);
        Some(reason)
    }
}

impl AsNew for Circuit {
    fn is_as_new(&self) -> bool {
        // Nobody asks through it now, and what calls of the past said is forgotten before long anyway.
        self.state().phase == Phase::Closed
    }
}

/// A call that was let through. One that is a test gives its place to the next when it is dropped without an outcome.
#[derive(Debug)]
pub(super) struct Admitted {
    circuit: Arc<Circuit>,
    test: bool,
    since: Instant,
}

impl Admitted {
    /// The test is passed: the circuit closes. Says whether it was a test.
    pub(super) fn passed(&mut self) -> bool {
        let was = std::mem::take(&mut self.test);
        if was {
            *self.circuit.state() = State::default();
        }
        was
    }

    /// Opens the circuit, at once. Says whether it was closed or tested until now.
    pub(super) fn open(&mut self, now: Instant) -> bool {
        let mut state = self.circuit.state();
        self.test = false;
        let open = matches!(state.phase, Phase::Open { .. });
        if !open {
            self.circuit.open(&mut state, now);
        }
        !open
    }

    /// Notes the end of the call. Says why the circuit opens, when it does.
    pub(super) fn over(&mut self, verdict: Verdict, slow: bool, now: Instant) -> Option<String> {
        let mut state = self.circuit.state();
        match (self.test, verdict) {
            (true, Verdict::Ill) => {
                self.test = false;
                self.circuit.open(&mut state, now);
                Some("the call that was let through failed".into())
            }
            // Decided when the vendor began to answer, or not at all.
            (true, _) => None,
            (false, Verdict::Nothing) if !slow => None,
            // A call from before it opened says nothing new.
            (false, _) if state.phase != Phase::Closed => None,
            (false, verdict) => self.circuit.count(&mut state, verdict == Verdict::Ill, slow, now),
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if self.test {
            let mut state = self.circuit.state();
            if state.phase == Phase::Testing {
                state.phase = Phase::Open { until: self.since };
            }
        }
    }
}
