//! Schemas as xAI takes them, in both APIs.

use laravel_ai_core::{ChatRequest, FunctionTool, JsonSchemaFormat, WarningKind};
use provider_xai::Api;
use serde_json::{Value, json};

use crate::support::{BOTH, MODEL, encode_for};

fn asking(api: Api, schema: Value, strict: Option<bool>) -> (Value, Vec<laravel_ai_core::Warning>) {
    let mut format = JsonSchemaFormat::new("trip", schema);
    format.strict = strict;
    let request = ChatRequest::user("Where to?").with_format(format.into());
    let (body, warnings) = encode_for(api, MODEL, &request, false).unwrap();
    let format = match api {
        Api::Chat => body["response_format"]["json_schema"].clone(),
        _ => body["text"]["format"].clone(),
    };
    (format, warnings)
}

/// `days` may be absent, which OpenAI's strict mode does not know.
fn trip() -> Value {
    json!({
        "type": "object",
        "properties": {"reasoning": {"type": "string"}, "city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["reasoning", "city"],
    })
}

#[test]
fn what_xai_takes_is_not_changed() {
    for api in BOTH {
        for strict in [None, Some(true)] {
            let (format, warnings) = asking(api, trip(), strict);
            assert_eq!((&format["schema"], &format["strict"]), (&trip(), &json!(true)), "{api:?}");
            assert_eq!(warnings, [], "{api:?}");
        }
        let map = json!({"type": "object", "additionalProperties": {"type": "integer"}});
        assert_eq!(asking(api, map.clone(), Some(true)).0["schema"], map, "{api:?}");
        let (format, _) = asking(api, trip(), Some(false));
        assert_eq!((&format["schema"], &format["strict"]), (&trip(), &json!(false)), "{api:?}");
    }
}

#[test]
fn schemas_that_all_hold_become_one() {
    let both = json!({"allOf": [
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]},
    ]});
    for api in BOTH {
        let (format, warnings) = asking(api, both.clone(), Some(true));
        let schema = &format["schema"];
        assert!(!schema.to_string().contains("allOf"), "{schema}");
        assert_eq!(schema["required"], json!(["a", "b"]), "{schema}");
        assert!(warnings.iter().all(|warning| warning.kind == WarningKind::SchemaChanged), "{warnings:?}");
    }
}

#[test]
fn the_fields_keep_their_order() {
    for api in BOTH {
        let (format, _) = asking(api, trip(), None);
        let text = format["schema"].to_string();
        let place = |name: &str| text.find(&format!("\"{name}\":{{")).unwrap();
        assert!(place("reasoning") < place("city") && place("city") < place("days"), "{text}");
    }
}

#[test]
fn a_tool_says_strict_only_when_it_is_asked_to() {
    for api in BOTH {
        for strict in [None, Some(false), Some(true)] {
            let mut tool = FunctionTool::new("plan").with_parameters(trip());
            tool.strict = strict;
            let request = ChatRequest::user("Plan").with_tool(tool);
            let (body, warnings) = encode_for(api, MODEL, &request, false).unwrap();
            let tool = if api == Api::Chat { &body["tools"][0]["function"] } else { &body["tools"][0] };
            assert_eq!(tool.get("strict").and_then(Value::as_bool), strict, "{api:?}");
            assert_eq!((&tool["parameters"], warnings), (&trip(), vec![]), "{api:?}");
        }
    }
}
