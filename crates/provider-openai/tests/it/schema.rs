//! Schemas in OpenAI's strict mode, on Responses.

use laravel_ai_core::{
    ChatRequest, ErrorKind, FunctionTool, JsonSchemaFormat, Result, Target, Warning, WarningKind,
};
use provider_openai::encode_response;
use provider_schema::restore;
use serde_json::{Value, json};

fn encode(request: &ChatRequest) -> Result<(Value, Vec<Warning>)> {
    let target = Target::new("openai", "openai", "gpt-4.1");
    let encoded = encode_response(&target, request, false)?;
    Ok((serde_json::from_slice(&encoded.body).unwrap(), encoded.warnings))
}

fn asking(schema: Value, strict: Option<bool>) -> ChatRequest {
    let mut format = JsonSchemaFormat::new("trip", schema);
    format.strict = strict;
    ChatRequest::user("Where to?").with_format(format.into())
}

/// `days` may be absent and is never null; `reasoning` comes first, so the model thinks before it answers.
fn trip() -> Value {
    json!({
        "type": "object",
        "properties": {
            "reasoning": {"type": "string"},
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "guide": {"type": ["string", "null"]},
        },
        "required": ["reasoning", "city", "guide"],
    })
}

/// A map has names that nobody knows beforehand, so it has no strict form.
fn map() -> Value {
    json!({"type": "object", "additionalProperties": {"type": "integer"}})
}

#[test]
fn a_form_is_strict_where_it_can_be_and_every_change_is_told() {
    for strict in [None, Some(true)] {
        let (body, warnings) = encode(&asking(trip(), strict)).unwrap();
        let format = &body["text"]["format"];
        assert_eq!(format["strict"], true);
        assert_eq!(format["schema"]["additionalProperties"], false);
        assert_eq!(format["schema"]["required"], json!(["reasoning", "city", "days", "guide"]));
        assert_eq!(format["schema"]["properties"]["days"]["type"], json!(["integer", "null"]));
        let told: Vec<_> = warnings.iter().map(|it| (&it.kind, it.subject.as_str())).collect();
        assert_eq!(told, [(&WarningKind::SchemaChanged, "format")], "{warnings:?}");
        assert!(warnings[0].message.contains("/properties/days"), "{warnings:?}");
    }
}

#[test]
fn the_fields_are_sent_in_the_order_they_were_given() {
    let target = Target::new("openai", "openai", "gpt-4.1");
    let body = encode_response(&target, &asking(trip(), None), false).unwrap().body;
    let text = std::str::from_utf8(&body).unwrap();
    let place = |name: &str| text.find(&format!("\"{name}\":{{")).unwrap();
    assert!(place("reasoning") < place("city") && place("city") < place("days"), "{text}");
}

#[test]
fn nulls_for_what_is_absent_are_taken_out_again_and_others_stay() {
    let answer = json!({"reasoning": "r", "city": "Lima", "days": null, "guide": null});
    assert_eq!(restore(&trip(), answer), json!({"reasoning": "r", "city": "Lima", "guide": null}));
}

#[test]
fn a_form_without_a_strict_one_is_sent_as_it_is_and_told_or_refused() {
    let (body, warnings) = encode(&asking(map(), None)).unwrap();
    assert_eq!(body["text"]["format"]["strict"], false);
    assert_eq!(body["text"]["format"]["schema"], map());
    assert!(warnings[0].message.contains("without strict mode"), "{warnings:?}");

    let error = encode(&asking(map(), Some(true))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let error = encode(&asking(map(), None).with_strict(true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "a warning is an error where that was asked for");
}

#[test]
fn strict_mode_off_leaves_the_schema_alone() {
    let (body, warnings) = encode(&asking(trip(), Some(false))).unwrap();
    assert_eq!(body["text"]["format"]["strict"], false);
    assert_eq!(body["text"]["format"]["schema"], trip());
    assert_eq!(warnings, []);
}

#[test]
fn a_tool_is_strict_only_when_it_is_asked_to_be() {
    let tool = |strict| {
        let mut tool = FunctionTool::new("plan").with_parameters(trip());
        tool.strict = strict;
        encode(&ChatRequest::user("Plan").with_tool(tool))
    };
    for off in [None, Some(false)] {
        let (body, warnings) = tool(off).unwrap();
        assert_eq!((&body["tools"][0]["strict"], &body["tools"][0]["parameters"]), (&json!(false), &trip()));
        assert_eq!(warnings, []);
    }
    let (body, warnings) = tool(Some(true)).unwrap();
    assert_eq!(body["tools"][0]["strict"], true);
    assert_eq!(body["tools"][0]["parameters"]["required"], json!(["reasoning", "city", "days", "guide"]));
    assert_eq!(warnings[0].subject, "tools.plan");

    let impossible = FunctionTool::new("count").with_parameters(map()).with_strict(true);
    let error = encode(&ChatRequest::user("Count").with_tool(impossible)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}
