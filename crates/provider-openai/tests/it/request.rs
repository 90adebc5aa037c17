//! Bodies of requests: OpenAI's examples, and every option.

use bytes::Bytes;
use laravel_ai_core::{
    CacheBreakpoint, ChatRequest, ErrorKind, FunctionTool, JsonSchemaFormat, Media, Message, ProviderTool,
    RawJson, ReasoningEffort, ReasoningOptions, ReasoningSummary, ResponseFormat, Retry, TextPart, ToolCall,
    ToolCallKind, ToolChoice, ToolMode, ToolResult, ToolResultPart, UserPart, WarningKind,
};
use provider_openai::{
    CodeInterpreter, CustomTool, FileSearch, ImageGeneration, McpServer, OpenAiOptions, Pinned,
    PinnedElsewhere, WebSearch, approve_mcp_call,
};
use serde_json::{Value, json};

use crate::decode::{decode, of};
use crate::support::{encode, encode_for, fixture, meaning, read_by, target};

fn weather() -> FunctionTool {
    FunctionTool::new("get_weather").with_description("Current weather for a city").with_strict(true).with_parameters(json!({
        "type": "object",
        "properties": {"city": {"type": "string", "description": "City name"}, "unit": {"type": "string", "enum": ["c", "f"]}},
        "required": ["city", "unit"], "additionalProperties": false,
    }))
}

fn options(set: impl FnOnce(&mut OpenAiOptions)) -> OpenAiOptions {
    let mut options = OpenAiOptions::default();
    set(&mut options);
    options
}

fn with(request: ChatRequest, set: impl FnOnce(&mut OpenAiOptions)) -> ChatRequest {
    request.with_options(&options(set)).unwrap()
}

/// The example's intent in this library's words, and whether it streams.
fn intent(name: &str) -> (ChatRequest, bool) {
    match name {
        "openai_responses_request_basic.json" => {
            let messages = [
                Message::system("Answer in one short sentence."),
                Message::user("Which is the largest moon of Saturn?"),
            ];
            let request = ChatRequest::new(messages).with_max_output_tokens(400).with_reasoning(
                ReasoningOptions::effort(ReasoningEffort::Low).with_summary(ReasoningSummary::Auto),
            );
            let request = with(request, |options| {
                options.verbosity = Some("low".into());
                options.store = Some(true);
            });
            (request, false)
        }
        "openai_responses_request_json_schema.json" => {
            let schema = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                                "required": ["name", "age"], "additionalProperties": false});
            let format = JsonSchemaFormat::new("person", schema).with_strict(true);
            (ChatRequest::user("Extract: Ada, 36").with_format(format.into()), false)
        }
        "openai_responses_request_multimodal.json" => {
            let pdf = Media::from_bytes(Bytes::from_static(b"%PDF-1.4\n")).unwrap().with_name("note.pdf");
            let png = Media::from_bytes(Bytes::from_static(b"\x89PNG\r\n\x1a\n")).unwrap();
            let parts = vec![
                UserPart::text("What is in these?"),
                UserPart::Image(Media::from_url("https://example.org/a.png").unwrap().with_detail("low")),
                UserPart::Image(png),
                UserPart::File(pdf),
                UserPart::File(Media::from_url("https://example.org/b.pdf").unwrap()),
            ];
            (ChatRequest::new([Message::system("Be brief."), Message::User(parts)]), false)
        }
        "openai_responses_request_replay.json" => {
            let answer = of(json!([
                {"type": "reasoning", "id": "rs_01", "summary": [{"type": "summary_text", "text": "Need the weather tool."}],
                 "encrypted_content": "gAAAAABbWFkZS11cCByZWFzb25pbmcgYmxvYiwgZmluYWw="},
                {"type": "function_call", "id": "fc_01", "call_id": "call_a1", "name": "get_weather",
                 "arguments": "{\"city\":\"Oslo\",\"unit\":\"c\"}"},
            ]));
            let result = ToolResult::json(answer.tool_calls().next().unwrap(), json!({"temp": 2}));
            let messages = [Message::user("Weather in Oslo?"), answer.message(), Message::tool([result])];
            (ChatRequest::new(messages).with_tool(weather()), false)
        }
        "openai_responses_request_stateless.json" => {
            let request = ChatRequest::user("Weather in Oslo?")
                .with_tool(weather())
                .with_tool_choice(ToolChoice::Auto)
                .with_parallel_tool_calls(true)
                .with_reasoning(
                    ReasoningOptions::effort(ReasoningEffort::Medium).with_summary(ReasoningSummary::Auto),
                );
            (request, true)
        }
        other => panic!("the example {other} has no request"),
    }
}

/// A body by its meaning: what we add on purpose, and the long forms of what has a short one, are made alike.
pub(crate) fn comparable(mut body: Value) -> Value {
    let members = body.as_object_mut().unwrap();
    members.entry("store").or_insert(json!(false));
    members.remove("stream_options");
    if members["store"] == false {
        // Asked for by us, and by the examples that say so.
        members.remove("include");
    }
    let mut input = match members["input"].take() {
        Value::String(text) => json!([{"role": "user", "content": text}]),
        list => list,
    };
    if let Some(Value::String(text)) = members.remove("instructions") {
        input.as_array_mut().unwrap().insert(0, json!({"role": "developer", "content": text}));
    }
    for item in input.as_array_mut().unwrap() {
        if let Some(text) = item["content"].as_str().map(str::to_owned) {
            item["content"] = json!([{"type": "input_text", "text": text}]);
        }
        if let Some(arguments) = item["arguments"].as_str() {
            item["arguments"] = serde_json::from_str(arguments).unwrap();
        }
        if let Some(item) = item.as_object_mut() {
            item.retain(|_, value| !value.is_null());
        }
    }
    members.insert("input".into(), input);
    meaning(body)
}

#[test]
fn every_example() {
    for name in read_by("request") {
        let (request, stream) = intent(&name);
        let (body, warnings) =
            encode_for("gpt-6-luna", &request, stream).unwrap_or_else(|e| panic!("{name}: {e}"));
        let example: Value = serde_json::from_str(&fixture(&name)).unwrap();
        assert_eq!(comparable(body), comparable(example), "{name}");
        assert_eq!(warnings, [], "{name}");
    }
}

#[test]
fn nothing_is_stored_and_nothing_is_lost() {
    let body = encode(&ChatRequest::user("Hi"));
    assert_eq!(
        body,
        json!({"model": "gpt-6-luna", "input": [{"role": "user", "content": "Hi"}], "store": false,
               "include": ["reasoning.encrypted_content"]})
    );
    let body = encode(&with(ChatRequest::user("Hi"), |options| options.store = Some(true)));
    assert_eq!((&body["store"], &body["include"]), (&json!(true), &Value::Null));
    let background = with(ChatRequest::user("Hi"), |options| options.background = Some(true));
    let body = encode_for("gpt-6-luna", &background, true).unwrap().0;
    assert_eq!(body["store"], true, "a background answer is only found again when it is stored");
    let body = encode(&with(ChatRequest::user("Hi"), |options| options.include = Some(vec![])));
    assert_eq!(body["include"], Value::Null);
    let (body, _) = encode_for("gpt-4o", &ChatRequest::user("Hi"), false).unwrap();
    assert_eq!(body["include"], Value::Null, "a model that does not reason refuses it");
    let (body, _) = encode_for("some-new-model", &ChatRequest::user("Hi"), true).unwrap();
    assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(
        (&body["stream"], &body["stream_options"]),
        (&json!(true), &json!({"include_obfuscation": false}))
    );
}

#[test]
fn every_option_has_its_member() {
    let request = ChatRequest::user("Hi").with_cache_key("k").with_end_user("u");
    let request = with(request, |options| {
        options.service_tier = Some("flex".into());
        options.top_logprobs = Some(3);
        options.metadata.insert("a".into(), "b".into());
        options.prompt_cache_options = Some(json!({"mode": "explicit", "ttl": "12h"}));
        options.moderation = Some(json!({"model": "omni"}));
        options.instructions = Some("Be brief".into());
        options.prompt = Some(json!({"id": "pmpt_1"}));
        options.max_tool_calls = Some(2);
        options.truncation = Some("auto".into());
        options.context_management = vec![json!({"type": "compaction"})];
        options.reasoning_mode = Some("pro".into());
        options.reasoning_context = Some("all_turns".into());
        options.input_items = vec![approve_mcp_call("mcpr_1", true)];
    });
    let (body, warnings) = encode_for("some-new-model", &request, false).unwrap();
    assert_eq!(warnings, []);
    insta::assert_json_snapshot!(body);
}

#[test]
fn what_responses_lack_is_left_out_and_told() {
    let mut request = ChatRequest::user("Hi")
        .with_top_k(3)
        .with_stop("END")
        .with_seed(7)
        .with_presence_penalty(0.1)
        .with_frequency_penalty(0.1)
        .with_reasoning(ReasoningOptions::default().with_budget_tokens(100));
    let (body, warnings) = encode_for("gpt-6-luna", &request, false).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 4, "{body}");
    let left: Vec<_> = warnings.iter().map(|warning| warning.subject.as_str()).collect();
    assert_eq!(
        left,
        ["top_k", "stop", "seed", "presence_penalty", "frequency_penalty", "reasoning.budget_tokens"]
    );
    assert!(warnings.iter().all(|warning| warning.kind == WarningKind::OptionDropped));
    request.strict = true;
    assert_eq!(encode_for("gpt-6-luna", &request, false).unwrap_err().kind(), ErrorKind::Unsupported);
}

/// Model, effort, and what is left out of a request that asks for everything.
const REFUSALS: &[(&str, Option<&str>, &[&str])] = &[
    ("gpt-4o", None, &["verbosity"]),
    ("gpt-4.1-mini", Some("low"), &["reasoning.effort", "verbosity"]),
    ("ft:gpt-4o-mini-2024-07-18:org::id", None, &["verbosity"]),
    ("o3", None, &["logprobs", "temperature", "top_p"]),
    ("o3", Some("minimal"), &["reasoning.effort", "logprobs", "temperature", "top_p"]),
    ("gpt-5", Some("minimal"), &["logprobs", "temperature", "top_p"]),
    ("gpt-5-mini", Some("none"), &["reasoning.effort", "logprobs", "temperature", "top_p"]),
    ("gpt-5.1", None, &[]),
    ("gpt-5.1", Some("none"), &[]),
    ("gpt-5.1", Some("high"), &["logprobs", "temperature", "top_p"]),
    ("gpt-5.1", Some("xhigh"), &["reasoning.effort"]),
    ("gpt-5.1-codex", None, &["logprobs", "temperature", "top_p"]),
    ("gpt-5.6", None, &["logprobs", "temperature", "top_p"]),
    ("gpt-5.6-sol", Some("none"), &[]),
    ("gpt-6-luna", Some("none"), &[]),
    ("gpt-6-astra", Some("none"), &["reasoning.effort", "logprobs", "temperature", "top_p"]),
    ("gpt-6.1-sol", Some("max"), &["logprobs", "temperature", "top_p"]),
    ("gpt-5-chat-latest", Some("low"), &["reasoning.effort", "logprobs", "temperature", "top_p"]),
    ("some-new-model", Some("low"), &[]),
    ("gpt-6-luna", Some("extreme"), &["logprobs", "temperature", "top_p"]),
];

#[test]
fn what_a_family_refuses_is_left_out_and_told() {
    for (model, effort, left) in REFUSALS {
        let request = ChatRequest::user("Hi").with_temperature(0.5).with_top_p(0.5);
        let mut request = with(request, |options| {
            options.verbosity = Some("low".into());
            options.top_logprobs = Some(1);
        });
        if let Some(effort) = effort {
            let effort = serde_json::from_value(json!(effort)).unwrap();
            request.reasoning = Some(ReasoningOptions::effort(effort));
        }
        let (body, warnings) = encode_for(model, &request, false).unwrap();
        let told: Vec<_> = warnings.iter().map(|warning| warning.subject.as_str()).collect();
        assert_eq!(&told, left, "{model} {effort:?}");
        let sent = |pointer: &str| body.pointer(pointer).is_some();
        assert_eq!(sent("/temperature"), !left.contains(&"temperature"), "{model}");
        assert_eq!(
            sent("/reasoning/effort"),
            effort.is_some() && !left.contains(&"reasoning.effort"),
            "{model}"
        );
        assert_eq!(sent("/text/verbosity"), !left.contains(&"verbosity"), "{model}");
    }
}

#[test]
fn what_openai_never_takes_is_refused_before_it_is_sent() {
    let wrong = |request: ChatRequest, word: &str| {
        let error = encode_for("gpt-6-luna", &request, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{word}");
        assert!(error.message().contains(word), "{word}: {error}");
    };
    wrong(ChatRequest::user("Hi").with_max_output_tokens(15), "16");
    wrong(ChatRequest::user("Hi").with_tool(FunctionTool::new("a b")), "tool name");
    wrong(
        with(ChatRequest::user("Hi"), |options| options.logit_bias = [("1".to_owned(), 1.0)].into()),
        "logit_bias",
    );
    wrong(
        with(ChatRequest::user("Hi"), |options| {
            options.previous_response = Some(Pinned::new("resp_1", target()));
            options.conversation = Some(Pinned::new("conv_1", target()));
        }),
        "one of them",
    );
    wrong(with(ChatRequest::user("Hi"), |options| options.background = Some(true)), "ask for a stream");
}

#[test]
fn stored_state_is_pinned_to_its_target() {
    let answer = decode(json!({"id": "resp_1", "status": "completed", "output": []})).unwrap();
    let pinned = Pinned::response(&answer).unwrap();
    let request = with(ChatRequest::user("And then?"), |options| options.previous_response = Some(pinned));
    let stored = serde_json::to_string(&request).unwrap();
    let request: ChatRequest = serde_json::from_str(&stored).unwrap();
    assert_eq!(encode(&request)["previous_response_id"], "resp_1");

    let error = encode_for("gpt-5", &request, false).unwrap_err();
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::InvalidRequest, Retry::Never),
        "failover stops here"
    );
    let why: &PinnedElsewhere = error.vendor().unwrap();
    assert_eq!((why.option, why.asked.model()), ("previous_response", "gpt-5"));

    let request =
        with(ChatRequest::user("Hi"), |options| options.conversation = Some(Pinned::new("conv_1", target())));
    assert_eq!(encode(&request)["conversation"], "conv_1");
}

#[test]
fn domains_are_kept_out_of_a_search() {
    let search = WebSearch::new().with_blocked_domains(&["a.example"]);
    let tools = &encode(&ChatRequest::user("Hi").with_tool(search))["tools"];
    assert_eq!(tools, &json!([{"type": "web_search", "filters": {"blocked_domains": ["a.example"]}}]));
}

#[test]
fn tools_are_flat() {
    let request = ChatRequest::user("Hi")
        .with_tool(weather())
        .with_tool(FunctionTool::new("plain"))
        .with_tool(WebSearch::new().with_allowed_domains(&["a.example"]).with_context_size("low"))
        .with_tool(FileSearch::new(&["vs_1"]).with_max_results(3))
        .with_tool(CodeInterpreter::new())
        .with_tool(CodeInterpreter::new().with_files(&["file_1"]).with_memory("4g"))
        .with_tool(ImageGeneration::new().with_size("1024x1024"))
        .with_tool(McpServer::new("docs").with_url("https://mcp.example/sse").with_approval("never"))
        .with_tool(CustomTool::new("sql").with_description("Runs SQL"))
        .with_tool(ProviderTool::new("gemini", json!({})))
        .with_tool_choice(ToolChoice::Allowed { mode: ToolMode::Required, names: vec!["plain".into()] });
    let (body, warnings) = encode_for("gpt-6-luna", &request, false).unwrap();
    assert_eq!(warnings.iter().map(|w| w.kind).collect::<Vec<_>>(), [WarningKind::ForeignOptions]);
    insta::assert_json_snapshot!(json!([body["tools"], body["tool_choice"], body["include"]]));
    let choose = |choice| {
        encode(&ChatRequest::user("Hi").with_tool(weather()).with_tool_choice(choice))["tool_choice"].clone()
    };
    assert_eq!(
        choose(ToolChoice::Named("get_weather".into())),
        json!({"type": "function", "name": "get_weather"})
    );
    assert_eq!(choose(ToolChoice::Required), "required");
    assert_eq!(choose(ToolChoice::None), "none");
    let alone = ChatRequest::user("Hi").with_tool_choice(ToolChoice::Auto).with_parallel_tool_calls(false);
    assert_eq!(encode(&alone)["tool_choice"], Value::Null, "a choice without tools is refused");
}

#[test]
fn formats_are_flat() {
    let format = |format| encode(&ChatRequest::user("Hi").with_format(format))["text"]["format"].clone();
    assert_eq!(format(ResponseFormat::Text), json!({"type": "text"}));
    assert_eq!(format(ResponseFormat::Json), json!({"type": "json_object"}));
    let schema =
        JsonSchemaFormat::new("a", json!({"type": "object"})).with_description("d").with_strict(false);
    assert_eq!(
        format(schema.into()),
        json!({
            "type": "json_schema", "name": "a", "description": "d", "schema": {"type": "object"}, "strict": false,
        })
    );
}

#[test]
fn media_and_cache_marks() {
    let marked = TextPart::new("long").with_cache(CacheBreakpoint::default().with_ttl_seconds(3600));
    let wav = Media::from_bytes_as(vec![1], "audio/wav", 10).unwrap();
    let text = Media::from_bytes(&b"hello"[..]).unwrap();
    let parts = vec![
        UserPart::Text(marked.clone()),
        UserPart::Image(Media::uploaded("openai", "file_1")),
        UserPart::Audio(wav),
        UserPart::File(text),
        UserPart::File(Media::uploaded("openai", "file_2")),
    ];
    let body = encode(&ChatRequest::new([Message::System(vec![marked]), Message::User(parts)]));
    insta::assert_json_snapshot!(body["input"]);
    let elsewhere = ChatRequest::new([Message::User(vec![UserPart::File(Media::uploaded("gemini", "f"))])]);
    assert_eq!(encode_for("gpt-6-luna", &elsewhere, false).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn results_of_tools_find_their_kind_of_call() {
    let mut custom = ToolCall::new("call_2", "sql", "SELECT 1");
    custom.kind = ToolCallKind::Custom;
    let function = ToolCall::new("call_1", "f", "");
    let png = Media::from_bytes(Bytes::from_static(b"\x89PNG\r\n\x1a\n")).unwrap();
    let parts = vec![ToolResultPart::Text(TextPart::new("see")), ToolResultPart::Image(png)];
    let messages = [
        Message::user("Hi"),
        Message::Assistant(vec![
            laravel_ai_core::AssistantPart::ToolCall(function.clone()),
            laravel_ai_core::AssistantPart::ToolCall(custom.clone()),
        ]),
        Message::tool([ToolResult::of(&function, parts), ToolResult::text(&custom, "1")]),
    ];
    insta::assert_json_snapshot!(encode(&ChatRequest::new(messages))["input"]);
}

#[test]
fn roles_by_family() {
    let messages = [Message::user("Hi"), Message::system("Be brief")];
    for (model, role) in [("gpt-4o", "system"), ("gpt-6-luna", "developer"), ("some-new-model", "developer")]
    {
        let (body, _) = encode_for(model, &ChatRequest::new(messages.clone()), false).unwrap();
        assert_eq!(body["input"][1]["role"], role, "{model}");
    }
    let only = encode(&ChatRequest::new([Message::system("Say hello")]));
    assert_eq!(only["input"][0]["role"], "developer", "an input there must be");
}

#[test]
fn raw_bodies_and_additions() {
    let raw = RawJson::parse(r#"{"input":"Hi","model":"other","store":true,"temperature":1.0}"#).unwrap();
    let (body, warnings) = encode_for("gpt-6-luna", &ChatRequest::raw(raw), true).unwrap();
    assert_eq!(
        body,
        json!({"input": "Hi", "store": true, "temperature": 1.0, "model": "gpt-6-luna", "stream": true,
               "stream_options": {"include_obfuscation": false}})
    );
    assert_eq!(warnings.iter().map(|w| w.subject.as_str()).collect::<Vec<_>>(), ["model"]);
    let request = ChatRequest::user("Hi").with_extra("store", true).with_extra("new_field", json!({"a": 1}));
    let body = encode(&request);
    assert_eq!((&body["store"], &body["new_field"]), (&json!(true), &json!({"a": 1})));
}
