//! Time as a port.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

/// The time, injected so that tests are exact.
///
/// # Contract
/// `now` never runs backwards. `sleep` completes at or after `now() + duration` of the same clock, and dropping
/// the future frees its timer.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Monotonic time, for durations and deadlines.
    fn now(&self) -> Instant;

    /// Wall time, for dates: `Retry-After`, price dates, records.
    fn wall(&self) -> SystemTime;

    /// Completes after `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>>;
}
