//! A token bucket from which more can be taken than it holds, and to which unused tokens go back.

use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bucket {
    capacity: f64,
    per_second: f64,
    level: f64,
    at: Instant,
}

const MINUTE: f64 = 60.0;

impl Bucket {
    /// Full, with a minute's worth.
    pub(super) fn per_minute(limit: u64, now: Instant) -> Self {
        let capacity = limit as f64;
        Self { capacity, per_second: capacity / MINUTE, level: capacity, at: now }
    }

    pub(super) fn limit(&self) -> u64 {
        self.capacity as u64
    }

    pub(super) fn is_full(&self) -> bool {
        self.level >= self.capacity
    }

    pub(super) fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        if self.level < self.capacity {
            self.level = (self.level + passed * self.per_second).min(self.capacity);
        }
    }

    /// What a need comes to here: one that is larger than the bucket may go when it is full.
    fn fitting(&self, need: u64) -> f64 {
        (need as f64).min(self.capacity)
    }

    /// How long until `need` is there, after the last filling.
    pub(super) fn until(&self, need: u64) -> Duration {
        let missing = self.fitting(need) - self.level;
        if missing <= 0.0 {
            return Duration::ZERO;
        }
        // A nanosecond more, so that rounding never wakes anyone too early.
        let wait = Duration::try_from_secs_f64(missing / self.per_second).unwrap_or(Duration::MAX);
        wait.saturating_add(Duration::from_nanos(1))
    }

    /// Takes `amount`, of which not all need be there.
    pub(super) fn take(&mut self, amount: u64) {
        self.level -= amount as f64;
    }

    /// Gives back what was taken and not used; what was used beyond it is taken.
    pub(super) fn settle(&mut self, taken: u64, used: u64) {
        self.level = (self.level + taken as f64 - used as f64).min(self.capacity);
    }

    /// Takes over what the vendor says: its limit, what is left, and when it will be full. What was taken here and not
    /// counted there yet stays taken.
    pub(super) fn learn(
        known: Option<Self>,
        limit: u64,
        left: u64,
        reset: Option<Duration>,
        now: Instant,
    ) -> Self {
        let (capacity, left) = (limit as f64, left.min(limit) as f64);
        let used = capacity - left;
        let per_second = match reset {
            Some(reset) if used > 0.0 && !reset.is_zero() => used / reset.as_secs_f64(),
            _ => capacity / MINUTE,
        };
        let level = match known {
            Some(mut known) => {
                known.fill(now);
                known.level.min(left)
            }
            None => left,
        };
        Self { capacity, per_second, level, at: now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn a_minutes_worth_at_once_and_then_evenly() {
        let start = start();
        let mut bucket = Bucket::per_minute(60, start);
        (0..60).for_each(|_| bucket.take(1));
        assert_eq!(bucket.until(1), seconds(1) + Duration::from_nanos(1));
        bucket.fill(start + seconds(30));
        assert_eq!(bucket.until(30), Duration::ZERO);
        bucket.fill(start + seconds(3_600));
        assert!(bucket.is_full());
    }

    #[test]
    fn what_was_not_used_goes_back_and_what_was_used_too_much_is_owed() {
        let mut bucket = Bucket::per_minute(600, start());
        bucket.take(500);
        bucket.settle(500, 20);
        assert_eq!((bucket.until(580), bucket.until(581) > Duration::ZERO), (Duration::ZERO, true));
        bucket.take(580);
        bucket.settle(580, 680);
        assert_eq!(bucket.until(1).as_secs(), 10, "a hundred are owed");
    }

    #[test]
    fn more_than_fits_waits_for_a_full_bucket_only() {
        let mut bucket = Bucket::per_minute(60, start());
        assert_eq!(bucket.until(1_000), Duration::ZERO);
        bucket.take(1_000);
        assert_eq!(bucket.until(1).as_secs(), 941);
    }

    #[test]
    fn the_vendors_word_is_taken_over_but_not_what_it_has_not_counted_yet() {
        let now = start();
        let first = Bucket::learn(None, 100, 40, Some(seconds(6)), now);
        assert_eq!(first.until(41), Duration::from_millis(100) + Duration::from_nanos(1), "60 in 6 s");
        let mut known = first;
        known.take(30);
        let second = Bucket::learn(Some(known), 100, 39, Some(seconds(6)), now);
        assert_eq!(second.until(10), Duration::ZERO);
        assert!(second.until(11) > Duration::ZERO, "30 are on their way");
        let odd = Bucket::learn(None, 10, 99, Some(Duration::ZERO), now);
        assert!(odd.is_full());
    }
}
