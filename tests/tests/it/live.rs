//! The live tier of the testkit: over the mock, over a driver that asks a server on a local port, and over models that
//! break one law each.

use std::sync::Arc;

use ai::TokioClock;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use laravel_ai_core::{ChatModel, Driver as _, ErrorKind, FinishReason, Provider as _, Resources};
use provider_http::ReqwestTransport;
use provider_mock::{Mock, Recorded, Reply, text, tool_result};
use provider_openai_compat::{Config, OpenAiCompatible};
use provider_testkit::live::{LIVE_LAWS, LiveSubject, check};
use provider_testkit::live_conformance;
use serde_json::{Value, json};

mod over_the_mock {
    use super::*;
    live_conformance!(model(clever()));
}

mod over_a_socket {
    use super::*;
    live_conformance!(served());
}

fn model(mock: Mock) -> Arc<dyn ChatModel> {
    mock.chat_model("any").unwrap()
}

/// A mock that answers as a model would.
fn clever() -> Mock {
    let mock = Mock::new();
    answer_the_rest(&mock);
    mock
}

fn answer_the_rest(mock: &Mock) {
    mock.when(tool_result("weather")).reply("It is 31 degrees below zero in Oslo.");
    mock.when(text("weather")).reply(Reply::tool_call("weather", json!({"city": "Oslo"})));
    mock.when(text("What is my lucky number")).reply("4711");
    mock.when(text("lucky number")).reply("noted");
    mock.when(text("capital of Peru")).reply("Lima");
    mock.when(text("Count from 1")).reply_with(count);
}

fn count(sent: &Recorded) -> Reply {
    match sent.request.max_output_tokens {
        Some(_) => Reply::text("one\ntwo").finish(FinishReason::Length),
        None => Reply::text("one\ntwo\nthree"),
    }
}

/// Mocks whose first rule breaks the law of this name; the rest of them is clever.
fn wrong(law: &str) -> Mock {
    let mock = Mock::new();
    match law {
        "answers" => mock.when(text("capital of Peru")).reply("Quito"),
        "streams" => mock
            .when(text("capital of Peru"))
            .reply_with(|sent| Reply::text(if sent.streamed { "Quito" } else { "Lima" })),
        "remembers_the_conversation" => mock.when(text("What is my lucky number")).reply("Which number?"),
        "calls_a_tool" => mock.when(text("weather").and(!tool_result("weather"))).reply("Rain, I guess."),
        "reads_a_result" => mock.when(tool_result("weather")).reply("It is sunny in Oslo."),
        "stops_at_the_limit" => mock.when(text("Count from 1")).reply("one\ntwo"),
        "survives_a_dropped_stream" => {
            mock.when(text("Count from 1")).reply("one\ntwo\nthree");
            mock.when(text("capital of Peru")).fail(ErrorKind::Transport)
        }
        _ => unreachable!("{law} has no wrong model: add one"),
    };
    answer_the_rest(&mock);
    mock
}

#[tokio::test]
async fn each_live_law_fails_for_a_model_that_breaks_it() {
    for law in LIVE_LAWS {
        let violation = check(&model(wrong(law.name)).into(), law).await.unwrap_err();
        assert_eq!(violation.law.as_deref(), Some(law.name));
        println!("{violation}\n");
    }
}

#[tokio::test]
async fn what_a_model_can_not_do_is_declared_with_a_reason() {
    let law = LIVE_LAWS.iter().find(|law| law.name == "calls_a_tool").unwrap();
    let declared = |mock, name: &str| LiveSubject::new(model(mock)).without(name, "it has no tools");
    assert_eq!(check(&declared(wrong(law.name), law.name), law).await, Ok(()));
    let violation = check(&declared(clever(), law.name), law).await.unwrap_err().to_string();
    assert!(violation.contains("take the declaration away") && violation.contains("no tools"), "{violation}");
    let violation = check(&declared(clever(), "calls_tools"), law).await.unwrap_err().to_string();
    assert!(violation.contains("`calls_tools`"), "{violation}");
}

/// A driver whose server is a thread of this process, on a runtime of its own.
fn served() -> Arc<dyn ChatModel> {
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
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    let resources = Resources::new(transport, Arc::new(TokioClock::default()));
    OpenAiCompatible::connect("local", Config::new(url), &resources).unwrap().chat_model("any").unwrap()
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
