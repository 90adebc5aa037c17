//! The same answer, whole and in a stream.

use bytes::Bytes;
use http::Response;
use laravel_ai_core::ChatResponse;
use proptest::prelude::*;
use provider_openai_compat::Dialect;
use serde_json::{Value, json};

use crate::support::{
    answer, decoded, decoder, dialect_of, events_of, fixture, folded, no_answer, read_by, sse, target,
};

fn unary(message: &Value, finish: &Value, usage: &Value) -> ChatResponse {
    let body = json!({
        "id": "a", "model": "m", "service_tier": "default", "system_fingerprint": "fp", "usage": usage,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    });
    let response = Response::new(Bytes::from(body.to_string()));
    decoded(&Dialect::new("openai-compatible"), &response).unwrap()
}

async fn streamed(deltas: &[Value], finish: &Value, usage: &Value) -> ChatResponse {
    let base = json!({"id": "a", "model": "m", "service_tier": "default", "system_fingerprint": "fp"});
    let frame = |choices: Value, usage: &Value| {
        let mut frame = base.clone();
        frame["choices"] = choices;
        frame["usage"] = usage.clone();
        frame.to_string()
    };
    let mut frames: Vec<String> =
        deltas.iter().map(|delta| frame(json!([{"index": 0, "delta": delta}]), &Value::Null)).collect();
    frames.push(frame(json!([{"index": 0, "delta": {}, "finish_reason": finish}]), &Value::Null));
    frames.push(frame(json!([]), usage));
    frames.push("[DONE]".into());
    let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
    let (events, error) = events_of(decoder(), sse(&frames).as_bytes(), &[]);
    assert_eq!(error, None);
    folded(events).await
}

/// Texts cut at these places of their characters.
fn pieces(text: &str, cuts: &[prop::sample::Index]) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    if characters.is_empty() {
        return Vec::new();
    }
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(characters.len())).collect();
    places.extend([0, characters.len()]);
    places.sort_unstable();
    places.windows(2).map(|window| characters[window[0]..window[1]].iter().collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_answer_two_ways(
        reasoning in ".{0,20}", text in ".{0,40}", refusal in "[a-z]{0,8}",
        calls in prop::collection::vec(("[a-z]{1,8}", ".{0,20}", any::<bool>()), 0..4),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        finish in prop::sample::select(vec!["stop", "length", "tool_calls", "content_filter", "odd"]),
        counts in any::<(u16, u16)>(),
    ) {
        let usage = json!({"prompt_tokens": counts.0, "completion_tokens": counts.1});
        let call = |position: usize, name: &str, arguments: &str, has_id: bool| {
            let id = if has_id { json!(format!("call_{position}")) } else { Value::Null };
            json!({"index": position, "id": id, "type": "function", "function": {"name": name, "arguments": arguments},
                   "extra_content": {"signature": position}})
        };
        let whole: Vec<Value> = calls.iter().enumerate().map(|(at, (name, arguments, id))| call(at, name, arguments, *id)).collect();
        let message = json!({"role": "assistant", "reasoning_content": reasoning, "content": text, "refusal": refusal,
                             "tool_calls": whole});

        let mut deltas = vec![json!({"role": "assistant", "content": ""})];
        deltas.extend(pieces(&reasoning, &cuts).into_iter().map(|piece| json!({"reasoning_content": piece})));
        deltas.extend(pieces(&text, &cuts).into_iter().map(|piece| json!({"content": piece})));
        deltas.extend(pieces(&refusal, &cuts).into_iter().map(|piece| json!({"refusal": piece})));
        for (position, (name, arguments, id)) in calls.iter().enumerate() {
            deltas.push(json!({"tool_calls": [call(position, name, "", *id)]}));
            for piece in pieces(arguments, &cuts) {
                deltas.push(json!({"tool_calls": [{"index": position, "function": {"arguments": piece}}]}));
            }
        }
        let finish = json!(finish);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let streamed = runtime.block_on(streamed(&deltas, &finish, &usage));
        let unary = unary(&message, &finish, &usage);
        prop_assert_eq!((unary.reasoning(), unary.text()), (reasoning, text), "what was said is what is read");
        prop_assert_eq!(streamed, unary);
    }
}

#[tokio::test]
async fn a_whole_answer_to_a_streamed_call_is_read_as_one() {
    for name in read_by("decode") {
        let mut whole = decoded(&dialect_of(&name), &answer(&name)).unwrap();
        (whole.request_id, whole.rate_limits) = (None, None);
        let body = fixture(&name);
        let decoder = provider_openai_compat::StreamDecoder::new(
            std::sync::Arc::new(dialect_of(&name)),
            laravel_ai_core::ResponseStart::new(target()),
            no_answer(),
        );
        // As one frame, the way the reader hands over a document.
        let mut events = std::collections::VecDeque::new();
        let mut decoder = decoder;
        decoder.push(&body, &mut events).unwrap();
        decoder.finish(&mut events).unwrap();
        assert_eq!(folded(events.into()).await, whole, "{name}");
    }
}

#[tokio::test]
async fn two_calls_with_one_id_are_told_of() {
    let call = |id: &str, name: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}});
    let asked = |second: &str| {
        let mut message = json!({"role": "assistant", "tool_calls": [call("c1", "a"), call(second, "b")]});
        let whole = unary(&message, &json!("tool_calls"), &json!(null));
        message["tool_calls"][0]["index"] = json!(0);
        message["tool_calls"][1]["index"] = json!(1);
        let frame =
            json!({"id": "a", "model": "m", "choices": [{"delta": message, "finish_reason": "tool_calls"}]});
        let (events, error) = events_of(decoder(), sse(&[&frame.to_string(), "[DONE]"]).as_bytes(), &[]);
        assert_eq!(error, None);
        (whole, events)
    };
    for (second, told) in [("c1", 1), ("c2", 0)] {
        let (whole, events) = asked(second);
        let streamed = folded(events).await;
        for answer in [&whole, &streamed] {
            assert_eq!((answer.tool_calls().count(), answer.warnings.len()), (2, told), "{second}");
        }
        assert_eq!(streamed.warnings, whole.warnings);
    }
}
