//! What one subject spent and reserved in one period.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Budget, Period, Window};

/// How long the account of a call is kept after it was last used.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) reserved: Decimal,
    /// Calls of unknown price.
    pub(super) unpriced: u64,
    spent: Decimal,
    /// When what was spent, the oldest first. Kept where the time before now counts.
    recent: VecDeque<(SystemTime, Decimal)>,
    /// Percentages that were told.
    told: BTreeSet<u8>,
    window: Window,
    touched: SystemTime,
}

impl Account {
    pub(super) fn new(window: Window, at: SystemTime) -> Self {
        Self {
            reserved: Decimal::ZERO,
            unpriced: 0,
            spent: Decimal::ZERO,
            recent: VecDeque::new(),
            told: BTreeSet::new(),
            window,
            touched: at,
        }
    }

    /// What is spent of the limit. Of a rolling period, what has left it is forgotten.
    pub(super) fn spent(&mut self, period: Period, at: SystemTime) -> Decimal {
        if let Period::Rolling(length) = period {
            while let Some((when, amount)) = self.recent.front().copied()
                && when.checked_add(length).is_some_and(|out| out <= at)
            {
                self.spent = self.spent.saturating_sub(amount);
                self.recent.pop_front();
            }
        }
        self.spent
    }

    /// Something was spent by a call that was reserved at this time.
    pub(super) fn spend(
        &mut self,
        amount: Decimal,
        budget: &Budget,
        reserved_at: SystemTime,
        at: SystemTime,
    ) {
        self.touched = self.touched.max(at);
        // What was told and is no longer reached, because a rolling period went on or the limit was raised, will be told
        // anew; that has to be seen before this amount hides it.
        self.told = self.now_reached(budget, at).intersection(&self.told).copied().collect();
        self.spent = self.spent.saturating_add(amount);
        if matches!(budget.period, Period::Rolling(_)) && !amount.is_zero() {
            let place = self.recent.partition_point(|(when, _)| *when <= reserved_at);
            self.recent.insert(place, (reserved_at, amount));
        }
    }

    pub(super) fn reserve(&mut self, amount: Decimal, at: SystemTime) {
        self.touched = self.touched.max(at);
        self.reserved = self.reserved.saturating_add(amount);
    }

    pub(super) fn give_back(&mut self, amount: Decimal) {
        self.reserved = self.reserved.saturating_sub(amount);
    }

    /// The percentages that are reached and were not told yet.
    pub(super) fn reached(&mut self, budget: &Budget, at: SystemTime) -> Vec<u8> {
        let now = self.now_reached(budget, at);
        now.into_iter().filter(|percent| self.told.insert(*percent)).collect()
    }

    fn now_reached(&mut self, budget: &Budget, at: SystemTime) -> BTreeSet<u8> {
        let hundredfold =
            self.spent(budget.period, at).checked_mul(Decimal::ONE_HUNDRED).unwrap_or(Decimal::MAX);
        let is_reached = |percent: &u8| {
            let share = budget.limit.amount.checked_mul(Decimal::from(*percent)).unwrap_or(Decimal::MAX);
            hundredfold >= share
        };
        budget.thresholds.iter().copied().filter(is_reached).collect()
    }

    /// When there will be room for `needed` more, if nothing else happens.
    pub(super) fn resets(&mut self, budget: &Budget, needed: Decimal, at: SystemTime) -> Option<SystemTime> {
        if needed > budget.limit.amount {
            return None;
        }
        let Period::Rolling(length) = budget.period else { return self.window.end };
        let mut over = self.spent(budget.period, at).saturating_add(self.reserved).saturating_add(needed);
        over = over.saturating_sub(budget.limit.amount);
        for (when, amount) in &self.recent {
            over = over.saturating_sub(*amount);
            if over <= Decimal::ZERO {
                return when.checked_add(length);
            }
        }
        None
    }

    /// As if the period began now.
    pub(super) fn reset(&mut self) {
        self.spent = Decimal::ZERO;
        self.unpriced = 0;
        self.recent.clear();
        self.told.clear();
    }

    /// Whether nobody will ask for it again.
    pub(super) fn is_over(&mut self, period: Period, at: SystemTime) -> bool {
        self.reserved.is_zero()
            && match period {
                Period::Total => false,
                Period::Rolling(_) => self.spent(period, at).is_zero() && self.unpriced == 0,
                Period::Request => self.touched.checked_add(FORGOTTEN).is_some_and(|end| end <= at),
                _ => self.window.end.is_some_and(|end| end <= at),
            }
    }

    /// Whether it is that of the period now.
    pub(super) fn is_current(&self, at: SystemTime) -> bool {
        self.window.start.is_none_or(|start| start <= at) && self.window.end.is_none_or(|end| at < end)
    }
}
