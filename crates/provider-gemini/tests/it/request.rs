//! What is sent.

use laravel_ai_core::{
    AssistantPart, ChatRequest, ErrorKind, FunctionTool, JsonSchemaFormat, Media, Message, Opaque,
    ProviderTool, RawJson, ReasoningEffort, ReasoningOptions, ReasoningSummary, ResponseFormat, TextPart,
    Tool, ToolCall, ToolChoice, ToolResult, ToolResultPart, UserPart, WarningKind,
};
use provider_gemini::{GeminiOptions, Pinned, PinnedElsewhere, SafetySetting};
use serde_json::{Value, json};

use crate::support::{MODEL, encode, encode_for, json as fixture, meaning, read_by, subjects, target};

fn options(edit: impl FnOnce(&mut GeminiOptions)) -> GeminiOptions {
    let mut options = GeminiOptions::default();
    edit(&mut options);
    options
}

fn with(request: ChatRequest, edit: impl FnOnce(&mut GeminiOptions)) -> ChatRequest {
    request.with_options(&options(edit)).unwrap()
}

fn weather() -> FunctionTool {
    FunctionTool::new("get_weather").with_description("Current weather for a city").with_parameters(json!({
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "City name"},
            "unit": {"type": "string", "enum": ["c", "f"]},
        },
        "required": ["city", "unit"],
        "additionalProperties": false,
    }))
}

fn asked_for_the_weather(calls: Vec<ToolCall>, results: Vec<ToolResult>, question: &str) -> ChatRequest {
    let calls = calls.into_iter().map(AssistantPart::ToolCall).collect();
    ChatRequest::new([Message::user(question), Message::Assistant(calls), Message::tool(results)])
        .with_tool(weather())
}

fn made_here(mut call: ToolCall, state: &Value) -> ToolCall {
    call.opaque = Some(Opaque::new(target(), RawJson::from(state)));
    call
}

/// The request that an example is the body of.
fn example(name: &str) -> (&'static str, ChatRequest) {
    let png = || Media::from_bytes_as(b"\x89PNG\r\n\x1a\n".as_slice(), "image/png", 100).unwrap();
    let bytes = |bytes: &'static [u8], mime: &str| Media::from_bytes_as(bytes, mime, 100).unwrap();
    let call =
        |id: &str, city: &str| ToolCall::new(id, "get_weather", format!(r#"{{"city":"{city}","unit":"c"}}"#));
    let mut model = MODEL;
    let request = match name {
        "gemini_request_basic.json" => {
            let mut reasoning = ReasoningOptions::effort(ReasoningEffort::Low);
            reasoning.summary = Some(ReasoningSummary::Auto);
            let mut request = ChatRequest::new([
                Message::system("Answer in one short sentence."),
                Message::user("Which is the largest moon of Saturn?"),
            ])
            .with_max_output_tokens(400)
            .with_stop("\n\n")
            .with_seed(7);
            request.reasoning = Some(reasoning);
            request
        }
        "gemini_request_sampling_25.json" => {
            model = "gemini-2.5-flash";
            let mut request = ChatRequest::user("Name a colour.")
                .with_temperature(0.2)
                .with_top_p(0.9)
                .with_top_k(40)
                .with_max_output_tokens(50)
                .with_presence_penalty(0.1)
                .with_frequency_penalty(0.1)
                .with_extra("generationConfig", json!({"candidateCount": 1}));
            request.reasoning = Some(ReasoningOptions::effort(ReasoningEffort::None));
            with(request, |options| {
                options.top_logprobs = Some(2);
                options.safety_settings = vec![
                    SafetySetting::new("HARM_CATEGORY_HARASSMENT", "BLOCK_ONLY_HIGH"),
                    SafetySetting::new("HARM_CATEGORY_DANGEROUS_CONTENT", "OFF"),
                ];
            })
        }
        "gemini_request_tools.json" => ChatRequest::user("Weather in Oslo and Rome?")
            .with_tool(weather())
            .with_tool_choice(ToolChoice::Named("get_weather".into())),
        "gemini_request_tool_results.json" => {
            let state = json!({"functionCall": {"id": "fn1"}, "thoughtSignature": "bWFkZS11cCBzaWduYXR1cmUgb25lIGZvciB0ZXN0cw=="});
            let first = made_here(call("fn1", "Oslo"), &state);
            let second = made_here(call("fn2", "Rome"), &json!({"functionCall": {"id": "fn2"}}));
            // In the wrong order, as parallel tools may end.
            let results = vec![
                ToolResult::json(&second, json!({"temp": 17})),
                ToolResult::json(&first, json!({"temp": 2})),
            ];
            asked_for_the_weather(vec![first, second], results, "Weather in Oslo and Rome?")
        }
        "gemini_request_foreign_history.json" => {
            let call = call("call_of_others", "Oslo");
            let result = ToolResult::json(&call, json!({"temp": 2}));
            asked_for_the_weather(vec![call], vec![result], "Weather in Oslo?")
        }
        "gemini_request_multimodal.json" => ChatRequest::new([Message::User(vec![
            UserPart::text("Compare these."),
            UserPart::Image(png()),
            UserPart::File(bytes(b"%PDF-1.4\n", "application/pdf")),
            UserPart::Audio(bytes(b"RIFF$\0\0\0WAVE", "audio/wav")),
            UserPart::File(Media::uploaded("gemini", "files/abc-123").with_mime("video/mp4")),
        ])]),
        "gemini_request_json_schema.json" => {
            let schema = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                "required": ["name", "age"]});
            ChatRequest::user("Extract: Ada, 36").with_format(JsonSchemaFormat::new("person", schema).into())
        }
        "gemini_request_tool_schema_subset.json" => {
            let tool = FunctionTool::new("get_weather").with_description("Current weather").with_parameters(json!({
                "type": "object",
                "properties": {"city": {"type": "string"}, "unit": {"type": ["string", "null"], "enum": ["c", "f", null]}},
                "required": ["city"],
                "propertyOrdering": ["city", "unit"],
            }));
            with(ChatRequest::user("Weather in Oslo?").with_tool(tool), |options| {
                options.legacy_schemas = true
            })
        }
        other => panic!("which request is {other}?"),
    };
    (model, request)
}

#[test]
fn every_example() {
    for (name, _) in read_by("request").into_iter().filter(|(name, _)| name.starts_with("gemini_request_")) {
        let (model, request) = example(&name);
        let (body, warnings) = encode_for(model, &request).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(meaning(body), meaning(fixture(&name)), "{name}");
        assert_eq!(subjects(&warnings), [""; 0], "{name}");
    }
}

#[test]
fn every_option_has_its_member() {
    let request = ChatRequest::user("Hi").with_format(ResponseFormat::Json);
    let body = encode(&with(request, |options| {
        options.safety_settings = vec![SafetySetting::new("HARM_CATEGORY_HATE_SPEECH", "BLOCK_NONE")];
        options.thinking_level = Some("high".into());
        options.include_thoughts = Some(true);
        options.response_modalities = vec!["TEXT".into(), "IMAGE".into()];
        options.media_resolution = Some("low".into());
        options.image_config = Some(json!({"aspectRatio": "1:1"}));
        options.speech_config = Some(json!({"languageCode": "pl-PL"}));
        options.logprobs = Some(true);
        options.top_logprobs = Some(3);
        options.retrieval_config = Some(json!({"languageCode": "pl"}));
        options.service_tier = Some("flex".into());
        options.store = Some(false);
        options.labels = [("team".to_owned(), "a".to_owned())].into();
        options.continuation_token = Some("token".into());
    }));
    insta::assert_json_snapshot!(body);
}

#[test]
fn members_of_the_caller_go_over_ours_and_into_our_objects() {
    let request = ChatRequest::user("Hi")
        .with_max_output_tokens(9)
        .with_seed(1)
        .with_tool(weather())
        .with_tool_choice(ToolChoice::Auto)
        .with_extra("generationConfig", json!({"seed": 2, "candidateCount": 1}))
        .with_extra("toolConfig", json!({"retrievalConfig": {"languageCode": "pl"}}))
        .with_extra("safetySettings", json!([]))
        .with_extra("newMember", json!(true));
    let body = encode(&request);
    assert_eq!(body["generationConfig"], json!({"maxOutputTokens": 9, "seed": 2, "candidateCount": 1}));
    assert_eq!(
        body["toolConfig"],
        json!({"functionCallingConfig": {"mode": "AUTO"}, "retrievalConfig": {"languageCode": "pl"}})
    );
    assert_eq!((&body["safetySettings"], &body["newMember"]), (&json!([]), &json!(true)));
    let odd = encode(&ChatRequest::user("Hi").with_seed(1).with_extra("generationConfig", json!(null)));
    assert_eq!(odd["generationConfig"], Value::Null);
}

#[test]
fn what_gemini_has_no_option_for_is_told() {
    let mut request =
        ChatRequest::user("Hi").with_cache_key("k").with_end_user("u").with_parallel_tool_calls(false);
    let (body, warnings) = encode_for(MODEL, &request).unwrap();
    assert_eq!(body, json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}));
    assert_eq!(subjects(&warnings), ["parallel_tool_calls", "cache_key", "end_user"]);
    request.strict = true;
    assert_eq!(encode_for(MODEL, &request).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(encode_for(MODEL, &ChatRequest::user("Hi").with_parallel_tool_calls(true)).unwrap().1, []);
}

#[test]
fn sampling_is_left_out_where_it_does_nothing() {
    let request = ChatRequest::user("Hi").with_temperature(0.5).with_top_p(0.5).with_top_k(5).with_seed(1);
    let (body, warnings) = encode_for("gemini-3.8-flash", &request).unwrap();
    assert_eq!(body["generationConfig"], json!({"seed": 1}));
    assert_eq!(subjects(&warnings), ["temperature", "top_p", "top_k"]);
    let (body, warnings) = encode_for("gemini-99", &request).unwrap();
    assert_eq!(
        (body["generationConfig"]["temperature"].as_f64(), warnings.len()),
        (Some(0.5), 0),
        "unknown gets all"
    );
}

#[test]
fn instructions_stand_apart_from_the_turns() {
    let request = ChatRequest::new([
        Message::System(vec![TextPart::new("One."), TextPart::new(""), TextPart::new("Two.")]),
        Message::user("Hi"),
        Message::assistant("Hello"),
        Message::system("Three."),
        Message::user("Go on"),
    ]);
    let (body, warnings) = encode_for(MODEL, &request).unwrap();
    assert_eq!(
        body["systemInstruction"],
        json!({"parts": [{"text": "One."}, {"text": "Two."}, {"text": "Three."}]})
    );
    assert_eq!(body["contents"].as_array().unwrap().len(), 3);
    assert_eq!(warnings.iter().map(|w| w.kind).collect::<Vec<_>>(), [WarningKind::OptionChanged]);

    let error = encode_for(MODEL, &ChatRequest::new([Message::system("Be brief.")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);

    let brief = ChatRequest::new([Message::system("Be brief."), Message::user("Hi")]);
    let (body, warnings) = encode_for("gemma-3-27b-it", &brief).unwrap();
    assert_eq!(body["contents"][0], json!({"role": "user", "parts": [{"text": "Be brief."}]}));
    assert_eq!((body.get("systemInstruction"), warnings.len()), (None, 1));
}

#[test]
fn empty_texts_and_turns_are_not_sent() {
    let request = ChatRequest::new([
        Message::User(vec![UserPart::text(""), UserPart::text("Hi")]),
        Message::assistant(""),
        Message::user("There?"),
    ]);
    let body = encode(&request);
    assert_eq!(
        body["contents"],
        json!([{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "user", "parts": [{"text": "There?"}]}])
    );
}

#[test]
fn media_are_bytes_or_uris() {
    let url = Media::from_url("https://example.com/cat.png").unwrap().with_mime("image/png");
    let image = Media::from_bytes(b"\x89PNG\r\n\x1a\n".as_slice()).unwrap().with_detail("high");
    let odd = Media::from_url("gs://bucket/a.pdf").unwrap().with_detail("closely");
    let named = Media::uploaded("gemini", "https://generativelanguage.googleapis.com/v1beta/files/x");
    let request = ChatRequest::new([Message::User(vec![
        UserPart::Image(url),
        UserPart::Image(image),
        UserPart::File(odd),
        UserPart::File(named),
    ])]);
    let (body, warnings) = encode_for(MODEL, &request).unwrap();
    assert_eq!(
        body["contents"][0]["parts"],
        json!([
            {"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/cat.png"}},
            {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}, "mediaResolution": {"level": "MEDIA_RESOLUTION_HIGH"}},
            {"fileData": {"fileUri": "gs://bucket/a.pdf"}},
            {"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/x"}},
        ])
    );
    assert_eq!(subjects(&warnings), ["detail"]);
    for (media, kind) in [
        (Media::uploaded("openai", "file-1"), ErrorKind::Unsupported),
        (
            {
                let mut media = Media::from_bytes(b"\x89PNG\r\n\x1a\n".as_slice()).unwrap();
                media.mime = None;
                media
            },
            ErrorKind::InvalidRequest,
        ),
    ] {
        let error =
            encode_for(MODEL, &ChatRequest::new([Message::User(vec![UserPart::File(media)])])).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[test]
fn results_are_objects_all_in_one_turn_and_may_hold_images() {
    let call = |id: &str, name: &str| ToolCall::new(id, name, "{}");
    let calls = [
        call("a", "text"),
        call("b", "json"),
        call("c", "list"),
        call("d", "wrong"),
        call("e", "image"),
        call("f", "none"),
    ];
    let image = Media::from_bytes(b"\x89PNG\r\n\x1a\n".as_slice()).unwrap();
    let text = |text: &str| ToolResultPart::Text(TextPart::new(text));
    let results = [
        ToolResult::text(&calls[0], "sunny"),
        ToolResult::json(&calls[1], json!({"temp": 2})),
        ToolResult::of(&calls[2], vec![text("a"), ToolResultPart::Json { value: json!(2) }]),
        ToolResult::error(&calls[3], "no such city"),
        ToolResult::of(&calls[4], vec![text("a map"), ToolResultPart::Image(image)]),
        ToolResult::of(&calls[5], vec![]),
    ];
    // Each in a message of its own.
    let said = Message::Assistant(calls.iter().cloned().map(AssistantPart::ToolCall).collect());
    let messages =
        [Message::user("Hi"), said].into_iter().chain(results.map(|result| Message::tool([result])));
    let body = encode(&ChatRequest::new(messages.chain([Message::user("And?")])));
    assert_eq!(body["contents"].as_array().unwrap().len(), 4);
    let response =
        |name: &str, response: Value| json!({"functionResponse": {"name": name, "response": response}});
    let mut image = response("image", json!({"result": "a map"}));
    image["functionResponse"]["parts"] =
        json!([{"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]);
    assert_eq!(
        body["contents"][2],
        json!({"role": "user", "parts": [
            response("text", json!({"result": "sunny"})),
            response("json", json!({"temp": 2})),
            response("list", json!({"result": ["a", 2]})),
            response("wrong", json!({"error": "no such city"})),
            image,
            response("none", json!({})),
        ]})
    );

    let far = ToolResult::of(
        &calls[4],
        vec![ToolResultPart::Image(Media::from_url("https://a.example/x.png").unwrap())],
    );
    let error =
        encode_for(MODEL, &ChatRequest::new([Message::user("Hi"), Message::tool([far])])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let mut nameless = ToolResult::text(&calls[0], "x");
    nameless.name = None;
    let error =
        encode_for(MODEL, &ChatRequest::new([Message::user("Hi"), Message::tool([nameless])])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[test]
fn arguments_go_as_objects_and_what_is_none_is_wrapped_and_told_of() {
    let sent = |arguments: &str| {
        let said = Message::Assistant(vec![AssistantPart::ToolCall(ToolCall::new("c", "f", arguments))]);
        let (body, warnings) = encode_for(MODEL, &ChatRequest::new([Message::user("Hi"), said])).unwrap();
        let kinds: Vec<_> = warnings.iter().map(|warning| warning.kind).collect();
        (body["contents"][1]["parts"][0]["functionCall"]["args"].clone(), kinds)
    };
    assert_eq!(sent(""), (json!({}), vec![]));
    assert_eq!(sent(" null "), (json!({}), vec![]));
    assert_eq!(sent(r#"{"a":1}"#), (json!({"a": 1}), vec![]));
    for cut in [r#"{"a":"#, "[1]", "text"] {
        assert_eq!(sent(cut), (json!({"input": cut}), vec![WarningKind::HistoryRepaired]));
    }
    let mut custom = ToolCall::new("c", "sql", "SELECT 1");
    custom.kind = laravel_ai_core::ToolCallKind::Custom;
    let request =
        ChatRequest::new([Message::user("Hi"), Message::Assistant(vec![AssistantPart::ToolCall(custom)])]);
    let (body, warnings) = encode_for(MODEL, &request).unwrap();
    assert_eq!(body["contents"][1]["parts"][0]["functionCall"]["args"], json!({"input": "SELECT 1"}));
    assert_eq!(subjects(&warnings), ["tool call"]);
}

#[test]
fn cached_content_is_pinned_and_holds_instructions_and_tools() {
    let request = ChatRequest::new([Message::system("Be brief."), Message::user("Hi")]).with_tool(weather());
    let cached = |target| {
        with(request.clone(), |options| {
            options.cached_content = Some(Pinned::new("cachedContents/a", target))
        })
    };
    let (body, warnings) = encode_for(MODEL, &cached(target())).unwrap();
    assert_eq!(
        body,
        json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "cachedContent": "cachedContents/a"})
    );
    assert_eq!(subjects(&warnings), ["cached_content"]);
    let placed = with(ChatRequest::user("Hi"), |options| {
        options.cached_content = Some(Pinned::new("cachedContents/a", target()));
        options.retrieval_config = Some(json!({"languageCode": "de"}));
    });
    let (body, warnings) = encode_for(MODEL, &placed).unwrap();
    assert_eq!((body.get("toolConfig"), subjects(&warnings)), (None, vec!["cached_content"]));
    let error = encode_for(MODEL, &cached(target().with_model("gemini-2.5-pro"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let why: &PinnedElsewhere = error.vendor().unwrap();
    assert_eq!(why.option, "cached_content");
}

#[test]
fn a_raw_body_is_sent_as_it_is() {
    let raw = |text: &str| ChatRequest::raw(RawJson::parse(text.to_owned()).unwrap());
    let body = r#"{"contents":[{"parts":[{"text":"Hi"}]}],"generationConfig":{"seed":1.50}}"#;
    let encoded = provider_gemini::encode_content(&target(), &raw(body)).unwrap();
    assert_eq!(encoded.body, body);
    let (sent, warnings) = encode_for(
        MODEL,
        &raw(r#"{"model":"models/other","contents":[],"store":true}"#).with_extra("store", false),
    )
    .unwrap();
    assert_eq!(sent, json!({"contents": [], "store": false}));
    assert_eq!(subjects(&warnings), ["model"]);
    assert_eq!(encode_for(MODEL, &raw("[]")).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[test]
fn what_can_not_be_is_refused_before_it_is_sent() {
    let many = (0..6).fold(ChatRequest::user("Hi"), |request, at| request.with_stop(at.to_string()));
    let twice = with(ChatRequest::user("Hi"), |options| {
        options.safety_settings = vec![SafetySetting::new("A", "OFF"), SafetySetting::new("A", "BLOCK_NONE")];
    });
    for (request, word) in [
        (many, "stop texts"),
        (twice, "two entries"),
        (ChatRequest::user("Hi").with_tool(FunctionTool::new("1st")), "1st"),
        (ChatRequest::user("Hi").with_tool(FunctionTool::new("späti")), "späti"),
        (ChatRequest::user("Hi").with_tool(FunctionTool::new("a".repeat(129))), "128"),
    ] {
        let error = encode_for(MODEL, &request).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains(word), "{error}");
    }
    let foreign: Tool = ProviderTool::new("openai", json!({"type": "web_search"})).into();
    let (body, warnings) = encode_for(MODEL, &ChatRequest::user("Hi").with_tool(foreign)).unwrap();
    assert_eq!((body.get("tools"), warnings[0].kind), (None, WarningKind::ForeignOptions));
}
