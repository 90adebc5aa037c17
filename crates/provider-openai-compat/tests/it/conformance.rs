//! The laws that every provider keeps.

use std::sync::Arc;

use laravel_ai_core::{Driver as _, ErrorKind, Usage};
use provider_http::ReqwestTransport;
use provider_openai_compat::{Config, OpenAiCompatible};
use provider_testkit::{Answer, Embedding, Exchange, Role, Subject, conformance};
use serde_json::{Value, json};

fn whole(message: &Value, finish: &str, usage: &Value) -> Answer {
    Answer::json(json!({
        "id": "a", "object": "chat.completion", "model": "m", "usage": usage,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }))
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({"id": "a", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

fn streamed(chunks: Vec<Value>) -> Answer {
    let chunks = chunks.into_iter().map(|chunk| chunk.to_string());
    Answer::sse_of(chunks.chain(["[DONE]".to_owned()]))
}

fn titan() -> Vec<Value> {
    vec![
        chunk(&json!({"role": "assistant", "content": "Ti"}), None),
        chunk(&json!({"content": "tan."}), None),
        chunk(&json!({}), Some("stop")),
    ]
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn fragment(index: u32, mut call: Value) -> Value {
    call["index"] = json!(index);
    json!({"tool_calls": [call]})
}

fn subject() -> Subject {
    let used = json!({
        "prompt_tokens": 24, "completion_tokens": 8, "total_tokens": 32,
        "prompt_tokens_details": {"cached_tokens": 20},
    });
    let mut usage = Usage::new(24, 8);
    usage.cached_input = Some(20);
    let text = json!({"role": "assistant", "content": "Titan."});
    let with_usage = json!({"id": "a", "model": "m", "choices": [], "usage": used});
    let calls = json!({"role": "assistant", "content": null, "tool_calls": [
        call("c1", "weather", r#"{"city":"Oslo"}"#), call("c2", "weather", r#"{"city":"Rome"}"#)]});
    let signature = "c2lnbmF0dXJl+/0=";
    let signed = json!({"role": "assistant", "content": "Titan.", "reasoning_details": [{"type": "reasoning.encrypted", "data": signature}]});
    let hologram = json!([{"type": "hologram", "depth": 3}]);

    Subject::new("m", |connect| {
        let mut config = Config::new(connect.base_url);
        config.api_key = Some(connect.key.clone());
        OpenAiCompatible::connect("work", config, connect.resources)
    })
    .with(
        Role::Text,
        Exchange::new(whole(&text, "stop", &used), streamed([titan(), vec![with_usage]].concat()))
            .saying("Titan.")
            .using(usage),
    )
    .with(Role::NoUsage, Exchange::new(whole(&text, "stop", &json!(null)), streamed(titan())))
    .with(
        Role::UnknownEvents,
        Exchange::new(
            whole(
                &json!({"role": "assistant", "content": "Titan.", "weather": "fine"}),
                "stop",
                &json!(null),
            ),
            Answer::sse(
                [
                    "event: weather\ndata: {\"is\": \"fine\"}\n\n".to_owned(),
                    String::from_utf8(streamed(titan()).body.to_vec()).unwrap(),
                ]
                .concat(),
            ),
        ),
    )
    .with(
        Role::UnknownContent,
        Exchange::new(
            whole(&json!({"role": "assistant", "content": hologram}), "stop", &json!(null)),
            streamed(vec![chunk(&json!({"content": hologram}), None), chunk(&json!({}), Some("stop"))]),
        ),
    )
    .with(
        Role::ToolCalls,
        Exchange::new(
            whole(&calls, "tool_calls", &json!(null)),
            streamed(vec![
                chunk(&fragment(0, call("c1", "weather", r#"{"city":"#)), None),
                chunk(&fragment(0, json!({"function": {"arguments": r#""Oslo"}"#}})), None),
                chunk(&fragment(1, call("c2", "weather", r#"{"city":"Rome"}"#)), None),
                chunk(&json!({}), Some("tool_calls")),
            ]),
        )
        .calling("weather", json!({"city": "Oslo"}))
        .calling("weather", json!({"city": "Rome"})),
    )
    .with(
        Role::EmptyArguments,
        Exchange::new(
            whole(
                &json!({"role": "assistant", "tool_calls": [call("c1", "now", "")]}),
                "tool_calls",
                &json!(null),
            ),
            streamed(vec![
                chunk(&fragment(0, call("c1", "now", "")), None),
                chunk(&json!({}), Some("tool_calls")),
            ]),
        ),
    )
    .with(
        Role::State,
        Exchange::new(
            whole(&signed, "stop", &json!(null)),
            streamed(vec![chunk(&signed, None), chunk(&json!({}), Some("stop"))]),
        )
        .keeping(signature),
    )
    .with(
        Role::Failing,
        Exchange::streamed(Answer::sse_of([
            chunk(&json!({"content": "Ti"}), None),
            json!({"error": {"message": "no", "code": "server_is_overloaded"}}),
        ]))
        .failing(ErrorKind::Overloaded),
    )
    .with_error(
        Answer::json(json!({"error": {"message": "no", "code": "model_not_found"}})).with_status(404),
        ErrorKind::ModelNotFound,
    )
    .with_error(
        Answer::json(json!({"error": {"message": "no", "code": "context_length_exceeded"}})).with_status(400),
        ErrorKind::ContextTooLong,
    )
    .with_embedding(Embedding::new(
        ["a", "b"],
        Answer::json(json!({"data": [
            {"index": 1, "embedding": [0.0, 1.0]}, {"index": 0, "embedding": [1.0, 0.0]}]})),
        vec![vec![1.0, 0.0], vec![0.0, 1.0]],
    ))
    .with_catalog(
        [Answer::json(json!({"object": "list", "data": [{"id": "large"}, {"id": "small"}]}))],
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
