//! What is said before anything is sent.

use ai_costs::{Expected, ModelPrices, Unpriced};
use laravel_ai_core::{
    ChatRequest, Media, Message, Money, ProviderTool, RawJson, Target, TokenCount, Tool, UserPart,
};
use serde_json::json;

use crate::support::{at, list_of, prices, rates, target, today};

fn range(call: &Expected<'_>) -> (String, Option<String>) {
    let estimate = prices().estimate(call).unwrap();
    (estimate.least.amount.to_string(), estimate.most.map(|most| most.amount.to_string()))
}

#[test]
fn the_range_goes_from_all_cached_to_all_written_and_a_full_answer() {
    let target = target("openai", "gpt-5.6-sol");
    // 1,000 x 0.4 = 400; 1,000 x 5 + 100 x 20 = 7000 millionths.
    let mut call = Expected::new(&target, TokenCount::exact(1_000), Some(100), today());
    assert_eq!(range(&call), ("0.0004".into(), Some("0.007".into())));
    // Written for 12 hours: 1,000 x 10 + 2000.
    call.long_cache = true;
    assert_eq!(range(&call), ("0.0004".into(), Some("0.012".into())));
    // Half of the prices, but the longer writing has none of its own that is known: it is that of the batch.
    assert_eq!(range(&call.clone().with_tier("batch")), ("0.0002".into(), Some("0.006".into())));
}

#[test]
fn a_count_that_may_be_wrong_makes_the_range_wider_and_a_long_prompt_dearer() {
    let target = target("openai", "gpt-5.4");
    // 100,000 x 0.25 = 25000; 400,000 is a long prompt: x 5 = 2000000, and 1 x 22.5 out.
    let call = Expected::new(&target, TokenCount::estimate(200_000), Some(1), today());
    assert_eq!(range(&call), ("0.025".into(), Some("2.0000225".into())));
    let counted = Expected::new(&target, TokenCount::exact(200_000), Some(1), today());
    assert_eq!(range(&counted), ("0.05".into(), Some("0.500015".into())));
}

#[test]
fn without_a_limit_there_is_no_most() {
    let model = target("openai", "gpt-4.1");
    let counted = TokenCount::exact(10);
    let open = Expected::of(&model, &ChatRequest::user("Hi"), counted, today());
    assert_eq!(range(&open).1, None);
    let limited = ChatRequest::user("Hi").with_max_output_tokens(100);
    // 10 x 2 + 100 x 8 = 820 millionths.
    assert_eq!(range(&Expected::of(&model, &limited, counted, today())).1.as_deref(), Some("0.00082"));

    let mut tools = limited.clone();
    tools.tools = vec![Tool::Provider(ProviderTool::new("openai", json!({"type": "web_search"})))];
    assert_eq!(
        range(&Expected::of(&model, &tools, counted, today())).1,
        None,
        "how often it searches nobody knows"
    );
    let mut raw = limited;
    raw.raw = Some(RawJson::from(&json!({"max_output_tokens": 1_000_000})));
    assert_eq!(range(&Expected::of(&model, &raw, counted, today())).1, None, "it says what it likes");

    let free = Target::new("acme", "local", "any");
    assert_eq!(range(&Expected::of(&free, &tools, counted, today())), ("0".into(), Some("0".into())));
    let embeds = target("openai", "text-embedding-3-small");
    let call = Expected::new(&embeds, TokenCount::exact(1_000), None, today());
    assert_eq!(range(&call), ("0.00002".into(), Some("0.00002".into())));
}

#[test]
fn audio_in_the_request_counts_as_audio() {
    let heard = Media::from_bytes_as(vec![1], "audio/wav", 10).unwrap();
    let request = ChatRequest::new([Message::User(vec![UserPart::Audio(heard)])]).with_max_output_tokens(10);
    let (speaks, reads) = (target("openai", "gpt-audio-1.5"), target("openai", "gpt-4.1"));
    let call = Expected::of(&speaks, &request, TokenCount::exact(100), today());
    // 100 x 2.5 = 250; 100 x 32 + 10 x 64 = 3840 millionths.
    assert_eq!(range(&call), ("0.00025".into(), Some("0.00384".into())));
    let call = Expected::of(&reads, &request, TokenCount::exact(100), today());
    assert!(matches!(prices().estimate(&call), Err(Unpriced::UnknownPrice { .. })));
}

#[test]
fn money_left_is_turned_into_tokens_rounded_down() {
    let target = target("openai", "gpt-4.1");
    let call = Expected::new(&target, TokenCount::exact(1_000), None, today());
    let within = |amount: &str| prices().output_within(&call, Money::usd(amount.parse().unwrap())).unwrap();
    // The input is 2000 millionths; then $8 a million is 8 millionths a token.
    assert_eq!(within("0.002"), Some(0));
    assert_eq!(within("0.001"), Some(0));
    assert_eq!(within("0.002007"), Some(0));
    assert_eq!(within("0.002008"), Some(1));
    assert_eq!(within("0.01"), Some(1_000));
    assert_eq!(within("-1"), Some(0));
    assert_eq!(within("79228162514264337593543950335"), Some(u64::MAX));
    let euro = Money::new("1".parse().unwrap(), laravel_ai_core::Currency::new("EUR").unwrap());
    assert_eq!(prices().output_within(&call, euro).unwrap(), Some(0), "there is no rate of exchange");
    let free = Target::new("acme", "local", "any");
    let call = Expected::new(&free, TokenCount::exact(1_000), None, today());
    assert_eq!(prices().output_within(&call, Money::usd("0".parse().unwrap())).unwrap(), None);
}

#[test]
fn the_prices_are_those_of_the_day_of_the_call() {
    let prices =
        list_of(&ModelPrices::new(rates("1", "1")).then("2027-01-01".parse().unwrap(), [rates("2", "2")]));
    let target = target("acme", "one");
    let on = |day: &str| {
        let call = Expected::new(&target, TokenCount::exact(1_000_000), Some(0), at(day));
        prices.estimate(&call).unwrap().most.unwrap().amount.to_string()
    };
    assert_eq!((on("2026-12-31T23:59:59Z"), on("2027-01-01T00:00:00Z")), ("1".to_owned(), "2".to_owned()));
}
