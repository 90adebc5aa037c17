//! Limits of our own on what is sent.

mod bucket;
mod gate;
mod quota;
pub(crate) mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ai_events::{Brief, EventBus, EventKind};
use laravel_ai_core::{
    Clock, Context, Error, ErrorKind, RateLimits, Result, Retry as Advice, StreamEvent, Target,
};

use self::gate::{Gate, Need, Permit};
pub use self::quota::{LimitScope, Quota, WhenLimited};
use crate::Attempts;
use crate::answer::{Answer, Finished, Watch};
use crate::call::{Ask, Call};
use crate::kept::Kept;
use crate::layered::{Policy, layer};

/// Keeps calls within limits: requests a minute, tokens a minute, calls at the same time; for each connection, each model
/// and each user. Learns the vendor's own limits from its answers, and leaves a target alone for as long as the vendor
/// asked.
///
/// | Setting | Default |
/// |---|---|
/// | [`limit`](Self::limit): our own quotas, by scope | none |
/// | [`when_limited`](Self::when_limited) | wait, at most 60 s and never past the deadline |
/// | [`learning`](Self::learning) from the vendor's answers | on |
/// | [`assumed_output`](Self::assumed_output): tokens of an answer without a maximum | 1,000 |
///
/// * Before a call its tokens are reserved: the input, estimated at one for four bytes, and the most the answer may have.
///   When the answer is complete the difference to what was used goes back; a call that is dropped or fails pays for what
///   was delivered, and one that was never sent for nothing.
/// * Who waits is served in turn. A place is given up by dropping the call, with all that was reserved.
/// * A place among calls at the same time is held until the answer is complete, streams included.
/// * A refusal is [`Throttled`](ErrorKind::Throttled): nothing was sent, and no other layer goes around it. While a delay of
///   the vendor runs the error is the vendor's, [`RateLimited`](ErrorKind::RateLimited) with the rest of the delay, so that
///   retry waits for it and failover moves on; so it is, without a delay, where a limit learned from the vendor is used up, and
///   where a failover has another target nobody waits for that.
/// * Counts are those of this process.
///
/// ```
/// use std::num::NonZeroU64;
/// use std::sync::Arc;
///
/// use ai_layers::{LimitScope, Quota, RateLimit, WhenLimited};
/// use laravel_ai_core::{ChatRequest, Context, ErrorKind, Labels, Layer, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let limits = RateLimit::new(Arc::new(TestClock::new()))
///     .limit(LimitScope::User, Quota::new().requests_per_minute(NonZeroU64::MIN))
///     .when_limited(WhenLimited::Fail);
/// let model = limits.chat(Mock::new().reply("Hi").chat_model("any")?);
/// let ask = |user: &str| {
///     let ctx = Context::new().with_labels(Labels::default().with_user(user));
///     let model = Arc::clone(&model);
///     async move { model.chat(&ctx, Arc::new(ChatRequest::user("Hello"))).await }
/// };
/// assert!(ask("ada").await.is_ok());
/// assert_eq!(ask("ada").await.unwrap_err().kind(), ErrorKind::Throttled);
/// assert!(ask("bob").await.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RateLimit {
    clock: Arc<dyn Clock>,
    events: EventBus,
    quotas: Vec<(LimitScope, Quota)>,
    when_limited: WhenLimited,
    learning: bool,
    assumed_output: u32,
    gates: Arc<Kept<(LimitScope, String), Gate>>,
    learned: Arc<Kept<Target, Gate>>,
}

impl RateLimit {
    /// No limits of our own; those of the vendor are learned. Times are measured on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            events: EventBus::new(Arc::clone(&clock)),
            clock,
            quotas: Vec::new(),
            when_limited: WhenLimited::Wait(Duration::from_secs(60)),
            learning: true,
            assumed_output: 1_000,
            gates: Arc::default(),
            learned: Arc::default(),
        }
    }

    /// With `Throttled` told to this bus.
    pub fn with_events(mut self, events: EventBus) -> Self {
        self.events = events;
        self
    }

    /// With a quota for each member of a scope. A second one of the same scope takes the place of the first.
    pub fn limit(mut self, scope: LimitScope, quota: Quota) -> Self {
        self.quotas.retain(|(before, _)| *before != scope);
        self.quotas.push((scope, quota));
        // Who waits for a narrower scope holds places of the wider ones, always in the same order.
        self.quotas.sort_by_key(|(scope, _)| *scope);
        self
    }

    /// With this done about calls over a limit.
    pub fn when_limited(mut self, what: WhenLimited) -> Self {
        self.when_limited = what;
        self
    }

    /// With or without limits learned from the vendor's answers. Its delays hold in any case.
    pub fn learning(mut self, learning: bool) -> Self {
        self.learning = learning;
        self
    }

    /// With so many tokens reserved for an answer whose request has no maximum.
    pub fn assumed_output(mut self, tokens: u32) -> Self {
        self.assumed_output = tokens;
        self
    }

    fn policy(&self, target: Option<&Target>) -> Limiting {
        let mut own = Vec::new();
        let mut user = None;
        if let Some(target) = target {
            for (scope, quota) in &self.quotas {
                match scope.key(target) {
                    Some((key, name)) => own.push(self.gates.of((*scope, key), || Gate::new(name, *quota))),
                    None => user = Some(*quota),
                }
            }
        }
        let nothing = || Gate::new("the vendor's limit".into(), Quota::default());
        Limiting {
            layer: self.clone(),
            own,
            user,
            learned: target.map(|target| (target.clone(), self.learned.of(target.clone(), nothing))),
        }
    }
}

layer!(RateLimit);

/// How long a call waited for limits of ours, so that layers around don't take it for the target's time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waited(Arc<AtomicU64>);

impl Waited {
    pub(crate) fn so_far(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    fn add(&self, wait: Duration) {
        self.0.fetch_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// The limits of one handle.
#[derive(Clone, Debug)]
struct Limiting {
    layer: RateLimit,
    own: Vec<Arc<Gate>>,
    user: Option<Quota>,
    learned: Option<(Target, Arc<Gate>)>,
}

impl Policy for Limiting {
    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let Some((target, learned)) = &self.learned else { return call.make(ctx).await };
        let start = self.layer.clock.now();
        self.left_alone(ctx, target, learned, start, start)?;
        let user = self.user.and_then(|quota| self.user_gate(ctx, quota));
        let learning = self.layer.learning.then_some(learned);
        let gates = || user.iter().chain(&self.own).chain(learning);
        let counts_tokens = gates().any(|gate| gate.counts_tokens());
        let input = if counts_tokens { tokens::of(call.ask.asked()) } else { 0 };
        let output =
            if counts_tokens { tokens::most(call.ask.asked(), self.layer.assumed_output) } else { 0 };
        let mut permit = Permit::new(Arc::clone(&self.layer.clock), Need { tokens: input + output });
        for gate in gates() {
            let before = self.layer.clock.now();
            let vendors = Arc::ptr_eq(gate, learned);
            // Where another target can be asked nobody waits for this one's vendor.
            let patience = match vendors && Attempts::of(ctx).is_some_and(Attempts::others_wait) {
                true => Duration::ZERO,
                false => self.patience(ctx, start),
            };
            let entered = gate.enter(&mut permit, patience).await;
            if entered == Ok(false) {
                continue;
            }
            let now = self.layer.clock.now();
            let waited = now.saturating_duration_since(before);
            if let Some(sum) = ctx.extension::<Waited>() {
                sum.add(waited);
            }
            self.tell(ctx, target, gate.name(), waited, entered.is_err());
            entered.map_err(|missing| {
                let total = now.saturating_duration_since(start);
                let patience =
                    if total > Duration::ZERO { format!(" after {total:.0?}") } else { String::new() };
                let message = format!("{} is used up{patience}: {missing}", gate.name());
                // What the vendor limits others may not; what we limit they are not to go around.
                let error = match vendors {
                    true => Error::new(ErrorKind::RateLimited, message).with_retry(Advice::OtherTarget),
                    false => Error::new(ErrorKind::Throttled, message),
                };
                error.with_possibly_billed(false).with_target(target)
            })?;
            // Those before it in the line may have been told to leave the vendor alone meanwhile.
            self.left_alone(ctx, target, learned, start, now)?;
        }
        let held = Held {
            learned: Arc::clone(learned),
            learning: self.layer.learning,
            permit,
            input,
            delivered: 0,
            target: target.clone(),
        };
        match call.make(ctx).await {
            Ok(answer) => Ok(answer.watched(held)),
            Err(error) => Err({ held }.failed(error)),
        }
    }
}

impl Limiting {
    /// Refuses a call that would not leave the vendor alone for as long as it asked.
    fn left_alone(
        &self,
        ctx: &Context,
        target: &Target,
        learned: &Gate,
        start: Instant,
        now: Instant,
    ) -> Result<()> {
        let Some(left) = learned.floor(now) else { return Ok(()) };
        let waited = now.saturating_duration_since(start);
        self.tell(ctx, target, Brief::fixed("the delay that the vendor asked for"), waited, true);
        let message = format!("the vendor asked to be left alone, for {left:.0?} more");
        Err(Error::new(ErrorKind::RateLimited, message)
            .with_retry(Advice::SameTarget { after: Some(left) })
            .with_target(target))
    }

    fn user_gate(&self, ctx: &Context, quota: Quota) -> Option<Arc<Gate>> {
        let user = ctx.labels.user.as_deref()?;
        let tenant = ctx.labels.tenant.as_deref().unwrap_or_default();
        // Lengths first, so that no two pairs share a key.
        let key = format!("{}:{tenant}{user}", tenant.len());
        Some(self.layer.gates.of((LimitScope::User, key), || Gate::new(format!("user `{user}`"), quota)))
    }

    /// How long may be waited still.
    fn patience(&self, ctx: &Context, start: Instant) -> Duration {
        let WhenLimited::Wait(longest) = self.layer.when_limited else { return Duration::ZERO };
        let now = self.layer.clock.now();
        let left = longest.saturating_sub(now.saturating_duration_since(start));
        match ctx.deadline {
            Some(deadline) => left.min(deadline.saturating_duration_since(now)),
            None => left,
        }
    }

    fn tell(&self, ctx: &Context, target: &Target, limit: Brief, waited: Duration, refused: bool) {
        self.layer.events.publish(ctx, || EventKind::Throttled {
            target: target.clone(),
            limit,
            waited,
            refused,
        });
    }
}

/// What a call holds until it is over.
struct Held {
    target: Target,
    learned: Arc<Gate>,
    learning: bool,
    permit: Permit,
    /// The estimated tokens of the question.
    input: u64,
    /// The bytes of the answer so far.
    delivered: usize,
}

impl Held {
    /// What the call has used when nobody says.
    fn estimate(&self) -> u64 {
        self.input + tokens::of_bytes(self.delivered)
    }
}

impl Watch for Held {
    fn started(&mut self, served_by: &Target, limits: &RateLimits) {
        // Those of a tenant's own key are not ours.
        if self.learning && served_by.credential() == self.target.credential() {
            self.learned.learn(limits, self.permit.now());
        }
    }

    fn content(&mut self, event: &StreamEvent) {
        self.delivered += tokens::bytes_of(event);
    }

    fn failed(&mut self, error: Error) -> Error {
        let asked = error.target().unwrap_or(&self.target).clone();
        if let Some(limits) = error.rate_limits() {
            self.started(&asked, limits);
        }
        // Another tenant's key may have been used, whose delay is not ours.
        let ours = asked == self.target;
        if let (
            ErrorKind::RateLimited | ErrorKind::Overloaded,
            Advice::SameTarget { after: Some(delay) },
            true,
        ) = (error.kind(), error.retry(), ours)
        {
            self.learned.rest(delay, self.permit.now());
        }
        let reported = error.partial().and_then(|partial| partial.usage.total());
        if tokens::was_never_sent(&error) {
            self.permit.cancel();
        } else if error.possibly_billed() {
            self.permit.settle(reported.unwrap_or_else(|| self.estimate()));
        } else {
            self.permit.settle(reported.unwrap_or(0));
        }
        error
    }

    fn finished(&mut self, facts: &mut Finished<'_>) {
        let used = facts.usage.and_then(|usage| usage.total().or(usage.input));
        self.permit.settle(used.unwrap_or_else(|| self.estimate()));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // The request was sent, and what it delivered is used up. After an end this does nothing.
        self.permit.settle(self.estimate());
    }
}
