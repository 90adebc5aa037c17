//! Connecting, and what is sent.

use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    ChatRequest, Context, Credentials, Driver as _, ErrorKind, Labels, Provider as _, Resources, Result,
    Secret,
};
use provider_mock::{ScriptedTransport, WireReply};
use provider_xai::{Account, Api, Config, Xai};
use serde_json::json;

use crate::support::{BOTH, KEY, account, answer_of, config, json_of, model, resources, script, sent};

fn success(api: Api) -> WireReply {
    answer_of(if api == Api::Chat { "xai_chat_success.json" } else { "xai_responses_success.json" })
}

#[tokio::test]
async fn what_is_rendered_is_what_is_sent() {
    for api in BOTH {
        let transport = script([success(api)]);
        let mut config = config().with_api(api).with_base_url("https://eu-west-1.api.x.ai/v1");
        config.headers.insert("x-tenant".into(), Secret::new("acme"));
        let account = Xai::account("work", config, &resources(&transport)).unwrap();
        let model = account.chat_model("grok-4.7").unwrap();
        let mut request = ChatRequest::user("Hi").with_temperature(0.5).with_stop("END");
        request.extra_headers.insert("x-grok-conv-id", "conversation-1").unwrap();
        let rendered = model.render(&Context::new(), &request).unwrap();
        let answer = model.chat(&Context::new(), Arc::new(request)).await.unwrap();
        assert_eq!(answer.warnings, rendered.warnings, "{api:?}");
        assert_eq!(answer.warnings.len(), 1);
        let recorded = &transport.recorded()[0];
        assert_eq!(recorded.json().unwrap(), rendered.body);
        let path = if api == Api::Chat { "/v1/chat/completions" } else { "/v1/responses" };
        assert_eq!((recorded.host(), recorded.path()), ("eu-west-1.api.x.ai", path));
        assert_eq!(recorded.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
        assert_eq!(
            (recorded.header("x-tenant"), recorded.header("x-grok-conv-id")),
            (Some("acme"), Some("conversation-1"))
        );
        let shown = format!("{rendered:?}");
        assert!(!shown.contains(KEY) && !shown.contains("acme"), "{shown}");
        assert_eq!(answer.request_id.as_deref(), Some("7f3d2c1b-0a99-4c55-b7c1-2f0e6d5a4b3c"));
    }
}

#[test]
fn responses_are_the_default_and_the_account_says_so() {
    let transport = ScriptedTransport::new();
    let plain = Xai::account("work", Config::new(Secret::new(KEY)), &resources(&transport)).unwrap();
    let described = plain.describe();
    assert_eq!((described.api.as_str(), described.driver.as_str()), ("Responses", "xai"));
    assert_eq!(described.endpoint, "https://api.x.ai/v1");
    assert_eq!(account(&transport, Api::Chat).describe().api, "Chat Completions");
    for text in
        [format!("{described:?}"), format!("{plain:?}"), format!("{:?}", plain.chat_model("m").unwrap())]
    {
        assert!(!text.contains(KEY), "{text}");
    }
}

#[test]
fn a_configuration_that_can_not_work_says_why() {
    let transport = ScriptedTransport::new();
    let wrong = |config: Config, word: &str| {
        let error = Xai::connect("work", config, &resources(&transport)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{word}");
        assert!(error.message().contains("work") && error.message().contains(word), "{word}: {error}");
    };
    wrong(Config::default(), "api_key");
    wrong(Config::new(Secret::new(" ")), "the provider wants one");
    wrong(config().with_base_url("https://api.x.ai/v1?api_key=canary"), "key in its query (`api_key`)");
    wrong(config().with_base_url("api.x.ai/v1"), "base_url");
    wrong(config().with_base_url("https://api.x.ai/v1/chat/completions"), "base_url");
    assert!(toml::from_str::<Config>("api_key = 'k'\norganization = 'o'").is_err(), "xAI has none");
    assert_eq!(toml::from_str::<Config>("api = 'chat'").unwrap().api, Api::Chat);
    transport.assert_nothing_sent();
}

/// Gives the key of the tenant that a call is labelled with.
#[derive(Debug)]
struct Tenants;

#[async_trait]
impl Credentials for Tenants {
    async fn secret(&self, ctx: &Context, _: &str) -> Result<Option<Secret>> {
        Ok(ctx.labels.tenant.as_ref().map(|tenant| Secret::new(format!("xai-test-{tenant}"))))
    }
}

#[tokio::test]
async fn the_key_of_a_call_goes_over_the_configured_one() {
    for api in BOTH {
        let transport = script([success(api), success(api)]);
        let resources = resources(&transport).with_credentials(Arc::new(Tenants));
        let account = Xai::account("work", config().with_api(api), &resources).unwrap();
        let model = account.chat_model("grok-4.7").unwrap();
        let mut labels = Labels::default();
        labels.tenant = Some("acme".into());
        let ctx = Context::new().with_labels(labels);
        let tenants = model.chat(&ctx, Arc::new(ChatRequest::user("Hi"))).await.unwrap();
        let own = model.chat(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await.unwrap();
        let keys: Vec<_> = transport
            .recorded()
            .iter()
            .map(|sent| sent.header("authorization").unwrap().to_owned())
            .collect();
        assert_eq!(keys, ["Bearer xai-test-acme".to_owned(), format!("Bearer {KEY}")]);
        assert_ne!(tenants.served_by, own.served_by);
    }
}

#[test]
fn without_a_key_a_port_is_enough() {
    let transport = ScriptedTransport::new();
    let resources: Resources = resources(&transport).with_credentials(Arc::new(Tenants));
    Xai::account("work", Config::default(), &resources).unwrap();
}

#[tokio::test]
async fn a_model_that_the_application_knows_better_is_known_so() {
    let transport = ScriptedTransport::new();
    let config: Config =
        toml::from_str("api_key = 'xai-test'\ncapabilities = { context_tokens = 9, reasoning = false }")
            .unwrap();
    for api in BOTH {
        let account = Xai::account("work", config.clone().with_api(api), &resources(&transport)).unwrap();
        let known = account.chat_model("grok-4.7").unwrap().capabilities().clone();
        assert_eq!(
            (known.context_tokens, known.reasoning, known.streaming),
            (Some(9), Some(false), Some(true))
        );
    }
    let known = |name: &str| model_of(&transport, name).reasoning;
    assert_eq!(known("grok-4.7"), Some(true));
    assert_eq!(known("grok-4.20-non-reasoning"), Some(false));
    assert_eq!(known("grok-99"), None);
}

fn model_of(transport: &ScriptedTransport, name: &str) -> laravel_ai_core::Capabilities {
    let account: Account = account(transport, Api::Responses);
    account.chat_model(name).unwrap().capabilities().clone()
}

#[tokio::test]
async fn a_stream_asks_for_its_usage() {
    for api in BOTH {
        let transport = script([WireReply::status(500)]);
        model(&transport, api).stream(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await.unwrap_err();
        let body = sent(&transport);
        assert_eq!(body["stream"], true);
        let asked = (api == Api::Chat).then(|| json!({"include_usage": true}));
        assert_eq!(body.get("stream_options").cloned(), asked, "{api:?}");
    }
}

#[tokio::test]
async fn embeddings() {
    let transport = script([answer_of("xai_embeddings.json")]);
    let model = account(&transport, Api::Responses).embedding_model("embed-example").unwrap();
    let answer = model.embed(&Context::new(), Arc::new("Hi".into())).await.unwrap();
    assert_eq!(answer.embeddings, [vec![0.1, -0.2]]);
    assert_eq!(json_of("xai_embeddings.json")["model"].as_str(), answer.model.as_deref());
    assert_eq!((answer.usage.input, answer.usage.output), (Some(2), None));
    assert_eq!(transport.recorded()[0].path(), "/v1/embeddings");
}
