//! What passes between a call and the budgets.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use laravel_ai_core::{AttemptId, Context, Labels, Money, RunId, Target};

use serde::{Deserialize, Serialize};

use super::Window;
use crate::LedgerEntry;

/// How long a reservation lives when nobody says otherwise: longer than nearly every call takes.
const LEASE: Duration = Duration::from_secs(15 * 60);

/// What an attempt asks of the budgets before it is sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Ask {
    /// Which attempt: the reservation's name.
    pub attempt: AttemptId,
    /// Of which call of the application.
    pub run: RunId,
    /// Where it goes.
    pub target: Target,
    /// Whom it belongs to.
    pub labels: Arc<Labels>,
    /// The most it will cost; `None` when its price is not known.
    pub most: Option<Money>,
    /// What it can do with, if it then limits itself. The same currency as `most`.
    pub least: Option<Money>,
    /// When.
    pub at: SystemTime,
    /// How long the reservation lives if nobody closes it, because the program died.
    pub lease: Duration,
}

impl Ask {
    /// An attempt of unknown price, with the ids and labels of its context; without an attempt in it a new id.
    pub fn new(ctx: &Context, target: Target, at: SystemTime) -> Self {
        Self {
            attempt: ctx.attempt.unwrap_or_else(AttemptId::new),
            run: ctx.run,
            target,
            labels: Arc::clone(&ctx.labels),
            most: None,
            least: None,
            at,
            lease: LEASE,
        }
    }

    /// With the most it will cost.
    #[must_use]
    pub fn with_most(mut self, money: Money) -> Self {
        self.most = Some(money);
        self
    }

    /// With what it can do with: less than the most may be granted, and the call has to limit itself to that.
    #[must_use]
    pub fn with_least(mut self, money: Money) -> Self {
        self.least = Some(money);
        self
    }

    /// With another life of the reservation.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }
}

/// What was reserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Grant {
    /// For which attempt.
    pub attempt: AttemptId,
    /// How much: what was asked, or less where that was allowed. `None` when the price is not known.
    pub amount: Option<Money>,
    /// In which budgets.
    pub budgets: Vec<String>,
    /// Until when. A call that may take longer asks for a longer life.
    pub expires: SystemTime,
}

impl Grant {
    /// A grant for an attempt.
    pub fn new(attempt: AttemptId, amount: Option<Money>, budgets: Vec<String>, expires: SystemTime) -> Self {
        Self { attempt, amount, budgets, expires }
    }
}

/// How a reservation is closed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Closing {
    /// Whose reservation.
    pub attempt: AttemptId,
    /// What became of it.
    pub settled: Settled,
    /// When.
    pub at: SystemTime,
    /// The row of the attempt, to be kept in the same operation: with both or with neither.
    pub row: Option<Box<LedgerEntry>>,
}

impl Closing {
    /// The reservation of `attempt` becomes this.
    pub fn new(attempt: AttemptId, settled: Settled, at: SystemTime) -> Self {
        Self { attempt, settled, at, row: None }
    }

    /// With the row of the attempt.
    #[must_use]
    pub fn with_row(mut self, row: LedgerEntry) -> Self {
        self.row = Some(Box::new(row));
        self
    }
}

/// What became of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settled {
    /// So much was spent, be it more than was reserved.
    Spent(Money),
    /// Something was spent, and nobody knows how much: all that was reserved is taken as spent, never 0.
    AsReserved,
    /// Nothing was spent: nothing was sent, or the vendor refused before it generated anything.
    Released,
}

/// What closing a reservation brought about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settlement {
    /// Thresholds that were reached now, and not before in this period.
    pub reached: Vec<ThresholdReached>,
    /// By how much the call cost more than was reserved.
    pub overrun: Option<Money>,
    /// The reservation had been given back before, because its time was over.
    pub late: bool,
    /// What was spent is in another currency than what was reserved, which was taken as spent in its place.
    pub foreign: bool,
    /// It was closed before, and nothing was changed.
    pub repeated: bool,
}

/// A threshold of a budget was reached for the first time in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThresholdReached {
    /// The budget's name.
    pub budget: String,
    /// Who has spent: one user of each user; empty when it is all calls together.
    pub subject: String,
    /// How many per cent of the limit.
    pub percent: u8,
    /// The limit.
    pub limit: Money,
    /// What is spent of it.
    pub spent: Money,
    /// The period.
    pub window: Window,
}

impl ThresholdReached {
    /// `percent` of the budget's `limit` were reached with `spent`.
    pub fn new(
        budget: impl Into<String>,
        subject: impl Into<String>,
        percent: u8,
        limit: Money,
        spent: Money,
        window: Window,
    ) -> Self {
        Self { budget: budget.into(), subject: subject.into(), percent, limit, spent, window }
    }
}
