//! Schemas of Rust types, as schemars writes them, through OpenAI's strict mode and back.

use std::collections::BTreeMap;

use provider_schema::{Compiled, Profile, Strict, compile};
use schemars::{JsonSchema, Schema, schema_for};
use serde::Deserialize;
use serde_json::json;

fn openai(schema: Schema) -> Compiled {
    compile(&schema.into(), &Profile::openai(), Strict::Auto).unwrap()
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Trip {
    /// Where to go.
    city: String,
    #[serde(default)]
    days: u32,
    note: Option<String>,
    #[serde(default)]
    stops: Vec<Stop>,
    pace: Pace,
    #[serde(flatten)]
    traveller: Traveller,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Stop {
    Meal {
        vegan: Option<bool>,
    },
    Visit {
        place: String,
        #[serde(default)]
        hours: u8,
    },
    Rest,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
enum Pace {
    /// With much time.
    Slow,
    Fast,
    PerDay(i32),
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Traveller {
    name: String,
    companion: Option<Box<Person>>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Person {
    name: String,
    #[serde(default)]
    children: Vec<Person>,
}

#[test]
fn a_type_of_many_forms_is_strict_and_comes_back() {
    let compiled = openai(schema_for!(Trip));
    assert!(compiled.is_strict(), "{:?}", compiled.fallback());
    assert!(compiled.is_lossless(), "{:#?}", compiled.changes());
    insta::assert_json_snapshot!(compiled.schema());
    let answer = json!({
        "city": "Lima", "days": null, "note": null, "pace": {"PerDay": 3}, "name": "Ada",
        "stops": [{"kind": "visit", "place": "x", "hours": null}, {"kind": "meal", "vegan": null}, {"kind": "rest"}],
        "companion": {"name": "Bo", "children": null},
    });
    let trip: Trip = serde_json::from_value(compiled.restore(answer)).unwrap();
    assert_eq!(
        trip,
        Trip {
            city: "Lima".into(),
            days: 0,
            note: None,
            stops: vec![Stop::Visit { place: "x".into(), hours: 0 }, Stop::Meal { vegan: None }, Stop::Rest,],
            pace: Pace::PerDay(3),
            traveller: Traveller {
                name: "Ada".into(),
                companion: Some(Box::new(Person { name: "Bo".into(), children: vec![] })),
            },
        }
    );
}

#[test]
fn a_type_that_holds_itself_and_one_that_is_a_list_are_strict() {
    let person = openai(schema_for!(Person));
    assert!(person.is_lossless(), "{:?}", person.fallback());
    let list = openai(schema_for!(Vec<Person>));
    assert!(list.is_lossless(), "{:?}", list.fallback());
    let people: Vec<Person> =
        serde_json::from_value(list.restore(json!({"value": [{"name": "Ada", "children": null}]}))).unwrap();
    assert_eq!(people, [Person { name: "Ada".into(), children: vec![] }]);
}

#[test]
fn an_option_alone_needs_no_restoring() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Plain {
        name: Option<String>,
        stop: Option<Pace>,
    }
    let compiled = openai(schema_for!(Plain));
    assert!(compiled.is_lossless() && !compiled.needs_restore(), "{:?}", compiled.changes());
    assert!(compiled.warnings("format").is_empty());
}

#[test]
fn maps_and_any_values_are_named() {
    for (schema, place) in [
        (schema_for!(BTreeMap<String, u8>), ""),
        (schema_for!(serde_json::Value), ""),
        (schema_for!(Vec<BTreeMap<String, u8>>), "/items"),
    ] {
        let compiled = openai(schema);
        assert_eq!(
            compiled.fallback().map(|why| why.path.as_str()),
            Some(place),
            "{:?}",
            compiled.fallback()
        );
    }
}
