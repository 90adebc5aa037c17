//! What the examples of the documentation stand on.

use std::future::{Future, ready};
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use laravel_ai_core::Clock;

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
