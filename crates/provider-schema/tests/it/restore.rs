//! The way back.

use provider_schema::{Profile, Strict, compile, restore};
use serde_json::{Value, json};

fn round(schema: &Value, answer: Value) -> Value {
    let compiled = compile(schema, &Profile::openai(), Strict::Required).unwrap();
    let restored = compiled.restore(answer.clone());
    assert_eq!(restore(schema, answer), restored);
    restored
}

#[test]
fn null_stays_where_the_given_schema_takes_it() {
    let schema = json!({"type": "object", "required": ["c"], "properties": {
        "a": {"type": "integer"}, "b": {"type": ["integer", "null"]}, "c": {"type": "null"},
        "list": {"type": "array", "items": {"type": "object", "properties": {"x": {"$ref": "#/$defs/X"}}}},
    }, "$defs": {"X": {"type": "string"}}});
    let answer = json!({"a": null, "b": null, "c": null, "list": [{"x": null}, {"x": "y"}]});
    assert_eq!(round(&schema, answer), json!({"b": null, "c": null, "list": [{}, {"x": "y"}]}));
}

#[test]
fn a_root_that_is_no_object_comes_out_of_its_wrapper() {
    let list = json!({"type": "array", "items": {"type": "integer"}});
    assert_eq!(round(&list, json!({"value": [1, 2]})), json!([1, 2]));
    assert_eq!(restore(&list, json!([1, 2])), json!([1, 2]));

    let union = json!({"anyOf": [
        {"type": "object", "properties": {"value": {"type": "integer"}}, "required": ["value"]},
        {"type": "string"},
    ]});
    assert_eq!(round(&union, json!({"value": {"value": 3}})), json!({"value": 3}));
}

#[test]
fn the_case_that_fits_says_which_nulls_are_absent() {
    let schema = json!({"type": "object", "required": ["u"], "properties": {"u": {"anyOf": [
        {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "a"}, "x": {"type": ["null", "string"]}}},
        {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "b"}, "x": {"type": "string"}}},
    ]}}});
    assert_eq!(
        round(&schema, json!({"u": {"kind": "a", "x": null}})),
        json!({"u": {"kind": "a", "x": null}})
    );
    assert_eq!(round(&schema, json!({"u": {"kind": "b", "x": null}})), json!({"u": {"kind": "b"}}));
}

#[test]
fn what_does_not_fit_stays() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    for answer in [json!({"a": "text", "other": null}), json!([null]), json!("text"), json!({"value": null})]
    {
        assert_eq!(round(&schema, answer.clone()), answer);
    }
}

#[test]
fn a_root_without_a_strict_form_is_wrapped_all_the_same() {
    let schema = json!({"type": "array", "items": {"$ref": "#/$defs/Map"},
        "$defs": {"Map": {"type": "object", "additionalProperties": true}}});
    let compiled = compile(&schema, &Profile::openai(), Strict::Auto).unwrap();
    assert!(!compiled.is_strict());
    assert_eq!(compiled.schema()["properties"]["value"]["items"]["$ref"], "#/properties/value/$defs/Map");
    assert_eq!(compiled.restore(json!({"value": [{"x": 1}]})), json!([{"x": 1}]));
}

#[test]
fn unions_that_name_themselves_and_each_other_come_to_an_end() {
    let itself = json!({"anyOf": [
        {"$ref": "#"},
        {"$ref": "#"},
        {"type": "object", "properties": {"a": {"type": "string"}, "next": {"$ref": "#"}}},
    ]});
    let nested = json!({"a": null, "next": {"a": "x", "next": {"a": 1}}});
    assert_eq!(restore(&itself, json!({"a": null, "next": {"a": null}})), json!({"next": {}}));
    assert_eq!(restore(&itself, nested.clone()), nested, "what fits nowhere stays as it is");

    // Each level asks two of the next: more ways than can be gone, so it gives up and changes nothing.
    let object = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
    let mut definitions = serde_json::Map::new();
    for level in 0..30 {
        let next = |side: &str| json!({"$ref": format!("#/$defs/{side}{}", level + 1)});
        definitions.insert(format!("L{level}"), json!({"anyOf": [next("L"), next("R")]}));
        definitions.insert(format!("R{level}"), json!({"anyOf": [next("R"), next("L")]}));
    }
    definitions.insert("L30".into(), object("a"));
    definitions.insert("R30".into(), object("b"));
    let ladder = json!({"$ref": "#/$defs/L0", "$defs": definitions});
    assert_eq!(restore(&ladder, json!({"c": 1})), json!({"c": 1}));
    assert_eq!(restore(&ladder, json!({"a": null})), json!({}));
}
