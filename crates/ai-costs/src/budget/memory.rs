//! Budgets in memory.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use laravel_ai_core::{Error, ErrorKind, Result};

use super::state::State;
use super::{Ask, Budget, BudgetStatus, Budgets, Closing, Grant, Settlement};
use crate::{Ledger, MemoryLedger};

/// Keeps budgets as long as it lives itself: for programs of one process, and for tests. Any number of threads and tasks
/// may use it at once; each operation holds a lock for some microseconds and never across an await.
///
/// ```
/// use std::time::SystemTime;
/// use ai_costs::{Ask, Budget, Budgets, Closing, Exceeded, MemoryBudgets, Period, Scope, Settled};
/// use laravel_ai_core::{Context, Money, Target};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let budgets = MemoryBudgets::new();
/// let cents = |text: &str| text.parse().map(Money::usd);
/// budgets.define(Budget::new("all", Scope::everything(), Period::Day, cents("0.10")?)).await?;
///
/// let now = SystemTime::UNIX_EPOCH;
/// let target = Target::new("openai", "work", "gpt-4.1");
/// let grant = budgets.reserve(&Ask::new(&Context::new(), target.clone(), now).with_most(cents("0.08")?)).await?;
/// let refused = budgets.reserve(&Ask::new(&Context::new(), target, now).with_most(cents("0.03")?)).await;
/// let refused = refused.unwrap_err();
/// assert_eq!(refused.vendor::<Exceeded>().unwrap().reserved.to_string(), "0.08");
///
/// let closed = budgets.settle(Closing::new(grant.attempt, Settled::Spent(cents("0.085")?), now)).await?;
/// assert_eq!(closed.reached[0].percent, 80);
/// assert_eq!(closed.overrun.unwrap().to_string(), "0.005 USD");
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct MemoryBudgets {
    state: Mutex<State>,
    ledger: Option<Arc<MemoryLedger>>,
}

impl MemoryBudgets {
    /// No budgets yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the ledger that keeps the rows of attempts that are closed here.
    #[must_use]
    pub fn with_ledger(mut self, ledger: Arc<MemoryLedger>) -> Self {
        self.ledger = Some(ledger);
        self
    }

    /// Every operation checks first and changes then, so what a panic elsewhere poisoned is still right.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self, mut closing: Closing) -> Result<Settlement> {
        let row = closing.row.take();
        if row.is_some() && self.ledger.is_none() {
            let message = "these budgets have no ledger to keep the row of an attempt: give them one";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        let mut state = self.lock();
        let settlement = state.settle(&closing)?;
        // The lock is still held: nobody sees the one without the other.
        if let (Some(mut row), Some(ledger)) = (row, &self.ledger) {
            row.overran |= settlement.overrun.is_some();
            ledger.hand_over(*row);
        }
        Ok(settlement)
    }
}

#[async_trait]
impl Budgets for MemoryBudgets {
    async fn define(&self, budget: Budget) -> Result<()> {
        self.lock().define(budget)
    }

    async fn remove(&self, name: &str) -> Result<bool> {
        Ok(self.lock().remove(name))
    }

    async fn reset(&self, name: &str) -> Result<bool> {
        Ok(self.lock().reset(name))
    }

    async fn list(&self) -> Result<Vec<Budget>> {
        Ok(self.lock().list())
    }

    async fn status(&self, at: SystemTime) -> Result<Vec<BudgetStatus>> {
        Ok(self.lock().status(at))
    }

    async fn reserve(&self, ask: &Ask) -> Result<Grant> {
        self.lock().reserve(ask)
    }

    async fn settle(&self, closing: Closing) -> Result<Settlement> {
        self.close(closing)
    }

    fn hand_over(&self, closing: Closing) {
        // Whoever is dropped has nobody to tell.
        let _ = self.close(closing);
    }

    async fn flush(&self) -> Result<()> {
        Ok(())
    }
}

impl fmt::Debug for MemoryBudgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBudgets")
            .field("budgets", &self.lock().len())
            .field("ledger", &self.ledger)
            .finish()
    }
}
