//! The laws of costs, for any usage that a vendor can report.

use std::sync::LazyLock;

use ai_costs::{Catalogue, ModelPrices, Part, Price, Prices, Rates, Sale, Unpriced};
use laravel_ai_core::Usage;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::support::{list_of, target, today};

static LIST: LazyLock<Prices> = LazyLock::new(|| Prices::new(Catalogue::embedded().unwrap()));

/// Parts first, then a rest: totals that contain their parts.
fn usage() -> impl Strategy<Value = Usage> {
    let counts = prop::array::uniform8(0..300_000u64);
    counts.prop_map(|[plain, cached, written, long, images, answer, reasoning, audio]| {
        let mut usage = Usage::default();
        usage.cached_input = Some(cached);
        usage.cache_write_input = Some(written + long);
        usage.long_cache_write_input = Some(long);
        usage.image_input = Some(images.min(plain));
        usage.audio_input = Some(0);
        usage.input = Some(plain + cached + written + long);
        usage.reasoning = Some(reasoning);
        usage.audio_output = Some(audio);
        usage.output = Some(answer + reasoning + audio);
        usage
    })
}

fn price() -> impl Strategy<Value = Price> {
    (0..5_000_000i64, 0..8u32).prop_map(|(digits, scale)| Price::new(Decimal::new(digits, scale)).unwrap())
}

/// A price for every class but images, which cost what all input costs.
fn rates() -> impl Strategy<Value = Rates> {
    prop::collection::vec(price(), 7).prop_map(|prices| {
        let mut rates = Rates::new(prices[0], prices[1]);
        rates.cached_input = Some(prices[2]);
        rates.cache_write = Some(prices[3]);
        rates.long_cache_write = Some(prices[4]);
        rates.reasoning = Some(prices[5]);
        rates.audio_output = Some(prices[6]);
        rates
    })
}

fn cost(prices: &Prices, usage: &Usage) -> Result<Decimal, Unpriced> {
    let target = target("acme", "one");
    prices.cost(&Sale::new(&target, usage, today())).map(|cost| cost.money.amount)
}

/// The same by the vendors' own formula: each class apart, every token once.
fn by_hand(usage: &Usage, rates: &Rates) -> Decimal {
    let count = |tokens: Option<u64>| Decimal::from(tokens.unwrap());
    let price = |price: Option<Price>| price.unwrap().amount();
    let (cached, written) = (count(usage.cached_input), count(usage.cache_write_input));
    let long = count(usage.long_cache_write_input);
    let (reasoning, audio) = (count(usage.reasoning), count(usage.audio_output));
    let millionths = (count(usage.input) - cached - written) * price(rates.input)
        + cached * price(rates.cached_input)
        + (written - long) * price(rates.cache_write)
        + long * price(rates.long_cache_write)
        + (count(usage.output) - reasoning - audio) * price(rates.output)
        + reasoning * price(rates.reasoning)
        + audio * price(rates.audio_output);
    (millionths / Decimal::from(1_000_000)).normalize()
}

proptest! {
    #[test]
    fn each_token_is_billed_once(usage in usage(), rates in rates()) {
        let prices = list_of(&ModelPrices::new(rates));
        prop_assert_eq!(cost(&prices, &usage).unwrap(), by_hand(&usage, &rates));
    }

    #[test]
    fn one_price_for_all_makes_parts_indifferent(usage in usage(), price in price()) {
        let mut rates = Rates::FREE;
        for class in [&mut rates.input, &mut rates.cached_input, &mut rates.cache_write, &mut rates.long_cache_write,
                      &mut rates.image_input, &mut rates.output, &mut rates.reasoning, &mut rates.audio_output] {
            *class = Some(price);
        }
        rates.image_input = None;
        let prices = list_of(&ModelPrices::new(rates));
        let total = Decimal::from(usage.total().unwrap());
        let all = (total * price.amount() / Decimal::from(1_000_000)).normalize();
        prop_assert_eq!(cost(&prices, &usage).unwrap(), all);
    }

    #[test]
    fn the_cost_of_a_sum_is_the_sum_of_the_costs(a in usage(), b in usage(), rates in rates()) {
        let prices = list_of(&ModelPrices::new(rates));
        let both = cost(&prices, &a).unwrap() + cost(&prices, &b).unwrap();
        prop_assert_eq!(cost(&prices, &a.merge(&b)).unwrap(), both.normalize());
    }

    #[test]
    fn more_never_costs_less(usage in usage(), more in usage(), rates in rates(), far in 0..2_000_000u64) {
        // Long prompts cost twice as much.
        let double = |price: Option<Price>| price.and_then(|price| Price::new(price.amount() * Decimal::TWO));
        let mut long = rates.from_input(far);
        for class in [&mut long.input, &mut long.cached_input, &mut long.cache_write, &mut long.long_cache_write,
                      &mut long.output, &mut long.reasoning, &mut long.audio_output] {
            *class = double(*class);
        }
        let prices = list_of(&ModelPrices::of([rates, long]));
        let sum = usage.clone().merge(&more);
        prop_assert!(cost(&prices, &usage).unwrap() <= cost(&prices, &sum).unwrap());
    }

    #[test]
    fn a_cost_is_never_negative_whatever_a_vendor_reports(
        counts in prop::array::uniform9(prop_oneof![Just(None), (0..100u64).prop_map(Some), any::<u64>().prop_map(Some)]),
        model in any::<prop::sample::Index>(),
    ) {
        let mut usage = Usage::default();
        [usage.input, usage.output, usage.cached_input, usage.cache_write_input, usage.long_cache_write_input,
         usage.audio_input, usage.image_input, usage.reasoning, usage.audio_output] = counts;
        let models: Vec<_> = LIST.catalogue().models().map(|(driver, model, _)| target(driver, model)).collect();
        let target = &models[model.index(models.len())];
        if let Ok(cost) = LIST.cost(&Sale::new(target, &usage, today())) {
            prop_assert!(cost.money.amount >= Decimal::ZERO);
            // Only of what is free may it be unknown how much there was.
            prop_assert!(usage.input.is_some() || cost.money.amount.is_zero());
            let parts = [(usage.cached_input, usage.input), (usage.reasoning, usage.output)];
            prop_assert!(parts.iter().all(|(part, whole)| whole.is_none() || part.unwrap_or(0) <= whole.unwrap()));
        }
    }

    #[test]
    fn a_cost_lies_within_its_estimate(usage in usage(), rates in rates()) {
        use ai_costs::Expected;
        use laravel_ai_core::TokenCount;
        let mut rates = rates;
        rates.image_input = None;
        let prices = list_of(&ModelPrices::new(rates));
        let target = target("acme", "one");
        let counted = TokenCount::exact(usage.input.unwrap());
        let mut call = Expected::new(&target, counted, usage.output, today());
        (call.long_cache, call.audio) = (true, true);
        prop_assert_eq!(prices.estimate(&call).unwrap_err(), Unpriced::UnknownPrice { part: Part::AudioInput });
        rates.audio_input = rates.input;
        let prices = list_of(&ModelPrices::new(rates));
        let estimate = prices.estimate(&call).unwrap();
        let cost = cost(&prices, &usage).unwrap();
        prop_assert!(estimate.least.amount <= cost, "{:?} > {cost}", estimate.least);
        prop_assert!(cost <= estimate.most.unwrap().amount, "{cost} > {:?}", estimate.most);
        // What the most is paid by, pays for as much output.
        let paid = prices.output_within(&call, estimate.most.unwrap()).unwrap();
        prop_assert!(paid.is_none_or(|tokens| tokens >= usage.output.unwrap()));
    }
}
