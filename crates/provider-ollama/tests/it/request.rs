//! What is sent.

use laravel_ai_core::{
    AssistantPart, ChatRequest, ErrorKind, FunctionTool, JsonSchemaFormat, Media, Message, RawJson,
    Reasoning, ReasoningEffort, ReasoningOptions, ResponseFormat, ToolCall, ToolChoice, ToolResult, UserPart,
    WarningKind,
};
use provider_ollama::{KeepAlive, OllamaOptions, Think, encode_chat};
use serde_json::{Value, json};

use crate::support::{encode, fixture, target};

fn example(name: &str) -> Value {
    let mut body: Value = serde_json::from_str(&fixture(name)).unwrap();
    body["model"] = json!("qwen3:8b");
    body
}

fn weather() -> FunctionTool {
    FunctionTool::new("get_weather").with_description("Current weather for a city").with_parameters(json!(
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    ))
}

/// Whole floats are integers.
fn clean(request: &ChatRequest) -> Value {
    let (body, warnings) = encode(request).unwrap();
    assert_eq!(warnings, []);
    body
}

#[test]
fn the_documented_examples() {
    let mut options = OllamaOptions::default();
    options.num_ctx = Some(16_384);
    options.keep_alive = Some(KeepAlive::text("10m"));
    options.think = Some(Think::On);
    let request =
        ChatRequest::new([Message::system("Be brief."), Message::user("Weather in Oslo and Rome?")])
            .with_tool(weather())
            .with_temperature(0.2)
            .with_seed(7)
            .with_stop("\n\n\n")
            .with_max_output_tokens(400)
            .with_options(&options)
            .unwrap();
    let encoded = encode_chat(&target(), &OllamaOptions::default(), &request, true).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(body, example("ollama_chat_request.json"));

    let image = UserPart::Image(Media::from_bytes(b"\x89PNG\r\n\x1a\n".as_slice()).unwrap());
    let request = ChatRequest::new([Message::User(vec![UserPart::text("What is this?"), image])]);
    assert_eq!(clean(&request), example("ollama_chat_request_images.json"));

    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"]});
    let request = ChatRequest::user("Extract: Ada, 36. Answer as JSON.")
        .with_format(JsonSchemaFormat::new("person", schema).into())
        .with_temperature(0.0)
        .with_reasoning(ReasoningOptions::effort(ReasoningEffort::None));
    let mut wanted = example("ollama_chat_request_schema.json");
    wanted["options"]["temperature"] = json!(0.0);
    assert_eq!(clean(&request), wanted);

    let call = ToolCall::new("call_k3j2h1g0", "get_weather", r#"{"city":"Oslo"}"#);
    let mut result = ToolResult::text(&call, r#"{"temp":2}"#);
    // As stored without it: the name is that of the call.
    result.name = None;
    let request = ChatRequest::new([
        Message::user("Weather in Oslo?"),
        Message::Assistant(vec![
            AssistantPart::Reasoning(Reasoning::new("Need the tool.")),
            AssistantPart::ToolCall(call),
        ]),
        Message::tool([result]),
    ])
    .with_tool(weather());
    assert_eq!(clean(&request), example("ollama_chat_request_tool_results.json"));
}

#[test]
fn what_no_server_takes_is_refused_before_it_is_sent() {
    let shown = |part: UserPart| encode(&ChatRequest::new([Message::User(vec![part])])).unwrap_err();
    let media = |bytes: &'static [u8], mime: &str| Media::from_bytes_as(bytes, mime, 100).unwrap();
    for error in [
        shown(UserPart::Image(Media::from_url("https://example.com/cat.png").unwrap())),
        shown(UserPart::Image(media(b"not an image", "image/png"))),
        shown(UserPart::Image(Media::uploaded("openai", "file-1"))),
        shown(UserPart::Audio(media(b"RIFF....", "audio/wav"))),
        shown(UserPart::File(media(b"%PDF-1.7", "application/pdf"))),
    ] {
        assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Unsupported, false), "{error}");
    }
}

#[test]
fn a_choice_of_tools_is_the_list_that_is_sent() {
    let two = |choice| {
        let request = ChatRequest::user("Hi").with_tool(weather()).with_tool(FunctionTool::new("now"));
        let (body, warnings) = encode(&request.with_tool_choice(choice)).unwrap();
        (body["tools"].as_array().map_or(0, Vec::len), warnings.len())
    };
    let named = |name: &str| name.to_owned();
    assert_eq!(two(ToolChoice::Auto), (2, 0));
    assert_eq!(two(ToolChoice::None), (0, 1));
    assert_eq!(two(ToolChoice::Required), (2, 1));
    assert_eq!(two(ToolChoice::Named(named("now"))), (1, 1));
    let strict = ChatRequest::user("Hi").with_tool(weather()).with_tool_choice(ToolChoice::Required);
    assert_eq!(encode(&strict.with_strict(true)).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn arguments_that_are_no_object_are_wrapped_and_told_of() {
    let sent = |arguments: &str| {
        let call = AssistantPart::ToolCall(ToolCall::new("c", "f", arguments));
        let request = ChatRequest::new([Message::user("Hi"), Message::Assistant(vec![call])]);
        let (body, warnings) = encode(&request).unwrap();
        let kinds: Vec<_> = warnings.iter().map(|warning| warning.kind).collect();
        (body["messages"][1]["tool_calls"][0]["function"]["arguments"].clone(), kinds)
    };
    let repaired = vec![WarningKind::HistoryRepaired];
    assert_eq!(sent(""), (json!({}), vec![]));
    assert_eq!(sent("null"), (json!({}), vec![]));
    assert_eq!(sent(r#"{"a": 1}"#), (json!({"a": 1}), vec![]));
    assert_eq!(sent(r#"{"a": "#), (json!({"input": "{\"a\": "}), repaired.clone()));
    assert_eq!(sent("[1]"), (json!({"input": "[1]"}), repaired));
}

#[test]
fn options_of_the_request_go_over_those_of_the_connection() {
    let mut defaults = OllamaOptions::default();
    (defaults.num_ctx, defaults.seed, defaults.num_predict) = (Some(4096), Some(1), Some(10));
    defaults.think = Some(Think::High);
    let mut own = OllamaOptions::default();
    own.min_p = Some(0.1);
    let request = ChatRequest::user("Hi")
        .with_seed(2)
        .with_max_output_tokens(20)
        .with_extra("options", json!({"num_ctx": 8192, "novel": 1}))
        .with_options(&own)
        .unwrap();
    let encoded = encode_chat(&target(), &defaults, &request, false).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(
        body["options"],
        json!({"num_predict": 20, "seed": 2, "num_ctx": 8192, "min_p": 0.1, "novel": 1})
    );
    assert_eq!(body["think"], "high");
    assert_eq!(body["stream"], false, "without a word the server streams");
}

#[test]
fn words_for_effort_become_ollamas() {
    use ReasoningEffort::{High, Low, Max, Medium, Minimal, None, XHigh};
    for (effort, think, told) in [
        (None, json!(false), 0),
        (Minimal, json!("low"), 1),
        (Low, json!("low"), 0),
        (Medium, json!("medium"), 0),
        (High, json!("high"), 0),
        (XHigh, json!("max"), 1),
        (Max, json!("max"), 0),
    ] {
        let request = ChatRequest::user("Hi").with_reasoning(ReasoningOptions::effort(effort));
        let (body, warnings) = encode(&request).unwrap();
        assert_eq!((&body["think"], warnings.len()), (&think, told));
    }
}

#[test]
fn a_strict_request_asks_the_server_to_cut_nothing() {
    assert_eq!(encode(&ChatRequest::user("Hi")).unwrap().0.get("truncate"), None);
    assert_eq!(encode(&ChatRequest::user("Hi").with_strict(true)).unwrap().0["truncate"], false);
}

#[test]
fn json_and_raw_bodies() {
    let json = ChatRequest::user("As JSON").with_format(ResponseFormat::Json);
    assert_eq!(clean(&json)["format"], "json");
    let raw = ChatRequest::raw(RawJson::parse(r#"{"messages":[],"novel":1}"#).unwrap());
    assert_eq!(clean(&raw), json!({"model": "qwen3:8b", "messages": [], "novel": 1, "stream": false}));
}

#[test]
fn a_schema_goes_as_it_is_and_is_a_grammar_for_answers_only() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 2, "pattern": "^x"}},
        "required": ["a"], "oneOf": [{"required": ["a"]}], "additionalProperties": false});
    for strict in [None, Some(true), Some(false)] {
        let mut format = JsonSchemaFormat::new("person", schema.clone());
        format.strict = strict;
        let (body, warnings) = encode(&ChatRequest::user("Hi").with_format(format.into())).unwrap();
        assert_eq!((&body["format"], warnings.len()), (&schema, 0), "{strict:?}: {warnings:?}");
    }
    let mut tool = weather();
    tool.strict = Some(true);
    let request = ChatRequest::user("Hi").with_tool(tool);
    let (_, warnings) = encode(&request).unwrap();
    assert_eq!(warnings[0].subject, "tools.get_weather.strict");
    assert_eq!(encode(&request.with_strict(true)).unwrap_err().kind(), ErrorKind::Unsupported);
}
