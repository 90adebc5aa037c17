//! Values that several modules need.

use std::time::SystemTime;

use ai_costs::{Catalogue, ModelPrices, Overrides, Price, Prices, Rates};
use laravel_ai_core::{Target, Usage};

/// The moment of a UTC time such as `2026-11-20T12:00:00Z`.
pub(crate) fn at(text: &str) -> SystemTime {
    text.parse::<jiff::Timestamp>().unwrap().try_into().unwrap()
}

/// The day of which the embedded prices are.
pub(crate) fn today() -> SystemTime {
    at("2026-11-20T12:00:00Z")
}

pub(crate) fn price(text: &str) -> Price {
    text.parse().unwrap()
}

pub(crate) fn rates(input: &str, output: &str) -> Rates {
    Rates::new(price(input), price(output))
}

pub(crate) fn target(driver: &str, model: &str) -> Target {
    Target::new(driver, "work", model)
}

/// The embedded list, and a machine of one's own called `local`.
pub(crate) fn prices() -> Prices {
    let mut own = Overrides::default();
    own.set("local", "*", ModelPrices::free());
    Prices::new(Catalogue::embedded().unwrap()).with_overrides(own)
}

/// A list of one model, `acme/one`.
pub(crate) fn list_of(prices: &ModelPrices) -> Prices {
    let list = serde_json::json!({
        "format": 1, "version": "v1", "date": "2026-11-20", "currency": "USD",
        "drivers": {"acme": {"one": prices}},
    });
    Prices::new(Catalogue::parse(&list.to_string()).unwrap())
}

pub(crate) fn used(input: u64, output: u64) -> Usage {
    Usage::new(input, output)
}

pub(crate) fn put_in(input: u64) -> Usage {
    let mut usage = Usage::default();
    usage.input = Some(input);
    usage
}

pub(crate) fn reasoned(mut usage: Usage, tokens: u64) -> Usage {
    usage.reasoning = Some(tokens);
    usage
}

pub(crate) fn cached(mut usage: Usage, tokens: u64) -> Usage {
    usage.cached_input = Some(tokens);
    usage
}

pub(crate) fn wrote(mut usage: Usage, tokens: u64) -> Usage {
    usage.cache_write_input = Some(tokens);
    usage
}
