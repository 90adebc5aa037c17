//! Failures: which kind, whether to repeat, and what is told.

use laravel_ai_core::ErrorKind::{self, *};
use laravel_ai_core::{ChatRequest, Context, Error, Retry};
use provider_mock::WireReply;
use provider_ollama::{Config, OllamaError};
use serde_json::json;
use std::sync::Arc;

use crate::support::{fixture, provider, read_by};

async fn error(config: Config, status: u16, body: &str) -> Error {
    let (provider, _) = provider(config, [WireReply::status(status).body(body.to_owned())]);
    let model = provider.chat_model("llama9").unwrap();
    model.chat(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await.unwrap_err()
}

#[tokio::test]
async fn every_example() {
    for (name, row) in read_by("error") {
        let error = error(Config::new(), row.status, &fixture(&name)).await;
        let shown = format!("{error} {error:?} {:?}", error.vendor::<OllamaError>());
        assert!(!shown.contains("EXAMPLE"), "{shown}");
        let told = json!({
            "display": error.to_string(),
            "kind": format!("{:?}", error.kind()),
            "retry": format!("{:?}", error.retry()),
            "possibly_billed": error.possibly_billed(),
        });
        insta::assert_json_snapshot!(name.trim_end_matches(".json"), told);
    }
}

const SAME: Retry = Retry::SameTarget { after: None };

/// The table of errors of Ollama's server, row by row.
#[tokio::test]
async fn the_whole_table() {
    let long = "the prompt is longer than the context length currently available to the model; shorten it";
    let limit = "you've reached your hourly usage limit, please upgrade to continue";
    let busy = "server busy, please try again.  maximum pending requests exceeded";
    let memory = "model requires more system memory (9.0 GiB) than is available (4.2 GiB)";
    let rows: &[(u16, &str, ErrorKind, Retry)] = &[
        (400, "missing request body", InvalidRequest, Retry::Never),
        (400, "model is required", InvalidRequest, Retry::Never),
        (400, "top_logprobs must be between 0 and 20", InvalidRequest, Retry::Never),
        (400, "invalid character 'x' looking for beginning of value", InvalidRequest, Retry::Never),
        (400, "\"m\" does not support thinking", Unsupported, Retry::OtherTarget),
        (400, "registry.ollama.ai/library/m does not support tools", Unsupported, Retry::OtherTarget),
        (400, long, ContextTooLong, Retry::OtherTarget),
        (400, "the input length exceeds the context length", ContextTooLong, Retry::OtherTarget),
        (401, "unauthorized", Authentication, Retry::OtherTarget),
        (403, "ollama cloud is disabled: remote model is unavailable", Permission, Retry::OtherTarget),
        (404, "model 'x' not found", ModelNotFound, Retry::OtherTarget),
        (404, "model \"x\" not found, try pulling it first", ModelNotFound, Retry::OtherTarget),
        (429, limit, QuotaExceeded, Retry::OtherTarget),
        (429, "too many concurrent requests", RateLimited, SAME),
        (499, "request canceled", Cancelled, Retry::Never),
        (500, "model runner has unexpectedly stopped", Server, SAME),
        (500, memory, Server, Retry::OtherTarget),
        (500, "option \"num_ctx\" must be of type integer", InvalidRequest, Retry::Never),
        (502, "dial tcp: lookup ollama.com: no such host", Server, SAME),
        (503, busy, Overloaded, SAME),
        // Inside a 200.
        (200, "model 'x' not found", ModelNotFound, Retry::OtherTarget),
        (200, "unauthorized", Authentication, Retry::OtherTarget),
        (200, "something else", Server, SAME),
    ];
    for (status, text, kind, retry) in rows {
        let error = error(Config::new(), *status, &json!({"error": text}).to_string()).await;
        assert_eq!((error.kind(), error.retry()), (*kind, *retry), "{status} {text}");
        assert_eq!(error.vendor::<OllamaError>().unwrap().message, *text);
    }
    let old = error(Config::new(), 404, "404 page not found").await;
    assert_eq!((old.kind(), old.retry()), (InvalidRequest, Retry::Never));
    assert!(old.message().contains("base_url"), "{old}");
}

#[tokio::test]
async fn a_missing_model_says_how_to_get_it() {
    let missing = r#"{"error":"model \"llama9:1b\" not found, try pulling it first"}"#;
    let local = error(Config::new(), 404, missing).await;
    assert!(local.message().contains("`ollama pull llama9:1b`"), "{local}");
    let hosted =
        error(Config::hosted(laravel_ai_core::Secret::new("test-key-0123456789")), 404, missing).await;
    assert!(!hosted.message().contains("pull"), "{hosted}");
    let odd = error(Config::new(), 404, r#"{"error":"model 'a; rm -rf /' not found"}"#).await;
    assert!(odd.message().ends_with("`ollama pull`"), "{odd}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_to_be_started() {
    let (provider, _) = provider(Config::new(), [WireReply::connect_error()]);
    let model = provider.chat_model("m").unwrap();
    let error = model.chat(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (Transport, false));
    assert!(
        error.message().contains("`ollama serve`") && error.message().contains("127.0.0.1:11434"),
        "{error}"
    );
}
