//! The live tier of the testkit: over the mock, over a driver that asks a server on a local port, and over models that
//! break one law each.

use std::sync::Arc;

use ai::TokioClock;
use laravel_ai_core::{ChatModel, Driver as _, ErrorKind, FinishReason, Provider as _, Resources};
use provider_http::ReqwestTransport;
use provider_mock::{Mock, Recorded, Reply, text, tool_result};
use provider_openai_compat::{Config, OpenAiCompatible};
use provider_testkit::live::{LIVE_LAWS, LiveSubject, check};
use provider_testkit::live_conformance;
use serde_json::json;

use crate::served;

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

/// A driver whose server is a thread of this process.
fn served() -> Arc<dyn ChatModel> {
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    let resources = Resources::new(transport, Arc::new(TokioClock::default()));
    OpenAiCompatible::connect("local", Config::new(served::url()), &resources)
        .unwrap()
        .chat_model("any")
        .unwrap()
}
