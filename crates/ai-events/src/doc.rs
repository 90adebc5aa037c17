//! What the examples of the documentation stand on.

use std::future::{Future, ready};
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use laravel_ai_core::Clock;
use laravel_ai_core::{Cost, Error, ErrorKind, Money, Provenance};
pub use laravel_ai_core::{Modality, Target, Usage};

pub use crate::{AttemptOutcome, CircuitScope, Content, EventKind, Failure};

/// A clock whose wall time is always the first of January 2026, and whose sleeps take no time.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "it has nothing to grow")]
pub struct StoppedClock;

impl Clock for StoppedClock {
    #[expect(clippy::disallowed_methods, reason = "an `Instant` has no other origin")]
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(ready(()))
    }
}

/// A target.
pub fn target() -> Target {
    Target::new("openai", "work", "gpt-test")
}

/// A usage.
pub fn usage() -> Usage {
    Usage::new(21, 1)
}

/// A length of time.
pub fn latency() -> Duration {
    Duration::from_millis(850)
}

/// A failure.
pub fn failure() -> Failure {
    Failure::from(&Error::from(ErrorKind::Overloaded))
}

/// An amount of money.
pub fn money() -> Money {
    Money::usd(80.into())
}

/// A cost.
pub fn cost() -> Cost {
    Cost::new(money(), Provenance::ProviderReported)
}
