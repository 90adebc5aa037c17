//! Costs that are known, and why others are not.

use ai_costs::{Catalogue, Day, ModelPrices, Overrides, Part, Prices, Rates, Sale, Unpriced};
use laravel_ai_core::{
    AssistantPart, ChatResponse, Cost, Currency, EmbeddingResponse, FinishReason, Money, Provenance,
    ProviderCall, Target, Usage,
};

use crate::support::{
    at, cached, list_of, price, prices, put_in, rates, reasoned, target, today, used, wrote,
};

fn amount(prices: &Prices, sale: &Sale<'_>) -> Result<String, Unpriced> {
    prices.cost(sale).map(|cost| cost.money.amount.to_string())
}

fn of(driver: &str, model: &str, usage: &Usage) -> Result<String, Unpriced> {
    amount(&prices(), &Sale::new(&target(driver, model), usage, today()))
}

#[test]
fn cached_and_written_input_have_their_own_prices() {
    // gpt-5.6-sol: 1,000 - 600 - 100 = 300 at $4, 600 cached at $0.40, 100 written at $5, 50 out at $20.
    // 1200 + 240 + 500 + 1000 = 2940 millionths.
    let usage = wrote(cached(used(1_000, 50), 600), 100);
    assert_eq!(of("openai", "gpt-5.6-sol", &usage).unwrap(), "0.00294");
    // 40 of those written stay for 12 hours, at $10: 60 x 5 + 40 x 10 = 700 in place of 500.
    let mut long = usage.clone();
    long.long_cache_write_input = Some(40);
    assert_eq!(of("openai", "gpt-5.6-sol", &long).unwrap(), "0.00314");
}

#[test]
fn a_long_prompt_makes_the_whole_request_dearer_where_the_vendor_draws_its_line() {
    // OpenAI: above 272,000. 272,000 x 2.5 = 680000; 272,001 x 5 = 1360005 millionths.
    assert_eq!(of("openai", "gpt-5.4", &used(272_000, 0)).unwrap(), "0.68");
    assert_eq!(of("openai", "gpt-5.4", &used(272_001, 0)).unwrap(), "1.360005");
    // Gemini: above 200,000. 200,000 x 1.25 = 250000; 200,001 x 2.5 = 500002.5 millionths.
    assert_eq!(of("gemini", "gemini-2.5-pro", &used(200_000, 0)).unwrap(), "0.25");
    assert_eq!(of("gemini", "gemini-2.5-pro", &used(200_001, 0)).unwrap(), "0.5000025");
    // xAI: from 200,000 on. 199,999 x 2 = 399998; 200,000 x 4 = 800000 millionths. Output too: 1 x 6, 1 x 12.
    assert_eq!(of("xai", "grok-4.7", &used(199_999, 1)).unwrap(), "0.400004");
    assert_eq!(of("xai", "grok-4.7", &used(200_000, 1)).unwrap(), "0.800012");
}

#[test]
fn service_tiers_have_their_own_prices_and_unknown_ones_have_none() {
    let target = target("openai", "gpt-5.4");
    let usage = used(1_000, 100);
    let sale = Sale::new(&target, &usage, today());
    let in_tier = |tier| amount(&prices(), &sale.clone().with_tier(tier));
    // 1,000 x 2.5 + 100 x 15 = 4000 millionths.
    for standard in ["default", "standard", "Standard", ""] {
        assert_eq!(in_tier(standard).unwrap(), "0.004");
    }
    // Half of it, and twice of it.
    assert_eq!(in_tier("batch").unwrap(), "0.002");
    assert_eq!(in_tier("FLEX").unwrap(), "0.002");
    assert_eq!(in_tier("priority").unwrap(), "0.008");
    assert_eq!(in_tier("scale"), Err(Unpriced::UnknownTier { tier: "scale".into() }));

    // In the tier `priority` nobody names a price of long prompts, which cost more elsewhere.
    let long = used(300_000, 0);
    let sale = Sale::new(&target, &long, today()).with_tier("priority");
    let why = Unpriced::LongPrompt { tier: "priority".into(), input: 300_000 };
    assert_eq!(amount(&prices(), &sale), Err(why));
}

#[test]
fn prices_change_on_their_day() {
    let target = target("gemini", "gemini-4-argon");
    let usage = used(1_000_000, 0);
    let on = |day: &str| amount(&prices(), &Sale::new(&target, &usage, at(day)));
    assert_eq!(on("2026-11-30T23:59:59Z").unwrap(), "2");
    assert_eq!(on("2026-12-01T00:00:00Z").unwrap(), "4");
    // What a batch costs from then on was not announced.
    let batch = Sale::new(&target, &usage, at("2026-12-01T00:00:00Z")).with_tier("batch");
    assert_eq!(amount(&prices(), &batch), Err(Unpriced::UnknownTier { tier: "batch".into() }));
}

#[test]
fn before_the_first_known_prices_there_are_none() {
    let target = target("openai", "gpt-5.6-sol");
    let usage = used(1, 1);
    let before = Sale::new(&target, &usage, at("2026-08-20T12:00:00Z"));
    let day = "2026-08-20".parse().unwrap();
    assert_eq!(amount(&prices(), &before), Err(Unpriced::UnknownDay { day }));
    assert!(amount(&prices(), &Sale::new(&target, &usage, at("2026-08-21T00:00:00Z"))).is_ok());
}

#[test]
fn an_unknown_model_is_priced_as_no_other() {
    for model in ["gpt-7", "gpt-4.1-2031-01-01", "gpt-4.1x", "GPT-4.1", "ft:gpt-4.1:org::id", ""] {
        let why = Unpriced::UnknownModel { driver: "openai".into(), model: model.into() };
        assert_eq!(of("openai", model, &used(1, 1)), Err(why));
    }
    assert!(of("acme", "gpt-4.1", &used(1, 1)).is_err(), "another driver is another vendor");
    // The older snapshot of gpt-4o costs twice as much: 1 x 5 against 1 x 2.5.
    assert_eq!(of("openai", "gpt-4o-2024-05-13", &used(1, 0)).unwrap(), "0.000005");
    assert_eq!(of("openai", "gpt-4o", &used(1, 0)).unwrap(), "0.0000025");
}

#[test]
fn the_model_that_answered_decides_when_its_price_is_known() {
    let usage = used(1, 0);
    let asked = target("openai", "gpt-4o");
    let served = |model| amount(&prices(), &Sale::new(&asked, &usage, today()).with_served(model));
    assert_eq!(served("gpt-4o-2024-05-13").unwrap(), "0.000005");
    // What the vendor calls a snapshot of what was asked for is sold at that price.
    for snapshot in ["gpt-4o", "gpt-4o-2031-01-01", "gpt-4o-20310101", "gpt-4o-0309"] {
        assert_eq!(served(snapshot).unwrap(), "0.0000025", "{snapshot}");
    }
    for other in ["gpt-4o-large", "gpt-4", "gpt-9", "gpt-4o-2", "gpt-4o2031-01-01"] {
        let known = of("openai", other, &usage);
        assert_eq!(served(other), known, "{other}");
    }
    assert!(served("gpt-9").is_err());
}

#[test]
fn audio_is_billed_as_audio_or_not_at_all() {
    let mut usage = used(100, 10);
    usage.audio_input = Some(60);
    usage.audio_output = Some(4);
    // gpt-audio-1.5: 40 x 2.5 + 60 x 32 + 6 x 10 + 4 x 64 = 100 + 1920 + 60 + 256 = 2336 millionths.
    assert_eq!(of("openai", "gpt-audio-1.5", &usage).unwrap(), "0.002336");
    let why = Unpriced::UnknownPrice { part: Part::AudioInput };
    assert_eq!(of("openai", "gpt-4.1", &usage), Err(why));

    // gemini-2.5-flash: all of it audio, so the 30 cached are audio too: 70 x 1 + 30 x 0.1 + 10 x 2.5 = 98 millionths.
    let mut heard = cached(used(100, 10), 30);
    heard.audio_input = Some(100);
    assert_eq!(of("gemini", "gemini-2.5-flash", &heard).unwrap(), "0.000098");
    // Of half of it nobody knows.
    heard.audio_input = Some(50);
    let why = Unpriced::Overlap { one: Part::AudioInput, other: Part::CachedInput };
    assert_eq!(of("gemini", "gemini-2.5-flash", &heard), Err(why));
}

#[test]
fn images_and_reasoning_belong_to_their_totals_unless_they_have_prices_of_their_own() {
    let mut usage = reasoned(used(100, 50), 40);
    usage.image_input = Some(30);
    let plain = rates("1", "10");
    let target = target("acme", "one");
    let sale = Sale::new(&target, &usage, today());
    // 100 x 1 + 50 x 10 = 600 millionths.
    assert_eq!(amount(&list_of(&ModelPrices::new(plain)), &sale).unwrap(), "0.0006");
    // 70 x 1 + 30 x 2 + 10 x 10 + 40 x 3 = 70 + 60 + 100 + 120 = 350 millionths.
    let mut own = plain;
    (own.image_input, own.reasoning) = (Some(price("2")), Some(price("3")));
    assert_eq!(amount(&list_of(&ModelPrices::new(own)), &sale).unwrap(), "0.00035");
}

#[test]
fn parts_without_a_price_and_counts_that_contradict_have_no_cost() {
    // gpt-5.5-pro names no price of cached input.
    let why = Unpriced::UnknownPrice { part: Part::CachedInput };
    assert_eq!(of("openai", "gpt-5.5-pro", &cached(used(10, 1), 5)), Err(why));
    assert!(of("openai", "gpt-5.5-pro", &cached(used(10, 1), 0)).is_ok());
    let why = Unpriced::UnknownPrice { part: Part::CacheWrite };
    assert_eq!(of("openai", "gpt-4.1", &wrote(used(10, 1), 5)), Err(why));

    for (usage, part) in [
        (cached(used(10, 1), 11), Part::CachedInput),
        (wrote(cached(used(10, 1), 6), 5), Part::CacheWrite),
        (reasoned(used(10, 1), 2), Part::Reasoning),
    ] {
        assert_eq!(of("openai", "gpt-5.6-sol", &usage), Err(Unpriced::Contradiction { part }));
    }
    let silent = Unpriced::UnknownCount { part: Part::Input };
    assert_eq!(of("openai", "gpt-4.1", &Usage::default()), Err(silent));
    assert_eq!(of("openai", "gpt-4.1", &put_in(5)), Err(Unpriced::UnknownCount { part: Part::Output }));
}

#[test]
fn an_amount_that_can_not_be_exact_is_none() {
    let target = target("acme", "one");
    let usage = used(u64::MAX, u64::MAX);
    let fine = list_of(&ModelPrices::new(rates("0.000001", "3")));
    // (2^64 - 1) x 3.000001 = 55340250667872728554.551615 millionths.
    let exact = amount(&fine, &Sale::new(&target, &usage, today())).unwrap();
    assert_eq!(exact, "55340250667872.728554551615");
    let too_fine = list_of(&ModelPrices::new(rates("0.0000000000000000000000000001", "3")));
    let why = amount(&too_fine, &Sale::new(&target, &usage, today()));
    assert_eq!(why, Err(Unpriced::TooLarge));
}

#[test]
fn the_applications_prices_come_before_the_list_and_below_the_vendors_word() {
    let mut own = Overrides::default();
    own.set("openai", "gpt-4.1", ModelPrices::new(rates("1", "1")));
    own.set("work", "gpt-4.1", ModelPrices::new(rates("3", "3")));
    own.set("work", "acme-*", ModelPrices::new(rates("5", "5")));
    own.set("work", "acme-*-cloud", ModelPrices::unknown());
    own.set("work", "acme-one", ModelPrices::new(rates("7", "7")));
    let prices = prices().with_overrides(own);
    let usage = used(1_000_000, 0);
    let on = |connection: &str, model: &str| {
        amount(&prices, &Sale::new(&Target::new("openai", connection, model), &usage, today()))
    };
    assert_eq!(on("elsewhere", "gpt-4.1").unwrap(), "1");
    assert_eq!(on("work", "gpt-4.1").unwrap(), "3", "the connection comes before the driver");
    assert_eq!(on("work", "acme-two").unwrap(), "5");
    assert_eq!(on("work", "acme-one").unwrap(), "7", "a name comes before a pattern");
    assert!(on("work", "acme-big-cloud").is_err(), "and the longer pattern before the shorter");
    assert!(on("elsewhere", "acme-two").is_err());
    assert_eq!(on("elsewhere", "gpt-4.1-mini").unwrap(), "0.4", "the list stays below");

    let target = Target::new("openai", "work", "gpt-4.1");
    let sale = Sale::new(&target, &usage, today()).with_served("gpt-4.1-2025-04-14");
    let cost = prices.cost(&sale).unwrap();
    assert_eq!((cost.money.amount.to_string().as_str(), cost.provenance), ("3", Provenance::Override));

    let mut answer = ChatResponse::new(target, Vec::new(), FinishReason::Stop);
    answer.usage = usage.clone();
    let said = Cost::new(Money::usd("0.01".parse().unwrap()), Provenance::ProviderReported);
    answer.cost = Some(said.clone());
    assert_eq!(prices.cost_of(&answer, today()), Ok(said));
    // What a layer once estimated is no word of the vendor.
    answer.cost = Some(Cost::new(Money::usd("0.01".parse().unwrap()), Provenance::Estimate));
    assert_eq!(prices.cost_of(&answer, today()).unwrap().money.amount.to_string(), "3");
}

#[test]
fn own_prices_have_their_own_currency() {
    let mut own = Overrides::default();
    own.set("work", "one", ModelPrices::new(rates("1", "1")));
    let euro = Currency::new("EUR").unwrap();
    let prices = prices().with_overrides(own).with_currency(euro);
    let usage = used(1, 1);
    let cost = prices.cost(&Sale::new(&target("acme", "one"), &usage, today())).unwrap();
    assert_eq!(cost.money.to_string(), "0.000002 EUR");
    let listed = prices.cost(&Sale::new(&target("openai", "gpt-4.1"), &usage, today())).unwrap();
    assert_eq!(listed.money.currency, Currency::USD);
}

#[test]
fn a_free_model_costs_nothing_whatever_it_says() {
    let free = Target::new("acme", "local", "qwen3:8b");
    let mut odd = wrote(cached(used(10, 1), 3), 2);
    (odd.image_input, odd.audio_output) = (Some(1), Some(1));
    for usage in [used(1, 1), Usage::default(), odd] {
        let mut answer = ChatResponse::new(free.clone(), Vec::new(), FinishReason::Stop);
        answer.content = vec![AssistantPart::ProviderCall(ProviderCall::new("1", "anything"))];
        answer.usage = usage;
        assert_eq!(prices().cost_of(&answer, today()).unwrap().money.to_string(), "0 USD");
    }
}

#[test]
fn vectors_are_billed_by_what_went_in() {
    let mut answer = EmbeddingResponse::new(target("openai", "text-embedding-3-small"), vec![vec![1.0]]);
    answer.usage = put_in(1_000);
    // 1,000 x 0.02 = 20 millionths.
    assert_eq!(prices().cost_of_embeddings(&answer, today()).unwrap().money.to_string(), "0.00002 USD");
}

#[test]
fn own_prices_are_read_from_configuration() {
    let text = r#"{
        "local/*": [{"tiers": {"standard": [{"input": "0", "output": "0"}]}}],
        "work/one": [
            {"tiers": {"standard": [{"input": "1", "output": "2"}, {"from_input": 11, "input": "3", "output": "4"}]}},
            {"from": "2027-01-01", "tiers": {"standard": [{"input": "9", "output": "9"}]}, "web_search": "10"}
        ]
    }"#;
    let own: Overrides = serde_json::from_str(text).unwrap();
    let prices = prices().with_overrides(own);
    let target = target("acme", "one");
    let cost =
        |input: u64, day: &str| amount(&prices, &Sale::new(&target, &used(input, 0), at(day))).unwrap();
    assert_eq!(cost(10, "2026-11-20T00:00:00Z"), "0.00001");
    assert_eq!(cost(11, "2026-11-20T00:00:00Z"), "0.000033");
    assert_eq!(cost(11, "2027-01-01T00:00:00Z"), "0.000099");
    assert!(serde_json::from_str::<Overrides>(r#"{"a/b": [{"tiers": {}, "form": "2027-01-01"}]}"#).is_err());
    assert_eq!(Rates::FREE, Rates::FREE.from_input(0));
}

#[test]
fn vectors_cost_their_input_also_where_the_model_has_a_price_for_output() {
    let usage = Usage::new(3, 0);
    let mut answer = EmbeddingResponse::new(target("openai", "m"), vec![vec![0.5]]);
    answer.usage = usage;
    answer.usage.output = None;
    let mut own = Overrides::default();
    own.set(
        "work",
        "m",
        ModelPrices::new(Rates::new("1000000".parse().unwrap(), "2000000".parse().unwrap())),
    );
    let cost = prices().with_overrides(own).cost_of_embeddings(&answer, today()).unwrap();
    assert_eq!(cost.money.amount, 3.into());
}

#[test]
fn before_the_first_day_of_own_prices_the_list_holds() {
    let mut own = Overrides::default();
    let later = ModelPrices::from_periods([]).then("2027-01-01".parse().unwrap(), [Rates::FREE]);
    own.set("work", "gpt-4.1", later.clone());
    own.set("other", "gpt-4.1", later);
    own.set("other", "gpt-*", ModelPrices::new(rates("5", "5")));
    let prices = Prices::new(Catalogue::embedded().unwrap()).with_overrides(own);
    let target = Target::new("openai", "work", "gpt-4.1");
    let usage = Usage::new(1_000, 0);
    let cost = |day: &str| {
        let at = day.parse::<Day>().unwrap().begins();
        prices.cost(&Sale::new(&target, &usage, at)).unwrap().money.to_string()
    };
    let other = Target::new("openai", "other", "gpt-4.1");
    let at = "2026-12-31".parse::<Day>().unwrap().begins();
    let wider = prices.cost(&Sale::new(&other, &usage, at)).unwrap();
    assert_eq!(wider.money.to_string(), "0.005 USD", "the wider rule holds until then");
    assert_eq!((cost("2026-12-31"), cost("2027-01-01")), ("0.002 USD".to_owned(), "0 USD".to_owned()));
}
