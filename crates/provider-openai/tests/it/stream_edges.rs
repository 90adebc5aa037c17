//! Streams that are not as they should be.

use laravel_ai_core::{ErrorKind, FinishReason, StreamEvent, WarningKind};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::VecDeque;

use crate::stream::keeps_the_law;
use crate::support::{decoded, decoder, dialect, events_of, fixture, folded, read_by, sse};

fn run(frames: &[Value]) -> (Vec<StreamEvent>, Option<String>) {
    let frames: Vec<String> = frames.iter().map(Value::to_string).collect();
    let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
    let (events, error) = events_of(decoder(), sse(&frames).as_bytes(), &[]);
    keeps_the_law("frames", &events, error.is_some());
    (events, error)
}

async fn answer(frames: &[Value]) -> laravel_ai_core::ChatResponse {
    let (events, error) = run(frames);
    assert_eq!(error, None);
    folded(events).await
}

fn text(delta: &str) -> Value {
    json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": delta, "delta": delta})
}

fn message(text: &str) -> Value {
    json!({"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn done(index: u64, item: Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn completed(output: Value) -> Value {
    json!({"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": output}})
}

#[tokio::test]
async fn ids_of_items_may_rotate_and_the_list_at_the_end_be_empty() {
    let answer = answer(&[text("Ti"), text("tan"), done(0, message("Titan")), completed(json!([]))]).await;
    assert_eq!(answer.text(), "Titan");
    assert!(answer.content[0].opaque().is_some(), "what is done is the truth");
}

#[tokio::test]
async fn calls_that_share_an_id_are_told_of_and_one_without_gets_its_own() {
    let call = |id: Value, city: &str| {
        let arguments = json!({"city": city}).to_string();
        json!({"type": "function_call", "call_id": id, "name": "weather", "arguments": arguments})
    };
    let items = [
        call(json!("c"), "Oslo"),
        call(json!("c"), "Rome"),
        call(json!(null), "Bern"),
        call(json!(""), "Graz"),
    ];
    let frames: Vec<_> = (0..).zip(&items).map(|(index, item)| done(index, item.clone())).collect();
    let streamed = answer(&[frames, vec![completed(json!(items))]].concat()).await;
    let body = json!({"id": "resp_1", "status": "completed", "output": items}).to_string();
    let whole = decoded(&dialect(), &http::Response::new(body.into())).unwrap();
    for answer in [streamed, whole] {
        let ids: Vec<_> = answer.tool_calls().map(|call| call.id.clone()).collect();
        assert_eq!(&ids[..2], ["c", "c"]);
        assert!(ids[2].starts_with("call_") && ids[3].starts_with("call_") && ids[2] != ids[3], "{ids:?}");
        let told: Vec<_> = answer.warnings.iter().map(|warning| warning.subject.as_str()).collect();
        assert_eq!(told, ["tool_calls"]);
    }
}

#[tokio::test]
async fn what_was_not_said_is_added() {
    let only_the_end = answer(&[completed(json!([message("Titan")]))]).await;
    let only_done = answer(&[done(0, message("Titan")), completed(json!([]))]).await;
    let cut = answer(&[text("Ti"), done(0, message("Titan")), completed(json!([message("Titan")]))]).await;
    for answer in [only_the_end, only_done, cut] {
        assert_eq!((answer.text().as_str(), answer.content.len()), ("Titan", 1));
    }
    let never_done = answer(&[text("Ti"), completed(json!([]))]).await;
    assert_eq!(never_done.text(), "Ti");
}

#[tokio::test]
async fn calls_have_the_id_that_results_name() {
    let item = |arguments: &str| json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": arguments});
    let frames = [
        json!({"type": "response.output_item.added", "output_index": 0, "item": item("")}),
        json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{\"a\""}),
        json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": ":1}"}),
        json!({"type": "response.function_call_arguments.done", "output_index": 0, "arguments": "{\"a\":1}"}),
        done(0, item("{\"a\":1}")),
        completed(json!([item("{\"a\":1}")])),
    ];
    let answer = answer(&frames).await;
    let calls: Vec<_> = answer.tool_calls().map(|call| (call.id.as_str(), call.arguments.as_str())).collect();
    assert_eq!(calls, [("call_1", "{\"a\":1}")]);
    assert_eq!(answer.finish.reason, FinishReason::ToolCalls);
}

#[tokio::test]
async fn a_call_cut_at_the_limit_is_marked() {
    let item = json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": ""});
    let answer = answer(&[
        json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
        json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{\"a"}),
        json!({"type": "response.incomplete", "response": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}}),
    ])
    .await;
    assert!(answer.tool_calls().next().unwrap().truncated);
    assert_eq!(answer.finish.reason, FinishReason::Length);
}

#[tokio::test]
async fn parts_of_a_summary_are_paragraphs() {
    let delta = |index: u64, text: &str| json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": index, "delta": text});
    let item = json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "final",
                      "summary": [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}]});
    let answer = answer(&[
        json!({"type": "response.output_item.added", "output_index": 0,
               "item": {"type": "reasoning", "id": "rs_1", "encrypted_content": "not final", "summary": []}}),
        delta(0, "On"),
        delta(0, "e."),
        delta(1, "Two."),
        done(0, item),
        completed(json!([])),
    ])
    .await;
    assert_eq!(answer.reasoning(), "One.\n\nTwo.");
    let state = answer.content[0].opaque().unwrap().data.as_str();
    assert!(state.contains("\"final\"") && !state.contains("not final"), "{state}");
}

#[tokio::test]
async fn citations_come_once() {
    let citation = json!({"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 1});
    let late = json!({"type": "file_citation", "file_id": "f", "filename": "b.pdf"});
    let mut whole = message("x");
    whole["content"][0]["annotations"] = json!([citation, late]);
    let answer = answer(&[
        text("x"),
        json!({"type": "response.output_text.annotation.added", "output_index": 0, "content_index": 0, "annotation": citation}),
        done(0, whole),
        completed(json!([])),
    ])
    .await;
    let laravel_ai_core::AssistantPart::Text(text) = &answer.content[0] else { panic!("no text") };
    let titles: Vec<_> = text.sources.iter().map(|source| source.title.as_deref().unwrap()).collect();
    assert_eq!(titles, ["A", "b.pdf"]);
}

#[test]
fn an_error_is_raised_once_whatever_its_form() {
    let nested = json!({"type": "error", "error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "x"}});
    let flat = json!({"type": "error", "code": "insufficient_quota", "message": "x", "param": null});
    let failed = json!({"type": "response.failed", "response": {"status": "failed", "error": {"code": "insufficient_quota", "message": "x"}}});
    for frames in [
        vec![nested.clone(), failed.clone()],
        vec![flat],
        vec![failed],
        vec![json!({"error": {"code": "insufficient_quota"}})],
    ] {
        let (events, error) = run(&frames);
        assert!(error.unwrap().starts_with("quota exceeded"), "{frames:?}");
        assert!(events.iter().all(|event| matches!(event, StreamEvent::Start(_))), "{events:?}");
    }
    let mut decoder = decoder();
    let mut events = VecDeque::new();
    decoder.push(&text("Ti").to_string(), &mut events).unwrap();
    let error = decoder.push(&nested.to_string(), &mut events).unwrap_err();
    assert!(error.possibly_billed(), "something was made");
}

#[test]
fn an_end_without_an_end_is_an_interruption() {
    for frames in [vec![], vec![text("Ti")], vec![json!({"type": "response.completed"})]] {
        let (_, error) = run(&frames);
        assert!(error.unwrap().starts_with("stream interrupted"), "{frames:?}");
    }
    let (_, error) = events_of(decoder(), sse(&[&text("Ti").to_string(), "[DONE]"]).as_bytes(), &[]);
    assert!(error.unwrap().starts_with("stream interrupted"));
    let (_, error) = events_of(decoder(), sse(&["{\"type\":\"resp"]).as_bytes(), &[]);
    assert!(error.unwrap().starts_with("stream interrupted"));
    let mut decoder = decoder();
    let error = decoder.push("{]", &mut VecDeque::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[test]
fn the_end_mark_of_others_does_nothing() {
    let frames = [completed(json!([message("x")])).to_string(), "[DONE]".into(), text("more").to_string()];
    let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
    let (events, error) = events_of(decoder(), sse(&frames).as_bytes(), &[]);
    assert_eq!(error, None);
    assert!(matches!(events.last(), Some(StreamEvent::Finish(_))));
}

#[tokio::test]
async fn a_whole_response_is_read_as_one() {
    for name in read_by("decode") {
        let body = fixture(&name);
        let mut events = VecDeque::new();
        let mut decoder = decoder();
        decoder.push(&body, &mut events).unwrap();
        decoder.finish(&mut events).unwrap();
        assert_eq!(folded(events.into()).await, crate::decode::decode(&body).unwrap(), "{name}");
    }
}

#[tokio::test]
async fn what_nobody_knows_is_kept_and_told() {
    let answer = answer(&[done(0, json!({"type": "quantum_call", "id": "q"})), completed(json!([]))]).await;
    assert_eq!(answer.warnings[0].kind, WarningKind::UnknownPart);
    assert_eq!(answer.content.len(), 1);
}

fn any_frame() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(vec![
        "response.created",
        "response.output_item.added",
        "response.output_item.done",
        "response.output_text.delta",
        "response.refusal.delta",
        "response.reasoning_summary_text.delta",
        "response.reasoning_text.delta",
        "response.function_call_arguments.delta",
        "response.custom_tool_call_input.delta",
        "response.output_text.annotation.added",
        "response.completed",
        "response.incomplete",
        "response.failed",
        "error",
        "response.unknown",
        "",
    ]);
    let items = prop::sample::select(vec![
        json!({"type": "reasoning", "summary": [{"text": "ab"}]}),
        message("abc"),
        json!({"type": "message", "content": []}),
        json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}),
        json!({"type": "function_call"}),
        json!({"type": "custom_tool_call", "id": "i", "name": "f", "input": 3}),
        json!({"type": "message", "content": [{"type": "refusal", "refusal": "no"}, {"type": "?"}]}),
        json!({"type": "web_search_call", "id": "w", "action": {}}),
        json!({}),
        json!(null),
        json!("x"),
        json!([1]),
    ]);
    (kinds, prop::option::of(0u64..3), 0u64..2, "[a-z]{0,3}", items).prop_map(|(kind, index, place, delta, item)| {
        json!({"type": kind, "output_index": index, "content_index": place, "summary_index": place, "delta": delta, "item": item,
               "annotation": {"url": "u"}, "response": {"status": "completed", "output": [item]}})
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_law_is_kept(frames in prop::collection::vec(any_frame(), 0..12)) {
        run(&frames);
    }
}
