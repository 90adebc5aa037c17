//! Connections, and calls from end to end over a scripted transport.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use laravel_ai_core::{
    ChatRequest, Context, CredentialStatus, Driver, EmbeddingRequest, ErrorKind, FunctionTool, ModelKind,
    RawJson, ReasoningEffort, ReasoningOptions, StreamEvent, WarningKind,
};
use provider_openai::{Api, Config, OpenAi, OpenAiOptions};
use serde_json::json;

use crate::support::{KEY, Reply, Script, config, fixture, model, provider, said};

const MODELS: &str = r#"{"object":"list","data":[{"id":"gpt-6-luna","object":"model","created":1,"owned_by":"openai"},
    {"id":"text-embedding-3-small"},{"id":"gpt-4o-audio-preview"},{"id":"whatever"}]}"#;

fn hi() -> Arc<ChatRequest> {
    Arc::new(ChatRequest::user("Hi"))
}

#[tokio::test]
async fn a_call_goes_to_responses_with_key_organization_and_project() {
    let script = Script::new([Reply::json(200, fixture("openai_responses_success.json"))]);
    let config = config().with_organization("org-1").with_project("proj-1");
    let model = provider(&script, config).chat_model("gpt-6-luna").unwrap();
    let answer = model.chat(&Context::new(), hi()).await.unwrap();
    assert_eq!(answer.text(), "Titan.");
    assert_eq!(answer.served_by, *model.target());
    let sent = script.sent();
    assert_eq!(sent[0].uri(), "https://api.openai.com/v1/responses");
    let header = |name: &str| sent[0].headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("authorization"), format!("Bearer {KEY}"));
    assert_eq!((header("openai-organization"), header("openai-project")), ("org-1".into(), "proj-1".into()));
}

#[tokio::test]
async fn chat_completions_by_option() {
    let chat = r#"{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}"#;
    let script = Script::new([Reply::json(200, chat)]);
    let account = provider(&script, config().with_api(Api::Chat));
    let model = account.chat_model("gpt-5").unwrap();
    let mut options = OpenAiOptions::default();
    options.top_logprobs = Some(1);
    let request = ChatRequest::new([
        laravel_ai_core::Message::system("Be brief"),
        laravel_ai_core::Message::user("Hi"),
    ]);
    let request = request.with_max_output_tokens(5).with_temperature(0.5).with_options(&options).unwrap();
    let answer = model.chat(&Context::new(), Arc::new(request.clone())).await.unwrap();
    assert_eq!(answer.text(), "Hello");
    let left: Vec<_> = answer.warnings.iter().map(|warning| warning.subject.as_str()).collect();
    assert_eq!(left, ["logprobs", "temperature"]);
    let body = script.body(0);
    assert_eq!(body["messages"][0]["role"], "developer");
    assert_eq!((&body["max_completion_tokens"], &body["temperature"]), (&json!(5), &json!(null)));
    assert!(script.sent()[0].uri().path().ends_with("/chat/completions"));

    options.background = Some(true);
    let error = model.render(&Context::new(), &request.clone().with_options(&options).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("`background`") && error.message().contains("Responses"), "{error}");
    // Where nothing is reasoned, sampling is taken.
    let rendered = account.chat_model("gpt-4o").unwrap().render(&Context::new(), &request).unwrap();
    assert_eq!((&rendered.body["temperature"], &rendered.body["logprobs"]), (&json!(0.5), &json!(true)));
    assert_eq!(rendered.body["messages"][0]["role"], "system");
}

#[tokio::test]
async fn a_stream_is_read_from_end_to_end() {
    let body = fixture("openai_responses_stream.sse");
    let pieces = body.as_bytes().chunks(100).map(Bytes::copy_from_slice);
    let script = Script::new([Reply::in_pieces(pieces)]);
    let mut stream = model(&script).stream(&Context::new(), hi()).await.unwrap();
    let mut text = String::new();
    let mut last = None;
    while let Some(event) = stream.next().await {
        let event = event.unwrap();
        text.push_str(event.as_text().unwrap_or_default());
        last = Some(event);
    }
    assert!(!text.is_empty());
    assert!(matches!(last, Some(StreamEvent::Finish(_))));
    assert_eq!(script.body(0)["stream"], true);
    assert!(script.taken() > 10);
}

#[tokio::test]
async fn a_refused_call_is_the_error_of_the_call() {
    let script = Script::new([
        Reply::json(429, fixture("openai_error_429_insufficient_quota.json")),
        Reply::refused(),
    ]);
    let model = model(&script);
    let error = model.stream(&Context::new(), hi()).await.unwrap_err();
    assert_eq!((error.kind(), error.target()), (ErrorKind::QuotaExceeded, Some(model.target())));
    assert_eq!(said(&error).code.as_deref(), Some("insufficient_quota"));
    assert_eq!(model.chat(&Context::new(), hi()).await.unwrap_err().kind(), ErrorKind::Transport);
}

#[tokio::test]
async fn tokens_are_counted_by_openai() {
    let script = Script::new([
        Reply::json(200, r#"{"object":"response.input_tokens","input_tokens":11}"#),
        Reply::json(200, "{}"),
        Reply::json(200, r#"{"input_tokens":3}"#),
    ]);
    let counter = provider(&script, config()).token_counter("gpt-6-luna").unwrap();
    let request =
        ChatRequest::user("Hi").with_temperature(1.0).with_max_output_tokens(100).with_extra("store", true);
    let count = counter.count(&Context::new(), Arc::new(request)).await.unwrap();
    assert_eq!((count.tokens, count.exact), (11, true));
    assert_eq!(script.sent()[0].uri().path(), "/v1/responses/input_tokens");
    assert_eq!(script.body(0), json!({"model": "gpt-6-luna", "input": [{"role": "user", "content": "Hi"}]}));
    let error = counter.count(&Context::new(), hi()).await.unwrap_err();
    assert_eq!((error.kind(), error.target()), (ErrorKind::Decode, Some(counter.target())));
    let raw = RawJson::parse(r#"{"input":"Hi","store":true,"stream":true}"#).unwrap();
    counter.count(&Context::new(), Arc::new(ChatRequest::raw(raw))).await.unwrap();
    assert_eq!(
        script.body(2),
        json!({"model": "gpt-6-luna", "input": "Hi"}),
        "what is not counted is refused there"
    );
}

#[test]
fn functions_that_gpt_5_6_refuses_in_chat_completions_are_told_of() {
    let account = provider(&Script::new([]), config().with_api(Api::Chat));
    let told = |model: &str, effort: Option<ReasoningEffort>| {
        let mut request = ChatRequest::user("Hi").with_tool(FunctionTool::new("clock"));
        request.reasoning = effort.map(ReasoningOptions::effort);
        let rendered = account.chat_model(model).unwrap().render(&Context::new(), &request).unwrap();
        rendered.warnings.into_iter().map(|warning| warning.subject).collect::<Vec<_>>()
    };
    assert_eq!(told("gpt-5.6", None), ["tools"], "it reasons if nothing is said");
    assert_eq!(told("gpt-5.6", Some(ReasoningEffort::None)), Vec::<String>::new());
    assert_eq!(told("gpt-5.5", None), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_family_refuses_in_chat_completions_is_left_out_and_told() {
    let frames = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let script = Script::new([Reply::in_pieces([frames])]);
    let account = provider(&script, config().with_api(Api::Chat));
    let mut options = OpenAiOptions::default();
    options.logprobs = Some(true);
    options.logit_bias = [("1".to_owned(), 1.0)].into();
    options.prompt_cache_retention = Some("24h".into());
    options.verbosity = Some("low".into());
    let request = ChatRequest::user("Hi")
        .with_reasoning(ReasoningOptions::effort(ReasoningEffort::Minimal))
        .with_options(&options)
        .unwrap();
    let model = account.chat_model("gpt-6-luna").unwrap();
    let answer = model
        .stream(&Context::new(), Arc::new(request.clone()))
        .await
        .unwrap()
        .into_response()
        .await
        .unwrap();
    let left: Vec<_> = answer.warnings.iter().map(|warning| warning.subject.as_str()).collect();
    assert_eq!(left, ["reasoning.effort", "logprobs", "logit_bias", "prompt_cache_retention"]);
    assert_eq!(script.body(0)["verbosity"], "low");
    assert_eq!(script.body(0).as_object().unwrap().len(), 5, "{}", script.body(0));

    let rendered = account.chat_model("gpt-4.1").unwrap().render(&Context::new(), &request).unwrap();
    let left: Vec<_> = rendered.warnings.iter().map(|warning| warning.subject.as_str()).collect();
    assert_eq!(left, ["verbosity", "reasoning"]);
    let error = model.render(&Context::new(), &request.with_strict(true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn models_key_and_health() {
    let mut listed = http::Response::new(Bytes::from(MODELS));
    listed.headers_mut().insert("openai-organization", http::HeaderValue::from_static("org-example"));
    let script = Script::new([
        Reply::json(200, MODELS),
        Reply::json(200, r#"{"id":"gpt-4o","object":"model"}"#),
        Reply::new(listed),
        Reply::json(401, fixture("openai_error_401_invalid_key.json")),
        Reply::refused(),
        Reply::json(200, MODELS),
        Reply::refused(),
    ]);
    let ctx = Context::new();
    let catalog = provider(&script, config().with_project("proj-1")).catalog().unwrap();
    let models = catalog.models(&ctx).await.unwrap();
    let kinds: Vec<_> = models.iter().map(|model| model.kind).collect();
    assert_eq!(kinds, [Some(ModelKind::Chat), Some(ModelKind::Embedding), Some(ModelKind::Audio), None]);
    assert_eq!(
        (models[0].capabilities.reasoning, models[1].capabilities.embeddings),
        (Some(true), Some(true))
    );
    assert_eq!(catalog.model(&ctx, "gpt-4o").await.unwrap().capabilities.reasoning, Some(false));

    let report = catalog.check_credentials(&ctx).await;
    assert_eq!((report.status, report.models), (CredentialStatus::Valid, Some(4)));
    assert_eq!(report.organization.as_deref(), Some("org-example"));
    assert_eq!(report.project.as_deref(), Some("proj-1"));
    assert_eq!(catalog.check_credentials(&ctx).await.status, CredentialStatus::Invalid);
    assert_eq!(catalog.check_credentials(&ctx).await.status, CredentialStatus::Unreachable);
    assert!(catalog.health(&ctx).await.reachable);
    assert!(!catalog.health(&ctx).await.reachable);
}

#[tokio::test]
async fn a_key_is_not_right_because_http_says_200() {
    for (body, status) in [
        (r#"{"error":{"message":"no","code":"invalid_api_key"}}"#, CredentialStatus::Invalid),
        ("<html>Log in to the hotel</html>", CredentialStatus::Unreachable),
        (r#"{"data":null}"#, CredentialStatus::Unreachable),
    ] {
        let script = Script::new([Reply::json(200, body)]);
        let catalog = provider(&script, config()).catalog().unwrap();
        assert_eq!(catalog.check_credentials(&Context::new()).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn embeddings() {
    let script = Script::new([Reply::json(
        200,
        r#"{"data":[{"index":0,"embedding":[0.5,-1.0]}],"model":"m","usage":{"prompt_tokens":2,"total_tokens":2}}"#,
    )]);
    let account = provider(&script, config());
    let model = account.embedding_model("text-embedding-3-small").unwrap();
    let answer = model.embed(&Context::new(), Arc::new(EmbeddingRequest::new(["x"]))).await.unwrap();
    assert_eq!(answer.embeddings, [vec![0.5, -1.0]]);
    let old = account.embedding_model("text-embedding-ada-002").unwrap();
    let rendered = old.render(&Context::new(), &EmbeddingRequest::new(["x"]).with_dimensions(8)).unwrap();
    assert_eq!((rendered.body.get("dimensions"), rendered.warnings.len()), (None, 1));
}

#[test]
fn configuration_says_what_is_wrong() {
    let script = Script::new([]);
    let error = OpenAi::connect("work", Config::default(), &script.resources()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.message().contains("api_key"), "{error}");
    let error =
        OpenAi::connect("work", config().with_base_url("https://x/v1/responses"), &script.resources());
    assert!(error.unwrap_err().message().contains("/responses"));
    assert!(toml::from_str::<Config>("api = \"completions\"").is_err());
    assert!(toml::from_str::<Config>("api_keey = \"x\"").is_err());
}

#[test]
fn no_secret_is_shown() {
    let script = Script::new([]);
    let config: Config =
        toml::from_str(&format!("api_key = \"{KEY}\"\nheaders = {{ X-Gate = \"{KEY}\" }}")).unwrap();
    let account = provider(&script, config);
    let model = account.chat_model("gpt-6-luna").unwrap();
    let rendered = model.render(&Context::new(), &hi()).unwrap();
    let catalog = account.catalog().unwrap();
    let shown = format!("{account:?} {model:?} {:?} {rendered:?} {rendered} {catalog:?}", account.describe());
    assert!(!shown.contains(KEY), "{shown}");
    assert!(shown.contains("Responses"));
}

#[tokio::test]
async fn facts_complete_the_list_below_configuration_and_what_the_vendor_says() {
    let list = r#"{"object":"list","data":[{"id":"gpt-6-luna","object":"model","context_length":7},{"id":"gpt-4.1"},
        {"id":"text-embedding-3-small"},{"id":"gpt-4.1-of-tomorrow"}]}"#;
    let catalog = provider(&Script::new([Reply::json(200, list)]), config()).catalog().unwrap();
    let models = catalog.models(&Context::new()).await.unwrap();
    let limits =
        |at: usize| (models[at].capabilities.context_tokens, models[at].capabilities.max_output_tokens);
    assert_eq!(limits(0), (Some(7), Some(128_000)), "the vendor's own word comes first");
    assert_eq!(limits(1), (Some(1_000_000), Some(32_768)));
    assert_eq!(models[1].shutdown.as_deref(), Some("2027-01-14"));
    assert_eq!((limits(2), models[2].kind), ((Some(8192), None), Some(ModelKind::Embedding)));
    assert_eq!(limits(3), (None, None), "another id is another model");
    assert_eq!(models[3].capabilities.tools, Some(true), "of which its family is known");

    let script = Script::new([]);
    let mut known = config();
    known.capabilities.max_output_tokens = Some(9);
    let account = provider(&script, known);
    for model in ["gpt-4.1", "ft:gpt-4.1:org::id"] {
        let model = account.chat_model(model).unwrap();
        let capabilities = model.capabilities();
        assert_eq!((capabilities.max_output_tokens, capabilities.context_tokens), (Some(9), Some(1_000_000)));
    }
    let embeds = account.embedding_model("text-embedding-3-small").unwrap();
    assert_eq!(embeds.capabilities().context_tokens, Some(8192));
}

#[tokio::test]
async fn what_a_model_is_known_not_to_do_is_sent_with_a_warning() {
    let chat = r#"{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"4"},"finish_reason":"stop"}]}"#;
    let responses = fixture("openai_responses_success.json");
    for (api, answer) in [(Api::Chat, chat.to_owned()), (Api::Responses, responses)] {
        let script = Script::new([Reply::json(200, answer)]);
        let model = provider(&script, config().with_api(api)).chat_model("gpt-4.1").unwrap();
        let mut request = ChatRequest::user("Hi").with_max_output_tokens(40_000);
        let rendered = model.render(&Context::new(), &request).unwrap();
        let answer = model.chat(&Context::new(), Arc::new(request.clone())).await.unwrap();
        for warnings in [&rendered.warnings, &answer.warnings] {
            let kinds: Vec<_> =
                warnings.iter().map(|warning| (warning.kind, warning.subject.as_str())).collect();
            assert_eq!(kinds, [(WarningKind::BeyondCapabilities, "max_output_tokens")]);
        }
        assert!(script.body(0).to_string().contains("40000"));

        request.strict = true;
        let refused = model.chat(&Context::new(), Arc::new(request)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
        assert_eq!(script.sent().len(), 1, "a strict request is refused before it is sent");
    }
}
