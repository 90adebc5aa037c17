//! Which reply a request gets.

use std::sync::Arc;

use laravel_ai_core::{
    AssistantPart, ChatRequest, Context, Error, ErrorKind, FinishReason, Message, Provider, Retry, ToolCall,
    ToolResult, Usage,
};
use provider_mock::{Mock, Reply, model, request, step, text, tool_result};
use serde_json::json;

use crate::{ask, model_of};

async fn texts(mock: &Mock, questions: &[&str]) -> Vec<String> {
    let mut texts = Vec::new();
    for question in questions {
        texts.push(match ask(mock, *question).await {
            Ok(response) => response.text(),
            Err(error) => error.to_string(),
        });
    }
    texts
}

#[tokio::test]
async fn one_reply_answers_everything_and_the_last_one_counts() {
    let mock = Mock::new().reply("Quito").reply("Lima");
    assert_eq!(texts(&mock, &["a", "b"]).await, ["Lima", "Lima"]);
}

#[tokio::test]
async fn replies_start_again() {
    let mock = Mock::new().replies(["a", "b"]);
    assert_eq!(texts(&mock, &["1", "2", "3"]).await, ["a", "b", "a"]);
}

#[tokio::test]
async fn a_sequence_that_is_used_up_fails_and_says_so() {
    let mock = Mock::new().sequence(["a", "b"]);
    assert_eq!(texts(&mock, &["1", "2"]).await, ["a", "b"]);
    let error = ask(&mock, "What is the capital of Peru?").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!((error.retry(), error.possibly_billed()), (Retry::Never, false));
    insta::assert_snapshot!(error, @r#"configuration error: no reply is left for "What is the capital of Peru?": the sequence has 2; script more, or say what follows with sequence_then (at mock/test)"#);
    mock.assert_sent_count(3);
}

#[tokio::test]
async fn an_empty_list_of_replies_fails_too() {
    let empty: [&str; 0] = [];
    assert_eq!(ask(&Mock::new().replies(empty), "x").await.unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn after_a_sequence_the_rest_follows() {
    let mock = Mock::new().sequence_then([Reply::fail(ErrorKind::Overloaded)], "up again");
    assert_eq!(ask(&mock, "x").await.unwrap_err().kind(), ErrorKind::Overloaded);
    assert_eq!(texts(&mock, &["y", "z"]).await, ["up again", "up again"]);
}

#[tokio::test]
async fn a_closure_sees_the_request() {
    let mock = Mock::new().reply_with(|sent| format!("{} of {}", sent.request.messages.len(), sent.model()));
    let two = vec![Message::system("Be brief."), Message::user("Hello")];
    assert_eq!(ask(&mock, two).await.unwrap().text(), "2 of test");
}

#[tokio::test]
async fn a_closure_may_fail_and_may_ask_the_mock() {
    let mock = Mock::new();
    let inside = mock.clone();
    mock.reply_with(move |_| match inside.recorded().len() {
        1 => Ok("first"),
        _ => Err(Error::new(ErrorKind::QuotaExceeded, "used up")),
    });
    assert_eq!(texts(&mock, &["a", "b"]).await, ["first", "quota exceeded: used up (at mock/test)"]);
}

#[tokio::test]
async fn every_kind_of_failure_can_be_told() {
    for kind in ErrorKind::ALL {
        let mock = Mock::new().fail(kind);
        let error = ask(&mock, "x").await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.target().map(|target| target.model()), Some("test"));
        let error = model_of(&mock).stream(&Context::new(), Arc::new("x".into())).await.unwrap_err();
        assert_eq!(error.kind(), kind, "a refusal is the error of the call, not of the stream");
        mock.assert_sent_count(2);
    }
}

#[tokio::test]
async fn rules_go_first_and_the_first_that_fits_is_taken() {
    let mock = Mock::new().reply("other");
    mock.when(text("weather").and(model("another"))).reply("another model");
    mock.when(text("weather").and(model("test"))).reply("rain");
    mock.when(text("weather")).reply("never reached");
    mock.when(text("news").or(text("sport"))).replies(["n1", "n2"]);
    mock.when(request(|sent| sent.request.temperature == Some(0.0))).reply("cold");
    let answers = texts(&mock, &["the weather?", "sport", "Weather", "news"]).await;
    assert_eq!(answers, ["rain", "n1", "other", "n2"]);
    assert_eq!(ask(&mock, ChatRequest::user("x").with_temperature(0.0)).await.unwrap().text(), "cold");
}

#[tokio::test]
async fn a_rule_may_be_for_what_does_not_fit() {
    let mock = Mock::new();
    mock.when((!text("weather")).and(step(0))).reply("other");
    assert_eq!(texts(&mock, &["news"]).await, ["other"]);
    let error = ask(&mock, "the weather?").await.unwrap_err();
    assert!(error.message().contains(r#"(!text("weather")).and(step(0))"#), "{error}");
}

#[tokio::test]
async fn a_request_without_a_rule_names_itself_and_the_nearest_rule() {
    let mock = Mock::new();
    mock.when(text("translate to Quechua")).reply("a");
    mock.when(text("weather in Lima")).reply("b");
    let error = ask(&mock, "What is the wether in lima?").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    insta::assert_snapshot!(error, @r#"configuration error: no scripted reply is for "What is the wether in lima?" to model `test` at step 0: the nearest of 2 rules is when(text("weather in Lima")); add a rule, or allow_stray_requests (at mock/test)"#);
}

#[tokio::test]
async fn strays_are_answered_only_where_that_is_wanted() {
    let mock = Mock::new();
    assert!(ask(&mock, "x").await.is_ok(), "nothing is scripted");
    mock.prevent_stray_requests();
    let error = ask(&mock, "x").await.unwrap_err();
    assert!(error.message().contains("nothing is scripted"), "{error}");
    mock.when(text("a")).reply("A");
    assert!(ask(&mock, "x").await.is_err());
    mock.allow_stray_requests();
    assert_eq!(texts(&mock, &["a", "x"]).await, ["A", "Mock answer to: \"x\""]);
}

#[tokio::test]
async fn a_tool_loop_is_scripted_by_step_and_by_result() {
    let mock = Mock::new();
    mock.when(tool_result("get_weather")).reply("It rains.");
    mock.when(step(2)).reply("I give up.");
    mock.when(step(0)).reply(Reply::tool_call("get_weather", json!({"city": "Lima"})).and_text("Wait."));

    let first = ask(&mock, "Weather?").await.unwrap();
    assert_eq!(first.finish.reason, FinishReason::ToolCalls);
    let call = first.tool_calls().next().unwrap().clone();
    assert_eq!((call.name.as_str(), call.arguments.as_str()), ("get_weather", r#"{"city":"Lima"}"#));
    assert!(!call.id.is_empty());

    let mut result = ToolResult::text(&call, "rain");
    let mut messages = vec![Message::user("Weather?"), first.message(), Message::tool([result.clone()])];
    assert_eq!(ask(&mock, messages.clone()).await.unwrap().text(), "It rains.");

    // Some stores keep only the id of the call.
    result.name = None;
    messages[2] = Message::tool([result]);
    assert_eq!(ask(&mock, messages.clone()).await.unwrap().text(), "It rains.");

    messages.extend([Message::assistant("Hm."), Message::system("Go on.")]);
    assert_eq!(ask(&mock, messages.clone()).await.unwrap().text(), "I give up.");
    messages.push(Message::user("And now?"));
    assert_eq!(ask(&mock, messages).await.unwrap().tool_calls().count(), 1, "a new question is step 0 again");
}

#[tokio::test]
async fn tool_calls_get_ids_unless_they_have_one() {
    let own = ToolCall::new("mine", "b", "{\"cut");
    let reply = Reply::tool_call("a", json!({})).and_part(AssistantPart::ToolCall(own.clone()));
    let mock = Mock::new().reply(reply.and_tool_call("c", json!(null)));
    let response = ask(&mock, "x").await.unwrap();
    let calls: Vec<_> = response.tool_calls().collect();
    assert_eq!(calls[1], &own);
    assert_ne!(calls[0].id, calls[2].id);
    let other = ask(&mock, "y").await.unwrap();
    assert_ne!(other.tool_calls().next().unwrap().id, calls[0].id);
}

#[tokio::test]
async fn what_a_reply_does_not_say_is_filled_in() {
    let mock = Mock::new().replies([
        Reply::text("Lima").reasoning("Peru. Its capital."),
        Reply::refusal("No."),
        Reply::text("Lim").finish(FinishReason::Length).usage(Usage::new(7, 1)).model("gpt-9-2026"),
        Reply::parts([]),
    ]);
    let question = || vec![Message::system("Brief."), Message::user("Capital of Peru?")];
    let first = ask(&mock, question()).await.unwrap();
    assert_eq!((first.text(), first.reasoning()), ("Lima".into(), "Peru. Its capital.".into()));
    assert_eq!((first.finish.reason, first.model.as_deref()), (FinishReason::Stop, Some("test")));
    // "Brief." 2 + "Capital of Peru?" 4 + two frames of 4; "Lima" 1 + 18 characters of reasoning 5.
    assert_eq!((first.usage.input, first.usage.output, first.usage.reasoning), (Some(14), Some(6), Some(5)));
    assert!(first.usage.raw.as_ref().unwrap().as_str().contains("mock"));
    let counter = mock.token_counter("test").unwrap();
    let count = counter.count(&Context::new(), Arc::new(question().into())).await.unwrap();
    assert_eq!(count.tokens, 14, "the counter counts as the answer does");

    let refusal = ask(&mock, question()).await.unwrap();
    assert_eq!((refusal.refusal(), refusal.finish.reason), (Some("No."), FinishReason::Refusal));
    let cut = ask(&mock, question()).await.unwrap();
    assert_eq!((cut.finish.reason, cut.usage), (FinishReason::Length, Usage::new(7, 1)));
    assert_eq!(cut.model.as_deref(), Some("gpt-9-2026"));
    let empty = ask(&mock, question()).await.unwrap();
    assert_eq!((empty.content.len(), empty.finish.reason), (0, FinishReason::Stop));
}

#[tokio::test]
async fn what_no_vendor_takes_is_refused_and_was_not_sent() {
    let mock = Mock::new().reply("x");
    let error = ask(&mock, Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(mock.chat_model(" ").unwrap_err().kind(), ErrorKind::InvalidRequest);
    mock.assert_nothing_sent();
}

#[tokio::test]
async fn render_shows_the_request_and_sends_nothing() {
    let mock = Mock::new();
    let request = ChatRequest::user("Hello").with_header("x-canary", "test-secret").unwrap();
    let rendered = mock.chat_model("m").unwrap().render(&Context::new(), &request).unwrap();
    assert_eq!(rendered.url, "mock://mock/m");
    assert!(rendered.to_string().contains("Hello") && !rendered.to_string().contains("test-secret"));
    mock.assert_nothing_sent();
}
