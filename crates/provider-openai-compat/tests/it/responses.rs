//! Responses of a vendor that is not OpenAI, and what a dialect says of both APIs.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use laravel_ai_core::{
    AssistantPart, ChatModel as _, ChatRequest, Context, ErrorKind, FunctionTool, Media, Message, Opaque,
    RawJson, ReasoningEffort, ReasoningOptions, ResponseFormat, ToolCall, ToolChoice, ToolMode, UserPart,
    Warning, WarningKind,
};
use provider_openai_compat::responses::{self, EncodedResponse, Responses, Settings};
use provider_openai_compat::{
    ChatCompletions, CompatibleOptions, Dialect, EncodedChat, Parameter, encode_chat,
};
use serde_json::{Map, Value, json};

use crate::support::{Reply, Script, encode, target};

fn written(
    dialect: &Dialect,
    settings: &Settings<'_>,
    request: &ChatRequest,
) -> laravel_ai_core::Result<(Value, Vec<Warning>)> {
    let EncodedResponse { body, warnings, .. } =
        responses::encode(dialect, &target(), request, settings, false)?;
    Ok((serde_json::from_slice(&body).unwrap(), warnings))
}

fn plain(dialect: &Dialect, request: &ChatRequest) -> Value {
    written(dialect, &Settings::default(), request).unwrap().0
}

fn subjects(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.subject.as_str()).collect()
}

#[test]
fn a_vendor_of_which_nothing_is_known_is_asked_for_the_least() {
    let request = ChatRequest::new([Message::system("Be brief."), Message::user("Hi")])
        .with_tool(FunctionTool::new("f"))
        .with_end_user("u")
        .with_top_k(3)
        .with_max_output_tokens(1);
    let body = plain(&Dialect::new("acme"), &request);
    assert_eq!(
        body,
        json!({
            "model": target().model(),
            "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
            "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}],
            "max_output_tokens": 1, "top_k": 3, "include": ["reasoning.encrypted_content"], "store": false, "user": "u",
        })
    );
}

#[test]
fn what_a_driver_says_is_written() {
    let mut settings = Settings::default();
    settings.store = true;
    settings.logprobs = true;
    settings.reasoning.push(("mode", json!("pro")));
    settings.text.push(("verbosity", json!("low")));
    settings.members.push(("max_turns", json!(3)));
    let (body, _) = written(&Dialect::new("acme"), &settings, &ChatRequest::user("Hi")).unwrap();
    assert_eq!(
        (&body["store"], &body["logprobs"], &body["max_turns"]),
        (&json!(true), &json!(true), &json!(3))
    );
    assert_eq!((&body["reasoning"]["mode"], &body["text"]["verbosity"]), (&json!("pro"), &json!("low")));
    let over = ChatRequest::user("Hi").with_extra("max_turns", 9);
    assert_eq!(
        written(&Dialect::new("acme"), &settings, &over).unwrap().0["max_turns"],
        9,
        "the caller's word"
    );
    settings.only = Some(&["model", "input"]);
    let (body, _) = written(&Dialect::new("acme"), &settings, &over).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
}

#[test]
fn an_effort_that_a_model_refuses_is_left_out_in_both_apis() {
    let mut dialect = Dialect::new("acme");
    dialect.efforts = Some(&["low", "high"]);
    for (effort, taken) in [("low", true), ("none", false), ("max", false), ("galactic", true)] {
        let effort: ReasoningEffort = serde_json::from_value(json!(effort)).unwrap();
        let request = ChatRequest::user("Hi").with_reasoning(ReasoningOptions::effort(effort.clone()));
        let told: &[&str] = if taken { &[] } else { &["reasoning.effort"] };
        let (body, warnings) = encode(&dialect, &request, false).unwrap();
        assert_eq!((body.get("reasoning_effort").is_some(), subjects(&warnings).as_slice()), (taken, told));
        let (body, warnings) = written(&dialect, &Settings::default(), &request).unwrap();
        assert_eq!(
            (body.get("reasoning").is_some(), subjects(&warnings).as_slice()),
            (taken, told),
            "{effort:?}"
        );
    }
}

#[test]
fn media_that_a_model_does_not_take_are_refused_in_both_apis() {
    let mut dialect = Dialect::new("acme");
    (dialect.audio, dialect.inline_files) = (false, false);
    let pdf = Media::from_bytes(Bytes::from_static(b"%PDF-1.4\n")).unwrap();
    let wav = Media::from_bytes(Bytes::from_static(b"RIFF\x24\0\0\0WAVEfmt ")).unwrap();
    for part in [UserPart::File(pdf), UserPart::Audio(wav)] {
        let request = ChatRequest::new([Message::User(vec![part])]);
        for refused in [
            encode(&dialect, &request, false).unwrap_err(),
            written(&dialect, &Settings::default(), &request).unwrap_err(),
        ] {
            assert_eq!((refused.kind(), refused.possibly_billed()), (ErrorKind::Unsupported, false));
        }
        encode(&Dialect::new("acme"), &request, false).unwrap();
        plain(&Dialect::new("acme"), &request);
    }
}

#[test]
fn what_is_unsupported_is_so_in_responses_too() {
    let lacking = |parameter| {
        let mut dialect = Dialect::new("acme");
        dialect.unsupported = dialect.unsupported.with(parameter);
        dialect
    };
    let refused = |parameter, request: &ChatRequest| {
        let error = written(&lacking(parameter), &Settings::default(), request).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{parameter:?}");
    };
    refused(Parameter::Tools, &ChatRequest::user("Hi").with_tool(FunctionTool::new("f")));
    refused(Parameter::JsonObject, &ChatRequest::user("Hi").with_format(ResponseFormat::Json));
    let request = ChatRequest::user("Hi").with_temperature(0.5).with_cache_key("k").with_end_user("u");
    for (parameter, name) in [
        (Parameter::Temperature, "temperature"),
        (Parameter::CacheKey, "cache_key"),
        (Parameter::EndUser, "end_user"),
    ] {
        let (_, warnings) = written(&lacking(parameter), &Settings::default(), &request).unwrap();
        assert_eq!(subjects(&warnings), [name]);
    }
    let mut settings = Settings::default();
    settings.top_logprobs = Some(2);
    let (body, warnings) = written(&lacking(Parameter::Logprobs), &settings, &request).unwrap();
    assert_eq!((body.get("top_logprobs"), subjects(&warnings)), (None, vec!["logprobs"]));
}

#[test]
fn a_set_of_tools_is_cut_where_the_vendor_knows_none() {
    let choice = ToolChoice::Allowed { mode: ToolMode::Auto, names: vec!["b".into()] };
    let request = ChatRequest::user("Hi")
        .with_tool(FunctionTool::new("a"))
        .with_tool(FunctionTool::new("b"))
        .with_tool_choice(choice);
    let (body, warnings) = written(&Dialect::new("acme"), &Settings::default(), &request).unwrap();
    assert_eq!((body["tools"].as_array().unwrap().len(), &body["tools"][0]["name"]), (1, &json!("b")));
    assert_eq!((&body["tool_choice"], subjects(&warnings)), (&json!("auto"), vec!["tool_choice"]));
}

#[test]
fn members_of_hosted_tools_go_where_their_path_says() {
    let mut members = Map::new();
    provider_openai_compat::hosted::put(&mut members, "a", json!(1));
    provider_openai_compat::hosted::put(&mut members, "b.c.d", json!(2));
    provider_openai_compat::hosted::put(&mut members, "b.e", json!(3));
    provider_openai_compat::hosted::put(&mut members, "a.f", json!(4));
    assert_eq!(Value::from(members), json!({"a": {"f": 4}, "b": {"c": {"d": 2}, "e": 3}}));
}

fn own_words(
    target: &laravel_ai_core::Target,
    request: &ChatRequest,
    stream: bool,
) -> laravel_ai_core::Result<EncodedChat> {
    let request = request.clone().with_extra("house", "blue");
    encode_chat::<CompatibleOptions>(&Dialect::new("openai-compatible"), target, &request, stream)
}

#[tokio::test]
async fn a_driver_may_write_its_chat_requests_itself() {
    let answer =
        json!({"id": "a", "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]});
    let script = Script::new([Reply::json(200, answer.to_string()), Reply::json(500, "")]);
    let dialect = Arc::new(Dialect::new("openai-compatible"));
    let connection = Arc::new(dialect.connect("work", "http://localhost/v1", &script.resources()).unwrap());
    let model = ChatCompletions::<CompatibleOptions>::new(connection, dialect, "m").with_encode(own_words);
    let request = Arc::new(ChatRequest::user("Hi"));
    let rendered = model.render(&Context::new(), &request).unwrap();
    model.chat(&Context::new(), Arc::clone(&request)).await.unwrap();
    model.stream(&Context::new(), request).await.unwrap_err();
    for body in [rendered.body, script.body(0), script.body(1)] {
        assert_eq!(body["house"], "blue");
    }
}

#[tokio::test]
async fn a_vendor_explains_its_errors_and_reports_costs_of_responses() {
    let mut dialect = Dialect::new("acme");
    dialect.explain =
        |said, status| (status == 410 && said.message == "gone").then_some("use the other door");
    dialect.cost = |_| {
        let money = laravel_ai_core::Money::usd(1.into());
        Some(laravel_ai_core::Cost::new(money, laravel_ai_core::Provenance::ProviderReported))
    };
    let dialect = Arc::new(dialect);
    let whole = json!({"id": "r", "status": "completed", "output": [], "usage": {"input_tokens": 1, "output_tokens": 1}});
    let script = Script::new([Reply::json(410, r#"{"error":"gone"}"#), Reply::json(200, whole.to_string())]);
    let connection = Arc::new(dialect.connect("work", "http://localhost/v1", &script.resources()).unwrap());
    let write: responses::Encode = |target, request, stream| {
        responses::encode(&Dialect::new("acme"), target, request, &Settings::default(), stream)
    };
    let model = Responses::new(connection, dialect, "m", write);
    let ctx = Context::new();
    let ask = || model.chat(&ctx, Arc::new(ChatRequest::user("Hi")));
    let error = ask().await.unwrap_err();
    assert!(error.to_string().contains("use the other door"), "{error}");
    assert_eq!(ask().await.unwrap().cost.unwrap().money.to_string(), "1 USD");
}

/// A call of a vendor's own is none of the application's, in either way of answering.
#[test]
fn free_form_calls_are_the_vendors_where_it_takes_no_such_tool() {
    let body = json!({"id": "r", "status": "completed", "output": [
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c", "name": "search", "input": "plain words"}]});
    let answer = Response::new(Bytes::from(body.to_string()));
    let read = |dialect: &Dialect| {
        let failed = || {
            provider_http::Failure::new(
                answer.status(),
                answer.headers(),
                Bytes::new(),
                std::time::SystemTime::UNIX_EPOCH,
            )
        };
        responses::decode(dialect, &target(), &answer, failed).unwrap()
    };
    let mut dialect = Dialect::new("acme");
    assert_eq!(read(&dialect).tool_calls().count(), 1);
    dialect.responses.runs_custom_calls = true;
    let answer = read(&dialect);
    assert_eq!(answer.tool_calls().count(), 0);
    let call = serde_json::to_value(&answer.content[0]).unwrap();
    assert_eq!((&call["name"], &call["input"]), (&json!("search"), &json!("plain words")));
}

/// The path of a user interface, or a proxy that wants a login.
#[tokio::test]
async fn a_web_page_behind_a_success_is_told_as_one_in_both_apis() {
    let page = "<!DOCTYPE html>\n<html><body>Sign in</body></html>";
    let dialect = Arc::new(Dialect::new("acme"));
    let write: responses::Encode = |target, request, stream| {
        responses::encode(&Dialect::new("acme"), target, request, &Settings::default(), stream)
    };
    for responses in [true, false] {
        let reply = || Reply::json(200, page);
        let script = Script::new([reply(), reply()]);
        let model: Arc<dyn laravel_ai_core::ChatModel> = if responses {
            let connection = dialect.connect("work", "http://localhost/v1", &script.resources()).unwrap();
            Arc::new(Responses::new(Arc::new(connection), dialect.clone(), "m", write))
        } else {
            crate::support::model(&script)
        };
        let (ctx, request) = (Context::new(), Arc::new(ChatRequest::user("Hi")));
        let whole = model.chat(&ctx, request.clone()).await.unwrap_err();
        let streamed = match model.stream(&ctx, request).await {
            Ok(stream) => stream.into_response().await.unwrap_err(),
            Err(error) => error,
        };
        for error in [whole, streamed] {
            assert!(error.to_string().contains("from a proxy or a wrong base URL"), "{responses}: {error}");
        }
    }
}

#[test]
fn state_of_chat_completions_is_none_of_responses() {
    let ours = |data: &str| Opaque::new(target(), RawJson::parse(data.to_owned()).unwrap());
    let mut call = ToolCall::new("c", "f", "{}");
    call.opaque = Some(ours(r#"{"extra_content":{"google":{"thought_signature":"sig"}}}"#));
    let said = vec![
        AssistantPart::Native(ours(r#"{"reasoning_details":[{"text":"hm"}]}"#)),
        AssistantPart::ToolCall(call),
    ];
    let request = ChatRequest::new([Message::user("Hi"), Message::Assistant(said)]);
    let (body, warnings) = written(&Dialect::new("acme"), &Settings::default(), &request).unwrap();
    let calls = json!([{"role": "user", "content": "Hi"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]);
    assert_eq!(body["input"], calls);
    assert_eq!(warnings.iter().map(|it| it.kind).collect::<Vec<_>>(), [WarningKind::StateDropped; 2]);
}
