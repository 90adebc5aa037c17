//! Trying again.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ai_events::{EventBus, EventKind, Failure};
use fastrand::Rng;
use laravel_ai_core::{Clock, Context, Error, Result, Retry as Advice, Target};

use crate::answer::Answer;
use crate::attempts::{Attempts, end};
use crate::call::{Ask, Call};
use crate::layered::{Policy, layer};

/// Tries a call again that failed for a while: by kind and retry class of the error, never by its status.
///
/// | Setting | Default |
/// |---|---|
/// | [`attempts`](Self::attempts) | 3 in all, the first included |
/// | [`delay`](Self::delay) before the second | 1 s |
/// | [`multiplier`](Self::multiplier) for each further | 2 |
/// | [`max_delay`](Self::max_delay) | 30 s |
/// | [`jitter`](Self::jitter) | up to 10 % longer |
/// | [`ceiling`](Self::ceiling) for a delay that the vendor asks for | 60 s |
/// | [`budget`](Self::budget) in time | none but the call's deadline |
///
/// * The vendor's delay is never shortened. The call gives up at once when that delay is longer than the ceiling, or when a
///   wait would end at or after the deadline; it moves on at once when it is longer than our own and a failover has
///   another target.
/// * A stream is tried again up to its first content ([`ChatStream::until_content`](laravel_ai_core::ChatStream::until_content)),
///   never after.
/// * A failure that may have to be paid for is still retried, but never hidden: the `Retrying` event says it, and an
///   error that ends the call says it for all its tries.
/// * The tries are shared with failover and key pool: see [`Attempts`].
/// * Dropping the call ends the wait.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_layers::Retry;
/// use laravel_ai_core::{ChatRequest, Context, ErrorKind, Layer, Provider};
/// use provider_mock::{Mock, Reply, TestClock};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let mock = Mock::new().sequence([Reply::fail(ErrorKind::Overloaded), Reply::text("Lima")]);
/// let model = Retry::new(Arc::new(TestClock::new())).chat(mock.chat_model("any")?);
/// let answer = model.chat(&Context::new(), Arc::new(ChatRequest::user("Capital of Peru?"))).await?;
/// assert_eq!(answer.text(), "Lima");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Retry {
    clock: Arc<dyn Clock>,
    events: EventBus,
    attempts: NonZeroU32,
    delay: Duration,
    multiplier: f64,
    max_delay: Duration,
    jitter: Jitter,
    ceiling: Duration,
    budget: Option<Duration>,
    chance: Arc<Mutex<Rng>>,
}

/// Which part of a wait is left to chance, so that clients don't come back all at once.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Jitter {
    /// Longer by up to this part of it: 0.1 is 10 %.
    UpTo(f64),
    /// Anything from nothing to the whole wait; a vendor's delay is still a floor.
    Full,
}

impl Retry {
    /// Three tries, measured on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            events: EventBus::new(Arc::clone(&clock)),
            clock,
            attempts: NonZeroU32::new(3).unwrap_or(NonZeroU32::MIN),
            delay: Duration::from_secs(1),
            multiplier: 2.0,
            max_delay: Duration::from_secs(30),
            jitter: Jitter::UpTo(0.1),
            ceiling: Duration::from_secs(60),
            budget: None,
            chance: Arc::new(Mutex::new(Rng::new())),
        }
    }

    /// With `Retrying` told to this bus.
    pub fn with_events(mut self, events: EventBus) -> Self {
        self.events = events;
        self
    }

    /// With so many tries in all, the first included.
    pub fn attempts(mut self, attempts: NonZeroU32) -> Self {
        self.attempts = attempts;
        self
    }

    /// With this wait before the second try.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// With each further wait longer by this factor; less than 1 and what is no number are read as 1.
    pub fn multiplier(mut self, multiplier: f64) -> Self {
        self.multiplier = multiplier.max(1.0);
        self
    }

    /// With no wait of our own longer than this.
    pub fn max_delay(mut self, longest: Duration) -> Self {
        self.max_delay = longest;
        self
    }

    /// With this much left to chance; parts are held between 0 and 1.
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = match jitter {
            Jitter::UpTo(part) if part > 0.0 => Jitter::UpTo(part.min(1.0)),
            Jitter::UpTo(_) => Jitter::UpTo(0.0),
            Jitter::Full => Jitter::Full,
        };
        self
    }

    /// With this as the longest delay of a vendor that is waited out; a call that is asked to wait longer fails at once
    /// and says how long.
    pub fn ceiling(mut self, longest: Duration) -> Self {
        self.ceiling = longest;
        self
    }

    /// With no try begun later than this after the call; one that runs is left to its end. Shared with failover.
    pub fn budget(mut self, length: Duration) -> Self {
        self.budget = Some(length);
        self
    }

    /// With chance that repeats.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.chance = Arc::new(Mutex::new(Rng::with_seed(seed)));
        self
    }

    fn policy(&self, _: Option<&Target>) -> Self {
        self.clone()
    }

    /// How long to wait after the failure of this round, from 1; `None` when the call is to give up.
    fn wait(&self, ctx: &Context, attempts: &Attempts, round: u32, error: &Error) -> Option<Duration> {
        let Advice::SameTarget { after } = error.retry() else { return None };
        if round >= self.attempts.get() || after.is_some_and(|floor| floor > self.ceiling) {
            return None;
        }
        let own = self.delay.mul_or_max(self.multiplier.powi(i32::try_from(round - 1).unwrap_or(i32::MAX)));
        let own = own.min(self.max_delay);
        let floor = after.unwrap_or_default();
        if attempts.others_wait() && floor > own {
            return None;
        }
        let chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner).f64();
        let wait = match self.jitter {
            // Chance comes on top of a floor, or all who wait for it come back together.
            Jitter::UpTo(part) => own.max(floor) + own.mul_or_max(part * chance),
            Jitter::Full => floor + own.mul_or_max(chance),
        };
        let now = self.clock.now();
        let then = now.checked_add(wait)?;
        let in_time = ctx.deadline.is_none_or(|deadline| then < deadline);
        (in_time && attempts.may_begin(then)).then_some(wait)
    }
}

trait MulOrMax {
    fn mul_or_max(self, factor: f64) -> Self;
}

impl MulOrMax for Duration {
    fn mul_or_max(self, factor: f64) -> Self {
        Duration::try_from_secs_f64(self.as_secs_f64() * factor).unwrap_or(Duration::MAX)
    }
}

layer!(Retry);

impl Policy for Retry {
    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let attempts = Attempts::within(ctx, self.attempts, end(self.clock.now(), self.budget));
        let ctx = ctx.clone().with_extension(attempts.clone());
        let mut billed = false;
        let mut round = 0;
        loop {
            round += 1;
            let error = match call.make(&ctx).await {
                Ok(answer) => match answer.until_content().await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            billed |= error.possibly_billed();
            let Some(delay) = self.wait(&ctx, &attempts, round, &error) else {
                return Err(spent(error, billed));
            };
            if let Some(target) = call.target() {
                self.events.publish(&ctx, || EventKind::Retrying {
                    target: target.clone(),
                    failure: Failure::from(&error),
                    tries: attempts.made().max(round),
                    delay,
                });
            }
            self.clock.sleep(delay).await;
        }
    }
}

/// The error that ends the call: it speaks for all tries, and does not ask to be repeated here once more.
pub(crate) fn spent(error: Error, billed: bool) -> Error {
    let error = match error.retry() {
        Advice::SameTarget { after: None } => error.with_retry(Advice::OtherTarget),
        _ => error,
    };
    if billed && !error.possibly_billed() { error.with_possibly_billed(true) } else { error }
}
