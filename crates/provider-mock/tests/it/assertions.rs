//! Assertions pass, and fail with a list of what was sent.

use std::sync::Arc;

use laravel_ai_core::{ChatRequest, Context, EmbeddingRequest, FunctionTool, Provider};
use provider_mock::{Mock, ScriptedTransport, text};

use crate::{ask, model_of, panic_of};

async fn asked() -> Mock {
    let mock = Mock::new();
    ask(&mock, "What is the capital of Peru?").await.unwrap();
    let request = ChatRequest::user("The weather\nthere?").with_tool(FunctionTool::new("get_weather"));
    drop(model_of(&mock).stream(&Context::new(), Arc::new(request)).await.unwrap());
    mock
}

#[tokio::test]
async fn what_is_right_passes() {
    let mock = asked().await;
    mock.assert_sent(|sent| sent.text().contains("Peru") && !sent.streamed);
    mock.assert_not_sent(|sent| sent.text().contains("Chile"));
    mock.assert_sent_count(2);
    mock.assert_sent_in_order([text("Peru"), text("weather")]);
    Mock::new().assert_nothing_sent();
    let numbers: Vec<_> = mock.recorded().iter().map(|sent| sent.number).collect();
    assert_eq!(numbers, [1, 2]);
}

#[tokio::test]
async fn what_is_wrong_fails_with_a_list() {
    let mock = asked().await;
    insta::assert_snapshot!(panic_of(|| mock.assert_sent(|sent| sent.text().contains("Chile"))), @r#"
    an expected request was not sent; these were:
      1. chat to mock/test: "What is the capital of Peru?" (1 message)
      2. stream to mock/test: "The weather there?" (1 message, 1 tool)
    "#);
    insta::assert_snapshot!(panic_of(|| mock.assert_not_sent(|sent| sent.streamed)), @r#"
    an unexpected request was sent; this was:
      2. stream to mock/test: "The weather there?" (1 message, 1 tool)
    "#);
    assert!(
        panic_of(|| mock.assert_sent_count(1))
            .starts_with("expected 1 request, but 2 were sent; these were:")
    );
    assert!(
        panic_of(|| mock.assert_nothing_sent()).starts_with("expected that nothing is sent; these were:")
    );
    assert_eq!(
        panic_of(|| Mock::new().assert_sent(|_| true)),
        "an expected request was not sent; nothing was"
    );
}

#[tokio::test]
async fn the_order_is_exact() {
    let mock = asked().await;
    let wrong = panic_of(|| mock.assert_sent_in_order([text("weather"), text("Peru")]));
    assert!(wrong.starts_with("request 1 is not text(\"weather\")"), "{wrong}");
    let short = panic_of(|| mock.assert_sent_in_order([text("Peru")]));
    assert!(short.starts_with("expected 1 request in order, but 2 were sent"), "{short}");
    let long = panic_of(|| mock.assert_sent_in_order([text("Peru"), text("weather"), text("more")]));
    assert!(long.starts_with("expected 3 requests in order, but 2 were sent"), "{long}");
}

#[tokio::test]
async fn embeddings_are_something_sent() {
    let mock = Mock::new();
    let request = Arc::new(EmbeddingRequest::new(["a", "b"]));
    mock.embedding_model("e").unwrap().embed(&Context::new(), request).await.unwrap();
    mock.assert_sent_count(0);
    insta::assert_snapshot!(panic_of(|| mock.assert_nothing_sent()), @r"
    expected that nothing is sent; this was:
      1. embed to mock/e: 2 inputs
    ");
}

#[tokio::test]
async fn replies_that_were_not_used_are_found() {
    let mock = Mock::new().sequence(["a", "b"]);
    mock.when(text("never")).sequence(["c"]);
    ask(&mock, "x").await.unwrap();
    assert!(panic_of(|| mock.assert_sequences_used_up()).starts_with("2 scripted replies were not used"));
    ask(&mock, "x").await.unwrap();
    ask(&mock, "never").await.unwrap();
    mock.assert_sequences_used_up();
}

#[test]
fn a_failure_points_at_the_test() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let (here, previous) = (std::thread::current().id(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |info| {
        // Other tests of the process fail in their own way.
        if std::thread::current().id() == here {
            _ = sender.send(info.location().map(|location| location.file().to_owned()));
        } else {
            previous(info);
        }
    }));
    let empty = Mock::new();
    panic_of(|| empty.assert_sent(|_| true));
    panic_of(|| empty.assert_sent_count(1));
    panic_of(|| empty.assert_sent_in_order([text("a")]));
    panic_of(|| ScriptedTransport::new().assert_sent_count(1));
    _ = std::panic::take_hook();
    let files: Vec<_> = receiver.iter().map(Option::unwrap).collect();
    assert_eq!(files.len(), 4);
    assert!(files.iter().all(|file| file.ends_with("tests/it/assertions.rs")), "{files:?}");
}
