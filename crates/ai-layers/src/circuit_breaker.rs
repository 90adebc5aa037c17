//! Leaving a failing target alone.

mod circuit;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ai_events::{Brief, CircuitScope, EventBus, EventKind};
use laravel_ai_core::{
    Clock, Context, Error, ErrorKind, Fingerprint, Result, Retry as Advice, StreamEvent, Target,
};

use self::circuit::{Admitted, Circuit, Rules, Verdict};
use crate::answer::{Answer, Finished, Watch};
use crate::call::{Ask, Call};
use crate::kept::Kept;
use crate::layered::{Policy, layer};
use crate::rate_limit::Waited;

/// Refuses calls to a target that keeps failing, in microseconds, until one call that is let through shows that it works
/// again.
///
/// | Setting | Default |
/// |---|---|
/// | [`failure_rate`](Self::failure_rate) at which it opens | 0.5 |
/// | [`slow_call`](Self::slow_call): a call is slow whose first content takes longer | 60 s |
/// | [`slow_rate`](Self::slow_rate) at which it opens | 0.8 |
/// | [`minimum_calls`](Self::minimum_calls) in the window before it may open | 10 |
/// | [`window`](Self::window) | 60 s, rolling |
/// | [`cool_down`](Self::cool_down) | 30 s |
///
/// * The state belongs to a whole [`Target`]: one model through one key of one connection.
/// * What counts as failed is what says that the target is ill: `Server`, `Overloaded`, `Timeout`, `Transport`, `Decode` and
///   `StreamInterrupted`. A refused request shows that the target works; rate limits, limits of our own and calls that are
///   dropped show nothing.
/// * An `Authentication` failure opens the key, for all its models, at the first time, and nothing else: other keys of the
///   connection go on. Calls with it are then refused as [`Authentication`](ErrorKind::Authentication), unsent. A tenant's own key ([`Credentials`](laravel_ai_core::Credentials)) never opens that of the connection.
/// * When the cool-down is over exactly one call is let through. Its first content closes the circuit, its failure opens it
///   again; when it is dropped, the next call takes its place.
/// * The wait for a [`RateLimit`](crate::RateLimit) inside is not the target's, and does not make a call slow.
/// * A refused call is a [`CircuitOpen`](ErrorKind::CircuitOpen) error: nothing was sent, and failover moves on.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::sync::Arc;
///
/// use ai_layers::CircuitBreaker;
/// use laravel_ai_core::{ChatRequest, Context, ErrorKind, Layer, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let mock = Mock::new().fail(ErrorKind::Server);
/// let breaker = CircuitBreaker::new(Arc::new(TestClock::new())).minimum_calls(NonZeroU32::new(2).unwrap());
/// let model = breaker.chat(mock.chat_model("any")?);
/// let mut kinds = Vec::new();
/// for _ in 0..3 {
///     let request = Arc::new(ChatRequest::user("Hello"));
///     kinds.push(model.chat(&Context::new(), request).await.unwrap_err().kind());
/// }
/// assert_eq!(kinds, [ErrorKind::Server, ErrorKind::Server, ErrorKind::CircuitOpen]);
/// mock.assert_sent_count(2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    clock: Arc<dyn Clock>,
    events: EventBus,
    rules: Rules,
    targets: Arc<Kept<Target, Circuit>>,
    keys: Arc<Kept<(String, String, Fingerprint), Circuit>>,
}

impl CircuitBreaker {
    /// A breaker whose times are measured on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            events: EventBus::new(Arc::clone(&clock)),
            clock,
            rules: Rules::default(),
            targets: Arc::default(),
            keys: Arc::default(),
        }
    }

    /// With `CircuitOpened` and `CircuitClosed` told to this bus.
    pub fn with_events(mut self, events: EventBus) -> Self {
        self.events = events;
        self
    }

    /// With this part of failed calls as the one at which it opens, above 0 and up to 1.
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.rules.failure_rate = rate;
        self
    }

    /// With calls counted as slow whose first content, or whole answer without streaming, takes longer.
    pub fn slow_call(mut self, length: Duration) -> Self {
        self.rules.slow_call = length;
        self
    }

    /// With this part of slow calls as the one at which it opens, above 0; more than 1 is never.
    pub fn slow_rate(mut self, rate: f64) -> Self {
        self.rules.slow_rate = rate;
        self
    }

    /// With so many calls in the window before it may open.
    pub fn minimum_calls(mut self, calls: std::num::NonZeroU32) -> Self {
        self.rules.minimum_calls = calls.get();
        self
    }

    /// With this much of the past looked at.
    pub fn window(mut self, length: Duration) -> Self {
        self.rules.window = length;
        self
    }

    /// With so long left alone before a call is let through.
    pub fn cool_down(mut self, length: Duration) -> Self {
        self.rules.cool_down = length;
        self
    }

    /// Whether calls to `target` would be refused now: for what shows the health of connections.
    pub fn is_open(&self, target: &Target) -> bool {
        let now = self.clock.now();
        let key = self.key_of(target).is_some_and(|key| key.left(now).is_some());
        key || self.circuit_of(target).left(now).is_some()
    }

    fn circuit_of(&self, target: &Target) -> Arc<Circuit> {
        self.targets.of(target.clone(), || Circuit::new(self.rules, self.clock.now()))
    }

    fn key_of(&self, target: &Target) -> Option<Arc<Circuit>> {
        let credential = target.credential()?;
        let key = (target.driver().to_owned(), target.connection().to_owned(), credential);
        Some(self.keys.of(key, || Circuit::new(self.rules, self.clock.now())))
    }

    fn policy(&self, target: Option<&Target>) -> Breaking {
        Breaking {
            clock: Arc::clone(&self.clock),
            events: self.events.clone(),
            slow_call: self.rules.slow_call,
            cool_down: self.rules.cool_down,
            circuits: target.map(|target| Circuits {
                target: target.clone(),
                model: self.circuit_of(target),
                key: self.key_of(target),
            }),
        }
    }
}

layer!(CircuitBreaker);

/// The breaker of one handle.
#[derive(Clone, Debug)]
struct Breaking {
    clock: Arc<dyn Clock>,
    events: EventBus,
    slow_call: Duration,
    cool_down: Duration,
    circuits: Option<Circuits>,
}

#[derive(Clone, Debug)]
struct Circuits {
    target: Target,
    model: Arc<Circuit>,
    key: Option<Arc<Circuit>>,
}

impl Policy for Breaking {
    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        // What is known of a model says nothing about the lists of its account.
        let Some(circuits) = &self.circuits else { return call.make(ctx).await };
        let now = self.clock.now();
        let dead = |left: Duration| {
            // As the first one said it: a caller has to look at the key, not to wait for a circuit.
            let message = format!("the vendor refused the key, which is left alone for {left:.0?} more");
            let error = Error::new(ErrorKind::Authentication, message).with_possibly_billed(false);
            error.with_target(&circuits.target)
        };
        let refused = |left: Duration| {
            let message = format!("the target failed too often and is left alone for {left:.0?} more");
            Error::new(ErrorKind::CircuitOpen, message).with_target(&circuits.target)
        };
        let key = match &circuits.key {
            Some(key) => Some(key.admit(now).map_err(dead)?),
            None => None,
        };
        let model = circuits.model.admit(now).map_err(refused)?;
        let waited = Waited::default();
        let ctx = ctx.clone().with_extension(waited.clone());
        let watched = Trial {
            clock: Arc::clone(&self.clock),
            events: self.events.clone(),
            ctx: ctx.clone(),
            circuits: circuits.clone(),
            key,
            model,
            start: now,
            waited,
            slow_call: self.slow_call,
            cool_down: self.cool_down,
            slow: None,
            over: false,
        };
        match call.make(&ctx).await {
            Ok(answer) => Ok(answer.watched(watched)),
            Err(error) => Err({ watched }.failed(error)),
        }
    }
}

/// A call whose outcome is to be noted.
struct Trial {
    clock: Arc<dyn Clock>,
    events: EventBus,
    ctx: Context,
    circuits: Circuits,
    key: Option<Admitted>,
    model: Admitted,
    start: Instant,
    waited: Waited,
    slow_call: Duration,
    cool_down: Duration,
    /// Whether the first content was slow, once it is there.
    slow: Option<bool>,
    over: bool,
}

impl Trial {
    fn is_slow(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.start).saturating_sub(self.waited.so_far()) > self.slow_call
    }

    /// The vendor answers: whoever was let through as a test has passed it.
    fn answers(&mut self) {
        if self.slow.is_some() {
            return;
        }
        let now = self.clock.now();
        self.slow = Some(self.is_slow(now));
        if self.key.as_mut().is_some_and(Admitted::passed) {
            self.tell_closed(CircuitScope::Key);
        }
        if self.model.passed() {
            self.tell_closed(CircuitScope::Target);
        }
    }

    fn note(&mut self, verdict: Verdict) {
        self.over = true;
        let now = self.clock.now();
        let slow = self.slow.unwrap_or_else(|| self.is_slow(now));
        if let Some(reason) = self.model.over(verdict, slow, now) {
            self.tell_opened(CircuitScope::Target, reason.into());
        }
    }

    fn tell_closed(&self, scope: CircuitScope) {
        let target = || self.circuits.target.clone();
        self.events.publish(&self.ctx, || EventKind::CircuitClosed { target: target(), scope });
    }

    fn tell_opened(&self, scope: CircuitScope, reason: Brief) {
        let (target, cool_down) = (self.circuits.target.clone(), self.cool_down);
        self.events.publish(&self.ctx, || EventKind::CircuitOpened { target, scope, reason, cool_down });
    }

    /// Whether it was the connection's own key that the error is about.
    fn is_ours(&self, error: &Error) -> bool {
        error.target().is_none_or(|target| target.credential() == self.circuits.target.credential())
    }
}

fn verdict(error: &Error) -> Verdict {
    match error.kind() {
        ErrorKind::Timeout if error.retry() == Advice::Never && error.partial().is_none() => Verdict::Nothing,
        ErrorKind::Server
        | ErrorKind::Overloaded
        | ErrorKind::Timeout
        | ErrorKind::Transport
        | ErrorKind::Decode
        | ErrorKind::StreamInterrupted => Verdict::Ill,
        ErrorKind::InvalidRequest
        | ErrorKind::ModelNotFound
        | ErrorKind::ContextTooLong
        | ErrorKind::ContentFiltered
            if error.status().is_some() =>
        {
            Verdict::Well
        }
        _ => Verdict::Nothing,
    }
}

impl Watch for Trial {
    fn content(&mut self, _: &StreamEvent) {
        self.answers();
    }

    fn failed(&mut self, error: Error) -> Error {
        let (verdict, ours, now) = (verdict(&error), self.is_ours(&error), self.clock.now());
        if let Some(key) = &mut self.key {
            if error.kind() == ErrorKind::Authentication {
                if ours && key.open(now) {
                    self.tell_opened(CircuitScope::Key, Brief::fixed("the vendor refused the key"));
                }
            } else if error.status().is_some() && key.passed() {
                // Whatever else the vendor said, it took the key.
                self.tell_closed(CircuitScope::Key);
            }
        }
        if verdict == Verdict::Well {
            self.answers();
        }
        self.note(verdict);
        error
    }

    fn finished(&mut self, _: &mut Finished<'_>) {
        self.answers();
        self.note(Verdict::Well);
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        // A call that nobody waited for any longer says something only when it had taken too long already.
        if !self.over && self.slow.is_none() && self.is_slow(self.clock.now()) {
            self.note(Verdict::Well);
        }
    }
}
