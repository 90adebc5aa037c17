//! A model behind a local port that speaks Chat Completions and answers as a model would.

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::{Value, json};

/// The base URL of a new server: a thread of this process, on a runtime of its own.
pub(crate) fn url() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let routes = axum::Router::new().route("/v1/chat/completions", post(answer));
            axum::serve(listener, routes).await.unwrap();
        });
    });
    url
}

/// Answers from what is really in the request, so that history, tools and results must arrive.
async fn answer(body: Bytes) -> impl IntoResponse {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let said = request["messages"].to_string();
    let last = request["messages"].as_array().unwrap().last().unwrap().to_string();
    let (mut text, mut calls, mut finish) = ("I don't know.", Value::Null, "stop");
    if last.contains("-31 degrees") {
        text = "It is 31 degrees below zero in Oslo.";
    } else if last.contains("weather") && request["tool_choice"]["function"]["name"] == "weather" {
        let function = json!({"name": "weather", "arguments": r#"{"city":"Oslo"}"#});
        calls = json!([{"index": 0, "id": "call_1", "type": "function", "function": function}]);
        (text, finish) = ("", "tool_calls");
    } else if last.contains("capital of Peru") {
        text = "Lima";
    } else if last.contains("Count from 1") {
        text = "one\ntwo\nthree";
        finish = if request["max_tokens"].is_u64() { "length" } else { "stop" };
    } else if last.contains("What is my lucky number") && said.contains("number is 4711") {
        text = "4711";
    }
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12});
    let message = json!({"role": "assistant", "content": text, "tool_calls": calls});
    if request["stream"] != true {
        let choice = json!({"index": 0, "message": message, "finish_reason": finish});
        let whole = json!({"id": "1", "choices": [choice], "usage": usage});
        return ([(CONTENT_TYPE, "application/json")], whole.to_string());
    }
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).to_string()
    };
    let events = [
        chunk(message, Value::Null),
        chunk(json!({}), finish.into()),
        json!({"id": "1", "choices": [], "usage": usage}).to_string(),
        "[DONE]".to_owned(),
    ];
    let stream: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    ([(CONTENT_TYPE, "text/event-stream")], stream)
}
