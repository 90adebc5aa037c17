//! What the other vendors get.

use provider_schema::{Profile, Strict, compile};
use serde_json::{Value, json};

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "kind": {"const": "a"},
            "name": {"allOf": [{"type": "string"}, {"maxLength": 9}]},
            "next": {"type": ["integer", "null"]},
            "part": {"$ref": "#/definitions/Part"},
        },
        "definitions": {"Part": {"type": "boolean", "description": "A part."}},
    })
}

#[test]
fn gemini_gets_no_constants_and_few_keywords() {
    let compiled = compile(&schema(), &Profile::gemini(), Strict::Auto).unwrap();
    insta::assert_json_snapshot!(compiled.schema());
    assert!(!compiled.needs_restore());
}

#[test]
fn older_gemini_gets_references_written_out_and_nullable() {
    let compiled = compile(&schema(), &Profile::gemini_openapi(), Strict::Auto).unwrap();
    insta::assert_json_snapshot!(compiled.schema());
    let endless = json!({"type": "object", "properties": {"a": {"$ref": "#"}}});
    let compiled = compile(&endless, &Profile::gemini_openapi(), Strict::Auto).unwrap();
    assert!(compiled.fallback().unwrap().message.contains("holds itself"));
}

#[test]
fn xai_gets_no_all_of_and_ollama_what_was_given() {
    let compiled = compile(&schema(), &Profile::xai(), Strict::Auto).unwrap();
    assert_eq!(compiled.schema()["properties"]["name"], json!({"type": "string", "maxLength": 9}));
    assert_eq!(compiled.schema()["properties"]["kind"], json!({"const": "a"}));
    let compiled = compile(&schema(), &Profile::ollama(), Strict::Auto).unwrap();
    assert_eq!(compiled.schema(), &schema());
    assert!(compiled.is_strict());
}
