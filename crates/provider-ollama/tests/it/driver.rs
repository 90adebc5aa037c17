//! Connections, patience, and prompts that were cut.

use std::sync::Arc;
use std::time::Duration;

use laravel_ai_core::{ChatRequest, Context, Driver as _, ErrorKind, Message, WarningKind};
use provider_mock::WireReply;
use provider_ollama::{Config, Ollama, OllamaOptions, Server};
use serde_json::json;

use crate::support::{fixture, provider, server};

const KEY: &str = "test-key-0123456789";

#[tokio::test]
async fn a_local_server_needs_no_key_and_a_hosted_one_does() {
    let (local, transport) =
        provider(Config::new(), [WireReply::status(200).body(fixture("ollama_chat_success.json"))]);
    let answer = local.chat_model("qwen3:8b").unwrap();
    let answer = answer.chat(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await.unwrap();
    assert_eq!(answer.metadata["total_duration"].as_str(), "5191566416");
    let sent = &transport.recorded()[0].request;
    assert_eq!(sent.uri(), "http://127.0.0.1:11434/api/chat");
    assert_eq!(sent.headers().get("authorization"), None);

    let (_, resources) = server([]);
    let keyless = Config::new().with_base_url("ollama.com");
    let error = Ollama::connect("cloud", keyless, &resources).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let (hosted, _) = provider(Config::hosted(laravel_ai_core::Secret::new(KEY)), []);
    let shown = format!("{hosted:?} {:?}", hosted.describe());
    assert!(!shown.contains(KEY) && shown.contains("https://ollama.com"), "{shown}");
    assert!(hosted.extension().unwrap().downcast::<Server>().is_ok());
}

#[test]
fn a_pasted_path_and_a_key_in_the_url_are_told_of() {
    let (_, resources) = server([]);
    for url in ["http://localhost:11434/v1", "http://localhost:11434/api/chat", "http://box/?key=canary"] {
        let error = Ollama::connect("l", Config::new().with_base_url(url), &resources).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
    }
}

#[tokio::test]
async fn a_server_may_be_silent_for_half_an_hour_unless_somebody_says_otherwise() {
    let reply = || WireReply::status(200).body(fixture("ollama_chat_success.json"));
    let replies = [reply(), reply(), reply(), WireReply::status(200).body(r#"{"models":[]}"#)];
    let (provider, transport) = provider(Config::new(), replies);
    let model = provider.chat_model("m").unwrap();
    let mut hasty = Context::new();
    hasty.timeouts.idle = Some(Duration::from_secs(5));
    model.chat(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await.unwrap();
    drop(model.stream(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await.unwrap());
    model.chat(&hasty, Arc::new(ChatRequest::user("Hi"))).await.unwrap();
    provider.catalog().unwrap().models(&Context::new()).await.unwrap();
    let silences: Vec<_> = transport
        .recorded()
        .iter()
        .map(|sent| sent.context.timeouts.idle.map(|idle| idle.as_secs()))
        .collect();
    assert_eq!(silences, [Some(1800), Some(1800), Some(5), None], "a list needs no patience");
}

async fn warned(num_ctx: Option<u32>, truncate: Option<bool>, bytes: usize, count: u64) -> usize {
    let answer = json!({"done": true, "done_reason": "stop", "message": {"content": "Hi"}, "prompt_eval_count": count, "eval_count": 1});
    let mut options = OllamaOptions::default();
    (options.num_ctx, options.truncate) = (num_ctx, truncate);
    let reply = || WireReply::status(200).body(answer.to_string());
    let (provider, _) = provider(Config::new().with_options(options), [reply(), reply()]);
    let model = provider.chat_model("m").unwrap();
    let request = Arc::new(ChatRequest::new([Message::user("x".repeat(bytes))]));
    let whole = model.chat(&Context::new(), Arc::clone(&request)).await.unwrap();
    let streamed = model.stream(&Context::new(), request).await.unwrap().into_response().await.unwrap();
    assert_eq!(whole.warnings, streamed.warnings);
    assert!(whole.warnings.iter().all(|warning| warning.kind == WarningKind::PartDropped));
    whole.warnings.len()
}

#[tokio::test]
async fn a_prompt_that_was_cut_in_silence_is_told_of_where_it_can_be() {
    assert_eq!(warned(Some(4096), None, 100, 4096).await, 1, "it fills the context");
    assert_eq!(warned(Some(4096), None, 100, 4095).await, 0);
    assert_eq!(warned(Some(4096), None, 60_000, 2000).await, 1, "no tokenizer brings it into the context");
    assert_eq!(warned(Some(4096), Some(false), 60_000, 4096).await, 0, "it would have been an error");
    assert_eq!(warned(None, None, 60_000, 4096).await, 1, "too few tokens for that text");
    assert_eq!(warned(None, None, 60_000, 15_000).await, 0);
    assert_eq!(warned(None, None, 60_000, 30).await, 0, "an old server with the prompt in its cache");
}
