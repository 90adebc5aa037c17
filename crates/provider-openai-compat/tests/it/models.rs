//! The list of models, and whether key and endpoint work.

use std::sync::Arc;
use std::time::Duration;

use laravel_ai_core::{Catalog, Context, CredentialStatus, ErrorKind};
use provider_openai_compat::Config;

use crate::support::{BASE, Reply, Script, answer, fixture, provider, read_by};

fn catalog(script: &Arc<Script>) -> Arc<dyn Catalog> {
    provider(script, Config::new(BASE).with_api_key("test-key-0123456789")).catalog().unwrap()
}

#[tokio::test]
async fn every_example() {
    for name in read_by("models") {
        let script = Script::new([Reply::new(answer(&name))]);
        let models = catalog(&script).models(&Context::new()).await.unwrap();
        insta::assert_json_snapshot!(name.trim_end_matches(".json"), models);
        assert_eq!(script.sent()[0].uri(), "http://localhost:8080/v1/models");
    }
    for name in read_by("model") {
        let script = Script::new([Reply::new(answer(&name))]);
        let model = catalog(&script).model(&Context::new(), "openai/gpt-6 luna").await.unwrap();
        insta::assert_json_snapshot!(name.trim_end_matches(".json"), model);
        let sent = script.sent();
        assert_eq!(sent[0].uri(), "http://localhost:8080/v1/models/openai%2Fgpt-6%20luna");
        assert_eq!((sent[0].method(), sent[0].body().len()), (&http::Method::GET, 0));
    }
}

#[tokio::test]
async fn lists_of_other_shapes() {
    for (body, ids) in [
        (r#"{"data":null}"#, None),
        (r#"{"data":[]}"#, Some(vec![])),
        (
            r#"{"object":"list","data":[{"id":"a","created":1.7e9},{"id":null},{"id":"b","created":-5,"owned_by":3}]}"#,
            Some(vec!["a", "b"]),
        ),
        (r#"{"models":[{"id":"a"}]}"#, Some(vec!["a"])),
        ("<html>", None),
        ("", None),
        ("{}", None),
    ] {
        let script = Script::new([Reply::json(200, body)]);
        let found = catalog(&script).models(&Context::new()).await;
        match ids {
            Some(ids) => {
                let found = found.unwrap();
                assert_eq!(found.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ids, "{body}");
            }
            None => assert_eq!(found.unwrap_err().kind(), ErrorKind::Decode, "{body}"),
        }
    }
}

#[tokio::test]
async fn a_model_that_is_not_there() {
    let script = Script::new([Reply::json(404, fixture("openai_error_404_model.json"))]);
    let error = catalog(&script).model(&Context::new(), "gpt-99").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelNotFound);
    assert_eq!(script.sent().len(), 1, "the server said it");
}

#[tokio::test]
async fn a_server_without_a_path_for_one_model_is_asked_for_the_list() {
    let list = r#"{"data":[{"id":"a"},{"id":"b","owned_by":"us"}]}"#;
    for (status, body) in [(404, ""), (404, "{\"error\":\"no\"}"), (405, "")] {
        let script = || Script::new([Reply::json(status, body), Reply::json(200, list)]);
        let model = catalog(&script()).model(&Context::new(), "b").await.unwrap();
        assert_eq!((model.id.as_str(), model.owned_by.as_deref()), ("b", Some("us")));
        let error = catalog(&script()).model(&Context::new(), "c").await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::ModelNotFound, Some(404)));
    }
    // Without a list nothing is known of the model, but something of the URL.
    let script = Script::new([Reply::json(404, ""), Reply::json(404, "")]);
    let error = catalog(&script).model(&Context::new(), "b").await.unwrap_err();
    assert!(error.to_string().contains("base_url"), "{error}");
}

#[tokio::test]
async fn credentials_are_valid_invalid_or_could_not_be_asked() {
    let list = fixture("openai_models_list.json");
    for (reply, status, models) in [
        (Reply::json(200, list), CredentialStatus::Valid, Some(3)),
        (Reply::json(403, r#"{"error":{"code":"missing_scope"}}"#), CredentialStatus::Valid, None),
        (Reply::json(401, fixture("openai_error_401_invalid_key.json")), CredentialStatus::Invalid, None),
        (
            Reply::json(200, r#"{"error":{"message":"m","code":"invalid_api_key"}}"#),
            CredentialStatus::Invalid,
            None,
        ),
        (Reply::json(404, ""), CredentialStatus::Unreachable, None),
        (Reply::json(503, ""), CredentialStatus::Unreachable, None),
        (Reply::refused(), CredentialStatus::Unreachable, None),
    ] {
        let script = Script::new([reply]);
        let report = catalog(&script).check_credentials(&Context::new()).await;
        assert_eq!((report.status, report.models), (status, models), "{report:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn health_is_an_answer_of_any_kind() {
    for (reply, reachable, has_message) in [
        (Reply::json(200, r#"{"data":[]}"#), true, false),
        (Reply::json(401, "{}"), true, true),
        (Reply::json(500, ""), true, true),
        (Reply::json(200, "<html>"), true, true),
        (Reply::refused(), false, true),
    ] {
        let script = Script::new([reply]);
        let health = catalog(&script).health(&Context::new()).await;
        assert_eq!((health.reachable, health.message.is_some()), (reachable, has_message), "{health:?}");
        assert_eq!(health.latency, reachable.then_some(Duration::ZERO), "time stands still in this test");
        assert_eq!(script.sent()[0].method(), http::Method::GET, "health is never a paid call");
    }
}

#[tokio::test]
async fn a_list_that_is_refused_is_an_error_and_never_a_list() {
    for (status, body, kind) in [
        (401, r#"{"error":{"message":"no","code":"invalid_api_key"}}"#, ErrorKind::Authentication),
        (500, "", ErrorKind::Server),
        (200, r#"{"error":{"message":"no","code":"invalid_api_key"}}"#, ErrorKind::Authentication),
    ] {
        let script = Script::new([Reply::json(status, body)]);
        let error = catalog(&script).models(&Context::new()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
    }
}
