//! Tool calls in fragments: joined by index or id, whatever is missing.

use laravel_ai_core::{ChatResponse, FinishReason, ToolCallKind};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{decoder, events_of, folded, sse};

fn response(fragments: &[Value]) -> ChatResponse {
    let frame = |fragment: &Value| {
        let list = if fragment.is_array() { fragment.clone() } else { json!([fragment]) };
        json!({"id": "a", "choices": [{"index": 0, "delta": {"tool_calls": list}}]}).to_string()
    };
    let mut frames: Vec<String> = fragments.iter().map(frame).collect();
    frames.push(
        json!({"id": "a", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}).to_string(),
    );
    let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
    let (events, error) = events_of(decoder(), sse(&frames).as_bytes(), &[]);
    assert_eq!(error, None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(folded(events));
    assert_eq!(response.finish.reason, FinishReason::ToolCalls);
    response
}

fn calls(fragments: &[Value]) -> Vec<(String, String, String)> {
    let response = response(fragments);
    response.tool_calls().map(|call| (call.id.clone(), call.name.clone(), call.arguments.clone())).collect()
}

fn whole(id: &str, name: &str, arguments: &str) -> (String, String, String) {
    (id.into(), name.into(), arguments.into())
}

#[test]
fn by_index() {
    let found = calls(&[
        json!({"index": 0, "id": "x", "type": "function", "function": {"name": "f", "arguments": ""}}),
        json!({"index": 0, "function": {"arguments": "{\"a\""}}),
        json!({"index": 0, "function": {"arguments": ":1}"}}),
        json!({"index": 1, "id": "y", "function": {"name": "g", "arguments": "{}"}}),
    ]);
    assert_eq!(found, [whole("x", "f", "{\"a\":1}"), whole("y", "g", "{}")]);
}

#[test]
fn by_id_without_an_index() {
    let found = calls(&[
        json!({"id": "x", "function": {"name": "f", "arguments": "{\"a\""}}),
        json!({"id": "y", "function": {"name": "g", "arguments": "["}}),
        json!({"id": "x", "function": {"arguments": ":1}"}}),
        json!({"id": "y", "function": {"arguments": "]"}}),
    ]);
    assert_eq!(found, [whole("x", "f", "{\"a\":1}"), whole("y", "g", "[]")]);
}

#[test]
fn an_index_that_comes_after_the_id() {
    let found = calls(&[
        json!({"id": "x", "function": {"name": "f", "arguments": "{"}}),
        json!({"id": "y", "function": {"name": "g", "arguments": "["}}),
        json!({"index": 0, "id": "x", "function": {"arguments": "}"}}),
        json!({"index": 1, "id": "y", "function": {"arguments": "]"}}),
    ]);
    assert_eq!(found, [whole("x", "f", "{}"), whole("y", "g", "[]")]);
}

#[test]
fn the_id_only_first_and_nothing_after() {
    let found = calls(&[
        json!({"id": "x", "function": {"name": "f"}}),
        json!({"function": {"arguments": "{"}}),
        json!({"function": {"arguments": "}"}}),
        json!({"id": "y", "function": {"name": "g"}}),
        json!({"function": {"arguments": "[]"}}),
    ]);
    assert_eq!(found, [whole("x", "f", "{}"), whole("y", "g", "[]")]);
}

#[test]
fn interleaved_with_gaps_and_huge_indexes() {
    let found = calls(&[
        json!({"index": u64::MAX - 1, "id": "x", "function": {"name": "f", "arguments": "{"}}),
        json!({"index": 7, "id": "y", "function": {"name": "g", "arguments": "["}}),
        json!({"index": u64::MAX - 1, "function": {"arguments": "}"}}),
        json!({"index": 7, "function": {"arguments": "]"}}),
    ]);
    assert_eq!(found, [whole("x", "f", "{}"), whole("y", "g", "[]")]);
}

#[test]
fn whole_calls_with_the_same_index_or_none() {
    for index in [json!(0), json!(null)] {
        let with = |id: Value, name: &str| json!({"index": index, "id": id, "function": {"name": name, "arguments": "{}"}});
        let found = calls(&[with(json!("x"), "f"), with(json!("y"), "f")]);
        assert_eq!(found, [whole("x", "f", "{}"), whole("y", "f", "{}")]);
        let names: Vec<_> =
            calls(&[with(json!(null), "f"), with(json!(""), "g")]).into_iter().map(|call| call.1).collect();
        assert_eq!(names, ["f", "g"]);
    }
    let found = calls(&[json!([
        {"id": "x", "function": {"name": "f", "arguments": {"a": 1}}},
        {"id": "y", "function": {"name": "g", "arguments": null}},
    ])]);
    assert_eq!(found, [whole("x", "f", "{\"a\":1}"), whole("y", "g", "")]);
}

#[test]
fn names_in_pieces_late_or_repeated() {
    let pieces = calls(&[
        json!({"index": 0, "id": "x", "function": {"name": "get_"}}),
        json!({"index": 0, "function": {"name": "weather"}}),
        json!({"index": 0, "function": {"arguments": "{}"}}),
    ]);
    assert_eq!(pieces, [whole("x", "get_weather", "{}")]);
    let late = calls(&[
        json!({"index": 0, "function": {"arguments": "{"}}),
        json!({"index": 0, "id": "x", "function": {"name": "f"}}),
        json!({"index": 0, "function": {"arguments": "}"}}),
    ]);
    assert_eq!(late, [whole("x", "f", "{}")]);
    let repeated = calls(&[
        json!({"index": 0, "id": "x", "function": {"name": "f", "arguments": ""}}),
        json!({"index": 0, "id": "x", "function": {"name": "f", "arguments": "{"}}),
        json!({"index": 0, "id": "x", "function": {"name": "f", "arguments": "}"}}),
    ]);
    assert_eq!(repeated, [whole("x", "f", "{}")]);
}

#[test]
fn an_id_that_comes_too_late_does_not_split_the_call() {
    let found = calls(&[
        json!({"index": 0, "function": {"name": "f", "arguments": "{"}}),
        json!({"index": 0, "id": "late", "function": {"arguments": "}"}}),
    ]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].1.as_str(), found[0].2.as_str()), ("f", "{}"));
}

#[test]
fn arguments_that_are_nothing_an_object_or_empty() {
    for (arguments, text) in
        [(json!(""), ""), (json!(null), ""), (json!({}), "{}"), (json!({"a": [1]}), "{\"a\":[1]}")]
    {
        let found =
            calls(&[json!({"index": 0, "id": "x", "function": {"name": "f", "arguments": arguments}})]);
        assert_eq!(found, [whole("x", "f", text)]);
    }
    assert_eq!(calls(&[json!({"index": 0, "id": "x", "function": {"name": "f"}})]), [whole("x", "f", "")]);
}

#[test]
fn husks_are_no_calls_and_custom_calls_are_text() {
    let response = response(&[
        json!({"index": 0, "id": "x", "type": "custom", "custom": {"name": "sql", "input": ""}}),
        json!({"index": 0, "custom": {"input": "select 1;"}}),
        json!({"index": 3}),
        json!({"index": 4, "function": {"name": "", "arguments": ""}}),
    ]);
    let all: Vec<_> = response.tool_calls().collect();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].kind, all[0].arguments.as_str()), (ToolCallKind::Custom, "select 1;"));
}

/// Calls with arguments cut into pieces, dealt out in an order that keeps each call's own.
#[derive(Debug, Clone)]
struct Plan {
    calls: Vec<(String, Vec<String>)>,
    order: Vec<prop::sample::Index>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let call = ("[a-z_]{1,12}", prop::collection::vec("[a-z{}\\[\\]\":, \u{e9}]{1,6}", 1..5));
    (prop::collection::vec(call, 1..5), prop::collection::vec(any::<prop::sample::Index>(), 32))
        .prop_map(|(calls, order)| Plan { calls, order })
}

fn fragments(plan: &Plan, index: impl Fn(usize) -> Value, id_again: bool) -> Vec<Value> {
    let mut queues: Vec<(usize, std::collections::VecDeque<Value>)> = Vec::new();
    for (position, (name, pieces)) in plan.calls.iter().enumerate() {
        let id = format!("id_{position}");
        let mut queue = std::collections::VecDeque::new();
        queue.push_back(
            json!({"index": index(position), "id": id, "function": {"name": name, "arguments": ""}}),
        );
        for piece in pieces {
            let id = if id_again { json!(id) } else { Value::Null };
            queue.push_back(json!({"index": index(position), "id": id, "function": {"arguments": piece}}));
        }
        queues.push((position, queue));
    }
    let mut order = plan.order.iter().cycle();
    let mut dealt = Vec::new();
    while !queues.is_empty() {
        let at = order.next().unwrap().index(queues.len());
        match queues[at].1.pop_front() {
            Some(fragment) => dealt.push(fragment),
            None => _ = queues.remove(at),
        }
    }
    dealt
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_they_are_dealt_the_calls_are_whole(plan in plans(), stride in 1_u64..1 << 40) {
        let mut wanted: Vec<_> = plan.calls.iter().enumerate()
            .map(|(position, (name, pieces))| whole(&format!("id_{position}"), name, &pieces.concat()))
            .collect();
        let by_index = fragments(&plan, |position| json!(position as u64 * stride), false);
        let by_id = fragments(&plan, |_| Value::Null, true);
        let by_both = fragments(&plan, |position| json!(position), true);
        wanted.sort();
        for dealt in [by_index, by_id, by_both] {
            let mut found = calls(&dealt);
            found.sort();
            prop_assert_eq!(&found, &wanted);
        }
    }
}
