//! What days add up to, derived from the ledger.

mod day;
mod read;
mod refresh;
mod tables;

pub use self::read::ModelPerformance;
pub use self::refresh::{Analytics, Refreshed};
pub(crate) use self::tables::STEP;
