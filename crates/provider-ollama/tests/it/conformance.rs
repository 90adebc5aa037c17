//! The laws that every provider keeps.

use std::sync::Arc;

use laravel_ai_core::{Driver as _, ErrorKind, Usage};
use provider_http::ReqwestTransport;
use provider_ollama::{Config, Ollama};
use provider_testkit::{Answer, Embedding, Exchange, Role, Subject, conformance};
use serde_json::{Value, json};

fn line(message: Value, done: bool) -> Value {
    json!({"model": "m", "created_at": "2026-11-20T10:00:01.1Z", "message": message, "done": done})
}

fn last(mut line: Value, counts: bool) -> Value {
    line["done_reason"] = json!("stop");
    line["total_duration"] = json!(5_191_566_416_u64);
    if counts {
        (line["prompt_eval_count"], line["eval_count"]) = (json!(26), json!(12));
    }
    line
}

fn says(text: &str) -> Value {
    json!({"role": "assistant", "content": text})
}

fn exchange(whole: Value, streamed: Vec<Value>, counts: bool) -> Exchange {
    let end = last(line(says(""), true), counts);
    Exchange::new(
        Answer::json(last(line(whole, true), counts)),
        Answer::lines(streamed.into_iter().map(|message| line(message, false)).chain([end])),
    )
}

fn calls(calls: Value) -> Value {
    json!({"role": "assistant", "content": "", "tool_calls": calls})
}

fn call(id: &str, city: &str) -> Value {
    json!({"id": id, "function": {"name": "weather", "arguments": {"city": city}}})
}

fn subject() -> Subject {
    let (oslo, rome) = (call("call_1", "Oslo"), call("call_2", "Rome"));
    let no_arguments = calls(json!([{"function": {"name": "now", "arguments": {}}}]));
    let hologram = json!({"role": "assistant", "content": [{"type": "hologram", "depth": 3}]});
    let odd = |text: &str| json!({"role": "assistant", "content": text, "weather": "fine"});
    let stateless = "Ollama has no state: its answers go back as texts and calls";

    Subject::new("m", |connect| {
        let mut config = Config::new().with_base_url(connect.base_url);
        config.api_key = Some(connect.key.clone());
        Ollama::connect("work", config, connect.resources)
    })
    .with(
        Role::Text,
        exchange(says("Titan."), vec![says("Ti"), says("tan.")], true)
            .saying("Titan.")
            .using(Usage::new(26, 12)),
    )
    .with(Role::NoUsage, exchange(says("Titan."), vec![says("Titan.")], false))
    .with(Role::UnknownEvents, exchange(odd("Titan."), vec![odd("Ti"), odd("tan.")], true))
    .with(Role::UnknownContent, exchange(hologram.clone(), vec![hologram], true))
    .with(
        Role::ToolCalls,
        exchange(calls(json!([oslo, rome])), vec![calls(json!([oslo])), calls(json!([rome]))], true)
            .calling("weather", json!({"city": "Oslo"}))
            .calling("weather", json!({"city": "Rome"})),
    )
    .with(Role::EmptyArguments, exchange(no_arguments.clone(), vec![no_arguments], true))
    .with(
        Role::Failing,
        Exchange::streamed(Answer::lines([line(says("Ti"), false), json!({"error": "server busy"})]))
            .failing(ErrorKind::Overloaded),
    )
    .without("state_returns_exactly", stateless)
    .without("foreign_state_is_dropped", stateless)
    .with_error(
        Answer::json(json!({"error": "model 'm' not found"})).with_status(404),
        ErrorKind::ModelNotFound,
    )
    .with_error(
        Answer::json(json!({"error": "the input length exceeds the context length"})).with_status(400),
        ErrorKind::ContextTooLong,
    )
    .with_embedding(Embedding::new(
        ["a", "b"],
        Answer::json(json!({"model": "m", "embeddings": [[1.0, 0.0], [0.0, 1.0]]})),
        vec![vec![1.0, 0.0], vec![0.0, 1.0]],
    ))
    .with_catalog(
        [Answer::json(json!({"models": [{"name": "large", "model": "large"}, {"name": "small"}]}))],
        ["large", "small"],
    )
}

mod in_memory {
    use super::*;
    conformance!(subject());
}

mod over_a_socket {
    use super::*;
    conformance!(subject().over_loopback(|| Arc::new(ReqwestTransport::new().unwrap())));
}

/// The page of what drivers take shows it.
#[test]
fn what_does_not_apply_is_written_down() {
    insta::assert_json_snapshot!("declared_ollama", subject().declared());
}
