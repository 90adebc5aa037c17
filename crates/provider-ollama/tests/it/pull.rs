//! Fetching models: the law of the stream, and what breaks it.

use futures_util::StreamExt as _;
use laravel_ai_core::{Context, Error, ErrorKind};
use provider_mock::WireReply;
use provider_ollama::{Config, PullEvent, Server};

use crate::support::{fixture, server};

async fn pulled(body: &str) -> (Vec<PullEvent>, Option<Error>, (u64, u64, usize)) {
    let (_, resources) = server([WireReply::status(200).body(body.to_owned())]);
    let server = Server::connect("local", &Config::new(), &resources).unwrap();
    let mut pull = server.pull(&Context::new(), "qwen3:8b").await.unwrap();
    let (mut events, mut error) = (Vec::new(), None);
    while let Some(event) = pull.next().await {
        assert!(error.is_none(), "nothing comes after an error");
        assert_ne!(events.last(), Some(&PullEvent::Done), "nothing comes after the end");
        match event {
            Ok(event) => events.push(event),
            Err(failure) => error = Some(failure),
        }
    }
    assert!(pull.next().await.is_none(), "and it stays so");
    let progress = pull.progress();
    let counts = (progress.completed(), progress.total(), progress.layers());
    (events, error, counts)
}

#[tokio::test]
async fn a_model_comes_layer_by_layer() {
    let (events, error, counts) = pulled(&fixture("ollama_pull.ndjson")).await;
    assert!(error.is_none());
    assert_eq!(events[0], PullEvent::Status("pulling manifest".into()));
    assert!(matches!(events[2], PullEvent::Layer { completed: 1_048_576, total: 5_000_000_000, .. }));
    assert_eq!(events.last(), Some(&PullEvent::Done));
    assert_eq!(counts, (5_000_000_000, 5_000_000_000, 1));
}

#[tokio::test]
async fn a_body_that_ends_too_early_is_an_error_wherever_it_ends() {
    let body = fixture("ollama_pull.ndjson");
    let whole = body.trim_end().len();
    for cut in 0..whole {
        let (events, error, _) = pulled(&body[..cut]).await;
        assert_eq!(error.unwrap().kind(), ErrorKind::StreamInterrupted, "cut at {cut}");
        assert!(!events.contains(&PullEvent::Done));
    }
    assert!(pulled(&body[..whole]).await.1.is_none(), "the last line needs no line feed");
}

#[tokio::test]
async fn an_error_comes_although_http_said_200() {
    let missing =
        "{\"status\":\"pulling manifest\"}\n{\"error\":\"pull model manifest: file does not exist\"}\n";
    let (events, error, _) = pulled(missing).await;
    let error = error.unwrap();
    assert_eq!((events.len(), error.kind()), (1, ErrorKind::ModelNotFound));
    assert!(error.message().contains("registry"), "{error}");
}

#[tokio::test]
async fn dropping_it_gives_the_connection_up() {
    let begun = WireReply::status(200)
        .body(fixture("ollama_pull.ndjson").split_inclusive('\n').next().unwrap().to_owned());
    let (transport, resources) = server([begun.stall()]);
    let server = Server::connect("local", &Config::new(), &resources).unwrap();
    let mut pull = server.pull(&Context::new(), "qwen3:8b").await.unwrap();
    pull.next().await.unwrap().unwrap();
    assert_eq!(transport.open_bodies(), 1);
    drop(pull);
    assert_eq!(transport.open_bodies(), 0, "the server sees that nobody listens");
    assert_eq!(
        transport.recorded()[0].json().unwrap(),
        serde_json::json!({"model": "qwen3:8b", "stream": true})
    );
}
