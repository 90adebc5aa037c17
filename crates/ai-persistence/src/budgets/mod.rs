//! Budgets.

mod shared;
mod store;
mod tables;

pub use self::store::SqlBudgets;
pub(crate) use self::tables::STEP;
