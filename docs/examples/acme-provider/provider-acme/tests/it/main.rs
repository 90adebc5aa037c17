//! The laws that every provider keeps, and what is Acme's own.
#![allow(clippy::unwrap_used, reason = "tests")]

use laravel_ai_core::{ChatRequest, Context, Driver as _, ErrorKind, WarningKind};
use provider_acme::{Acme, AcmeOptions, Config};
use provider_testkit::{Answer, Connect, Subject, conformance};
use serde_json::json;

fn subject() -> Subject {
    let tank = json!({"error": {"message": "Your tank is empty", "code": "tank_empty"}});
    provider_openai_compat::conformance::subject("acme-1", |connect| {
        Acme::connect("work", config(connect), connect.resources)
    })
    .with_error(Answer::json(tank).with_status(429), ErrorKind::QuotaExceeded)
    .without_embeddings()
}

fn config(connect: &Connect<'_>) -> Config {
    let config = json!({"api_key": connect.key.expose(), "base_url": connect.base_url});
    serde_json::from_value(config).unwrap()
}

conformance!(subject());

#[tokio::test]
async fn options_are_members_of_the_body_and_top_k_is_told_of() {
    let mut options = AcmeOptions::default();
    options.turbo = Some(true);
    let request = ChatRequest::user("Hello").with_options(&options).unwrap().with_top_k(5);
    let stage = subject().open([]).await.unwrap();
    let rendered = stage.chat_model().unwrap().render(&Context::new(), &request).unwrap();
    assert_eq!(rendered.body["turbo"], true);
    assert_eq!(rendered.body["top_k"], json!(null));
    assert_eq!(rendered.warnings[0].kind, WarningKind::OptionDropped);
}

#[test]
fn a_misspelt_key_of_the_configuration_is_an_error() {
    let error = serde_json::from_value::<Config>(json!({"api_key": "k", "base_ulr": "x"})).unwrap_err();
    assert!(error.to_string().contains("base_ulr"), "{error}");
}
