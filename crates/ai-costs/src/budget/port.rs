//! Budgets as a port.

use std::fmt::Debug;
use std::time::SystemTime;

use async_trait::async_trait;
use laravel_ai_core::{Money, Result};
use rust_decimal::Decimal;

use super::{Ask, Budget, Closing, Grant, Settlement, Window};

/// Keeps budgets: reserve before an attempt, close when it is over.
///
/// # Contract for implementers
/// * Of every hard budget, what is spent and what is reserved never exceed the limit together, however many calls,
///   threads and processes reserve at once, except by calls that cost more than they reserved. Such a call is recorded
///   in full and blocks the next ones.
/// * Each method is one atomic operation. A call that several budgets cover is reserved in all of them or in none.
/// * A reservation that nobody closes is given back when its life is over. One that is closed after that is recorded all
///   the same.
/// * Reserving again for the same attempt gives the same grant; closing again changes nothing. A write whose outcome is
///   unknown can so be repeated.
/// * What is spent counts for the period in which it was reserved.
/// * Time is what the caller says; there is no clock here.
/// * Dropping a future leaves everything as it was before the operation, or as it is after.
///
/// # Contract for callers
/// An error of another kind than [`BudgetExceeded`](laravel_ai_core::ErrorKind::BudgetExceeded) means that the budgets
/// could not be asked. Whoever calls decides what that means; refusing the call is the safe default.
#[async_trait]
pub trait Budgets: Debug + Send + Sync + 'static {
    /// Sets a budget, in place of one of the same name. Of that, what is spent and reserved stays when scope, period and
    /// zone stay.
    ///
    /// # Errors
    /// [`Configuration`](laravel_ai_core::ErrorKind::Configuration) when it makes no sense, or when it has another
    /// currency than the one of the same name: remove that first.
    async fn define(&self, budget: Budget) -> Result<()>;

    /// Removes a budget with what was spent of it. `false` when there is none of this name.
    async fn remove(&self, name: &str) -> Result<bool>;

    /// Forgets what is spent of a budget, as if its periods began now. What is reserved stays. `false` when there is none
    /// of this name.
    async fn reset(&self, name: &str) -> Result<bool>;

    /// Every budget, sorted by name.
    async fn list(&self) -> Result<Vec<Budget>>;

    /// How every budget stands, for each subject that spent or reserved something in the current period.
    async fn status(&self, at: SystemTime) -> Result<Vec<BudgetStatus>>;

    /// Reserves what a call will cost at most in every budget that covers it. Where the most does not fit but the
    /// [least](Ask::with_least) does, what is left is granted.
    ///
    /// A call that costs nothing is never refused. There is no conversion between currencies: a hard budget refuses a
    /// call in another one, a soft budget leaves it out.
    ///
    /// # Errors
    /// [`BudgetExceeded`](laravel_ai_core::ErrorKind::BudgetExceeded) with an [`Exceeded`](super::Exceeded) as its source,
    /// and nothing is reserved; [`Configuration`](laravel_ai_core::ErrorKind::Configuration) when currencies differ.
    async fn reserve(&self, ask: &Ask) -> Result<Grant>;

    /// Closes a reservation: what was spent is spent, the rest is given back. With a row, the row is kept and the
    /// reservation closed, or neither.
    ///
    /// # Errors
    /// [`InvalidRequest`](laravel_ai_core::ErrorKind::InvalidRequest) when the attempt never reserved, or so long ago that
    /// nobody remembers, or when less than nothing was spent; [`Configuration`](laravel_ai_core::ErrorKind::Configuration) when it has a row and there is no
    /// ledger behind these budgets.
    async fn settle(&self, closing: Closing) -> Result<Settlement>;

    /// [`settle`](Self::settle) for a caller that can't wait, because it is being dropped. It never blocks on I/O and
    /// never panics: a database puts it into a bounded queue of its own. When that is full, the reservation's life ends it.
    fn hand_over(&self, closing: Closing);

    /// Waits until everything that was handed over is done.
    async fn flush(&self) -> Result<()>;
}

/// How a budget stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BudgetStatus {
    /// The budget's name.
    pub budget: String,
    /// Who has spent: one user of each user; empty when it is all calls together.
    pub subject: String,
    /// The current period.
    pub window: Window,
    /// The limit.
    pub limit: Money,
    /// What is spent of it.
    pub spent: Decimal,
    /// What calls that are under way may spend.
    pub reserved: Decimal,
    /// How many calls of unknown price there were.
    pub unpriced: u64,
}

impl BudgetStatus {
    /// The state of a budget of which nothing is used yet.
    pub fn new(budget: impl Into<String>, subject: impl Into<String>, window: Window, limit: Money) -> Self {
        Self {
            budget: budget.into(),
            subject: subject.into(),
            window,
            limit,
            spent: Decimal::ZERO,
            reserved: Decimal::ZERO,
            unpriced: 0,
        }
    }

    /// What is left; below zero after a call that cost more than it had reserved.
    pub fn left(&self) -> Decimal {
        self.limit.amount.saturating_sub(self.spent).saturating_sub(self.reserved)
    }
}
