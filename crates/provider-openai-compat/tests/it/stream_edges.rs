//! Streams as servers really send them.

use std::collections::VecDeque;

use laravel_ai_core::{AssistantPart, ErrorKind, FinishReason, StreamEvent, StreamLaw, WarningKind};
use proptest::prelude::*;
use provider_http::{FrameDecoder as _, Framer};
use serde_json::{Value, json};

use crate::support::{decoder, events_of, folded, sse};

fn chunk(delta: serde_json::Value) -> String {
    json!({"id": "a", "choices": [{"index": 0, "delta": delta}]}).to_string()
}

fn finish(reason: &str) -> String {
    json!({"id": "a", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}).to_string()
}

fn run(frames: &[&str]) -> (Vec<StreamEvent>, Option<String>) {
    events_of(decoder(), sse(frames).as_bytes(), &[])
}

async fn response(frames: &[&str]) -> laravel_ai_core::ChatResponse {
    let (events, error) = run(frames);
    assert_eq!(error, None);
    folded(events).await
}

#[tokio::test]
async fn the_end_mark_may_be_missing_or_followed_by_anything() {
    let (text, stop) = (chunk(json!({"content": "hi"})), finish("stop"));
    for frames in [
        vec![&*text, &stop],
        vec![&text, &stop, "[DONE]"],
        vec![&text, &stop, "[DONE]", "{broken", "[DONE]", "more"],
        vec![&text, &stop, " [DONE] "],
    ] {
        let response = response(&frames).await;
        assert_eq!((response.text().as_str(), response.finish.reason), ("hi", FinishReason::Stop));
    }
    // Without the blank line after it.
    let body = format!("{}data: [DONE]", sse(&[&text, &stop]));
    assert_eq!(events_of(decoder(), body.as_bytes(), &[]).1, None);
}

#[tokio::test]
async fn an_end_mark_without_a_reason_ends_what_was_said() {
    let response = response(&[&chunk(json!({"content": "hi"})), "[DONE]"]).await;
    assert_eq!(response.finish.reason, FinishReason::Unknown);
    assert_eq!(response.finish.raw, None);
    let nothing = run(&[&chunk(json!({"role": "assistant", "content": ""})), "[DONE]"]);
    assert!(nothing.1.unwrap().starts_with("stream interrupted"));
}

#[test]
fn an_end_without_mark_and_reason_is_an_interruption() {
    let text = chunk(json!({"content": "hi"}));
    for body in [String::new(), sse(&[&text]), format!("{}data: {}", sse(&[&text]), &text[..20])] {
        let (events, error) = events_of(decoder(), body.as_bytes(), &[]);
        assert!(error.unwrap().starts_with("stream interrupted"), "{body}");
        assert!(!events.iter().any(|event| matches!(event, StreamEvent::Finish(_))));
    }
    let (_, error) = events_of(decoder(), b"upstream connect error", &[]);
    assert!(error.unwrap().contains("without a part of an answer"), "no stream at all");
}

#[tokio::test]
async fn usage_on_every_chunk_after_the_finish_or_never() {
    let usage = |prompt: u32, completion: u32| {
        json!({"id": "a", "choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion}})
            .to_string()
    };
    let with = |text: &str, completion: u32| {
        json!({"id": "a", "choices": [{"index": 0, "delta": {"content": text}}],
               "usage": {"prompt_tokens": 7, "completion_tokens": completion}})
        .to_string()
    };
    let after = response(&[&chunk(json!({"content": "hi"})), &finish("stop"), &usage(7, 2), "[DONE]"]).await;
    assert_eq!((after.usage.input, after.usage.output), (Some(7), Some(2)));
    let every = response(&[&with("h", 1), &with("i", 2), &finish("stop")]).await;
    assert_eq!((every.usage.input, every.usage.output), (Some(7), Some(2)), "snapshots are never added");
    let (events, _) = run(&[&with("h", 1), &with("i", 1), &with("!", 2), &finish("stop")]);
    let told = events.iter().filter(|event| matches!(event, StreamEvent::Usage(_))).count();
    assert_eq!(told, 2, "the same count is not told again");
    let never = response(&[&chunk(json!({"content": "hi"})), &finish("stop"), "[DONE]"]).await;
    assert!(never.usage.is_unknown());
}

#[test]
fn reasoning_and_text_take_turns() {
    let frames = [
        chunk(json!({"role": "assistant", "reasoning_content": "a"})),
        chunk(json!({"reasoning_content": "b", "content": ""})),
        chunk(json!({"content": "c"})),
        chunk(json!({"reasoning": "d"})),
        chunk(json!({"content": "e"})),
        finish("stop"),
    ];
    let frames: Vec<_> = frames.iter().map(String::as_str).collect();
    insta::assert_json_snapshot!("reasoning_and_text_take_turns", run(&frames).0);
}

#[tokio::test]
async fn the_first_chunk_of_azure_begins_nothing() {
    let first =
        r#"{"id":"","model":"","object":"","choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#;
    let text =
        json!({"id": "b", "model": "gpt", "choices": [{"index": 0, "delta": {"content": "hi"}}]}).to_string();
    let (events, _) = run(&[first, &text, &finish("stop")]);
    assert!(matches!(&events[0], StreamEvent::Start(start) if start.id.as_deref() == Some("b")));
    let response = folded(events).await;
    assert_eq!(response.model.as_deref(), Some("gpt"));
    assert_eq!(response.metadata["prompt_filter_results"].as_str(), r#"[{"prompt_index":0}]"#);
}

#[tokio::test]
async fn an_end_before_any_start_still_starts() {
    let text = json!({"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}).to_string();
    let (events, error) = run(&[&text]);
    assert_eq!(error, None);
    assert!(matches!(events[0], StreamEvent::Start(_)));
}

#[test]
fn errors_in_the_middle_are_what_they_say() {
    let text = chunk(json!({"content": "hi"}));
    for (frame, kind) in [
        (r#"{"error":{"message":"m","type":"server_error","code":null}}"#, "provider failed"),
        (r#"{"error":{"message":"m","code":"rate_limit_exceeded"}}"#, "rate limited"),
        (r#"{"error":{"message":"m","code":429}}"#, "rate limited"),
        (r#"{"code":"resource-exhausted","error":"too many"}"#, "rate limited"),
        (r#"{"error":"something odd"}"#, "provider failed"),
        (r#"{"type":"error","message":"m","code":"insufficient_quota"}"#, "quota exceeded"),
        (
            r#"{"object":"error","message":"This model's maximum context length is 10 tokens","code":400}"#,
            "context too long",
        ),
        (r#"{"detail":"oh no"}"#, "provider failed"),
        (r#"[{"error":{"code":503,"status":"UNAVAILABLE","message":"m"}}]"#, "provider overloaded"),
        (r#""the server is overloaded""#, "provider overloaded"),
        ("Internal Server Error", "provider failed"),
        (
            r#"{"id":"a","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"error"}],"error":{"code":502,"message":"m"}}"#,
            "provider failed",
        ),
        (
            r#"{"id":"a","choices":[{"delta":{"content":""},"finish_reason":"error","error":{"code":429,"message":"m"}}]}"#,
            "rate limited",
        ),
        ("<html>502</html>", "unreadable answer"),
        (r#"{"id":"a","choices":[}"#, "unreadable answer"),
    ] {
        let (events, error) = run(&[&text, frame]);
        let error = error.unwrap_or_else(|| panic!("{frame} gave no error"));
        assert!(error.starts_with(kind), "{frame}: {error}");
        assert_eq!(
            events.last().and_then(StreamEvent::as_text),
            Some("hi"),
            "what came before it was delivered"
        );
    }
}

/// Some servers name the frame of an error, and say in it what looks like nothing.
#[test]
fn a_frame_named_error_is_one() {
    for (data, kind) in [
        (r#"{"code":429,"msg":"slow down"}"#, ErrorKind::RateLimited),
        (r#"{"type":"overloaded_error"}"#, ErrorKind::Overloaded),
        (r#"{"id":"a","choices":[]}"#, ErrorKind::Server),
        ("boom", ErrorKind::Server),
    ] {
        let mut framer = Framer::sse();
        framer.push(format!("event: error\ndata: {data}\n\n").into());
        let frame = framer.next_frame().unwrap().unwrap();
        let error = decoder().decode(&frame, &mut VecDeque::new()).unwrap_err();
        assert_eq!(error.kind(), kind, "{data}");
    }
}

#[tokio::test]
async fn unknown_frames_and_members_are_no_errors() {
    let odd = json!({"id": "a", "new": {"x": 1}, "choices": [{"index": 0, "delta": {"content": "hi", "later": [1]}, "why": 1}]});
    let more =
        json!({"id": "a", "choices": [{"index": 0, "delta": {"later": [2], "audio": null}}]}).to_string();
    let response =
        response(&[r#"{"type":"ping"}"#, "", "{}", "[]", &odd.to_string(), &more, &finish("stop")]).await;
    assert_eq!(response.text(), "hi");
    assert_eq!(response.metadata["new"].as_str(), r#"{"x":1}"#);
    assert_eq!(response.metadata["why"].as_str(), "1");
    assert_eq!(response.metadata["later"].as_str(), "[1,2]");
    let unknown: Vec<_> =
        response.warnings.iter().map(|warning| (warning.kind, warning.subject.as_str())).collect();
    assert_eq!(unknown, [(WarningKind::UnknownPart, "later")]);
}

#[tokio::test]
async fn likelihoods_of_all_chunks_are_one_list() {
    let part = |token: &str| {
        json!({"id": "a", "choices": [{"index": 0, "delta": {"content": token},
               "logprobs": {"content": [{"token": token}], "refusal": null}}]})
        .to_string()
    };
    let none =
        json!({"id": "a", "choices": [{"index": 0, "delta": {}, "logprobs": {"content": []}}]}).to_string();
    let response = response(&[&none, &part("a"), &none, &part("b"), &finish("stop")]).await;
    assert_eq!(
        response.metadata["logprobs"].as_str(),
        r#"{"content":[{"token":"a"},{"token":"b"}],"refusal":null}"#
    );
}

#[tokio::test]
async fn late_citations_find_their_text() {
    let call = json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]});
    let cited =
        json!({"annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.com/b"}}]});
    let last =
        json!({"id": "a", "choices": [], "citations": ["https://example.com/a", "https://example.com/b"]})
            .to_string();
    let response =
        response(&[&chunk(json!({"content": "x"})), &chunk(call), &chunk(cited), &finish("stop"), &last])
            .await;
    let AssistantPart::Text(text) = &response.content[0] else { panic!("no text") };
    let urls: Vec<_> = text.sources.iter().filter_map(|source| source.url.as_deref()).collect();
    assert_eq!(urls, ["https://example.com/b", "https://example.com/a"]);
    assert_eq!(response.finish.reason, FinishReason::ToolCalls);
}

#[tokio::test]
async fn state_in_pieces_is_put_together() {
    let first = chunk(json!({"reasoning_details": [{"index": 0, "text": "a"}]}));
    let second = chunk(json!({"reasoning_details": [{"index": 0, "text": "b"}], "content": "x"}));
    let response = response(&[&first, &second, &finish("stop")]).await;
    let Some(AssistantPart::Native(state)) = response.content.last() else { panic!("no state") };
    assert_eq!(
        state.data.as_str(),
        r#"{"reasoning_details":[{"index":0,"text":"a"},{"index":0,"text":"b"}]}"#
    );
}

#[test]
fn a_cut_call_says_so() {
    let call = chunk(
        json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{\"a"}}]}),
    );
    let (events, error) = run(&[&call, &finish("length")]);
    assert_eq!(error, None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(folded(events));
    assert_eq!(response.finish.reason, FinishReason::Length);
    assert!(response.tool_calls().next().unwrap().truncated);
    assert_eq!(
        response.tool_calls().next().unwrap().parse::<serde_json::Value>().unwrap_err().kind(),
        ErrorKind::Decode
    );
}

#[tokio::test]
async fn escapes_and_halves_of_characters() {
    let frame =
        |text: &str| format!(r#"{{"id":"a","choices":[{{"index":0,"delta":{{"content":"{text}"}}}}]}}"#);
    let frames = [
        frame(r#"\"\\\/\b\f\n\r\t"#),
        frame(r"\u00fc\ud83d\ude00x"),
        frame(r"\ud83d"),
        frame(r"\ude00\ud83dy\ud83d\u0041"),
    ];
    let frames: Vec<_> =
        frames.iter().map(String::as_str).chain([r#"{"choices":[{"finish_reason":"stop"}]}"#]).collect();
    let response = response(&frames).await;
    assert_eq!(response.text(), "\"\\/\u{8}\u{c}\n\r\t\u{fc}\u{1f600}x\u{fffd}\u{fffd}\u{fffd}y\u{fffd}A");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "[a-z\"\\\\{\u{1f600}]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z]{1,4}", inner), 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// A frame in which any member may be anything.
fn any_frame() -> impl Strategy<Value = String> {
    let names = [
        "content",
        "reasoning",
        "refusal",
        "tool_calls",
        "function_call",
        "annotations",
        "role",
        "extra_content",
    ];
    let call = (any_json(), any_json(), any_json(), any_json()).prop_map(|(index, id, name, arguments)| {
        json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}})
    });
    let delta = prop_oneof![
        prop::collection::vec((prop::sample::select(names.to_vec()), any_json()), 0..4).prop_map(|members| {
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Value>()
        }),
        prop::collection::vec(call, 1..3).prop_map(|calls| json!({"tool_calls": calls})),
        any_json(),
    ];
    let choice = (any_json(), delta, any_json(), any_json()).prop_map(|(index, delta, finish, logprobs)| {
        json!({"index": index, "delta": delta, "finish_reason": finish, "logprobs": logprobs})
    });
    prop_oneof![
        8 => (prop::collection::vec(choice, 0..3), any_json(), any_json())
            .prop_map(|(choices, usage, id)| json!({"id": id, "choices": choices, "usage": usage}).to_string()),
        1 => any_json().prop_map(|value| value.to_string()),
        1 => ".{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_law_is_kept(frames in prop::collection::vec(any_frame(), 0..8), done: bool) {
        let mut decoder = decoder();
        let mut events = std::collections::VecDeque::new();
        let mut failed = false;
        for frame in frames.iter().map(String::as_str).chain(done.then_some("[DONE]")) {
            failed = decoder.push(frame, &mut events).is_err();
            if failed {
                break;
            }
        }
        failed = failed || decoder.finish(&mut events).is_err();
        let mut law = StreamLaw::default();
        for event in &events {
            prop_assert!(law.event(event).is_ok(), "{:?} in {:?}", event, frames);
        }
        prop_assert!(failed != matches!(events.back(), Some(StreamEvent::Finish(_))), "one finish or one error");
    }
}

#[test]
fn a_usage_before_all_else_begins_the_answer() {
    let frames = [
        r#"{"object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":2,"completion_tokens":1}}"#,
        r#"{"id":"a","choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}"#,
        "[DONE]",
    ];
    let (events, error) = events_of(decoder(), sse(&frames).as_bytes(), &[]);
    assert_eq!(error, None);
    let mut law = laravel_ai_core::StreamLaw::default();
    events.iter().for_each(|event| law.event(event).unwrap());
    assert!(matches!(events[..2], [StreamEvent::Start(_), StreamEvent::Usage(_)]), "{events:?}");
}
