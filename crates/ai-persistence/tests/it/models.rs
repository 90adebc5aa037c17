//! Lists of models, and prices in time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ai_costs::{Catalogue, ModelPrices, Prices, Rates, Sale, Unpriced};
use ai_models::{ModelStore, NewList, conformance};
use ai_persistence::{PriceSource, SqlModels, SqlPrices};
use laravel_ai_core::{ErrorKind, ModelInfo, Provenance, Target, Usage};

/// 2026-11-20, and days after it.
fn day(number: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_132_800 + number * 86_400)
}

fn rates(input: &str, output: &str) -> Rates {
    Rates::new(input.parse().unwrap(), output.parse().unwrap())
}

/// A price list of one model.
fn list(version: &str, periods: &str) -> Catalogue {
    let json = format!(
        r#"{{"format":1,"version":"{version}","date":"2026-11-20","currency":"USD","drivers":{{"acme":{{"acme-1":{periods}}}}}}}"#
    );
    Catalogue::parse(&json).unwrap()
}

on_every_server! {
    async fn a_store_of_lists_keeps_the_laws(database: Database) {
        conformance::all(&(Arc::new(SqlModels::new(database)) as _)).await;
    }

    async fn prices_of_the_application_come_back_with_their_days(database: Database) {
        let prices = SqlPrices::new(database);
        let own = ModelPrices::new(rates("0.123456789", "10")).then("2027-01-01".parse().unwrap(), [rates("3", "12")]);
        prices.set("work", "acme-1", &own, day(0)).await.unwrap();
        prices.set("local", "*", &ModelPrices::free(), day(0)).await.unwrap();
        prices.set("local", "*-cloud", &ModelPrices::unknown(), day(0)).await.unwrap();
        let reckoned = Prices::new(Catalogue::embedded().unwrap()).with_overrides(prices.overrides().await.unwrap());
        let cost = |connection: &str, model: &str, at| {
            let target = Target::new("acme", connection, model);
            reckoned.cost(&Sale::new(&target, &Usage::new(1_000, 0), at)).map(|cost| {
                assert_eq!(cost.provenance, Provenance::Override);
                cost.money.to_string()
            })
        };
        assert_eq!(cost("work", "acme-1", day(0)).unwrap(), "0.000123456789 USD");
        assert_eq!(cost("work", "acme-1", day(60)).unwrap(), "0.003 USD");
        assert_eq!(cost("local", "llama", day(0)).unwrap(), "0 USD");
        assert!(matches!(cost("local", "llama-cloud", day(0)), Err(Unpriced::UnknownModel { .. })));

        // A later change leaves the past as it was.
        let change = ModelPrices::from_periods([{
            let mut period = own.periods()[1].clone();
            period.from = Some("2027-06-01".parse().unwrap());
            period
        }]);
        prices.set("work", "acme-1", &change, day(1)).await.unwrap();
        assert_eq!(prices.history(Some("work"), Some("acme-1")).await.unwrap().len(), 3);
        assert!(prices.remove("work", "acme-1").await.unwrap());
        assert!(!prices.remove("work", "acme-1").await.unwrap());
        assert!(prices.history(Some("work"), None).await.unwrap().is_empty());
        for (owner, model) in [("", "m"), ("a/b", "m"), ("a", ""), ("a", "*-*")] {
            let refused = prices.set(owner, model, &own, day(0)).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidRequest, "{owner}/{model}");
        }
    }

    async fn what_a_price_list_says_is_written_down_once_and_when_it_changes(database: Database) {
        let seen = async |list: &Catalogue, at| {
            let store = SqlModels::new(database.clone()).with_prices_of(list.clone());
            let models = vec![ModelInfo::new("acme-1"), ModelInfo::new("acme-without-a-price")];
            store.save(NewList::new("work", "acme", at, models)).await.unwrap();
            let rows = SqlPrices::new(database.clone()).history(Some("acme"), None).await.unwrap();
            rows.into_iter()
                .map(|row| {
                    assert_eq!((row.source, &*row.model), (PriceSource::Catalogue, "acme-1"));
                    let input = row.period.tiers["standard"][0].input.unwrap().to_string();
                    (row.period.from.map(|day| day.to_string()), input, row.version.unwrap())
                })
                .collect::<Vec<_>>()
        };
        let row = |from: Option<&str>, input: &str, version: &str| {
            (from.map(str::to_owned), input.to_owned(), version.to_owned())
        };
        let first = list("1", r#"[{"tiers":{"standard":[{"input":"2","output":"8"}]}}]"#);
        let all = seen(&first, day(0)).await;
        assert_eq!(all, [row(None, "2", "1")]);
        assert_eq!(seen(&first, day(1)).await, all, "nothing changed");
        let dearer = list("2", r#"[{"tiers":{"standard":[{"input":"3","output":"8"}]}},
            {"from":"2027-01-01","tiers":{"standard":[{"input":"4","output":"8"}]}}]"#);
        let all = seen(&dearer, day(2)).await;
        assert_eq!(all, [
            row(None, "2", "1"),
            row(Some("2026-11-22"), "3", "2"),
            row(Some("2027-01-01"), "4", "2"),
        ]);
        assert_eq!(seen(&dearer, day(3)).await, all, "nothing changed");
        assert_eq!(SqlPrices::new(database.clone()).overrides().await.unwrap(), Default::default(),
            "what a list said is history and no price of the application");
    }
}
