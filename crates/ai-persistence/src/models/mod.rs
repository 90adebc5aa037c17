//! Which models there are, and what they cost when.

mod prices;
mod store;
mod tables;

pub use self::prices::{KeptPrice, PriceSource, SqlPrices};
pub use self::store::SqlModels;
pub(crate) use self::tables::STEP;
