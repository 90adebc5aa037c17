//! Requests: headers stay out of storage and logs, options find their driver.

use laravel_ai_core::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcmeOptions {
    turbo: bool,
}

impl ProviderOptions for AcmeOptions {
    const DRIVER: &'static str = "acme";
}

#[derive(Debug, Serialize, Deserialize)]
struct RivalOptions {
    by_list: std::collections::BTreeMap<String, u8>,
}

impl ProviderOptions for RivalOptions {
    const DRIVER: &'static str = "rival";
}

#[test]
fn headers_are_sensitive_and_shown_by_name_only() {
    let request = ChatRequest::user("hi").with_header("X-Key", "canary").unwrap();
    assert!(request.extra_headers.as_map()["x-key"].is_sensitive());
    assert_eq!(format!("{:?}", request.extra_headers), "[\"x-key\"]");
    assert!(!format!("{request:?}").contains("canary"));
    let request = request.with_header("x-key", "second").unwrap();
    assert_eq!(request.extra_headers.as_map().get_all("x-key").iter().count(), 1);
}

#[test]
fn a_header_that_cannot_be_sent_is_named_and_its_value_not_shown() {
    let error = ChatRequest::user("hi").with_header("x-key", "canary\n").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.message(), "the value of header `x-key` can't be sent");
    let error = ChatRequest::user("hi").with_header("x key\n", "canary").unwrap_err();
    assert_eq!(error.message(), "the name of header `x key\\n` can't be sent");
}

#[test]
fn a_request_comes_back_from_storage_without_its_headers() {
    let schema = JsonSchemaFormat::new("city", json!({"type": "object"})).with_strict(true);
    let request = ChatRequest::user("hi")
        .with_temperature(0.1)
        .with_seed(-1)
        .with_reasoning(ReasoningOptions::effort(ReasoningEffort::Other("ultra".into())))
        .with_tool(FunctionTool::new("clock").with_strict(false))
        .with_tool(ProviderTool::new("acme", json!({"type": "web_search"})))
        .with_tool_choice(ToolChoice::Allowed { mode: ToolMode::Required, names: vec!["clock".into()] })
        .with_format(schema.into())
        .with_options(&AcmeOptions { turbo: true })
        .unwrap()
        .with_extra("x", json!([1.0]))
        .with_strict(true);
    let stored = serde_json::to_string(&request.clone().with_header("x-key", "canary").unwrap()).unwrap();
    assert!(!stored.contains("canary") && !stored.contains("headers"), "{stored}");
    assert_eq!(serde_json::from_str::<ChatRequest>(&stored).unwrap(), request);
    assert_eq!(serde_json::from_str::<ChatRequest>("{}").unwrap(), ChatRequest::default());
    let raw = ChatRequest::raw(RawJson::parse(r#"{"b":1.0,"a":2}"#).unwrap());
    let stored = serde_json::to_string(&raw).unwrap();
    assert_eq!(serde_json::from_str::<ChatRequest>(&stored).unwrap(), raw);
}

#[test]
fn options_find_their_driver_and_warn_at_another() {
    let mut options = OptionsByDriver::default();
    assert!(options.is_empty());
    options.set(&AcmeOptions { turbo: true }).unwrap();
    assert_eq!(options.of::<AcmeOptions>().unwrap(), Some(AcmeOptions { turbo: true }));
    assert!(options.of::<RivalOptions>().unwrap().is_none());
    assert_eq!(options.foreign_to("acme").count(), 0);
    let warnings: Vec<_> = options.foreign_to("rival").collect();
    assert_eq!(warnings.len(), 1);
    assert_eq!((warnings[0].kind, warnings[0].subject.as_str()), (WarningKind::ForeignOptions, "acme"));
}

#[test]
fn stored_options_that_do_not_fit_are_refused_without_their_values() {
    let options: OptionsByDriver = serde_json::from_value(json!({"acme": {"turbo": "canary"}})).unwrap();
    let error = options.of::<AcmeOptions>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.message(), "options for `acme` don't fit: invalid type: string, expected a boolean");
}

#[test]
fn words_of_reasoning_effort_are_those_of_the_stored_form() {
    for effort in [
        ReasoningEffort::None,
        ReasoningEffort::Minimal,
        ReasoningEffort::Low,
        ReasoningEffort::Medium,
        ReasoningEffort::High,
        ReasoningEffort::XHigh,
        ReasoningEffort::Max,
        ReasoningEffort::Other("ultra".into()),
    ] {
        assert_eq!(serde_json::to_value(&effort).unwrap(), effort.as_str());
        assert_eq!(serde_json::from_value::<ReasoningEffort>(effort.as_str().into()).unwrap(), effort);
    }
}
