//! The mock as a driver and as an account.

use std::sync::Arc;
use std::time::Duration;

use laravel_ai_core::{Context, CredentialStatus, Driver, ErrorKind, ModelKind, Provider, Resources, Result};
use provider_mock::{Mock, MockConfig, MockDriver, RefusingTransport, TestClock};
use tokio::time::Instant;

fn connect(config: &str) -> Result<Arc<dyn Provider>> {
    let config: MockConfig = serde_json::from_str(config).unwrap();
    let resources = Resources::new(Arc::new(RefusingTransport::new()), Arc::new(TestClock::new()));
    MockDriver::connect("demo", config, &resources)
}

#[tokio::test(start_paused = true)]
async fn configuration_sets_reply_and_pace() {
    let provider = connect(r#"{"reply": "one two", "delay_ms": 100, "pace_ms": 20}"#).unwrap();
    let start = Instant::now();
    let model = provider.chat_model("m").unwrap();
    let answer = model.chat(&Context::new(), Arc::new("x".into())).await.unwrap();
    assert_eq!((answer.text().as_str(), start.elapsed()), ("one two", Duration::from_millis(140)));
    assert_eq!(answer.served_by.to_string(), "demo/m");
    assert_eq!((MockDriver::NAME, provider.describe().driver.as_str()), ("mock", "mock"));
}

#[tokio::test]
async fn an_empty_configuration_answers_by_itself() {
    let model = connect("{}").unwrap().chat_model("m").unwrap();
    let answer = model.chat(&Context::new(), Arc::new("x".into())).await.unwrap();
    assert_eq!(answer.text(), "Mock answer to: \"x\"");
}

#[tokio::test]
async fn configuration_scripts_answers_and_failures() {
    let answers = async |config: &str| {
        let model = connect(config).unwrap().chat_model("m").unwrap();
        let mut answers = Vec::new();
        for _ in 0..3 {
            let answer = model.chat(&Context::new(), Arc::new("x".into())).await;
            answers.push(answer.map_or_else(|error| error.kind().to_string(), |answer| answer.text()));
        }
        answers
    };
    assert_eq!(answers(r#"{"replies": ["a", "b"]}"#).await, ["a", "b", "a"]);
    assert_eq!(answers(r#"{"replies": ["a"], "reply": "z"}"#).await, ["a", "z", "z"]);
    assert_eq!(answers(r#"{"error": "rate_limited"}"#).await, ["rate limited"; 3]);
}

#[tokio::test]
async fn a_catalog_fails_as_it_is_told() {
    let ctx = Context::new();
    for (kind, status, reachable) in [
        (ErrorKind::Authentication, CredentialStatus::Invalid, true),
        (ErrorKind::Permission, CredentialStatus::Valid, true),
        (ErrorKind::Transport, CredentialStatus::Unreachable, false),
    ] {
        let catalog = Mock::new().fail_catalog(kind).catalog().unwrap();
        assert_eq!(catalog.models(&ctx).await.unwrap_err().kind(), kind);
        assert_eq!(catalog.model(&ctx, "mock-chat").await.unwrap_err().kind(), kind);
        assert_eq!(catalog.check_credentials(&ctx).await.status, status);
        assert_eq!(catalog.health(&ctx).await.reachable, reachable, "{kind}");
    }
}

#[test]
fn a_wrong_configuration_is_refused() {
    let error = serde_json::from_str::<MockConfig>(r#"{"replay": "x"}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `replay`"));
    let error = connect(r#"{"models": ["a", ""]}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.message().contains("connection `demo`"), "{error}");
    for both in [r#"{"error": "server", "reply": "a"}"#, r#"{"error": "server", "replies": ["a"]}"#] {
        assert!(connect(both).unwrap_err().message().contains("leave one of them out"));
    }
}

#[tokio::test]
async fn the_catalog_lists_models_and_is_healthy() {
    let ctx = Context::new();
    let catalog = Mock::new().catalog().unwrap();
    let kinds: Vec<_> = catalog.models(&ctx).await.unwrap().into_iter().map(|info| info.kind).collect();
    assert_eq!(kinds, [Some(ModelKind::Chat), Some(ModelKind::Embedding)]);
    let error = catalog.model(&ctx, "gpt-9").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelNotFound);
    assert!(error.message().contains("mock-chat, mock-embedding"), "{error}");
    assert_eq!(catalog.check_credentials(&ctx).await.status, CredentialStatus::Valid);
    assert!(catalog.health(&ctx).await.reachable);

    let own = connect(r#"{"models": ["a", "b"]}"#).unwrap().catalog().unwrap();
    assert_eq!(own.model(&ctx, "b").await.unwrap().id, "b");
}

#[tokio::test]
async fn clones_share_script_and_records_but_have_their_own_names() {
    let mock = Mock::new().reply("same");
    let work = mock.clone().with_connection("work");
    for provider in [&mock, &work] {
        let model = provider.chat_model("m").unwrap();
        assert_eq!(model.chat(&Context::new(), Arc::new("x".into())).await.unwrap().text(), "same");
    }
    let targets: Vec<_> = mock.recorded().iter().map(|sent| sent.target.to_string()).collect();
    assert_eq!(targets, ["mock/m", "work/m"]);
}
