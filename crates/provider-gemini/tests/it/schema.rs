//! Schemas in Gemini's dialects.

use laravel_ai_core::{ChatRequest, ErrorKind, FunctionTool, JsonSchemaFormat, Result, Warning, WarningKind};
use provider_gemini::GeminiOptions;
use serde_json::{Value, json};

use crate::support::{MODEL, encode_for, target};

fn asking(schema: Value, strict: Option<bool>) -> ChatRequest {
    let mut format = JsonSchemaFormat::new("trip", schema).with_description("A trip.");
    format.strict = strict;
    ChatRequest::user("Where to?").with_format(format.into())
}

fn legacy(request: ChatRequest) -> ChatRequest {
    let mut options = GeminiOptions::default();
    options.legacy_schemas = true;
    request.with_options(&options).unwrap()
}

fn sent(request: &ChatRequest) -> Result<(Value, Vec<Warning>)> {
    encode_for(MODEL, request).map(|(body, warnings)| (body["generationConfig"].clone(), warnings))
}

/// `reasoning` comes first, so the model thinks before it answers.
fn trip() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "reasoning": {"type": "string"},
            "city": {"type": "string", "minLength": 2},
            "kind": {"const": "round"},
            "days": {"type": ["integer", "null"], "minimum": 1},
            "stops": {"type": "array", "items": {"$ref": "#/$defs/Stop"}, "maxItems": 9},
        },
        "required": ["reasoning", "city"],
        "$defs": {"Stop": {"type": "object", "properties": {"at": {"type": "string"}, "n": {"type": "integer", "enum": [1, 2]}}}},
    })
}

#[test]
fn an_answer_has_gemini_s_form_of_json_schema_and_every_loss_is_told() {
    for strict in [None, Some(true)] {
        let (config, warnings) = sent(&asking(trip(), strict)).unwrap();
        assert_eq!(config["responseMimeType"], "application/json");
        let schema = &config["responseJsonSchema"];
        assert_eq!(schema["properties"]["kind"], json!({"enum": ["round"]}));
        assert_eq!(schema["properties"]["stops"]["items"], json!({"$ref": "#/$defs/Stop"}));
        assert_eq!((schema.get("$schema"), &schema["description"]), (None, &json!("A trip.")));
        let told: Vec<_> = warnings.iter().map(|it| (it.kind, it.subject.as_str())).collect();
        assert_eq!(told, [(WarningKind::SchemaChanged, "format")], "{warnings:?}");
        assert!(warnings[0].message.contains("minLength"), "{warnings:?}");
    }
    let (config, warnings) = sent(&asking(trip(), Some(false))).unwrap();
    assert_eq!(config["responseJsonSchema"]["properties"]["city"]["minLength"], 2);
    assert_eq!(warnings, []);
    let error = sent(&asking(trip(), None).with_strict(true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "a warning is an error where that was asked for");
}

#[test]
fn the_fields_are_sent_in_the_order_they_were_given() {
    let body = provider_gemini::encode_content(&target(), &asking(trip(), None)).unwrap().body;
    let text = std::str::from_utf8(&body).unwrap();
    let place = |name: &str| text.find(&format!("\"{name}\":{{")).unwrap();
    assert!(place("reasoning") < place("city") && place("city") < place("days"), "{text}");
}

#[test]
fn the_older_dialect_has_capitals_no_references_and_texts_for_limits() {
    let (config, warnings) = sent(&legacy(asking(trip(), None))).unwrap();
    let schema = &config["responseSchema"];
    assert_eq!(schema["type"], "OBJECT");
    assert_eq!(schema["properties"]["city"], json!({"type": "STRING", "minLength": "2"}));
    assert_eq!(schema["properties"]["days"], json!({"type": "INTEGER", "minimum": 1, "nullable": true}));
    assert_eq!(schema["properties"]["kind"], json!({"type": "STRING", "enum": ["round"]}));
    let stops = &schema["properties"]["stops"];
    assert_eq!((&stops["type"], &stops["maxItems"]), (&json!("ARRAY"), &json!("9")));
    let stop = &stops["items"]["properties"];
    assert_eq!((&stop["at"], &stop["n"]), (&json!({"type": "STRING"}), &json!({"type": "INTEGER"})));
    assert!(warnings.iter().any(|warning| warning.message.contains("no texts")), "{warnings:?}");
    assert_eq!(config.get("responseJsonSchema"), None);
}

#[test]
fn a_schema_without_an_older_form_is_told_or_refused() {
    let endless = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
    let (config, warnings) = sent(&legacy(asking(endless.clone(), None))).unwrap();
    assert_eq!(config["responseSchema"]["properties"], endless["properties"], "it is sent as it is");
    assert!(warnings[0].message.contains("holds itself"), "{warnings:?}");
    assert_eq!(sent(&legacy(asking(endless, Some(true)))).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[test]
fn tools_have_the_same_dialects() {
    let function = |request: ChatRequest| {
        let (body, warnings) = encode_for(MODEL, &request).unwrap();
        (body["tools"][0]["functionDeclarations"][0].clone(), warnings)
    };
    let tool = FunctionTool::new("plan").with_parameters(trip());
    let (declared, warnings) = function(ChatRequest::user("Plan").with_tool(tool.clone()));
    assert_eq!(declared["parametersJsonSchema"]["properties"]["kind"]["enum"], json!(["round"]));
    assert_eq!(warnings[0].subject, "tools.plan");
    let (declared, _) = function(legacy(ChatRequest::user("Plan").with_tool(tool)));
    assert_eq!(declared["parameters"]["type"], "OBJECT");
    assert_eq!(declared.get("parametersJsonSchema"), None);

    let none = FunctionTool::new("now");
    let (declared, _) = function(ChatRequest::user("Plan").with_tool(none));
    assert_eq!(declared, json!({"name": "now"}), "an object without properties was refused once");
    let map = FunctionTool::new("map")
        .with_parameters(json!({"type": "object", "additionalProperties": {"type": "integer"}}));
    let (declared, _) = function(ChatRequest::user("Plan").with_tool(map));
    assert_eq!(declared["parametersJsonSchema"]["additionalProperties"], json!({"type": "integer"}));
}
