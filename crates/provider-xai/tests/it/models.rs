//! Models with prices, keys, and counting.

use std::sync::Arc;

use bytes::Bytes;
use laravel_ai_core::{
    ChatRequest, Context, CredentialStatus, ErrorKind, FunctionTool, Media, Message, ModelKind,
    Provider as _, ToolCall, ToolResult, UserPart,
};
use provider_mock::WireReply;
use provider_xai::{Api, Prices};
use serde_json::json;

use crate::support::{account, answer_of, json_of, script, sent};

fn dollars(prices: &Prices) -> [Option<String>; 4] {
    [prices.input, prices.cached_input, prices.image_input, prices.output]
        .map(|price| price.map(|price| price.to_string()))
}

fn of(prices: [&str; 4]) -> [Option<String>; 4] {
    prices.map(|price| (!price.is_empty()).then(|| price.to_owned()))
}

#[tokio::test]
async fn prices_are_dollars_for_a_million_tokens_exact() {
    let transport = script([answer_of("xai_language_models.json")]);
    let models = account(&transport, Api::Responses).language_models(&Context::new()).await.unwrap();
    assert_eq!(transport.recorded()[0].path(), "/v1/language-models");
    let [model] = &models[..] else { panic!("{models:?}") };
    assert_eq!((model.id.as_str(), &model.aliases[..]), ("grok-4.7", &["latest".to_owned()][..]));
    assert_eq!(dollars(&model.prices), of(["2 USD", "0.5 USD", "0 USD", "6 USD"]));
    let long = model.long_context.as_ref().unwrap();
    assert_eq!(long.threshold, 200_000);
    assert_eq!(dollars(&long.prices), of(["4 USD", "1 USD", "0 USD", "12 USD"]));
    assert_eq!(model.input_modalities, ["text", "image"]);
    assert_eq!(model.efforts.as_deref().unwrap(), ["low", "medium", "high", "xhigh"]);
    assert_eq!(model.default_effort.as_deref(), Some("high"));
    assert_eq!(model.version.as_deref(), Some("1.0"));
}

#[tokio::test]
async fn what_xai_does_not_say_is_unknown() {
    let rows = json!({"models": [
        {"id": "odd", "prompt_text_token_price": 1, "aliases": null, "capabilities": null},
        {"no": "id"}, 3,
    ]});
    let transport = script([rows, json!({"models": {}}), json!([])]);
    let account = account(&transport, Api::Responses);
    let models = account.language_models(&Context::new()).await.unwrap();
    let [model] = &models[..] else { panic!("{models:?}") };
    assert_eq!(dollars(&model.prices), of(["0.0001 USD", "", "", ""]));
    assert_eq!((&model.long_context, &model.efforts), (&None, &None));
    for _ in 0..2 {
        let error = account.language_models(&Context::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
}

#[tokio::test]
async fn the_list_knows_what_language_models_can_do() {
    let transport = script([answer_of("xai_models_list.json"), answer_of("xai_language_models.json")]);
    let models =
        account(&transport, Api::Responses).catalog().unwrap().models(&Context::new()).await.unwrap();
    let [grok, imagine] = &models[..] else { panic!("{models:?}") };
    assert_eq!((grok.id.as_str(), grok.kind), ("grok-4.7", Some(ModelKind::Chat)));
    let known = &grok.capabilities;
    assert_eq!((known.context_tokens, known.reasoning), (Some(500_000), Some(true)));
    assert_eq!(
        (known.image_input, known.audio_input, known.image_output),
        (Some(true), Some(false), Some(false))
    );
    assert_eq!((imagine.kind, imagine.capabilities.image_output), (Some(ModelKind::Image), Some(true)));
    assert_eq!(imagine.capabilities.reasoning, None);
}

#[tokio::test]
async fn one_model() {
    let list = json_of("xai_models_list.json");
    let language = json_of("xai_language_models.json");
    let missing = || {
        WireReply::status(404)
            .body(json!({"code": "not-found", "error": "The model does not exist"}).to_string())
    };
    let transport = script([
        WireReply::json(&list["data"][0]),
        WireReply::json(&language["models"][0]),
        WireReply::json(&list["data"][1]),
        missing(),
        missing(),
        WireReply::json(&list["data"][0]),
        WireReply::status(500),
    ]);
    let catalog = account(&transport, Api::Responses).catalog().unwrap();
    let ctx = Context::new();
    let grok = catalog.model(&ctx, "grok-4.7").await.unwrap();
    assert_eq!(
        (grok.capabilities.image_input, grok.capabilities.context_tokens),
        (Some(true), Some(500_000))
    );
    let imagine = catalog.model(&ctx, "grok-imagine-image").await.unwrap();
    assert_eq!(imagine.kind, Some(ModelKind::Image), "it is no language model");
    assert_eq!(catalog.model(&ctx, "grok-99").await.unwrap_err().kind(), ErrorKind::ModelNotFound);
    let error = catalog.model(&ctx, "grok-4.7").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server, "a failure is no answer");
    let paths: Vec<_> = transport.recorded().iter().map(|sent| sent.path().to_owned()).collect();
    assert_eq!(paths[..2], ["/v1/models/grok-4.7", "/v1/language-models/grok-4.7"]);
}

#[tokio::test]
async fn a_key_and_what_it_may_do() {
    let transport = script([answer_of("xai_api_key.json"), answer_of("xai_api_key.json")]);
    let account = account(&transport, Api::Responses);
    let key = account.api_key(&Context::new()).await.unwrap();
    assert_eq!(transport.recorded()[0].path(), "/v1/api-key");
    assert_eq!((key.name.as_deref(), key.redacted.as_deref()), (Some("example key"), Some("xai-...wxyz")));
    assert_eq!(key.acls, ["api-key:model:*", "api-key:endpoint:*"]);
    assert_eq!(
        (key.team_blocked, key.blocked, key.disabled, key.obstacle()),
        (Some(false), Some(false), Some(false), None)
    );
    let report = account.catalog().unwrap().check_credentials(&Context::new()).await;
    assert_eq!((report.status, &report.message), (CredentialStatus::Valid, &None));
    assert_eq!(report.organization.as_deref(), key.team_id.as_deref());
    assert_eq!(report.account.as_deref(), key.user_id.as_deref());
}

#[tokio::test]
async fn a_blocked_key_is_no_valid_one() {
    for (flag, word) in
        [("team_blocked", "team"), ("api_key_blocked", "is blocked"), ("api_key_disabled", "switched off")]
    {
        let mut body = json_of("xai_api_key.json");
        body[flag] = json!(true);
        let catalog = account(&script([body]), Api::Responses).catalog().unwrap();
        let report = catalog.check_credentials(&Context::new()).await;
        assert_eq!(report.status, CredentialStatus::Invalid, "{flag}");
        assert!(report.message.unwrap().contains(word), "{flag}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_key_proves_none() {
    for body in [json!({}), json!({"status": "ok"}), json!({"api_key_id": null, "api_key_blocked": null})] {
        let account = account(&script([body.clone()]), Api::Responses);
        let report = account.catalog().unwrap().check_credentials(&Context::new()).await;
        assert_ne!(report.status, CredentialStatus::Valid, "{body}");
    }
    let mut body = json_of("xai_api_key.json");
    body["acls"] = json!(null);
    let key = account(&script([body]), Api::Responses).api_key(&Context::new()).await.unwrap();
    assert_eq!(key.acls, [""; 0], "a list that is null is empty");
}

#[tokio::test]
async fn a_key_that_can_not_be_asked_about() {
    let refused = |status: u16, body: serde_json::Value| WireReply::status(status).body(body.to_string());
    let bad = json!({"code": "invalid-argument", "error": "Incorrect API key provided: xa***ab."});
    let poor = json!({"code": "permission-denied", "error": "Your team has used all available credits."});
    for (answer, status) in [
        (refused(400, bad), CredentialStatus::Invalid),
        (refused(403, poor), CredentialStatus::Valid),
        (WireReply::status(503), CredentialStatus::Unreachable),
        (WireReply::connect_error(), CredentialStatus::Unreachable),
    ] {
        let catalog = account(&script([answer]), Api::Responses).catalog().unwrap();
        let report = catalog.check_credentials(&Context::new()).await;
        assert_eq!(report.status, status, "{report:?}");
        assert!(report.message.is_some());
    }
}

#[tokio::test]
async fn tokens_of_all_text_are_counted_by_xai() {
    let transport = script([answer_of("xai_tokenize.json"), WireReply::json(&json!({}))]);
    let counter = account(&transport, Api::Responses).token_counter("grok-4.7").unwrap();
    let call = ToolCall::new("c", "weather", r#"{"city":"Oslo"}"#);
    let result = ToolResult::text(&call, "2 degrees");
    let answer = Message::Assistant(vec![laravel_ai_core::AssistantPart::ToolCall(call)]);
    let request = ChatRequest::new([
        Message::system("Be brief."),
        Message::user("Weather?"),
        answer,
        Message::tool([result]),
    ])
    .with_tool(FunctionTool::new("weather").with_description("Of a city"));
    let request = Arc::new(request);
    let count = counter.count(&Context::new(), Arc::clone(&request)).await.unwrap();
    assert_eq!((count.tokens, count.exact), (1, false));
    let body = sent(&transport);
    assert_eq!(transport.recorded()[0].path(), "/v1/tokenize-text");
    assert_eq!(body["model"], "grok-4.7");
    let text = body["text"].as_str().unwrap();
    for word in ["Be brief.", "Weather?", "Oslo", "2 degrees", "weather", "Of a city"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let error = counter.count(&Context::new(), request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "no list is no count of 0");
}

#[tokio::test]
async fn what_can_not_be_counted_is_refused() {
    let transport = script([json!({"token_ids": []})]);
    let counter = account(&transport, Api::Responses).token_counter("grok-4.7").unwrap();
    let image = Media::from_bytes(Bytes::from_static(b"\x89PNG\r\n\x1a\n")).unwrap();
    for request in [
        ChatRequest::new([Message::User(vec![UserPart::Image(image)])]),
        ChatRequest::raw(laravel_ai_core::RawJson::parse(r#"{"input":"Hi"}"#).unwrap()),
    ] {
        let error = counter.count(&Context::new(), Arc::new(request)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
    transport.assert_nothing_sent();
}
