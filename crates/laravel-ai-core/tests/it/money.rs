//! Exact money.

use laravel_ai_core::*;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn money_is_stored_as_text_and_never_as_a_float() {
    let money: Money = serde_json::from_value(json!({"amount": "0.00123", "currency": "usd"})).unwrap();
    assert_eq!(money.currency, Currency::USD);
    assert_eq!(money.to_string(), "0.00123 USD");
    assert_eq!(serde_json::to_value(money).unwrap(), json!({"amount": "0.00123", "currency": "USD"}));
    assert!(serde_json::from_value::<Money>(json!({"amount": 0.1, "currency": "USD"})).is_err());
}

#[test]
fn sums_need_one_currency() {
    let of = |amount: &str, code: &str| Money::new(amount.parse().unwrap(), Currency::new(code).unwrap());
    assert_eq!(of("0.1", "USD").checked_add(of("0.2", "USD")), Some(of("0.3", "USD")));
    assert_eq!(of("0.1", "USD").checked_add(of("0.2", "EUR")), None);
    let most = of("79228162514264337593543950335", "USD");
    assert_eq!(most.checked_add(of("1", "USD")), None);
    assert_eq!(of("1.500", "USD").to_string(), "1.5 USD");
}

#[test]
fn a_currency_is_three_letters() {
    for code in ["", "US", "USDT", "U5D", "ÜS", "€"] {
        assert_eq!(Currency::new(code), None, "{code}");
        assert!(serde_json::from_value::<Currency>(json!(code)).is_err());
    }
    assert_eq!(Currency::new("eUr").unwrap().as_str(), "EUR");
    assert_eq!(serde_json::to_value(Currency::USD).unwrap(), json!("USD"));
}

#[test]
fn a_cost_says_how_it_is_known() {
    for (provenance, stored) in [
        (Provenance::ProviderReported, json!("provider_reported")),
        (
            Provenance::Catalogue { version: "7".into(), date: "2026-01-31".into() },
            json!({"catalogue": {"version": "7", "date": "2026-01-31"}}),
        ),
        (Provenance::Override, json!("override")),
        (Provenance::Estimate, json!("estimate")),
    ] {
        let cost = Cost::new(Money::usd(1.into()), provenance);
        let value = serde_json::to_value(&cost).unwrap();
        assert_eq!(value, json!({"money": {"amount": "1", "currency": "USD"}, "provenance": stored}));
        assert_eq!(serde_json::from_value::<Cost>(value).unwrap(), cost);
    }
}

proptest! {
    #[test]
    fn every_amount_comes_back_with_its_digits(units in any::<i64>(), scale in 0u32..28) {
        let money = Money::usd(rust_decimal::Decimal::new(units, scale));
        let stored = serde_json::to_string(&money).unwrap();
        let back: Money = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(back, money);
        prop_assert_eq!(back.amount.scale(), scale);
    }
}
