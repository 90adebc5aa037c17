//! Bodies of requests: xAI's examples, and every option.

use bytes::Bytes;
use laravel_ai_core::{
    ChatRequest, ErrorKind, FunctionTool, JsonSchemaFormat, Media, Message, RawJson, ReasoningEffort,
    ReasoningOptions, ReasoningSummary, Retry, Tool, ToolChoice, ToolMode, UserPart, WarningKind,
};
use provider_xai::{
    Api, CodeInterpreter, FileSearch, ImageGeneration, McpServer, Pinned, PinnedElsewhere, WebSearch,
    XSearch, XaiOptions,
};
use serde_json::{Value, json};

use crate::support::{BOTH, MODEL, encode, encode_for, json_of, read_by, subjects, target};

fn weather() -> FunctionTool {
    FunctionTool::new("get_weather").with_description("Current weather for a city").with_parameters(json!({
        "type": "object",
        "properties": {"city": {"type": "string", "description": "City name"}, "unit": {"type": "string", "enum": ["c", "f"]}},
        "required": ["city", "unit"], "additionalProperties": false,
    }))
}

fn with(request: ChatRequest, set: impl FnOnce(&mut XaiOptions)) -> ChatRequest {
    let mut options = XaiOptions::default();
    set(&mut options);
    request.with_options(&options).unwrap()
}

/// The example's intent in this library's words, and whether it streams.
fn intent(name: &str) -> (ChatRequest, bool) {
    match name {
        "xai_chat_request.json" => {
            let messages = [Message::system("Be brief."), Message::user("Weather in Oslo and Rome?")];
            let request = ChatRequest::new(messages)
                .with_tool(weather())
                .with_tool_choice(ToolChoice::Auto)
                .with_parallel_tool_calls(true)
                .with_max_output_tokens(500)
                .with_reasoning(ReasoningOptions::effort(ReasoningEffort::Low));
            (request, true)
        }
        "xai_chat_request_image_schema.json" => {
            let png =
                Media::from_bytes(Bytes::from_static(b"\x89PNG\r\n\x1a\n")).unwrap().with_detail("high");
            let schema = json!({"type": "object", "properties": {"text": {"type": "string"}},
                                "required": ["text"], "additionalProperties": false});
            let parts = vec![UserPart::text("Read the label."), UserPart::Image(png)];
            let format = JsonSchemaFormat::new("label", schema).with_strict(true);
            (ChatRequest::new([Message::User(parts)]).with_format(format.into()), false)
        }
        "xai_responses_request.json" => {
            let messages = [Message::system("Be brief."), Message::user("Weather in Oslo?")];
            let request = ChatRequest::new(messages)
                .with_tool(weather())
                .with_tool(WebSearch::new().with_allowed_domains(&["example.org"]))
                .with_max_output_tokens(800)
                .with_reasoning(ReasoningOptions::effort(ReasoningEffort::Low));
            (request, true)
        }
        other => panic!("the example {other} has no request"),
    }
}

/// With the long form of what has a short one.
fn comparable(mut body: Value) -> Value {
    if let Some(items) = body["input"].as_array_mut() {
        for item in items {
            if let Some(text) = item["content"].as_str().map(str::to_owned) {
                item["content"] = json!([{"type": "input_text", "text": text}]);
            }
        }
    }
    body
}

#[test]
fn every_example() {
    for (test, api) in [("chat_request", Api::Chat), ("responses_request", Api::Responses)] {
        for (name, _) in read_by(test) {
            let (request, stream) = intent(&name);
            let example = json_of(&name);
            let model = example["model"].as_str().unwrap();
            let (body, warnings) = encode_for(api, model, &request, stream).unwrap();
            assert_eq!(comparable(body), comparable(example), "{name}");
            assert_eq!(warnings, [], "{name}");
        }
    }
}

#[test]
fn nothing_is_stored_and_nothing_is_lost() {
    let body = encode(Api::Responses, &ChatRequest::user("Hi"));
    assert_eq!(
        body,
        json!({"model": MODEL, "input": [{"role": "user", "content": "Hi"}], "store": false,
               "include": ["reasoning.encrypted_content"]})
    );
    let stored = with(ChatRequest::user("Hi"), |options| options.store = Some(true));
    let body = encode(Api::Responses, &stored);
    assert_eq!((&body["store"], &body["include"]), (&json!(true), &Value::Null));
    let (body, _) =
        encode_for(Api::Responses, "grok-4.20-non-reasoning", &ChatRequest::user("Hi"), true).unwrap();
    assert_eq!((&body["include"], &body["stream_options"]), (&Value::Null, &Value::Null));
    let body = encode(Api::Chat, &ChatRequest::user("Hi"));
    assert_eq!(body, json!({"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}));
}

#[test]
fn every_option_has_its_member() {
    let asked = ChatRequest::user("Hi")
        .with_cache_key("k")
        .with_end_user("u")
        .with_top_k(3)
        .with_temperature(0.5)
        .with_top_p(0.5)
        .with_reasoning(
            ReasoningOptions::effort(ReasoningEffort::High).with_summary(ReasoningSummary::Detailed),
        );
    let request = with(asked, |options| {
        options.service_tier = Some("priority".into());
        options.top_logprobs = Some(3);
        options.logprobs = Some(true);
        options.max_turns = Some(2);
        options.min_p = Some(0.1);
        options.context_management = vec![json!({"type": "compaction"})];
        options.input_items = vec![json!({"type": "shell_call_output", "call_id": "c", "output": []})];
        options.previous_response = Some(Pinned::new("resp_1", target("some-new-model")));
        options.include = Some(vec!["reasoning.encrypted_content".into()]);
    });
    let (body, warnings) = encode_for(Api::Responses, "some-new-model", &request, true).unwrap();
    assert_eq!(warnings, []);
    insta::assert_json_snapshot!("every_option_of_responses", body);

    let asked = ChatRequest::user("Hi")
        .with_cache_key("k")
        .with_end_user("u")
        .with_temperature(0.5)
        .with_stop("END")
        .with_seed(7)
        .with_presence_penalty(0.1)
        .with_frequency_penalty(0.2)
        .with_max_output_tokens(9);
    let request = with(asked, |options| {
        options.service_tier = Some("fast".into());
        options.top_logprobs = Some(2);
    });
    let (body, warnings) = encode_for(Api::Chat, "some-new-model", &request, true).unwrap();
    assert_eq!(warnings, []);
    insta::assert_json_snapshot!("every_option_of_chat", body);
}

const PENALTIES: &[&str] = &["stop", "presence_penalty", "frequency_penalty"];

/// Model, effort, and what Chat Completions leave out of a request that asks for everything, likelihoods first.
const REFUSALS: &[(&str, &str, bool, bool)] = &[
    // Model, effort, whether it is taken, whether stop texts and penalties are.
    ("grok-4.3", "none", true, false),
    ("grok-4.3", "high", true, false),
    ("grok-4.3-latest", "xhigh", false, false),
    ("grok-4.5", "none", false, false),
    ("grok-4.5-latest", "low", true, false),
    ("grok-4.6", "xhigh", true, false),
    ("grok-4.6", "none", false, false),
    ("grok-4.6", "minimal", false, false),
    ("grok-4.7", "xhigh", true, false),
    ("grok-4.7", "none", true, false),
    ("grok-4.20-0309-reasoning", "low", false, false),
    ("grok-4.20-reasoning-latest", "high", false, false),
    ("grok-build-0.1", "low", true, false),
    ("grok-4.6", "galactic", true, false),
];

#[test]
fn what_a_family_refuses_is_left_out_and_told() {
    for (model, effort, takes_effort, takes_penalties) in REFUSALS {
        let effort: ReasoningEffort = serde_json::from_value(json!(effort)).unwrap();
        let request = ChatRequest::user("Hi")
            .with_stop("END")
            .with_presence_penalty(0.1)
            .with_frequency_penalty(0.2)
            .with_reasoning(ReasoningOptions::effort(effort.clone()));
        let request = with(request, |options| options.logprobs = Some(true));
        let (body, warnings) = encode_for(Api::Chat, model, &request, false).unwrap();
        let mut left = vec!["logprobs"];
        if !takes_penalties {
            left.extend(PENALTIES);
        }
        if !takes_effort {
            left.push("reasoning.effort");
        }
        assert_eq!(subjects(&warnings), left, "{model} {effort:?}");
        assert!(warnings.iter().all(|warning| warning.kind == WarningKind::OptionDropped));
        assert_eq!(body.get("reasoning_effort").is_some(), *takes_effort, "{model} {effort:?}");
        assert_eq!(body.get("stop").is_some(), *takes_penalties, "{model}");
        assert!(body.get("logprobs").is_none(), "{model}");

        let (body, warnings) = encode_for(Api::Responses, model, &request, false).unwrap();
        let mut left = PENALTIES.to_vec();
        if !takes_effort {
            left.push("reasoning.effort");
        }
        left.push("logprobs");
        assert_eq!(subjects(&warnings), left, "{model} {effort:?}");
        assert_eq!(body.pointer("/reasoning/effort").is_some(), *takes_effort, "{model}");
    }
}

#[test]
fn a_model_that_does_not_reason_takes_stop_texts_and_no_effort() {
    for model in ["grok-4.20-non-reasoning", "grok-4.20-0309-non-reasoning", "grok-4.20-non-reasoning-latest"]
    {
        let request = ChatRequest::user("Hi")
            .with_stop("END")
            .with_presence_penalty(0.1)
            .with_reasoning(ReasoningOptions::effort(ReasoningEffort::Low));
        let (body, warnings) = encode_for(Api::Chat, model, &request, false).unwrap();
        assert_eq!((subjects(&warnings), &body["stop"]), (vec!["reasoning"], &json!(["END"])), "{model}");
    }
}

#[test]
fn a_model_that_nobody_knows_gets_everything() {
    for model in ["grok-5", "grok-4.70", "grok-3-mini", "latest"] {
        let request = ChatRequest::user("Hi")
            .with_stop("END")
            .with_frequency_penalty(0.1)
            .with_reasoning(ReasoningOptions::effort(ReasoningEffort::Minimal));
        let request = with(request, |options| options.logprobs = Some(true));
        let (body, warnings) = encode_for(Api::Chat, model, &request, false).unwrap();
        assert_eq!((warnings, body.as_object().unwrap().len()), (vec![], 6), "{model} {body}");
    }
}

#[test]
fn agents_are_counted_by_the_effort_and_only_responses_have_them() {
    let request = ChatRequest::user("Hi").with_reasoning(ReasoningOptions::effort(ReasoningEffort::High));
    let model = "grok-4.20-multi-agent-0309";
    let (body, warnings) = encode_for(Api::Responses, model, &request, false).unwrap();
    assert_eq!((&body["reasoning"]["effort"], warnings), (&json!("high"), vec![]));
    let error = encode_for(Api::Chat, model, &request, false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("api = \"responses\""), "{error}");
}

#[test]
fn live_search_is_refused_before_it_is_sent() {
    let raw = |text: &str| ChatRequest::raw(RawJson::parse(text).unwrap());
    for api in BOTH {
        for request in [
            ChatRequest::user("Hi").with_extra("search_parameters", json!({"mode": "off"})),
            raw(r#"{"model":"grok-4.7","search_parameters":{"mode":"auto"}}"#),
        ] {
            let error = encode_for(api, MODEL, &request, false).unwrap_err();
            assert_eq!((error.kind(), error.retry()), (ErrorKind::InvalidRequest, Retry::Never), "{api:?}");
            assert!(error.message().contains("WebSearch") && error.message().contains("search_parameters"));
        }
        let harmless = [
            ChatRequest::user("what are search_parameters?"),
            ChatRequest::user("Hi").with_extra("search_parameters", Value::Null),
            raw(
                r#"{"model":"grok-4.7","messages":[{"role":"user","content":"\"search_parameters\":1"}],"search_parameters":null}"#,
            ),
        ];
        harmless.iter().for_each(|request| drop(encode_for(api, MODEL, request, false).unwrap()));
        let deferred = ChatRequest::user("Hi").with_extra("deferred", true);
        let error = encode_for(api, MODEL, &deferred, false).unwrap_err();
        assert!(error.message().contains("Account::deferred"), "{error}");
    }
}

#[test]
fn what_xai_never_takes_is_refused_before_it_is_sent() {
    let wrong = |api: Api, request: &ChatRequest, word: &str| {
        let error = encode_for(api, MODEL, request, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{word}");
        assert!(error.message().contains(word), "{word}: {error}");
    };
    let tools = |count: usize| {
        (0..count).fold(ChatRequest::user("Hi"), |request, at| {
            request.with_tool(FunctionTool::new(format!("f{at}")))
        })
    };
    for api in BOTH {
        wrong(api, &tools(351), "351");
        encode_for(api, MODEL, &tools(350), false).unwrap();
    }
    let search = |tool: Tool| ChatRequest::user("Hi").with_tool(tool);
    let six = ["a", "b", "c", "d", "e", "f"];
    wrong(Api::Responses, &search(WebSearch::new().with_allowed_domains(&six).into()), "takes 5");
    let both = WebSearch::new().with_allowed_domains(&six[..1]).with_excluded_domains(&six[1..2]);
    wrong(Api::Responses, &search(both.into()), "one of them");
    let eleven = ["x"; 11];
    wrong(Api::Responses, &search(XSearch::new().with_excluded_handles(&eleven).into()), "takes 10");
    let stops = (0..5).fold(ChatRequest::user("Hi"), |request, _| request.with_stop("x"));
    wrong(Api::Chat, &stops, "5 stop texts");

    let refusals: [fn(&mut XaiOptions); 5] = [
        |options| options.store = Some(true),
        |options| options.max_turns = Some(1),
        |options| options.include = Some(vec![]),
        |options| options.min_p = Some(0.1),
        |options| options.previous_response = Some(Pinned::new("r", target(MODEL))),
    ];
    for set in refusals {
        wrong(Api::Chat, &with(ChatRequest::user("Hi"), set), "belongs to Responses");
    }
    let error = encode_for(Api::Chat, MODEL, &search(WebSearch::new().into()), false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("api = \"responses\""), "{error}");
}

#[test]
fn tools_of_xai_are_typed() {
    let request = ChatRequest::user("Hi")
        .with_tool(weather().with_strict(true))
        .with_tool(FunctionTool::new("plain"))
        .with_tool(WebSearch::new().with_excluded_domains(&["a.example"]).with_image_understanding(true))
        .with_tool(
            XSearch::new()
                .with_allowed_handles(&["nasa"])
                .with_from_date("2026-01-01")
                .with_to_date("2026-02-01")
                .with_image_understanding(true)
                .with_video_understanding(false),
        )
        .with_tool(CodeInterpreter::new())
        .with_tool(FileSearch::new(&["collection_1"]).with_max_results(3))
        .with_tool(ImageGeneration::new())
        .with_tool(
            McpServer::new("https://mcp.example")
                .with_label("docs")
                .with_description("The documents")
                .with_allowed_tools(&["search"]),
        )
        .with_tool(WebSearch::new().with("filters.new", json!(1)))
        .with_tool_choice(ToolChoice::Required);
    insta::assert_json_snapshot!(encode(Api::Responses, &request));
}

#[test]
fn a_set_of_allowed_tools_is_cut_out() {
    let allowed = ToolChoice::Allowed { mode: ToolMode::Required, names: vec!["plain".into()] };
    for api in BOTH {
        let request = ChatRequest::user("Hi")
            .with_tool(weather())
            .with_tool(FunctionTool::new("plain"))
            .with_tool_choice(allowed.clone());
        let (body, warnings) = encode_for(api, MODEL, &request, false).unwrap();
        assert_eq!(body["tools"].as_array().unwrap().len(), 1, "{api:?}");
        assert_eq!(body["tool_choice"], "required");
        assert_eq!(subjects(&warnings), ["tool_choice"]);
    }
}

#[test]
fn media_that_xai_takes_and_media_that_it_does_not() {
    let png = Media::from_bytes(Bytes::from_static(b"\x89PNG\r\n\x1a\n")).unwrap();
    let pdf = Media::from_bytes(Bytes::from_static(b"%PDF-1.4\n")).unwrap().with_name("note.pdf");
    let wav = Media::from_bytes(Bytes::from_static(b"RIFF\x24\0\0\0WAVEfmt ")).unwrap();
    let asked = |part: UserPart| ChatRequest::new([Message::User(vec![UserPart::text("What?"), part])]);

    let image = asked(UserPart::Image(png));
    assert_eq!(encode(Api::Chat, &image)["messages"][0]["content"][1]["type"], "image_url");
    assert_eq!(encode(Api::Responses, &image)["input"][0]["content"][1]["type"], "input_image");
    let url = asked(UserPart::Image(Media::from_url("https://example.org/a.png").unwrap()));
    assert_eq!(
        encode(Api::Responses, &url)["input"][0]["content"][1]["image_url"],
        "https://example.org/a.png"
    );
    let file = asked(UserPart::File(pdf));
    assert_eq!(encode(Api::Responses, &file)["input"][0]["content"][1]["filename"], "note.pdf");
    let refused = |api, request: &ChatRequest| {
        assert_eq!(encode_for(api, MODEL, request, false).unwrap_err().kind(), ErrorKind::Unsupported);
    };
    refused(Api::Chat, &file);
    let sound = asked(UserPart::Audio(wav));
    refused(Api::Chat, &sound);
    refused(Api::Responses, &sound);
}

#[test]
fn stored_answers_are_pinned_to_their_target() {
    let pinned = |target| {
        with(ChatRequest::new([Message::system("Be brief."), Message::user("And then?")]), |options| {
            options.previous_response = Some(Pinned::new("resp_1", target));
        })
    };
    let body = encode(Api::Responses, &pinned(target(MODEL)));
    assert_eq!(body["previous_response_id"], "resp_1");
    assert_eq!(body["instructions"], Value::Null, "xAI refuses them with a stored answer");
    assert_eq!(body["input"][0]["role"], "system");
    let error = encode_for(Api::Responses, MODEL, &pinned(target("grok-4.3")), false).unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::InvalidRequest, Retry::Never));
    let why: &PinnedElsewhere = error.vendor().unwrap();
    assert_eq!((why.option, why.made_by.model()), ("previous_response", "grok-4.3"));
}

#[test]
fn raw_bodies_and_additions() {
    let raw = RawJson::parse(r#"{"input":"Hi","model":"other","store":true,"temperature":1.0}"#).unwrap();
    let (body, warnings) = encode_for(Api::Responses, MODEL, &ChatRequest::raw(raw), true).unwrap();
    assert_eq!(
        body,
        json!({"input": "Hi", "store": true, "temperature": 1.0, "model": MODEL, "stream": true})
    );
    assert_eq!(subjects(&warnings), ["model"]);
    let request = ChatRequest::user("Hi").with_extra("store", true).with_extra("new_field", json!({"a": 1}));
    let body = encode(Api::Responses, &request);
    assert_eq!((&body["store"], &body["new_field"]), (&json!(true), &json!({"a": 1})));
}

#[test]
fn warnings_are_errors_where_that_was_asked_for() {
    for api in BOTH {
        let request = ChatRequest::user("Hi").with_stop("END").with_strict(true);
        let error = encode_for(api, MODEL, &request, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{api:?}");
        let request = with(ChatRequest::user("Hi"), |options| options.logprobs = Some(true));
        let error = encode_for(api, MODEL, &request.with_strict(true), false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{api:?}");
    }
}
