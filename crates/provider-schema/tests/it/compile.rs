//! Strict, automatic and off; reports; obstacles.

use laravel_ai_core::{ErrorKind, WarningKind};
use provider_schema::{ChangeKind, Profile, Strict, compile};
use serde_json::{Value, json};

fn openai(schema: &Value) -> provider_schema::Compiled {
    compile(schema, &Profile::openai(), Strict::Auto).unwrap()
}

#[test]
fn a_map_is_sent_without_strict_mode_or_refused_with_its_place() {
    let schema = json!({"type": "object", "properties": {
        "a/b~c": {"type": "object", "additionalProperties": {"type": "integer"}},
    }});
    let compiled = openai(&schema);
    assert!(!compiled.is_strict());
    assert_eq!(compiled.schema(), &schema);
    let warnings = compiled.warnings("format");
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].kind, WarningKind::SchemaChanged);
    assert!(warnings[0].to_string().starts_with("format: sent without strict mode: /properties/a~1b~0c: "));

    let error = compile(&schema, &Profile::openai(), Strict::Required).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("openai: /properties/a~1b~0c: "), "{error}");
}

#[test]
fn off_leaves_everything() {
    let schema = json!([1, {"oneOf": []}]);
    let compiled = compile(&schema, &Profile::openai(), Strict::Off).unwrap();
    assert_eq!((compiled.schema(), compiled.is_strict()), (&schema, false));
    assert!(compiled.changes().is_empty() && compiled.warnings("x").is_empty());
}

#[test]
fn any_value_other_documents_and_endless_schemas_have_no_strict_form() {
    for part in [
        json!({}),
        json!(true),
        json!(false),
        json!({"type": "array"}),
        json!({"type": "object"}),
        json!({"$ref": "https://example.com/a.json"}),
        json!({"$ref": "#/$defs/missing"}),
        json!({"allOf": [{"$ref": "#/properties/a"}, {"type": "string"}]}),
        json!({"type": "object", "properties": {}, "required": ["x"]}),
        json!({"enum": []}),
    ] {
        let schema = json!({"type": "object", "properties": {"a": part}});
        let compiled = openai(&schema);
        assert!(!compiled.is_strict(), "{part}");
        assert!(compiled.fallback().unwrap().path.starts_with("/properties/a"), "{:?}", compiled.fallback());
    }
}

#[test]
fn limits_are_kept() {
    let names =
        |count: usize| (0..count).map(|i| (format!("p{i}"), json!({"type": "null"}))).collect::<Value>();
    let object = |count| json!({"type": "object", "properties": names(count)});
    assert!(openai(&object(5_000)).is_strict());
    assert!(!openai(&object(5_001)).is_strict());

    let nested = |levels: usize| {
        (1..levels).fold(
            json!({"type": "object", "properties": {}}),
            |inner, _| json!({"type": "object", "properties": {"a": inner}}),
        )
    };
    assert!(openai(&nested(10)).is_strict());
    assert_eq!(openai(&nested(11)).fallback().unwrap().message, "deeper than 10 levels");
}

#[test]
fn tagged_unions_overlap_only_when_nothing_tells_them_apart() {
    let union = |first: Value, second: Value| json!({"type": "object", "properties": {"u": {"oneOf": [first, second]}}});
    let object = |name: &str| {
        json!({"type": "object", "properties": {name: {"type": "string"}}, "required": [name],
            "additionalProperties": false})
    };
    assert!(openai(&union(object("a"), object("b"))).is_lossless());
    assert!(openai(&union(json!({"type": "string"}), object("b"))).is_lossless());
    let overlapping = openai(&union(object("a"), object("a")));
    assert!(overlapping.is_strict() && !overlapping.is_lossless());
}

#[test]
fn all_of_is_merged_to_what_both_ask_for() {
    let schema = json!({
        "allOf": [
            {"$ref": "#/$defs/Base"},
            {"properties": {"n": {"minimum": 2, "maximum": 5}, "m": {"minimum": 1, "maximum": 9}, "b": {"type": "string"}}, "required": ["b"]},
        ],
        "$defs": {"Base": {
            "type": "object",
            "properties": {
                "n": {"type": "integer", "minimum": 1, "maximum": 9},
                "m": {"type": "integer", "minimum": 2, "maximum": 5},
            },
            "required": ["n", "m"],
        }},
    });
    let compiled = openai(&schema);
    assert!(compiled.is_lossless() && !compiled.needs_restore());
    assert_eq!(
        compiled.schema(),
        &json!({
            "type": "object",
            "properties": {
                "n": {"type": "integer", "minimum": 2, "maximum": 5},
                "m": {"type": "integer", "minimum": 2, "maximum": 5},
                "b": {"type": "string"},
            },
            "required": ["n", "m", "b"],
            "additionalProperties": false,
        })
    );
}

#[test]
fn every_kind_of_loss_is_told_to_the_model_and_to_the_caller() {
    let schema = json!({
        "type": "object",
        "properties": {
            "password": {"type": "string", "description": "Secret.", "pattern": "^(?=.*x)", "format": "password"},
            "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
        },
        "required": ["password", "tags"],
    });
    let compiled = openai(&schema);
    insta::assert_json_snapshot!(compiled.schema()["properties"], @r#"
    {
      "password": {
        "type": "string",
        "description": "Secret. Matches the regular expression ^(?=.*x) In the format password."
      },
      "tags": {
        "type": "array",
        "items": {
          "type": "string"
        },
        "description": "No item twice."
      }
    }
    "#);
    let lossy: Vec<_> = compiled.changes().iter().filter(|change| change.lossy).collect();
    assert_eq!(lossy.len(), 3);
    assert!(lossy.iter().all(|change| change.kind == ChangeKind::KeywordDropped));
    assert_eq!(compiled.warnings("format").len(), 3);
}
