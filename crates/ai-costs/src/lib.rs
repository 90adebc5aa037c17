#![doc = include_str!("../README.md")]

mod bill;
mod budget;
mod catalogue;
#[cfg(feature = "conformance")]
pub mod conformance;
mod day;
mod estimate;
mod ledger;
mod price;
mod prices;
mod sale;
mod unpriced;

pub use budget::{
    Ask, Book, Budget, BudgetStatus, Budgets, Closing, Dimension, Exceeded, Grant, MemoryBudgets, Mode,
    Period, Scope, Settled, Settlement, ThresholdReached, UnknownPrice, Window,
};
pub use catalogue::Catalogue;
pub use day::{Day, Zone};
pub use estimate::{Estimate, Expected};
pub use ledger::{AttemptOutcome, Ledger, LedgerEntry, MemoryLedger};
pub use price::{ModelPrices, Price, PricePeriod, Rates};
pub use prices::{Overrides, Prices};
pub use sale::Sale;
pub use unpriced::{Part, Unpriced};
