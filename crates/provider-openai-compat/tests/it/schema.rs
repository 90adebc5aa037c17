//! Schemas: compiled where a server has a strict mode that we know, and as they are given elsewhere.

use laravel_ai_core::{ChatRequest, ErrorKind, FunctionTool, JsonSchemaFormat};
use provider_openai_compat::{Dialect, Parameter};
use provider_schema::Profile;
use serde_json::{Value, json};

use crate::support::encode;

fn given() -> Value {
    json!({
        "type": "object",
        "properties": {"reasoning": {"type": "string"}, "answer": {"type": "integer"}},
        "required": ["reasoning"],
    })
}

fn asking(strict: Option<bool>) -> ChatRequest {
    let mut format = JsonSchemaFormat::new("a", given());
    format.strict = strict;
    let mut tool = FunctionTool::new("f").with_parameters(given());
    tool.strict = strict;
    ChatRequest::user("Hi").with_format(format.into()).with_tool(tool)
}

#[test]
fn a_known_strict_mode_compiles_schemas() {
    let (body, warnings) = encode(&Dialect::openai("x"), &asking(Some(true)), false).unwrap();
    for place in [&body["response_format"]["json_schema"], &body["tools"][0]["function"]] {
        let schema = place.get("schema").or(place.get("parameters")).unwrap();
        assert_eq!(place["strict"], true);
        assert_eq!(schema["required"], json!(["reasoning", "answer"]));
        assert_eq!(schema["additionalProperties"], false);
    }
    let told: Vec<_> = warnings.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(told, ["tools.f", "format"]);

    let (body, warnings) = encode(&Dialect::openai("x"), &asking(None), false).unwrap();
    assert_eq!(body["response_format"]["json_schema"]["strict"], true);
    assert_eq!(body["tools"][0]["function"].get("strict"), None, "the default of Chat Completions is false");
    assert_eq!(body["tools"][0]["function"]["parameters"], given());
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_server_of_which_nothing_is_known_gets_what_the_caller_gives() {
    for strict in [None, Some(true), Some(false)] {
        let (body, warnings) = encode(&Dialect::new("x"), &asking(strict), false).unwrap();
        let strict = strict.map(Value::from);
        assert_eq!(body["response_format"]["json_schema"]["schema"], given());
        assert_eq!(body["response_format"]["json_schema"].get("strict"), strict.as_ref());
        assert_eq!(body["tools"][0]["function"]["parameters"], given());
        assert_eq!(body["tools"][0]["function"].get("strict"), strict.as_ref());
        assert_eq!(warnings, []);
    }
}

#[test]
fn a_server_whose_schemas_are_always_strict_is_not_told_so() {
    let mut dialect = Dialect::new("x");
    dialect.schema = Some(Profile::openai());
    dialect.unsupported = dialect.unsupported.with(Parameter::Strict);
    let (body, _) = encode(&dialect, &asking(Some(true)), false).unwrap();
    assert_eq!(body["response_format"]["json_schema"].get("strict"), None);
    assert_eq!(body["response_format"]["json_schema"]["schema"]["required"], json!(["reasoning", "answer"]));
}

#[test]
fn what_has_no_strict_form_is_refused_where_it_is_demanded() {
    let map = json!({"type": "object", "additionalProperties": {"type": "integer"}});
    let format = JsonSchemaFormat::new("a", map).with_strict(true);
    let error = encode(&Dialect::openai("x"), &ChatRequest::user("Hi").with_format(format.into()), false);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidRequest);
}
