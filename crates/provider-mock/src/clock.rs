//! Time for tests.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use laravel_ai_core::{Clock, Error, ErrorKind, Result};

/// 2026-01-01T00:00:00Z, as seconds of Unix time.
const FIRST_OF_JANUARY: Duration = Duration::from_secs(1_767_225_600);

/// The time of the tokio runtime, with a wall clock that starts at 2026-01-01T00:00:00Z.
///
/// Under `#[tokio::test(start_paused = true)]` nothing really waits and every duration is exact. `now` works
/// anywhere; `sleep` needs a tokio runtime with time, as tokio's own does, and panics without one.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use laravel_ai_core::Clock;
/// use provider_mock::TestClock;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let clock = TestClock::new();
/// clock.sleep(Duration::from_secs(3600)).await;
/// let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
/// assert_eq!(clock.wall(), start + Duration::from_secs(3600));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TestClock {
    start: Instant,
}

impl TestClock {
    /// A clock whose wall time starts now.
    pub fn new() -> Self {
        Self { start: tokio::time::Instant::now().into_std() }
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + FIRST_OF_JANUARY + self.now().saturating_duration_since(self.start)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Lets `duration` pass, or for ever when it is `None`, up to the deadline of the call.
pub(crate) async fn wait(
    clock: &dyn Clock,
    deadline: Option<Instant>,
    duration: Option<Duration>,
) -> Result<()> {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(clock.now()));
    match (duration, left) {
        (Some(Duration::ZERO), _) => Ok(()),
        (Some(duration), None) => {
            clock.sleep(duration).await;
            Ok(())
        }
        (Some(duration), Some(left)) if duration < left => {
            clock.sleep(duration).await;
            Ok(())
        }
        (_, Some(left)) => {
            clock.sleep(left).await;
            Err(Error::new(ErrorKind::Timeout, "the deadline of the call has passed"))
        }
        (None, None) => std::future::pending().await,
    }
}
