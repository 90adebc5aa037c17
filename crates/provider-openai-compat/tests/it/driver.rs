//! Calls from the driver to the transport and back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::StreamExt;
use laravel_ai_core::{
    ChatRequest, Context, Credentials, Driver, ErrorKind, FinishReason, RawJson, Result, Secret, StreamEvent,
    ToolChoice,
};
use provider_openai_compat::{CompatibleOptions, Config, OpenAiCompatible, OpenAiError};
use serde_json::json;

use crate::support::{BASE, Reply, Script, answer, fixture, model, sse};

fn hello() -> Arc<ChatRequest> {
    Arc::new(ChatRequest::user("Hello"))
}

#[tokio::test]
async fn a_call_and_its_answer() {
    let script = Script::new([Reply::new(answer("openai_chat_success.json"))]);
    let model = model(&script);
    let response = model.chat(&Context::new(), hello()).await.unwrap();
    assert_eq!(response.text(), "Titan.");
    assert_eq!(response.request_id.as_deref(), Some("req_5d0f3c0e7f1b4c0f9d2c"));
    assert_eq!(response.rate_limits.unwrap().requests.remaining, Some(9999));
    assert_eq!(&response.served_by, model.target());
    assert!(response.served_by.credential().is_some());

    let sent = script.sent();
    assert_eq!(sent[0].uri(), "http://localhost:8080/v1/chat/completions");
    assert_eq!(sent[0].headers()["authorization"], "Bearer test-key-0123456789");
    assert!(sent[0].headers()["authorization"].is_sensitive());
    assert_eq!(sent[0].headers()["content-type"], "application/json");
}

#[tokio::test]
async fn what_is_rendered_is_what_is_sent() {
    let script = Script::new([Reply::json(200, fixture("openai_chat_success.json"))]);
    let config: Config = toml::from_str(&format!(
        "base_url = \"{BASE}?fixed=1\"\napi_key = \"test-canary-1\"\nquery = {{ api-version = \"2 6\" }}\nheaders = {{ X-Title = \"canary\" }}"
    ))
    .unwrap();
    let model =
        OpenAiCompatible::connect("work", config, &script.resources()).unwrap().chat_model("m").unwrap();
    let mut options = CompatibleOptions::default();
    options.service_tier = Some("flex".into());
    let request = ChatRequest::user("Hello")
        .with_options(&options)
        .unwrap()
        .with_temperature(0.1)
        .with_extra("min_tokens", 3)
        .with_header("x-extra", "canary")
        .unwrap();
    let rendered = model.render(&Context::new(), &request).unwrap();
    model.chat(&Context::new(), Arc::new(request)).await.unwrap();
    assert_eq!(rendered.body, script.body(0));
    let sent = script.sent();
    assert_eq!(
        sent[0].uri().to_string(),
        "http://localhost:8080/v1/chat/completions?fixed=1&api-version=2%206"
    );
    // A query that every request has may hold a key.
    assert_eq!(rendered.url, "http://localhost:8080/v1/chat/completions?fixed=***&api-version=***");
    let names: Vec<_> = rendered.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, sent[0].headers().keys().map(http::HeaderName::as_str).collect::<Vec<_>>());
    assert_eq!(sent[0].headers()["x-extra"], "canary");
    assert!(!rendered.to_string().contains("canary"), "{rendered}");
}

#[tokio::test]
async fn a_stream_and_its_answer() {
    let script = Script::new([Reply::new(answer("openai_chat_stream_usage.sse"))]);
    let stream = model(&script).stream(&Context::new(), hello()).await.unwrap();
    let response = stream.into_response().await.unwrap();
    assert_eq!((response.text().as_str(), response.usage.total()), ("Titan.", Some(27)));
    assert_eq!(response.request_id.as_deref(), Some("req_5d0f3c0e7f1b4c0f9d2c"));
    assert_eq!(response.rate_limits.unwrap().tokens.limit, Some(2_000_000));
    assert_eq!(script.body(0)["stream"], true);
    assert_eq!(script.body(0)["stream_options"], json!({"include_usage": true}));
    assert_eq!(script.sent()[0].headers()["accept"], "text/event-stream");
}

#[tokio::test(start_paused = true)]
async fn the_body_is_read_to_its_end_before_the_finish() {
    let frame =
        json!({"id": "a", "choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]})
            .to_string();
    let pieces = [sse(&[&frame]), sse(&["[DONE]"]), ": bye\n\n".into(), ": bye\n\n".into()];
    let script = Script::new([Reply::in_pieces(pieces)]);
    let mut stream = model(&script).stream(&Context::new(), hello()).await.unwrap();
    while let Some(event) = stream.next().await {
        if matches!(event.unwrap(), StreamEvent::Finish(_)) {
            break;
        }
    }
    assert_eq!(script.taken(), 4, "a body that was not read to its end costs the connection");
}

#[tokio::test]
async fn errors_tell_target_status_and_request() {
    for streamed in [false, true] {
        let script = Script::new([Reply::new(answer("openai_error_429_rate_limit.json"))]);
        let model = model(&script);
        let error = match streamed {
            false => model.chat(&Context::new(), hello()).await.unwrap_err(),
            true => model.stream(&Context::new(), hello()).await.unwrap_err(),
        };
        assert_eq!((error.kind(), error.status()), (ErrorKind::RateLimited, Some(429)));
        assert_eq!(error.request_id(), Some("req_err"));
        assert_eq!(error.target(), Some(model.target()));
        assert_eq!(error.rate_limits().unwrap().tokens.remaining, Some(500));
        assert_eq!(error.vendor::<OpenAiError>().unwrap().code.as_deref(), Some("rate_limit_exceeded"));
    }
}

#[tokio::test]
async fn a_stream_that_breaks_carries_what_was_delivered() {
    for (name, kind) in [
        ("openai_chat_stream_error.sse", ErrorKind::Server),
        ("openai_chat_stream_truncated.sse", ErrorKind::StreamInterrupted),
        ("xai_chat_stream_error.sse", ErrorKind::Overloaded),
    ] {
        let script = Script::new([Reply::new(answer(name))]);
        let error =
            model(&script).stream(&Context::new(), hello()).await.unwrap().into_response().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{name}");
        assert!(error.partial().unwrap().text().starts_with("Ti"), "{name}");
        assert!(error.possibly_billed(), "{name}: what was delivered may be charged");
        assert!(error.request_id().is_some() && error.target().is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_document_in_place_of_a_stream() {
    let script = Script::new([
        Reply::json(200, fixture("openai_chat_parallel_tool_calls.json")),
        Reply::json(200, r#"{"error":{"message":"m","code":"model_not_found"}}"#),
        Reply::json(200, ""),
    ]);
    let model = model(&script);
    let response = model.stream(&Context::new(), hello()).await.unwrap().into_response().await.unwrap();
    assert_eq!((response.tool_calls().count(), response.finish.reason), (2, FinishReason::ToolCalls));
    let error = model.stream(&Context::new(), hello()).await.unwrap().into_response().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelNotFound);
    let empty = model.stream(&Context::new(), hello()).await.unwrap().into_response().await.unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::StreamInterrupted);
}

#[tokio::test]
async fn a_server_without_a_key_gets_none() {
    let script = Script::new([Reply::json(200, fixture("ollama_v1_chat.json"))]);
    let provider = OpenAiCompatible::connect("local", Config::new(BASE), &script.resources()).unwrap();
    let response = provider.chat_model("qwen3:8b").unwrap().chat(&Context::new(), hello()).await.unwrap();
    assert!(script.sent()[0].headers().get("authorization").is_none());
    assert_eq!(response.served_by.credential(), None);
}

/// Gives a key to every other call.
#[derive(Debug, Default)]
struct Tenants(Mutex<VecDeque<Option<Secret>>>);

#[async_trait]
impl Credentials for Tenants {
    async fn secret(&self, _: &Context, connection: &str) -> Result<Option<Secret>> {
        assert_eq!(connection, "work");
        Ok(self.0.lock().unwrap().pop_front().flatten())
    }
}

#[tokio::test]
async fn a_call_is_made_with_its_own_key() {
    let body = || Reply::json(200, fixture("openai_chat_success.json"));
    let frames = || Reply::json(200, fixture("openai_chat_stream.sse"));
    let script = Script::new([body(), body(), frames(), body()]);
    let tenant = || Some(Secret::new("tenant-key"));
    let tenants = Tenants(Mutex::new([tenant(), None, tenant(), Some(Secret::new("broken\n"))].into()));
    let ports = script.resources().with_credentials(Arc::new(tenants));
    let config = Config::new(BASE).with_api_key("own-key-for-tests");
    let model = OpenAiCompatible::connect("work", config, &ports).unwrap().chat_model("m").unwrap();

    let first = model.chat(&Context::new(), hello()).await.unwrap();
    let second = model.chat(&Context::new(), hello()).await.unwrap();
    let third = model.stream(&Context::new(), hello()).await.unwrap().into_response().await.unwrap();
    let fourth = model.chat(&Context::new(), hello()).await.unwrap_err();
    let tenant = Secret::new("tenant-key").fingerprint();
    assert_eq!(first.served_by.credential(), Some(tenant));
    assert_eq!(second.served_by.credential(), model.target().credential());
    assert_eq!(third.served_by.credential(), Some(tenant));
    assert_eq!(fourth.kind(), ErrorKind::Configuration);
    let sent = script.sent();
    let keys: Vec<_> =
        sent.iter().map(|request| request.headers()["authorization"].to_str().unwrap()).collect();
    assert_eq!(keys, ["Bearer tenant-key", "Bearer own-key-for-tests", "Bearer tenant-key"]);
}

#[tokio::test]
async fn what_was_warned_of_is_in_the_answer() {
    let body = || Reply::json(200, fixture("openai_chat_success.json"));
    let script = Script::new([body(), Reply::json(200, fixture("openai_chat_stream.sse"))]);
    let config: Config =
        toml::from_str(&format!("base_url = \"{BASE}\"\nquirks = {{ unsupported = [\"seed\"] }}")).unwrap();
    let model =
        OpenAiCompatible::connect("work", config, &script.resources()).unwrap().chat_model("m").unwrap();
    let request = Arc::new(ChatRequest::user("Hello").with_seed(7));
    let unary = model.chat(&Context::new(), Arc::clone(&request)).await.unwrap();
    let streamed =
        model.stream(&Context::new(), Arc::clone(&request)).await.unwrap().into_response().await.unwrap();
    assert_eq!(unary.warnings[0].subject, "seed");
    assert_eq!(unary.warnings, streamed.warnings);

    let strict = Arc::new(Arc::unwrap_or_clone(request).with_strict(true));
    assert_eq!(
        model.chat(&Context::new(), Arc::clone(&strict)).await.unwrap_err().kind(),
        ErrorKind::Unsupported
    );
    assert_eq!(model.stream(&Context::new(), strict).await.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(script.sent().len(), 2, "nothing was sent");
}

#[tokio::test]
async fn a_raw_body_goes_through() {
    let script = Script::new([
        Reply::json(200, fixture("openai_chat_success.json")),
        Reply::json(200, fixture("openai_chat_stream.sse")),
    ]);
    let model = model(&script);
    let raw = RawJson::parse(
        r#"{ "messages":[{"role":"user","content":"x"}], "model":"another", "odd": 1.50, "stop":null, "stream":true }"#,
    );
    let request = Arc::new(ChatRequest::raw(raw.unwrap()).with_tool_choice(ToolChoice::Required));
    let unary = model.chat(&Context::new(), Arc::clone(&request)).await.unwrap();
    let subjects: Vec<_> = unary.warnings.iter().map(|warning| warning.subject.as_str()).collect();
    assert_eq!(subjects, ["model", "stream"]);
    let sent = String::from_utf8(script.sent()[0].body().to_vec()).unwrap();
    assert_eq!(
        sent,
        r#"{"messages":[{"role":"user","content":"x"}],"odd":1.50,"stop":null,"model":"test-model"}"#
    );

    model.stream(&Context::new(), request).await.unwrap().into_response().await.unwrap();
    assert_eq!(script.body(1)["stream"], true);
    assert_eq!(script.body(1)["stream_options"]["include_usage"], true);
    let list = ChatRequest::raw(RawJson::parse("[]").unwrap());
    assert_eq!(model.render(&Context::new(), &list).unwrap_err().kind(), ErrorKind::InvalidRequest);
}
