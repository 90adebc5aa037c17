//! The front door against real endpoints: cheap models, short prompts, a cap on calls and tokens.
//!
//! Run by `cargo xtask e2e` with the endpoints of `tests/credentials/e2e-credentials.json`; the example beside it shows
//! the form. Without the file nothing is asked and one line says so; a file that can't be read is a failure.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;

use ai::openai_compatible::{Config, OpenAiCompatible};
use ai::{Ai, ChatRequest, Context, CredentialStatus, FinishReason, StreamEvent};
use futures_util::StreamExt;
use serde::Deserialize;

/// More than any test here needs, and little enough that a mistake costs nothing.
const TOKENS: u32 = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Endpoint {
    base_url: String,
    api_key: Option<String>,
    model: String,
}

/// The endpoints to ask; empty when the run was not asked for or there is no file.
#[expect(clippy::disallowed_methods, reason = "a test binary has no front door that could read it")]
fn endpoints() -> BTreeMap<String, Endpoint> {
    if std::env::var_os("AI_E2E").is_none() {
        println!("skipped: AI_E2E is not set (`cargo xtask e2e` sets it)");
        return BTreeMap::new();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("credentials/e2e-credentials.json");
    if !file.exists() {
        println!("skipped: there is no tests/credentials/e2e-credentials.json");
        return BTreeMap::new();
    }
    let text = std::fs::read_to_string(&file).unwrap();
    // The parser's message has line and column, but nothing of the text.
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("tests/credentials/e2e-credentials.json: {e}"))
}

fn connect(name: &str, endpoint: &Endpoint) -> Ai {
    let mut config = Config::new(&endpoint.base_url);
    if let Some(key) = &endpoint.api_key {
        config = config.with_api_key(key);
    }
    let model = format!("{name}/{}", endpoint.model);
    Ai::builder().connect::<OpenAiCompatible>(name, config).default_model(model).build().unwrap()
}

#[tokio::test]
async fn every_endpoint_answers_the_same_way_in_one_piece_and_as_a_stream() {
    for (name, endpoint) in endpoints() {
        let ai = connect(&name, &endpoint);
        let report = ai.provider(&name).catalog().unwrap().check_credentials(&Context::new()).await;
        assert_eq!(report.status, CredentialStatus::Valid, "{name}: {report:?}");

        let request = ChatRequest::user("Answer with the single word: pong").with_max_output_tokens(TOKENS);
        let response = ai.send(request.clone()).await.unwrap();
        assert!(response.text().to_lowercase().contains("pong"), "{name}: {response:?}");
        assert!(response.usage.total().is_some_and(|tokens| tokens > 0), "{name}: {:?}", response.usage);

        let mut stream = ai.stream(request).await.unwrap();
        let mut text = String::new();
        let mut finish = None;
        while let Some(event) = stream.next().await {
            match event.unwrap() {
                StreamEvent::TextDelta { text: delta, .. } => text.push_str(&delta),
                StreamEvent::Finish(end) => finish = Some(end.finish.reason),
                _ => {}
            }
        }
        assert!(text.to_lowercase().contains("pong"), "{name}: {text}");
        assert_eq!(finish, Some(FinishReason::Stop), "{name}");
        println!("{name}: ok");
    }
}

#[test]
fn the_example_has_the_form_that_is_read() {
    let text = include_str!("../credentials/e2e-credentials.example.json");
    let example: BTreeMap<String, Endpoint> = serde_json::from_str(text).unwrap();
    assert!(example.values().any(|endpoint| endpoint.api_key.is_none()) && example.len() > 1);
}
