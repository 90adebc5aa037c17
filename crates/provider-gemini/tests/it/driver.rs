//! Connections, and calls from end to end over a scripted transport.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use laravel_ai_core::{
    ChatRequest, Context, CredentialStatus, Credentials, Driver, EmbeddingRequest, ErrorKind, Message,
    ModelKind, RawJson, Result, Secret, StreamEvent,
};
use provider_gemini::{Config, Gemini};
use provider_mock::{ScriptedTransport, WireReply};
use serde_json::{Value, json};

use crate::support::{KEY, MODEL, config, fixture, json as json_fixture, model, provider, resources};

fn hi() -> Arc<ChatRequest> {
    Arc::new(ChatRequest::user("Hi"))
}

fn success() -> WireReply {
    WireReply::json(&json_fixture("gemini_success.json"))
}

#[tokio::test]
async fn a_call_has_the_model_in_its_path_and_the_key_in_its_header_only() {
    let transport = ScriptedTransport::new().reply(success());
    let model = model(&transport);
    let answer = model.chat(&Context::new(), hi()).await.unwrap();
    assert_eq!((answer.text().as_str(), &answer.served_by), ("Titan.", model.target()));
    let sent = &transport.recorded()[0];
    assert_eq!(
        sent.request.uri(),
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.5-flash:generateContent"
    );
    assert_eq!((sent.header("x-goog-api-key"), sent.header("authorization")), (Some(KEY), None));
}

#[tokio::test]
async fn a_stream_asks_for_events_and_is_read_from_end_to_end() {
    let body = fixture("gemini_stream_tool_calls.sse");
    let pieces =
        body.as_bytes().chunks(100).fold(WireReply::status(200), |reply, piece| reply.body(piece.to_vec()));
    let transport = ScriptedTransport::new().reply(pieces);
    let mut stream = model(&transport).stream(&Context::new(), hi()).await.unwrap();
    let (mut text, mut last) = (String::new(), None);
    while let Some(event) = stream.next().await {
        let event = event.unwrap();
        text.push_str(event.as_text().unwrap_or_default());
        last = Some(event);
    }
    assert_eq!(text, "Checking both.");
    assert!(matches!(last, Some(StreamEvent::Finish(_))));
    let sent = &transport.recorded()[0];
    assert_eq!(
        sent.request.uri().path_and_query().unwrap(),
        "/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse"
    );
    assert_eq!(sent.json().unwrap().as_object().unwrap().len(), 1, "nothing but the contents");
}

#[test]
fn paths_are_those_of_the_version_and_the_model_s_folder() {
    let transport = ScriptedTransport::new();
    let url = |config: Config, model: &str| {
        let provider = Gemini::connect("work", config, &resources(&transport)).unwrap();
        provider.chat_model(model).unwrap().render(&Context::new(), &hi()).unwrap().url
    };
    for (config, model, expected) in [
        (
            config(),
            "models/gemini-x",
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-x:generateContent",
        ),
        (
            config(),
            "tunedModels/mine",
            "https://generativelanguage.googleapis.com/v1beta/tunedModels/mine:generateContent",
        ),
        (
            config(),
            "../evil?a",
            "https://generativelanguage.googleapis.com/v1beta/models/..%2Fevil%3Fa:generateContent",
        ),
        (
            config().with_api_version("v1alpha"),
            MODEL,
            "https://generativelanguage.googleapis.com/v1alpha/models/gemini-3.5-flash:generateContent",
        ),
        (
            config().with_base_url("http://gateway/google/v1/"),
            MODEL,
            "http://gateway/google/v1/models/gemini-3.5-flash:generateContent",
        ),
        (
            config().with_base_url("http://gateway/vip"),
            MODEL,
            "http://gateway/vip/v1beta/models/gemini-3.5-flash:generateContent",
        ),
        (
            config().with_base_url("http://gateway").with_api_version(""),
            MODEL,
            "http://gateway/models/gemini-3.5-flash:generateContent",
        ),
    ] {
        assert_eq!(url(config, model), expected);
    }
}

#[derive(Debug)]
struct Tenants;

#[async_trait]
impl Credentials for Tenants {
    async fn secret(&self, _: &Context, connection: &str) -> Result<Option<Secret>> {
        assert_eq!(connection, "work");
        Ok(Some(Secret::new("test-key-of-a-tenant")))
    }
}

#[tokio::test]
async fn a_call_may_have_a_key_of_its_own() {
    let transport = ScriptedTransport::new().reply(success());
    let mut resources = resources(&transport);
    resources.credentials = Some(Arc::new(Tenants));
    for config in [config(), Config::default()] {
        let provider = Gemini::connect("work", config, &resources).unwrap();
        let model = provider.chat_model(MODEL).unwrap();
        let answer = model.chat(&Context::new(), hi()).await.unwrap();
        assert_eq!(answer.served_by.credential(), Some(Secret::new("test-key-of-a-tenant").fingerprint()));
    }
    for sent in transport.recorded() {
        assert_eq!(sent.header("x-goog-api-key"), Some("test-key-of-a-tenant"));
        assert!(!sent.request.uri().to_string().contains("key"));
    }
}

#[tokio::test]
async fn what_is_rendered_is_sent() {
    let transport = ScriptedTransport::new().reply(success());
    let model = model(&transport);
    let request = ChatRequest::new([Message::system("Be brief."), Message::user("Hi")]).with_cache_key("k");
    let rendered = model.render(&Context::new(), &request).unwrap();
    assert_eq!(rendered.warnings.len(), 1);
    assert!(!format!("{rendered:?}{rendered}").contains(KEY));
    transport.assert_nothing_sent();
    let answer = model.chat(&Context::new(), Arc::new(request)).await.unwrap();
    assert_eq!(answer.warnings, rendered.warnings);
    let sent = &transport.recorded()[0];
    assert_eq!((sent.request.uri().to_string(), sent.json().unwrap()), (rendered.url, rendered.body));
}

#[tokio::test]
async fn tokens_are_counted_by_google() {
    let transport = ScriptedTransport::new().sequence([
        WireReply::json(&json_fixture("gemini_count_tokens.json")),
        WireReply::json(&json!({"totalTokens": 3})),
        WireReply::json(&json!({})),
    ]);
    let counter = provider(&transport).token_counter(MODEL).unwrap();
    let ctx = Context::new();
    let request = ChatRequest::new([Message::system("Be brief."), Message::user("hello")]);
    let count = counter.count(&ctx, Arc::new(request)).await.unwrap();
    assert_eq!((count.tokens, count.exact), (31, true));
    let raw = RawJson::parse(r#"{"contents":[]}"#).unwrap();
    assert_eq!(counter.count(&ctx, Arc::new(ChatRequest::raw(raw))).await.unwrap().tokens, 3);
    let error = counter.count(&ctx, hi()).await.unwrap_err();
    assert_eq!((error.kind(), error.target()), (ErrorKind::Decode, Some(counter.target())));
    let sent = transport.recorded();
    assert_eq!(sent[0].path(), "/v1beta/models/gemini-3.5-flash:countTokens");
    assert_eq!(sent[0].json().unwrap(), json_fixture("gemini_count_tokens_request.json"));
    assert_eq!(
        sent[1].json().unwrap(),
        json!({"generateContentRequest": {"model": "models/gemini-3.5-flash", "contents": []}})
    );
}

#[tokio::test]
async fn models_come_page_by_page_with_kind_and_limits() {
    let transport = ScriptedTransport::new().sequence([
        WireReply::json(&json_fixture("gemini_models_list_page1.json")),
        WireReply::json(&json_fixture("gemini_models_list_page2.json")),
        WireReply::json(&json_fixture("gemini_model.json")),
    ]);
    let catalog = provider(&transport).catalog().unwrap();
    let ctx = Context::new();
    let models = catalog.models(&ctx).await.unwrap();
    let seen: Vec<_> = models.iter().map(|model| (model.id.as_str(), model.kind)).collect();
    assert_eq!(
        seen,
        [
            ("gemini-3.5-flash", Some(ModelKind::Chat)),
            ("gemini-2.5-flash", Some(ModelKind::Chat)),
            ("gemini-embedding-001", Some(ModelKind::Embedding)),
        ]
    );
    let (chat, embedding) = (&models[0].capabilities, &models[2].capabilities);
    assert_eq!(
        (chat.context_tokens, chat.max_output_tokens, chat.reasoning),
        (Some(1_048_576), Some(65_536), Some(true))
    );
    assert_eq!((embedding.embeddings, embedding.context_tokens), (Some(true), Some(2048)));
    let queries: Vec<_> =
        transport.recorded().iter().map(|sent| sent.request.uri().query().unwrap().to_owned()).collect();
    assert_eq!(queries, ["pageSize=1000", "pageSize=1000&pageToken=Ch1tb2RlbHMvRVhBTVBMRQ%3D%3D"]);
    assert_eq!(catalog.model(&ctx, "models/gemini-3.5-flash").await.unwrap().id, "gemini-3.5-flash");
    assert_eq!(transport.recorded()[2].path(), "/v1beta/models/gemini-3.5-flash");
}

#[tokio::test]
async fn what_a_model_is_for_is_told_by_its_methods() {
    let list = |rows: Value| ScriptedTransport::new().reply(WireReply::json(&json!({"models": rows})));
    let row = |name: &str, methods: Value| json!({"name": format!("models/{name}"), "supportedGenerationMethods": methods});
    let transport = list(json!([
        row("gemini-2.5-flash-image", json!(["generateContent"])),
        row("gemini-2.5-flash-preview-tts", json!(["generateContent"])),
        row("gemini-live", json!(["bidiGenerateContent"])),
        row("imagen-4", json!(["predict"])),
        row("veo-3", json!(["predictLongRunning"])),
        row("aqa", json!(["generateAnswer"])),
        json!({"name": "models/unknown"}),
        json!({"noName": 1}),
    ]));
    let models = provider(&transport).catalog().unwrap().models(&Context::new()).await.unwrap();
    let kinds: Vec<_> = models.iter().map(|model| model.kind).collect();
    let some = |kind| Some(kind);
    assert_eq!(
        kinds,
        [
            some(ModelKind::Image),
            some(ModelKind::Audio),
            some(ModelKind::Audio),
            some(ModelKind::Image),
            some(ModelKind::Other),
            some(ModelKind::Other),
            None
        ]
    );
}

#[tokio::test]
async fn a_list_that_never_ends_or_is_none_is_an_error() {
    let ctx = Context::new();
    for body in [
        json!({"models": [{"name": "models/a"}], "nextPageToken": "same"}),
        json!({"data": [{"id": "a"}]}),
        json!({"models": "a"}),
    ] {
        let transport = ScriptedTransport::new().reply(WireReply::json(&body));
        let error = provider(&transport).catalog().unwrap().models(&ctx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
    let empty = ScriptedTransport::new().reply(WireReply::json(&json!({})));
    assert_eq!(provider(&empty).catalog().unwrap().models(&ctx).await.unwrap(), []);
}

#[tokio::test]
async fn key_and_health_are_told_without_a_paid_call() {
    let refused = || WireReply::status(400).body(fixture("gemini_error_400_api_key_invalid.json"));
    let transport = ScriptedTransport::new().sequence([
        WireReply::json(&json_fixture("gemini_models_list_page2.json")),
        refused(),
        WireReply::connect_error(),
        WireReply::json(&json!({})),
        refused(),
        WireReply::connect_error(),
    ]);
    let catalog = provider(&transport).catalog().unwrap();
    let ctx = Context::new();
    let report = catalog.check_credentials(&ctx).await;
    assert_eq!((report.status, report.models), (CredentialStatus::Valid, Some(1)));
    assert_eq!(catalog.check_credentials(&ctx).await.status, CredentialStatus::Invalid);
    assert_eq!(catalog.check_credentials(&ctx).await.status, CredentialStatus::Unreachable);
    assert_eq!(catalog.health(&ctx).await.message, None);
    let health = catalog.health(&ctx).await;
    assert!(health.reachable && health.message.is_some(), "it answered");
    assert!(!catalog.health(&ctx).await.reachable);
    assert!(transport.recorded().iter().all(|sent| sent.method() == "GET"));
}

#[tokio::test]
async fn the_tier_is_told_by_the_head_where_the_body_does_not() {
    let transport = ScriptedTransport::new().reply(success().header("x-gemini-service-tier", "priority"));
    let answer = model(&transport).chat(&Context::new(), hi()).await.unwrap();
    assert_eq!(answer.service_tier.as_deref(), Some("priority"));
}

#[test]
fn configuration_says_what_is_wrong() {
    let transport = ScriptedTransport::new();
    let refused = |config: Config| {
        let error = Gemini::connect("work", config, &resources(&transport)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().contains("`work`"), "{error}");
        error.message().to_owned()
    };
    for (config, word) in [
        (Config::default(), "api_key"),
        (config().with_base_url("https://x/v1beta/openai"), "/openai"),
        (config().with_base_url("https://x/v1beta/models/"), "/models"),
        (config().with_base_url("x"), "no scheme"),
        (config().with_base_url("https://x/v1").with_api_version("v1beta"), "api_version"),
        (Config::new(Secret::new(" ")), "the provider wants one"),
        (config().with_base_url("https://x/v1?key=canary"), "key in its query (`key`)"),
    ] {
        let message = refused(config);
        assert!(message.contains(word) && !message.contains("canary"), "{message}");
    }
    assert!(toml::from_str::<Config>("api_keey = \"x\"").is_err());
}

#[test]
fn no_secret_is_shown() {
    let transport = ScriptedTransport::new();
    let text = format!("api_key = \"{KEY}\"\napi_version = \"v1\"\nheaders = {{ X-Gate = \"{KEY}\" }}");
    let config: Config = toml::from_str(&text).unwrap();
    let account = Gemini::connect("work", config, &resources(&transport)).unwrap();
    let model = account.chat_model(MODEL).unwrap();
    let embeddings = account.embedding_model("gemini-embedding-001").unwrap();
    let rendered = model.render(&Context::new(), &hi()).unwrap();
    let embedded = embeddings.render(&Context::new(), &EmbeddingRequest::new(["a"])).unwrap();
    let (catalog, counter) = (account.catalog().unwrap(), account.token_counter(MODEL).unwrap());
    let shown = format!(
        "{account:?} {model:?} {embeddings:?} {:?} {rendered:?} {embedded:?} {catalog:?} {counter:?}",
        account.describe()
    );
    assert!(!shown.contains(KEY), "{shown}");
    assert!(shown.contains("generateContent") && shown.contains("v1"));
}
