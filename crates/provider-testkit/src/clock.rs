//! The runtime's time, and a wall clock that stands still.

use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use laravel_ai_core::Clock;

/// Noon of a day in 2026, so that dates in answers always mean the same.
const WALL: Duration = Duration::from_secs(1_795_000_000);

#[derive(Debug)]
pub(crate) struct RuntimeClock;

impl Clock for RuntimeClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + WALL
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(tokio::time::sleep(duration))
    }
}
