//! How connections are protected.

use ai_config::Settings;
use ai_events::EventBus;
use ai_layers::{Attempts, BreakerRules, Pipeline, Quota, Resilience, Stack};
use laravel_ai_core::{Context, Resources};

use crate::{Ai, AiBuilder};

impl AiBuilder {
    /// With another protection than [`Resilience::standard`] for connections; what the settings of one say of it comes
    /// before. [`fake`](Self::fake) has none where this was not called, so that tests see each failure.
    ///
    /// ```
    /// use ai::Ai;
    /// use ai::layers::Resilience;
    ///
    /// let ai = Ai::builder().resilience(Resilience::none()).build()?;
    /// # Ok::<_, ai::Error>(())
    /// ```
    pub fn resilience(mut self, resilience: Resilience) -> Self {
        self.resilience = Some(resilience);
        self
    }

    /// With the bus that calls are told to; without it there is one of the library's own.
    pub fn events(mut self, events: EventBus) -> Self {
        self.events = Some(events);
        self
    }
}

impl Ai {
    /// The bus that everything is told to that happens to calls.
    ///
    /// ```
    /// use ai::events::Recorder;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::fake();
    /// let recorder = Recorder::new();
    /// ai.events().listen(recorder.clone());
    /// ai.send("Hello").await?;
    /// assert_eq!(recorder.count("MessageSent"), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> &EventBus {
        &self.0.events
    }
}

/// The layers around everything that a connection gives.
pub(crate) fn pipeline(
    resources: &Resources,
    events: &EventBus,
    resilience: &Resilience,
    around: &Stack,
    settings: &Settings,
) -> Pipeline {
    let clock = std::sync::Arc::clone(&resources.clock);
    with_settings(*resilience, settings).pipeline(clock, events.clone()).calls(around.clone())
}

/// The numbers with what a connection's settings say of them.
fn with_settings(mut numbers: Resilience, settings: &Settings) -> Resilience {
    let retry = &settings.retry;
    over(&mut numbers.attempts, retry.attempts);
    over(&mut numbers.delay, retry.delay);
    over(&mut numbers.multiplier, retry.multiplier);
    over(&mut numbers.max_delay, retry.max_delay);
    over(&mut numbers.jitter, retry.jitter);

    let breaker = &settings.circuit_breaker;
    let mut rules = numbers.circuit_breaker.unwrap_or_default();
    over(&mut rules.failure_rate, breaker.failure_rate);
    over(&mut rules.minimum_calls, breaker.minimum_calls);
    over(&mut rules.window, breaker.window);
    over(&mut rules.cool_down, breaker.cool_down);
    numbers.circuit_breaker =
        breaker.enabled.unwrap_or(numbers.circuit_breaker.is_some()).then_some::<BreakerRules>(rules);

    let limits = &settings.rate_limiting;
    match limits.enabled {
        Some(false) => (numbers.quota, numbers.heeds_limits) = (Quota::new(), false),
        _ => {
            let quota = &mut numbers.quota;
            quota.requests_per_minute = limits.requests_per_minute.or(quota.requests_per_minute);
            quota.tokens_per_minute = limits.tokens_per_minute.or(quota.tokens_per_minute);
            quota.concurrency = limits.concurrency.or(quota.concurrency);
        }
    }
    numbers
}

fn over<T>(number: &mut T, set: Option<T>) {
    if let Some(set) = set {
        *number = set;
    }
}

/// The environment of a call that may try no more than so often.
pub(crate) fn at_most(ctx: Context, attempts: Option<std::num::NonZeroU32>) -> Context {
    match attempts {
        Some(limit) => ctx.with_extension(Attempts::new(limit)),
        None => ctx,
    }
}
