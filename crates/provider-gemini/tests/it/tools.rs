//! Tools and the choice among them.

use laravel_ai_core::{ChatRequest, FunctionTool, JsonSchemaFormat, ToolChoice, ToolMode};
use provider_gemini::{
    CodeExecution, ComputerUse, FileSearch, GeminiOptions, GoogleMaps, GoogleSearch, UrlContext,
};
use serde_json::{Value, json};

use crate::support::{MODEL, encode, encode_for, subjects};

fn two() -> ChatRequest {
    ChatRequest::user("Hi").with_tool(FunctionTool::new("f")).with_tool(FunctionTool::new("g"))
}

fn calling(request: &ChatRequest) -> Value {
    encode(request)["toolConfig"]["functionCallingConfig"].clone()
}

#[test]
fn every_choice_has_a_mode() {
    let allowed = |mode| ToolChoice::Allowed { mode, names: vec!["g".into()] };
    for (choice, expected) in [
        (ToolChoice::Auto, json!({"mode": "AUTO"})),
        (ToolChoice::None, json!({"mode": "NONE"})),
        (ToolChoice::Required, json!({"mode": "ANY"})),
        (ToolChoice::Named("g".into()), json!({"mode": "ANY", "allowedFunctionNames": ["g"]})),
        (allowed(ToolMode::Required), json!({"mode": "ANY", "allowedFunctionNames": ["g"]})),
        (allowed(ToolMode::Auto), json!({"mode": "VALIDATED", "allowedFunctionNames": ["g"]})),
    ] {
        assert_eq!(calling(&two().with_tool_choice(choice)), expected);
    }
    assert_eq!(calling(&two()), Value::Null);
    assert_eq!(
        calling(&ChatRequest::user("Hi").with_tool_choice(ToolChoice::Auto)),
        Value::Null,
        "no functions"
    );
}

#[test]
fn strict_functions_are_validated_and_the_caller_s_mode_holds() {
    let strict = |choice: Option<ToolChoice>| {
        let mut request = two().with_tool(FunctionTool::new("h").with_strict(true));
        request.tool_choice = choice;
        calling(&request)["mode"].clone()
    };
    assert_eq!(strict(None), "VALIDATED");
    assert_eq!(strict(Some(ToolChoice::Auto)), "VALIDATED");
    assert_eq!(strict(Some(ToolChoice::Required)), "ANY");
    let mut options = GeminiOptions::default();
    options.function_calling_mode = Some("validated".into());
    assert_eq!(calling(&two().with_options(&options).unwrap()), json!({"mode": "VALIDATED"}));
}

#[test]
fn functions_are_one_tool_and_each_of_google_s_is_another() {
    let search = GoogleSearch::new()
        .with_time_range(json!({"startTime": "2026-01-01T00:00:00Z", "endTime": "2026-02-01T00:00:00Z"}));
    let request = two()
        .with_tool(search)
        .with_tool(CodeExecution::new())
        .with_tool(UrlContext::new())
        .with_tool(GoogleMaps::new().with_widget(true))
        .with_tool(FileSearch::new(&["fileSearchStores/a"]).with_top_k(3))
        .with_tool(ComputerUse::new("ENVIRONMENT_BROWSER").with_excluded_functions(&["drag"]));
    let (body, warnings) = encode_for(MODEL, &request).unwrap();
    insta::assert_json_snapshot!((&body["tools"], &body["toolConfig"]));
    assert_eq!(subjects(&warnings), [""; 0]);

    let (body, warnings) = encode_for("gemini-2.5-flash", &request).unwrap();
    assert_eq!((body.get("toolConfig"), subjects(&warnings)), (None, vec!["tools"]));
    let alone = encode(&ChatRequest::user("Hi").with_tool(GoogleSearch::new()));
    assert_eq!((&alone["tools"], alone.get("toolConfig")), (&json!([{"googleSearch": {}}]), None));
}

#[test]
fn functions_with_json_answers_are_told_of_where_they_are_refused() {
    let format =
        JsonSchemaFormat::new("x", json!({"type": "object", "properties": {"a": {"type": "string"}}}));
    let request = two().with_format(format.into());
    assert_eq!(encode_for(MODEL, &request).unwrap().1, []);
    assert_eq!(subjects(&encode_for("gemini-2.5-flash", &request).unwrap().1), ["format"]);
}
