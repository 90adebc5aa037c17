//! What is made of data that was made up.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::source::Source;
use super::{catalogue, facts, formatted, generated, write};

fn model(provider: &str, id: &str, prices: Value) -> Value {
    json!({"provider": provider, "id": id, "kind": "chat", "prices": prices})
}

fn source(models: &[Value]) -> anyhow::Result<Source> {
    let text = json!({
        "schema_version": 1, "currency": "USD", "price_unit": "per 1,000,000 tokens", "as_of": "2026-11-20",
        "models": models,
    });
    Source::parse(&text.to_string())
}

fn prices() -> Value {
    json!({"standard": [{"from_input_tokens": 0, "input": 0.075, "cached_input": 1e-7, "output": 4.0}]})
}

fn list(models: &[Value]) -> Value {
    serde_json::from_str(&catalogue::catalogue(&source(models).unwrap()).unwrap()).unwrap()
}

#[test]
fn prices_keep_every_digit_and_have_no_exponent() {
    let list = list(&[model("openai", "a", prices())]);
    let row = &list["drivers"]["openai"]["a"][0]["tiers"]["standard"][0];
    assert_eq!(*row, json!({"input": "0.075", "cached_input": "0.0000001", "output": "4"}));
    assert_eq!(list["date"], "2026-11-20");
}

#[test]
fn the_version_tells_two_lists_of_a_day_apart() {
    let (one, two) = (list(&[model("openai", "a", prices())]), list(&[model("openai", "b", prices())]));
    assert_ne!(one["version"], two["version"]);
    assert_eq!(one["version"], list(&[model("openai", "a", prices())])["version"]);
}

#[test]
fn a_limit_means_at_or_above_in_the_list_whatever_the_vendor_says() {
    let long = json!({"standard": [
        {"from_input_tokens": 0, "input": 1.0}, {"from_input_tokens": 200_000, "input": 2.0}
    ]});
    let models = ["gemini", "openai", "xai"].map(|provider| model(provider, "a", long.clone()));
    let list = list(&models);
    let from =
        |provider: &str| list["drivers"][provider]["a"][0]["tiers"]["standard"][1]["from_input"].clone();
    assert_eq!(
        [from("gemini"), from("openai"), from("xai")],
        [json!(200_001), json!(200_001), json!(200_000)]
    );

    let unknown = source(&[model("acme", "a", long)]).unwrap();
    assert!(
        format!("{:#}", catalogue::catalogue(&unknown).unwrap_err()).contains("at 200000 tokens or above")
    );
}

#[test]
fn prices_of_sounds_are_of_the_standard_tier_and_changes_of_their_day() {
    let list = list(&[model(
        "gemini",
        "a",
        json!({
            "standard": [{"from_input_tokens": 0, "input": 1.0}],
            "batch": [{"from_input_tokens": 0, "input": 0.5}],
            "standard_since": "2026-01-05",
            "other": {"input_audio_mtok": 3.0, "web_searches_kcount": 14.0},
            "scheduled": [{"from": "2027-01-01", "standard": [{"from_input_tokens": 0, "input": 2.0}]}],
        }),
    )]);
    assert_eq!(
        list["drivers"]["gemini"]["a"],
        json!([
            {
                "from": "2026-01-05",
                "tiers": {"standard": [{"input": "1", "audio_input": "3"}], "batch": [{"input": "0.5"}]},
                "web_search": "14",
            },
            {"from": "2027-01-01", "tiers": {"standard": [{"input": "2"}]}},
        ])
    );
}

#[test]
fn an_alias_is_the_same_model_and_no_other_id_is() {
    let mut aliased = model("openai", "a", prices());
    aliased["aliases"] = json!(["a-2026-11-01"]);
    let list = list(&[aliased, model("openai", "b", prices())]);
    let ids: Vec<_> = list["drivers"]["openai"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(ids, ["a", "a-2026-11-01", "b"]);
}

#[test]
fn data_that_would_make_a_wrong_price_is_refused() {
    let row = json!({"from_input_tokens": 0, "input": 1.0});
    for (wrong, why) in [
        (
            json!({"standard": [{"from_input_tokens": 0, "input": 1.0, "thought": 9.0}]}),
            "unknown field `thought`",
        ),
        (json!({"standard": [row], "turbo": [row]}), "unknown field `turbo`"),
        (json!({"standard": [row], "other": {"smell_mtok": 1.0}}), "unknown field `smell_mtok`"),
        (json!({"standard": [{"from_input_tokens": 5, "input": 1.0}]}), "does not begin at 0"),
        (json!({"standard": [row, row]}), "do not rise"),
        (json!({"standard": []}), "no standard prices"),
        (json!({"standard": [row], "standard_since": "soon"}), "is no day"),
    ] {
        let error = format!("{:#}", source(&[model("openai", "a", wrong)]).unwrap_err());
        assert!(error.contains(why), "{error}");
    }
    let negative =
        source(&[model("openai", "a", json!({"standard": [{"from_input_tokens": 0, "input": -1.0}]}))]);
    assert!(format!("{:#}", catalogue::catalogue(&negative.unwrap()).unwrap_err()).contains("is no price"));
    let twice = source(&[model("openai", "a", prices()), model("openai", "a", prices())]);
    assert!(format!("{:#}", twice.unwrap_err()).contains("openai/a twice"));
}

#[test]
fn a_row_of_facts_says_what_is_known_and_nothing_else() {
    let mut known = model("openai", "a", prices());
    known["capabilities"] = json!({"tools": true, "vision": false, "json_schema": true, "unheard_of": true});
    known["context_window"] = json!(1000);
    known["shutdown_date"] = json!("2027-01-14");
    let source = source(&[model("openai", "b", prices()), known]).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = formatted(root, &facts::table(&source, "openai").unwrap()).unwrap();
    assert!(text.contains(r#"chat("a", b"?y?y?n???", 1000, 0).with_shutdown("2027-01-14")"#), "{text}");
    assert!(text.contains(r#"chat("b", b"?????????", 0, 0)"#), "{text}");
    assert!(!text.contains("fn embedding("), "an unused function is a warning");
    assert!(text.contains("2026-11-20"));
    assert!(facts::table(&source, "acme").is_err());
}

#[test]
fn a_crate_gets_its_facts_as_soon_as_it_is_there_and_a_stale_file_is_found() {
    let root = std::env::temp_dir().join(format!("xtask-prices-{}", std::process::id()));
    for folder in ["crates/ai-costs/src", "crates/provider-openai/src"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::copy(here.join("rustfmt.toml"), root.join("rustfmt.toml")).unwrap();
    let source = source(&[model("openai", "a", prices()), model("gemini", "a", prices())]).unwrap();
    let files = generated(&root, &source).unwrap();
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["crates/ai-costs/src/catalogue.json", "crates/provider-openai/src/facts.rs"]);

    assert_eq!(write(&root, &files, true).unwrap(), names, "what is missing is stale");
    assert!(write(&root, &files, false).unwrap().is_empty());
    assert!(write(&root, &files, true).unwrap().is_empty());
    fs::create_dir_all(root.join("crates/provider-gemini/src")).unwrap();
    let files = generated(&root, &source).unwrap();
    assert_eq!(write(&root, &files, true).unwrap(), ["crates/provider-gemini/src/facts.rs"]);
    assert!(write(&root, &files, false).unwrap().is_empty());
    let facts = root.join("crates/provider-openai/src/facts.rs");
    fs::write(&facts, fs::read_to_string(&facts).unwrap().replace("\"a\"", "\"b\"")).unwrap();
    assert_eq!(write(&root, &files, true).unwrap(), ["crates/provider-openai/src/facts.rs"]);
    fs::remove_dir_all(root).unwrap();
}
