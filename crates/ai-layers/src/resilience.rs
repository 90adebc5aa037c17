//! The protection of a connection as numbers.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ai_events::EventBus;
use laravel_ai_core::Clock;

use crate::{CircuitBreaker, Failover, Jitter, LimitScope, Pipeline, Quota, RateLimit, Retry};

/// How calls through a connection are protected, as numbers that a configuration can hold.
///
/// | Setting | [`standard`](Self::standard) | [`none`](Self::none) |
/// |---|---|---|
/// | [`attempts`](Self::attempts): tries in all | 3 | 1 |
/// | [`delay`](Self::delay) before the second | 1 s | |
/// | [`multiplier`](Self::multiplier) for each further wait | 2 | |
/// | [`max_delay`](Self::max_delay) | 30 s | |
/// | [`jitter`](Self::jitter): a wait is longer by up to | 10 % | |
/// | [`circuit_breaker`](Self::circuit_breaker) | opens at 50 % failures of at least 10 calls in 60 s, for 30 s | off |
/// | [`quota`](Self::quota): limits of our own | none | none |
/// | [`heeds_limits`](Self::heeds_limits): those that the vendor tells of are waited for | yes | no |
///
/// Time limits are those of each call ([`Timeouts`](laravel_ai_core::Timeouts)), and for each try.
///
/// ```
/// use std::num::NonZeroU32;
///
/// use ai_layers::Resilience;
///
/// let mut patient = Resilience::standard();
/// patient.attempts = NonZeroU32::new(5).unwrap();
/// assert_eq!(patient.circuit_breaker, Resilience::standard().circuit_breaker);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Resilience {
    /// Tries in all, the first included, and as many more as there are targets to fall back to beyond that. See [`Retry`] for
    /// what is tried again.
    pub attempts: NonZeroU32,
    /// The wait before the second try.
    pub delay: Duration,
    /// What each further wait is longer by.
    pub multiplier: f64,
    /// The longest wait of our own.
    pub max_delay: Duration,
    /// Up to which part of itself a wait is longer, from 0 to 1.
    pub jitter: f64,
    /// When a target is left alone, or `None` for never.
    pub circuit_breaker: Option<BreakerRules>,
    /// Limits of our own for each key of the connection; calls over one wait up to 60 s.
    pub quota: Quota,
    /// Whether limits and delays that the vendor tells of hold calls back before they are sent.
    pub heeds_limits: bool,
}

/// When a [`CircuitBreaker`] opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct BreakerRules {
    /// The part of failed calls at which it opens, above 0 to 1.
    pub failure_rate: f64,
    /// How many calls it must have seen in the window before.
    pub minimum_calls: NonZeroU32,
    /// How far back it looks.
    pub window: Duration,
    /// How long it stays open before a call is let through as a test.
    pub cool_down: Duration,
}

impl Default for BreakerRules {
    fn default() -> Self {
        Self {
            failure_rate: 0.5,
            minimum_calls: NonZeroU32::new(10).unwrap_or(NonZeroU32::MIN),
            window: Duration::from_secs(60),
            cool_down: Duration::from_secs(30),
        }
    }
}

impl Resilience {
    /// What is right for most programs.
    pub fn standard() -> Self {
        Self {
            attempts: NonZeroU32::new(3).unwrap_or(NonZeroU32::MIN),
            circuit_breaker: Some(BreakerRules::default()),
            heeds_limits: true,
            ..Self::none()
        }
    }

    /// One try, and nothing that refuses or waits. Time limits and events stay.
    pub fn none() -> Self {
        Self {
            attempts: NonZeroU32::MIN,
            delay: Duration::from_secs(1),
            multiplier: 2.0,
            max_delay: Duration::from_secs(30),
            jitter: 0.1,
            circuit_breaker: None,
            quota: Quota::new(),
            heeds_limits: false,
        }
    }

    /// The layers of these numbers. Handles that share limits and the health of their targets are wrapped by one pipeline
    /// and its clones.
    pub fn pipeline(&self, clock: Arc<dyn Clock>, events: EventBus) -> Pipeline {
        let retry = Retry::new(Arc::clone(&clock))
            .attempts(self.attempts)
            .delay(self.delay)
            .multiplier(self.multiplier)
            .max_delay(self.max_delay)
            .jitter(Jitter::UpTo(self.jitter));
        let breaker = self.circuit_breaker.map(|rules| {
            CircuitBreaker::new(Arc::clone(&clock))
                .failure_rate(rules.failure_rate)
                .minimum_calls(rules.minimum_calls)
                .window(rules.window)
                .cool_down(rules.cool_down)
        });
        let mut limits = RateLimit::new(Arc::clone(&clock)).learning(self.heeds_limits);
        if self.quota != Quota::new() {
            limits = limits.limit(LimitScope::Connection, self.quota);
        }
        let limited = self.heeds_limits || self.quota != Quota::new();
        let failover = Failover::new(Arc::clone(&clock)).at_least(self.attempts);
        Pipeline::standard(clock, events)
            .switching(failover)
            .retry((self.attempts > NonZeroU32::MIN).then_some(retry))
            .circuit_breaker(breaker)
            .rate_limit(limited.then_some(limits))
    }
}

impl Default for Resilience {
    fn default() -> Self {
        Self::standard()
    }
}
