//! What xAI says that a call cost.

use laravel_ai_core::{Cost, Money, Provenance, RawJson};
use provider_http::wire::{Number, parse, wire};
use rust_decimal::Decimal;

wire! {
    struct Usage<'a> {
        ticks: Number = "cost_in_usd_ticks",
    } ignoring _
}

/// The decimal places of a tick: 10^10 are one US dollar.
const SCALE: u32 = 10;

/// The cost in a usage object.
pub(crate) fn reported(usage: &RawJson) -> Option<Cost> {
    let Number(ticks) = parse::<Usage<'_>>(usage.as_str()).ok()?.ticks;
    let dollars = Decimal::try_from_i128_with_scale(i128::from(ticks?), SCALE).ok()?;
    Some(Cost::new(Money::usd(dollars.normalize()), Provenance::ProviderReported))
}
