//! Time as a port.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

/// The time, injected so that tests are exact.
///
/// # Contract for implementers
/// * `now` never runs backwards, and all clones and wrappers of a clock agree on it.
/// * `sleep` completes at or after `now() + duration` of the same clock, starting when it is called and not when
///   it is polled. Dropping the future frees its timer.
///
/// # Contract for wrappers
/// A clock that shifts or scales time does so to all three alike.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Monotonic time, for durations and deadlines.
    fn now(&self) -> Instant;

    /// Wall time, for dates: `Retry-After`, price dates, records.
    fn wall(&self) -> SystemTime;

    /// Completes after `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>>;
}
