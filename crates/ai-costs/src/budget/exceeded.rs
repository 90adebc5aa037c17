//! Why a budget refused a call.

use std::fmt;
use std::time::SystemTime;

use laravel_ai_core::{Error, ErrorKind, Money};
use rust_decimal::Decimal;

use super::{Budget, Scope};
use crate::Zone;
use crate::day::moment;

/// Why a budget refused a call: `error.vendor::<Exceeded>()` of an error of the kind
/// [`BudgetExceeded`](ErrorKind::BudgetExceeded).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exceeded {
    /// The budget's name.
    pub budget: String,
    /// Whose spending it limits.
    pub scope: Scope,
    /// Who would have spent: one user of each user; empty when it is all calls together.
    pub subject: String,
    /// The limit.
    pub limit: Money,
    /// What is spent of it.
    pub spent: Decimal,
    /// What calls that are under way may spend.
    pub reserved: Decimal,
    /// What this call needs at least; `None` when its price is not known.
    pub asked: Option<Decimal>,
    /// When there may be room again: the next period begins, or enough of a rolling one has passed.
    pub resets: Option<SystemTime>,
    zone: Zone,
}

impl Exceeded {
    /// A refusal by `budget` of a call that would have been counted for `subject`.
    pub fn new(budget: &Budget, subject: impl Into<String>) -> Self {
        Self {
            budget: budget.name.clone(),
            scope: budget.scope.clone(),
            subject: subject.into(),
            limit: budget.limit,
            spent: Decimal::ZERO,
            reserved: Decimal::ZERO,
            asked: None,
            resets: None,
            zone: budget.zone.clone(),
        }
    }

    /// The error to hand to the caller. Nothing was sent.
    pub fn into_error(self) -> Error {
        Error::new(ErrorKind::BudgetExceeded, self.to_string()).with_source(self)
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { budget, scope, limit, spent, reserved, .. } = self;
        write!(f, "the budget `{budget}` ({scope}) has a limit of {limit}: {} spent", spent.normalize())?;
        write!(f, ", {} reserved, ", reserved.normalize())?;
        match self.asked {
            Some(asked) => write!(f, "{} asked", asked.normalize())?,
            None => f.write_str(
                "and the price of the call is not known; allow that on the budget, or set a price",
            )?,
        }
        match self.resets {
            Some(at) => {
                write!(f, "; there may be room at {}", moment(at).to_zoned_datetime(self.zone.rules()))
            }
            None => Ok(()),
        }
    }
}

impl std::error::Error for Exceeded {}
