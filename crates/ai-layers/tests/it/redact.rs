//! What is taken out, on the way there and back, whole and in pieces.

use std::sync::Arc;

use ai_layers::{Redact, Redactor};
use futures_util::StreamExt;
use laravel_ai_core::*;
use provider_mock::{ChunkBy, Mock, Reply};
use serde_json::json;

use crate::support::{ask_as, hello, model, read};

const SECRETS: &str = "Key sk-test-0123456789abcdefghij, card 4111 1111 1111 1111, mail ana@example.com, task-force-0123456789abcdef.";
const CLEAN: &str =
    "Key [redacted:api_key], card [redacted:card], mail [redacted:email], task-force-0123456789abcdef.";

fn redacted(mock: &Mock) -> Arc<dyn ChatModel> {
    Redact::new(Redactor::standard()).chat(model(mock))
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_clean_whole_and_in_pieces_of_any_size() {
    for size in [1, 2, 3, 5, 8, 13, 21, 200] {
        for streamed in [false, true] {
            let reply = Reply::text(SECRETS).reasoning(SECRETS).chunks(ChunkBy::Characters(size));
            let answer = ask_as(&redacted(&Mock::new().reply(reply)), streamed).await.unwrap();
            assert_eq!(
                (answer.text().as_str(), answer.reasoning().as_str()),
                (CLEAN, CLEAN),
                "{size} {streamed}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_and_the_arguments_of_a_tool_are_clean_and_arguments_stay_json() {
    let arguments = json!({
        "to": "ana@example.com", "line": "one\nana@example.com", "card": 4111111111111111_u64,
        "deep": [{"key": "sk-test-0123456789abcdefghij"}], "amount": 12.5
    });
    for streamed in [false, true] {
        let reply = Reply::tool_call("pay", arguments.clone()).chunks(ChunkBy::Characters(3));
        let answer = ask_as(&redacted(&Mock::new().reply(reply)), streamed).await.unwrap();
        let call = answer.tool_calls().next().unwrap();
        let read: serde_json::Value = serde_json::from_str(&call.arguments).unwrap();
        assert_eq!(
            read,
            json!({
                "to": "[redacted:email]", "line": "one\n[redacted:email]", "card": "[redacted:card]",
                "deep": [{"key": "[redacted:api_key]"}], "amount": 12.5
            })
        );
        let refused = Mock::new().reply(Reply::refusal(SECRETS));
        assert_eq!(ask_as(&redacted(&refused), streamed).await.unwrap().refusal(), Some(CLEAN));
    }
}

#[tokio::test(start_paused = true)]
async fn arguments_without_anything_to_hide_are_left_as_they_are_written() {
    let reply = || Reply::parts([AssistantPart::ToolCall(ToolCall::new("1", "f", "{ \"a\" :  1.0 }"))]);
    for streamed in [false, true] {
        let answer = ask_as(&redacted(&Mock::new().reply(reply())), streamed).await.unwrap();
        assert_eq!(answer.tool_calls().next().unwrap().arguments, "{ \"a\" :  1.0 }");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_delivered_before_a_failure_is_clean_and_whole() {
    let mock = Mock::new()
        .reply(Reply::text(SECRETS).chunks(ChunkBy::Characters(4)).then_fail(ErrorKind::StreamInterrupted));
    let (text, error) = read(redacted(&mock).stream(&Context::new(), hello()).await.unwrap()).await;
    assert_eq!(text, CLEAN);
    let error = error.unwrap();
    let partial = serde_json::to_string(&error.partial().unwrap().content).unwrap();
    assert!(partial.contains("[redacted:card]") && !partial.contains("4111"), "{partial}");
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_secret_is_in_any_event() {
    let mock = Mock::new().reply(Reply::text(SECRETS).chunks(ChunkBy::Characters(1)));
    let mut stream = redacted(&mock).stream(&Context::new(), hello()).await.unwrap();
    let mut shown = String::new();
    while let Some(event) = stream.next().await {
        shown.push_str(event.unwrap().as_text().unwrap_or_default());
        assert!(!shown.contains("sk-test") && !shown.contains("4111") && !shown.contains('@'), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_clean_in_all_its_texts_and_the_caller_is_told() {
    let call = ToolCall::new("1", "f", "{\"to\":\"ana@example.com\"}");
    let signed = {
        let mut part = Reasoning::new("ana@example.com");
        part.opaque = Some(Opaque::new(Target::new("mock", "mock", "model"), RawJson::parse("1").unwrap()));
        AssistantPart::Reasoning(part)
    };
    let request = ChatRequest::new([
        Message::system(SECRETS),
        Message::user(SECRETS),
        Message::Assistant(vec![
            signed.clone(),
            AssistantPart::text(SECRETS),
            AssistantPart::ToolCall(call.clone()),
        ]),
        Message::tool([
            ToolResult::text(&call, SECRETS),
            ToolResult::json(&call, json!({"mail": "ana@example.com"})),
        ]),
    ]);
    let clean_call = ToolCall::new("1", "f", "{\"to\":\"[redacted:email]\"}");
    let clean = [
        Message::system(CLEAN),
        Message::user(CLEAN),
        Message::Assistant(vec![signed, AssistantPart::text(CLEAN), AssistantPart::ToolCall(clean_call)]),
        Message::tool([
            ToolResult::text(&call, CLEAN),
            ToolResult::json(&call, json!({"mail": "[redacted:email]"})),
        ]),
    ];
    for streamed in [false, true] {
        let mock = Mock::new().reply("Fine.");
        let (model, request, ctx) = (redacted(&mock), Arc::new(request.clone()), Context::new());
        let answer = match streamed {
            true => model.stream(&ctx, request).await.unwrap().into_response().await.unwrap(),
            false => model.chat(&ctx, request).await.unwrap(),
        };
        assert_eq!(mock.recorded()[0].request.messages, clean);
        assert!(
            answer.warnings.iter().any(|warning| warning.message.contains("taken out")),
            "{:?}",
            answer.warnings
        );
    }
    let plain = Mock::new().reply("Fine.");
    assert_eq!(ask_as(&redacted(&plain), false).await.unwrap().warnings, []);
}

#[tokio::test(start_paused = true)]
async fn raw_bodies_embeddings_and_counts_are_clean_too() {
    let mock = Mock::new().reply("Fine.");
    let layer = Redact::new(Redactor::standard());
    let raw = RawJson::parse("{\"input\":\"ana@example.com\",\"n\":1}").unwrap();
    layer.chat(model(&mock)).chat(&Context::new(), Arc::new(ChatRequest::raw(raw))).await.unwrap();
    let sent = mock.recorded()[0].request.raw.clone().unwrap();
    assert_eq!(sent.as_str(), "{\"input\":\"[redacted:email]\",\"n\":1}");

    let mut request = ChatRequest::user("Hello").with_end_user("ana@example.com");
    request.extra_body.insert("metadata".into(), json!({"ana@example.com": [SECRETS]}));
    let layered = layer.chat(model(&mock));
    layered.chat(&Context::new(), Arc::new(request.clone())).await.unwrap();
    let sent = mock.recorded()[1].request.clone();
    assert_eq!(sent.end_user.as_deref(), Some("[redacted:email]"));
    assert_eq!(sent.extra_body["metadata"], json!({"[redacted:email]": [CLEAN]}));
    let shown =
        |request: &ChatRequest| format!("{:?}", layered.render(&Context::new(), request).unwrap().body);
    assert_eq!(
        shown(&ChatRequest::user(SECRETS)),
        shown(&ChatRequest::user(CLEAN)),
        "what is shown is what is sent"
    );

    let vectors = layer.embedding(mock.embedding_model("vectors").unwrap());
    vectors.embed(&Context::new(), Arc::new(EmbeddingRequest::new([SECRETS, "plain"]))).await.unwrap();
    assert_eq!(mock.recorded_embeddings()[0].request.inputs, EmbeddingRequest::new([CLEAN, "plain"]).inputs);
}

#[tokio::test(start_paused = true)]
async fn one_direction_can_be_left_alone() {
    let mock = Mock::new().reply(SECRETS);
    let layer = Redact::new(Redactor::standard());
    let sent = layer.clone().requests_only().chat(model(&mock));
    let ask = async |model: &Arc<dyn ChatModel>| {
        model.chat(&Context::new(), Arc::new(ChatRequest::user(SECRETS))).await
    };
    assert_eq!(ask(&sent).await.unwrap().text(), SECRETS);
    assert_eq!(mock.recorded()[0].request.messages, [Message::user(CLEAN)]);
    let answered = layer.answers_only().chat(model(&mock));
    assert_eq!(ask(&answered).await.unwrap().text(), CLEAN);
    assert_eq!(mock.recorded()[1].request.messages, [Message::user(SECRETS)]);
}

#[test]
fn a_pattern_that_can_not_work_is_refused() {
    for (expression, why) in [("(", "can't be read"), ("a*", "finds the empty text")] {
        let error = Redactor::new().pattern("mine", expression, 8).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(why), "{error}");
    }
}
