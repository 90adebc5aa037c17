use ai_costs::{Catalogue, Price, Rates};
use laravel_ai_core::{Currency, ErrorKind, Provenance};
use serde_json::json;

#[test]
fn the_embedded_list_is_whole() {
    let list = Catalogue::embedded().unwrap();
    assert_eq!((list.date(), list.currency()), ("2026-11-20", Currency::USD));
    assert!(list.models().count() > 150);
    let provenance =
        Provenance::Catalogue { version: list.version().to_owned(), date: "2026-11-20".to_owned() };
    assert_eq!(list.provenance(), provenance);
    for (driver, model, prices) in list.models() {
        assert_eq!(list.find(driver, model), Some(prices));
        for period in prices.periods() {
            let standard = &period.tiers["standard"];
            assert!(standard[0].input.is_some(), "{driver}/{model}");
            for rows in period.tiers.values() {
                assert_eq!(rows[0].from_input, 0, "{driver}/{model}");
                // A long prompt never costs less: estimates and budgets rely on it nowhere, but a slip in the data shows.
                for pair in rows.windows(2) {
                    assert!(pair[0].from_input < pair[1].from_input, "{driver}/{model}");
                    assert!(
                        pair[0].input <= pair[1].input && pair[0].output <= pair[1].output,
                        "{driver}/{model}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_list_that_is_not_understood_whole_is_refused() {
    let rows = |row: serde_json::Value| {
        json!({"format": 1, "version": "v", "date": "2026-11-20", "currency": "USD",
               "drivers": {"acme": {"one": [{"tiers": {"standard": [row]}}]}}})
    };
    assert!(Catalogue::parse(&rows(json!({"input": "1"})).to_string()).is_ok());
    for row in [json!({"input": 1.5}), json!({"input": "-1"}), json!({"input": "1e3"}), json!({"smell": "1"})]
    {
        let error = Catalogue::parse(&rows(row.clone()).to_string()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{row}");
        assert!(error.message().contains("line 1"), "{error}");
    }
    let mut newer = rows(json!({"input": "1"}));
    newer["format"] = json!(2);
    assert!(Catalogue::parse(&newer.to_string()).unwrap_err().message().contains("reads 1"));
    assert!(Catalogue::parse("{").is_err());
}

#[test]
fn prices_keep_their_digits_and_are_never_negative() {
    let long = "0.0000000000000000000000000001";
    assert_eq!(long.parse::<Price>().unwrap().to_string(), long);
    assert!(
        "0.00000000000000000000000000001".parse::<Price>().is_err(),
        "not even one digit is rounded away"
    );
    assert!("-0.01".parse::<Price>().is_err());
    let rates = Rates::new("2.50".parse().unwrap(), "10".parse().unwrap());
    assert_eq!(serde_json::to_value(rates).unwrap(), json!({"input": "2.5", "output": "10"}));
}
