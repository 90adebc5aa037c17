//! Limits on what is spent.

mod account;
mod book;
mod call;
mod exceeded;
mod memory;
mod period;
mod port;
mod scope;
mod state;

use laravel_ai_core::{Error, ErrorKind, Money, Result};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use self::book::Book;
pub use self::call::{Ask, Closing, Grant, Settled, Settlement, ThresholdReached};
pub use self::exceeded::Exceeded;
pub use self::memory::MemoryBudgets;
pub use self::period::{Period, Window};
pub use self::port::{BudgetStatus, Budgets};
pub use self::scope::{Dimension, Scope};
use crate::Zone;

/// A limit on what is spent.
///
/// ```
/// use ai_costs::{Budget, Dimension, Period, Scope};
/// use laravel_ai_core::Money;
///
/// let limit = Money::usd("20".parse()?);
/// let budget = Budget::new("per user", Scope::each(Dimension::User), Period::Month, limit)
///     .in_zone("Europe/Berlin".parse()?);
/// assert_eq!(budget.thresholds, [80, 95, 100]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Budget {
    /// What it is called; no two have the same name.
    pub name: String,
    /// Whose spending it limits.
    #[serde(default)]
    pub scope: Scope,
    /// For how long.
    pub period: Period,
    /// To how much. What is spent in another currency is not converted: see [`Budgets::reserve`].
    pub limit: Money,
    /// Where its days begin and end.
    #[serde(default)]
    pub zone: Zone,
    /// What happens when it is used up.
    #[serde(default)]
    pub mode: Mode,
    /// At how many per cent of the limit its owner is told, once each in a period.
    #[serde(default = "thresholds")]
    pub thresholds: Vec<u8>,
    /// What happens to a call whose price is not known.
    #[serde(default)]
    pub unknown_price: UnknownPrice,
}

fn thresholds() -> Vec<u8> {
    vec![80, 95, 100]
}

impl Budget {
    /// A hard budget in UTC that tells its owner at 80, 95 and 100 per cent and refuses calls of unknown price.
    pub fn new(name: impl Into<String>, scope: Scope, period: Period, limit: Money) -> Self {
        Self {
            name: name.into(),
            scope,
            period,
            limit,
            zone: Zone::UTC,
            mode: Mode::Hard,
            thresholds: thresholds(),
            unknown_price: UnknownPrice::Refuse,
        }
    }

    /// With days of this zone.
    #[must_use]
    pub fn in_zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    /// Only tells, and never refuses.
    #[must_use]
    pub fn soft(mut self) -> Self {
        self.mode = Mode::Soft;
        self
    }

    /// With the percentages at which its owner is told.
    #[must_use]
    pub fn with_thresholds(mut self, percentages: impl IntoIterator<Item = u8>) -> Self {
        self.thresholds = percentages.into_iter().collect();
        self
    }

    /// Lets calls pass whose price is not known. They are counted, and cost nothing here.
    #[must_use]
    pub fn allowing_unknown_prices(mut self) -> Self {
        self.unknown_price = UnknownPrice::Allow;
        self
    }

    /// Whether it makes sense. Implementations of [`Budgets`] ask before they take it.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when it has no name, or a limit below zero.
    pub fn validate(&self) -> Result<()> {
        let wrong = |what: &str| {
            let message = format!("the budget `{}` {what}", self.name.escape_debug());
            Err(Error::new(ErrorKind::Configuration, message))
        };
        if self.name.trim().is_empty() {
            return wrong("has no name");
        }
        if self.limit.amount < Decimal::ZERO {
            return wrong("has a limit below zero");
        }
        if self.period == Period::Rolling(std::time::Duration::ZERO) {
            return wrong("holds for no time at all");
        }
        Ok(())
    }
}

/// What happens when a budget is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// Calls are refused before they are sent.
    #[default]
    Hard,
    /// Its owner is told, and the calls go on.
    Soft,
}

/// What happens to a call whose price is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnknownPrice {
    /// It is refused: nobody could say afterwards what it took from the limit.
    #[default]
    Refuse,
    /// It passes, and is counted.
    Allow,
}
