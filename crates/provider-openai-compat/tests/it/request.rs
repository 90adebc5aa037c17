//! Bodies of requests: the vendors' examples, and every option.

use bytes::Bytes;
use laravel_ai_core::{
    ChatRequest, ErrorKind, FunctionTool, JsonSchemaFormat, Media, Message, ProviderOptions, ProviderTool,
    ReasoningEffort, ReasoningOptions, ReasoningSummary, ResponseFormat, ToolCall, ToolChoice, ToolMode,
    ToolResult, UserPart, WarningKind,
};
use provider_openai_compat::{
    CompatibleOptions, Dialect, EndUserField, MaxTokens, Parameter, ReasoningField, SystemRole,
};
use serde_json::{Value, json};

use crate::support::{dialect_of, encode, fixture, meaning, read_by};

fn weather(strict: Option<bool>) -> FunctionTool {
    let mut tool = FunctionTool::new("get_weather").with_description("Current weather for a city").with_parameters(json!({
        "type": "object",
        "properties": {"city": {"type": "string", "description": "City name"}, "unit": {"type": "string", "enum": ["c", "f"]}},
        "required": ["city", "unit"], "additionalProperties": false,
    }));
    tool.strict = strict;
    tool
}

fn png() -> Media {
    Media::from_bytes(Bytes::from_static(b"\x89PNG\r\n\x1a\n")).unwrap()
}

fn effort(effort: ReasoningEffort) -> ReasoningOptions {
    ReasoningOptions::effort(effort)
}

/// The example's intent in this library's words, and whether it streams.
fn intent(name: &str, dialect: &mut Dialect) -> (ChatRequest, bool) {
    let person = |fields: Value, required: Value| json!({"type": "object", "properties": fields, "required": required, "additionalProperties": false});
    match name {
        "openai_chat_request_basic.json" => {
            dialect.system_role = SystemRole::Developer;
            let mut options = CompatibleOptions::default();
            options.store = Some(false);
            let messages = [
                Message::system("Answer in one short sentence."),
                Message::user("Which is the largest moon of Saturn?"),
            ];
            let request = ChatRequest::new(messages)
                .with_max_output_tokens(400)
                .with_reasoning(effort(ReasoningEffort::Low))
                .with_options(&options)
                .unwrap();
            (request, false)
        }
        "openai_chat_request_sampling.json" => {
            let mut options = CompatibleOptions::default();
            options.logprobs = Some(true);
            options.top_logprobs = Some(2);
            options.service_tier = Some("auto".into());
            options.metadata.insert("job".into(), "demo".into());
            let request =
                ChatRequest::new([Message::system("You are terse."), Message::user("Name a colour.")])
                    .with_temperature(0.2)
                    .with_top_p(0.9)
                    .with_frequency_penalty(0.1)
                    .with_presence_penalty(0.0)
                    .with_stop("\n\n")
                    .with_seed(7)
                    .with_max_output_tokens(50)
                    .with_cache_key("demo-colours")
                    .with_end_user("user-8c1f")
                    .with_options(&options)
                    .unwrap()
                    .with_extra("n", 1);
            (request, false)
        }
        "openai_chat_request_tools_stream.json" => {
            let request = ChatRequest::user("Weather in Oslo and Rome?")
                .with_tool(weather(Some(true)))
                .with_tool_choice(ToolChoice::Auto)
                .with_parallel_tool_calls(true)
                .with_reasoning(effort(ReasoningEffort::None));
            (request, true)
        }
        "openai_chat_request_tool_results.json" => {
            let calls = [("call_a1", "Oslo", 2), ("call_b2", "Rome", 17)].map(|(id, city, temperature)| {
                let arguments = format!("{{\"city\":\"{city}\",\"unit\":\"c\"}}");
                (ToolCall::new(id, "get_weather", arguments), json!({"temp": temperature}))
            });
            let said = calls
                .iter()
                .map(|(call, _)| laravel_ai_core::AssistantPart::ToolCall(call.clone()))
                .collect();
            let results = calls.iter().map(|(call, result)| ToolResult::json(call, result.clone()));
            let messages = [
                Message::user("Weather in Oslo and Rome?"),
                Message::Assistant(said),
                Message::tool(results),
            ];
            let request = ChatRequest::new(messages)
                .with_tool(weather(Some(true)))
                .with_reasoning(effort(ReasoningEffort::None));
            (request, false)
        }
        "openai_chat_request_multimodal.json" => {
            let note =
                Media::from_bytes_as(Bytes::from_static(b"%PDF-1.4\n"), "application/pdf", 100).unwrap();
            let parts = vec![
                UserPart::text("Compare these."),
                UserPart::Image(Media::from_url("https://example.org/a.png").unwrap().with_detail("low")),
                UserPart::Image(png()),
                UserPart::File(note.with_name("note.pdf")),
            ];
            (ChatRequest::new([Message::User(parts)]), false)
        }
        "openai_chat_request_audio.json" => {
            let sound =
                Media::from_bytes_as(Bytes::from_static(b"RIFF$\0\0\0WAVE"), "audio/wav", 100).unwrap();
            let request = ChatRequest::new([Message::User(vec![UserPart::Audio(sound)])])
                .with_extra("modalities", json!(["text", "audio"]))
                .with_extra("audio", json!({"voice": "alloy", "format": "wav"}));
            (request, false)
        }
        "openai_chat_request_json_schema.json" => {
            let schema = person(
                json!({"name": {"type": "string"}, "age": {"type": "integer"}}),
                json!(["name", "age"]),
            );
            let format = JsonSchemaFormat::new("person", schema).with_strict(true);
            (ChatRequest::user("Extract: Ada, 36").with_format(format.into()), false)
        }
        "openai_chat_request_allowed_tools.json" => {
            let choice = ToolChoice::Allowed { mode: ToolMode::Required, names: vec!["get_weather".into()] };
            let request = ChatRequest::user("Weather in Oslo?")
                .with_tool(weather(Some(true)))
                .with_tool_choice(choice)
                .with_reasoning(effort(ReasoningEffort::None));
            (request, false)
        }
        "ollama_v1_request_image.json" => {
            let parts = vec![UserPart::text("What is this?"), UserPart::Image(png())];
            (ChatRequest::new([Message::User(parts)]).with_max_output_tokens(200), true)
        }
        "xai_chat_request.json" => {
            dialect.max_tokens = MaxTokens::MaxCompletionTokens;
            let request =
                ChatRequest::new([Message::system("Be brief."), Message::user("Weather in Oslo and Rome?")])
                    .with_tool(weather(None))
                    .with_tool_choice(ToolChoice::Auto)
                    .with_parallel_tool_calls(true)
                    .with_max_output_tokens(500)
                    .with_reasoning(effort(ReasoningEffort::Low));
            (request, true)
        }
        "xai_chat_request_image_schema.json" => {
            let format =
                JsonSchemaFormat::new("label", person(json!({"text": {"type": "string"}}), json!(["text"])));
            let parts = vec![UserPart::text("Read the label."), UserPart::Image(png().with_detail("high"))];
            (ChatRequest::new([Message::User(parts)]).with_format(format.with_strict(true).into()), false)
        }
        other => panic!("{other} has no intent"),
    }
}

#[test]
fn every_example() {
    for name in read_by("request") {
        let mut wanted: Value = serde_json::from_str(&fixture(&name)).unwrap();
        let mut dialect = dialect_of(&name);
        let (request, stream) = intent(&name, &mut dialect);
        let (mut body, warnings) = encode(&dialect, &request, stream).unwrap();
        for body in [&mut wanted, &mut body] {
            // The handle's model is `test-model` in all tests.
            body.as_object_mut().unwrap().remove("model");
        }
        assert_eq!(meaning(body), meaning(wanted), "{name}");
        assert_eq!(warnings, [], "{name}");
    }
}

#[test]
fn what_is_not_asked_for_is_not_sent() {
    let (body, _) = encode(&Dialect::new("x"), &ChatRequest::user("Hello"), false).unwrap();
    assert_eq!(body, json!({"model": "test-model", "messages": [{"role": "user", "content": "Hello"}]}));
    let request =
        ChatRequest::user("Hello").with_tool_choice(ToolChoice::Auto).with_parallel_tool_calls(false);
    let (body, _) = encode(&Dialect::new("x"), &request, false).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 2, "a choice without tools is refused by vendors");
    let (body, _) = encode(&Dialect::new("x"), &ChatRequest::user("Hello"), true).unwrap();
    assert_eq!((&body["stream"], &body["stream_options"]), (&json!(true), &json!({"include_usage": true})));
    let mut old = Dialect::new("x");
    old.stream_usage = false;
    let (body, _) = encode(&old, &ChatRequest::user("Hello"), true).unwrap();
    assert!(body.get("stream_options").is_none());
}

fn everything() -> ChatRequest {
    ChatRequest::user("Hello")
        .with_temperature(0.5)
        .with_top_p(0.5)
        .with_top_k(5)
        .with_max_output_tokens(5)
        .with_stop("x")
        .with_seed(5)
        .with_presence_penalty(0.5)
        .with_frequency_penalty(0.5)
        .with_reasoning(effort(ReasoningEffort::Low))
        .with_tool(weather(Some(true)))
        .with_tool_choice(ToolChoice::Required)
        .with_parallel_tool_calls(false)
        .with_cache_key("k")
        .with_end_user("u")
}

#[test]
fn what_a_server_does_not_take_is_left_out_with_a_warning() {
    let (all, warnings) = encode(&Dialect::new("x"), &everything(), false).unwrap();
    assert_eq!(warnings, []);
    for (parameter, subject, field) in [
        (Parameter::Temperature, "temperature", "temperature"),
        (Parameter::TopP, "top_p", "top_p"),
        (Parameter::TopK, "top_k", "top_k"),
        (Parameter::MaxOutputTokens, "max_output_tokens", "max_tokens"),
        (Parameter::Stop, "stop", "stop"),
        (Parameter::Seed, "seed", "seed"),
        (Parameter::PresencePenalty, "presence_penalty", "presence_penalty"),
        (Parameter::FrequencyPenalty, "frequency_penalty", "frequency_penalty"),
        (Parameter::Reasoning, "reasoning", "reasoning_effort"),
        (Parameter::ToolChoice, "tool_choice", "tool_choice"),
        (Parameter::ParallelToolCalls, "parallel_tool_calls", "parallel_tool_calls"),
        (Parameter::CacheKey, "cache_key", "prompt_cache_key"),
        (Parameter::EndUser, "end_user", "user"),
        (Parameter::Strict, "strict", ""),
    ] {
        let mut dialect = Dialect::new("x");
        dialect.unsupported = dialect.unsupported.with(parameter);
        let (body, warnings) = encode(&dialect, &everything(), false).unwrap();
        let told: Vec<_> = warnings.iter().map(|warning| (warning.kind, warning.subject.as_str())).collect();
        assert_eq!(told, [(WarningKind::OptionDropped, subject)]);
        let mut rest = all.clone();
        match field {
            "" => _ = rest["tools"][0]["function"].as_object_mut().unwrap().remove("strict"),
            field => {
                assert!(rest.as_object_mut().unwrap().remove(field).is_some(), "{field} is sent elsewhere")
            }
        }
        assert_eq!(body, rest);
        let strict = encode(&dialect, &everything().with_strict(true), false).unwrap_err();
        assert_eq!((strict.kind(), strict.possibly_billed()), (ErrorKind::Unsupported, false));
        dialect.unsupported = dialect.unsupported.without(parameter);
        assert_eq!(encode(&dialect, &everything(), false).unwrap().0, all);
    }
}

#[test]
fn what_an_answer_would_be_useless_without_is_refused() {
    let json_format = || ChatRequest::user("Hello").with_format(ResponseFormat::Json);
    let schema = || ChatRequest::user("Hello").with_format(JsonSchemaFormat::new("a", json!({})).into());
    for (parameter, request) in [
        (Parameter::Tools, everything()),
        (Parameter::JsonObject, json_format()),
        (Parameter::JsonSchema, schema()),
    ] {
        let mut dialect = Dialect::new("x");
        assert!(encode(&dialect, &request, false).is_ok());
        dialect.unsupported = dialect.unsupported.with(parameter);
        assert_eq!(
            encode(&dialect, &request, false).unwrap_err().kind(),
            ErrorKind::Unsupported,
            "{parameter:?}"
        );
    }
    let (body, _) = encode(&Dialect::new("x"), &json_format(), false).unwrap();
    assert_eq!(body["response_format"], json!({"type": "json_object"}));
    let text = ChatRequest::user("Hello").with_format(ResponseFormat::Text);
    assert_eq!(
        encode(&Dialect::new("x"), &text, false).unwrap().0["response_format"],
        json!({"type": "text"})
    );
    let mut format = JsonSchemaFormat::new("a", json!({"type": "object"})).with_description("d");
    format.strict = Some(false);
    let described = ChatRequest::user("Hello").with_format(format.into());
    assert_eq!(
        encode(&Dialect::new("x"), &described, false).unwrap().0["response_format"]["json_schema"],
        json!({"name": "a", "description": "d", "schema": {"type": "object"}, "strict": false})
    );
}

#[test]
fn limits_of_the_vendor_are_told_before_anything_is_sent() {
    let openai = Dialect::openai("openai-compatible");
    let named = |name: &str| ChatRequest::user("Hello").with_tool(FunctionTool::new(name));
    for wrong in ["get weather", "wetter_für", "a.b", &"x".repeat(65)] {
        assert_eq!(
            encode(&openai, &named(wrong), false).unwrap_err().kind(),
            ErrorKind::InvalidRequest,
            "{wrong}"
        );
        assert!(encode(&Dialect::new("x"), &named(wrong), false).is_ok(), "{wrong}");
    }
    assert!(encode(&openai, &named(&"x".repeat(64)), false).is_ok());
    let stops = (0..5).fold(ChatRequest::user("Hello"), |request, at| request.with_stop(at.to_string()));
    assert_eq!(encode(&openai, &stops, false).unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert!(encode(&Dialect::new("x"), &stops, false).is_ok());
    let (_, warnings) = encode(&openai, &ChatRequest::user("Hello").with_top_k(4), false).unwrap();
    assert_eq!(warnings[0].subject, "top_k");
    assert_eq!(encode(&openai, &ChatRequest::new([]), false).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[test]
fn every_choice_of_tools() {
    let choose = |dialect: &Dialect, choice: ToolChoice| {
        let request = ChatRequest::user("Hello")
            .with_tool(FunctionTool::new("f"))
            .with_tool(FunctionTool::new("g"))
            .with_tool_choice(choice);
        encode(dialect, &request, false).unwrap()
    };
    let plain = Dialect::new("x");
    for (choice, wanted) in [
        (ToolChoice::Auto, json!("auto")),
        (ToolChoice::None, json!("none")),
        (ToolChoice::Required, json!("required")),
        (ToolChoice::Named("g".into()), json!({"type": "function", "function": {"name": "g"}})),
    ] {
        let (body, warnings) = choose(&plain, choice);
        assert_eq!((&body["tool_choice"], warnings.len()), (&wanted, 0));
    }
    let allowed = |mode| ToolChoice::Allowed { mode, names: vec!["g".into()] };
    let (body, warnings) = choose(&Dialect::openai("x"), allowed(ToolMode::Auto));
    assert_eq!(body["tools"].as_array().unwrap().len(), 2);
    assert_eq!(
        body["tool_choice"],
        json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "g"}}]}})
    );
    assert_eq!(warnings, []);
    // A server that knows no sets gets the set as its whole list.
    let (body, warnings) = choose(&plain, allowed(ToolMode::Required));
    assert_eq!((body["tools"].as_array().unwrap().len(), &body["tool_choice"]), (1, &json!("required")));
    assert_eq!(body["tools"][0]["function"]["name"], "g");
    assert_eq!(warnings[0].kind, WarningKind::OptionChanged);
}

#[test]
fn provider_tools_go_to_their_provider_only() {
    let search = json!({"type": "web_search"});
    let request = ChatRequest::user("Hello")
        .with_tool(ProviderTool::new("openai-compatible", search.clone()))
        .with_tool(ProviderTool::new("other", json!({"type": "secret"})))
        .with_tool_choice(ToolChoice::Auto);
    let (body, warnings) = encode(&Dialect::new("openai-compatible"), &request, false).unwrap();
    assert_eq!(body["tools"], json!([search]));
    assert_eq!(warnings[0].kind, WarningKind::ForeignOptions);
    let (body, _) = encode(&Dialect::new("third"), &request, false).unwrap();
    assert!(body.get("tools").is_none() && body.get("tool_choice").is_none(), "no tool is left");
}

#[test]
fn reasoning_as_a_word_or_as_an_object() {
    let asked = effort(ReasoningEffort::Other("extreme".into()))
        .with_budget_tokens(64)
        .with_summary(ReasoningSummary::Auto);
    let request = ChatRequest::user("Hello").with_reasoning(asked);
    let mut dialect = Dialect::new("x");
    let (body, warnings) = encode(&dialect, &request, false).unwrap();
    assert_eq!(body["reasoning_effort"], "extreme");
    let told: Vec<_> = warnings.iter().map(|warning| warning.subject.as_str()).collect();
    assert_eq!(told, ["reasoning.budget_tokens", "reasoning.summary"]);
    dialect.reasoning = ReasoningField::Reasoning;
    let (body, warnings) = encode(&dialect, &request, false).unwrap();
    assert_eq!(body["reasoning"], json!({"effort": "extreme", "max_tokens": 64, "summary": "auto"}));
    assert_eq!(warnings, []);
}

/// Options of a driver that is not asked.
#[derive(serde::Serialize, serde::Deserialize)]
struct Others {}

impl ProviderOptions for Others {
    const DRIVER: &'static str = "others";
}

#[test]
fn options_go_over_the_driver_and_the_callers_members_over_both() {
    let mut dialect = Dialect::new("openai-compatible");
    dialect.end_user = EndUserField::User;
    let mut options = CompatibleOptions::default();
    options.user = Some("option".into());
    options.min_p = Some(0.1);
    options.store = Some(true);
    let request = ChatRequest::user("Hello")
        .with_end_user("field")
        .with_temperature(0.1)
        .with_options(&options)
        .unwrap()
        .with_options(&Others {})
        .unwrap()
        .with_extra("temperature", 0.9)
        .with_extra("store", false)
        .with_extra("messages", json!([]));
    let encoded = provider_openai_compat::encode_chat::<CompatibleOptions>(
        &dialect,
        &crate::support::target(),
        &request,
        false,
    )
    .unwrap();
    let text = String::from_utf8(encoded.body.to_vec()).unwrap();
    for name in ["user", "temperature", "store", "messages", "min_p"] {
        assert_eq!(text.matches(&format!("\"{name}\":")).count(), 1, "{name} occurs once in {text}");
    }
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        body,
        json!({"model": "test-model", "user": "option", "min_p": 0.1, "store": false, "temperature": 0.9, "messages": []})
    );
    assert_eq!(encoded.warnings[0].kind, WarningKind::ForeignOptions);
    assert_eq!(
        encode(&dialect, &request.with_strict(true), false).unwrap_err().kind(),
        ErrorKind::Unsupported
    );

    let json = json!({"messages": [{"v": 1, "role": "user", "content": [{"type": "text", "text": "x"}]}],
                      "provider_options": {"openai-compatible": {"temprature": 1}}});
    let misspelt: ChatRequest = serde_json::from_value(json).unwrap();
    assert_eq!(encode(&dialect, &misspelt, false).unwrap_err().kind(), ErrorKind::InvalidRequest);
}
