#![doc = include_str!("../README.md")]

mod bill;
mod catalogue;
mod day;
mod estimate;
mod price;
mod prices;
mod sale;
mod unpriced;

pub use catalogue::Catalogue;
pub use day::{Day, Zone};
pub use estimate::{Estimate, Expected};
pub use price::{ModelPrices, Price, PricePeriod, Rates};
pub use prices::{Overrides, Prices};
pub use sale::Sale;
pub use unpriced::{Part, Unpriced};
