//! The same answer, whole and in a stream.

use proptest::prelude::*;
use provider_mock::WireReply;
use provider_xai::Api;
use serde_json::{Value, json};

use crate::stream::keeps_the_law;
use crate::support::{folded, sse, streamed, whole};

fn pieces(text: &str, length: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(length).map(|piece| piece.iter().collect()).collect()
}

/// A chat answer, and the chunks that xAI sends for it: reasoning, then text, then each call whole.
fn any_completion() -> impl Strategy<Value = (Value, Vec<Value>)> {
    let calls = prop::collection::vec(("[a-z]{1,6}", "[a-z]{1,6}"), 0..3);
    let finish = prop::sample::select(vec!["stop", "length", "tool_calls", "", "end_turn", "content_filter"]);
    ("\\PC{0,12}", "\\PC{0,12}", calls, finish, 1..4_usize, any::<bool>()).prop_map(
        |(reasoning, text, calls, finish, length, cites)| {
            let calls: Vec<Value> = (0..)
                .zip(&calls)
                .map(|(index, (name, city))| {
                    json!({"id": format!("call_{index}"), "type": "function",
                           "function": {"name": name, "arguments": json!({"city": city}).to_string()}})
                })
                .collect();
            // A stream that says nothing, not even how it ends, is one that broke off.
            let nothing = reasoning.is_empty() && text.is_empty() && calls.is_empty();
            let finish = if nothing && finish.is_empty() { "stop" } else { finish };
            let usage = json!({"prompt_tokens": 24, "completion_tokens": 2, "total_tokens": 316,
                "completion_tokens_details": {"reasoning_tokens": 290}, "cost_in_usd_ticks": 1_466_250});
            let mut message = json!({"role": "assistant", "content": text, "refusal": null});
            if !reasoning.is_empty() {
                message["reasoning_content"] = json!(reasoning);
            }
            if !calls.is_empty() {
                message["tool_calls"] = json!(calls);
            }
            let mut body = json!({"id": "a", "object": "chat.completion", "model": "grok-4.7",
                "choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage,
                "service_tier": "default", "system_fingerprint": "fp"});
            let mut last = json!({"id": "a", "model": "grok-4.7", "choices": [], "usage": usage,
                "service_tier": "default", "system_fingerprint": "fp"});
            if cites {
                body["citations"] = json!(["https://a.example"]);
                last["citations"] = json!(["https://a.example"]);
            }
            let chunk = |delta: Value, finish: Option<&str>| {
                let mut choice = json!({"index": 0, "delta": delta});
                if let Some(finish) = finish {
                    choice["finish_reason"] = json!(finish);
                }
                json!({"id": "a", "model": "grok-4.7", "choices": [choice],
                       "service_tier": "default", "system_fingerprint": "fp"})
            };
            let mut chunks = vec![chunk(json!({"role": "assistant"}), None)];
            chunks.extend(
                pieces(&reasoning, length).iter().map(|it| chunk(json!({"reasoning_content": it}), None)),
            );
            chunks.extend(pieces(&text, length).iter().map(|it| chunk(json!({"content": it}), None)));
            chunks.extend((0..).zip(&calls).map(|(index, call): (u32, _)| {
                let mut call = call.clone();
                call["index"] = json!(index);
                chunk(json!({"tool_calls": [call]}), None)
            }));
            chunks.push(chunk(json!({}), Some(finish)));
            chunks.push(last);
            (body, chunks)
        },
    )
}

/// An item, and the events that xAI sends for it.
fn any_item() -> impl Strategy<Value = Value> {
    prop_oneof![
        "\\PC{1,12}".prop_map(|text| json!({"type": "message", "id": "msg", "role": "assistant", "content": [
            {"type": "output_text", "text": text, "annotations": [{"type": "url_citation", "url": "https://a.example"}],
             "logprobs": []}]})),
        "\\PC{0,9}".prop_map(|text| json!({"type": "reasoning", "id": "rs", "encrypted_content": "final",
            "summary": [{"type": "summary_text", "text": text}]})),
        ("[a-z]{1,5}", "[a-z]{1,5}").prop_map(|(name, city)| json!({"type": "function_call", "id": "fc",
            "call_id": "call", "name": name, "arguments": json!({"city": city}).to_string()})),
        "[a-z]{1,5}".prop_map(|query| json!({"type": "custom_tool_call", "id": "ctc", "call_id": "xs_call_1",
            "name": "x_keyword_search", "input": json!({"query": query}).to_string()})),
        Just(json!({"type": "web_search_call", "id": "ws", "action": {"type": "search", "query": "q", "sources": []}})),
        Just(json!({"type": "new_thing", "id": "n"})),
    ]
}

fn frames_of(index: usize, item: &Value) -> Vec<Value> {
    let delta = |kind: &str, text: &Value| {
        json!({"type": format!("response.{kind}.delta"), "output_index": index, "content_index": 0,
               "summary_index": 0, "delta": text})
    };
    let mut head = item.clone();
    let said = match item["type"].as_str().unwrap() {
        "message" => {
            head["content"] = json!([]);
            Some(delta("output_text", &item["content"][0]["text"]))
        }
        "reasoning" => {
            head["summary"] = json!([]);
            head["encrypted_content"] = json!(null);
            Some(delta("reasoning_summary_text", &item["summary"][0]["text"]))
        }
        "function_call" => {
            head["arguments"] = json!("");
            Some(delta("function_call_arguments", &item["arguments"]))
        }
        "custom_tool_call" => {
            head["input"] = json!("");
            Some(delta("custom_tool_call_input", &item["input"]))
        }
        _ => None,
    };
    let added = json!({"type": "response.output_item.added", "output_index": index, "item": head});
    let done = json!({"type": "response.output_item.done", "output_index": index, "item": item});
    [Some(added), said, Some(done)].into_iter().flatten().collect()
}

fn alike(api: Api, body: &Value, frames: &[Value], end: Option<&str>) {
    let mut frames: Vec<String> = frames.iter().map(Value::to_string).collect();
    frames.extend(end.map(str::to_owned));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let unary = runtime.block_on(whole(api, WireReply::json(body))).unwrap();
    let (events, error) = runtime.block_on(streamed(api, sse(&frames)));
    assert!(error.is_none(), "{error:?}");
    keeps_the_law("answer", &events, false);
    assert_eq!(runtime.block_on(folded(events)), unary);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_completion_two_ways((body, chunks) in any_completion()) {
        alike(Api::Chat, &body, &chunks, Some("[DONE]"));
    }

    #[test]
    fn one_response_two_ways(items in prop::collection::vec(any_item(), 0..5), limit: bool, listed: bool) {
        let mut response = json!({"id": "r", "model": "m", "status": "completed", "output": items, "service_tier": "default",
            "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "cost_in_usd_ticks": 12}});
        if limit {
            response["status"] = json!("incomplete");
            response["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
        let mut frames = vec![json!({"type": "response.created", "response": {"id": "r", "model": "m"}})];
        frames.extend(items.iter().enumerate().flat_map(|(index, item)| frames_of(index, item)));
        let mut last = response.clone();
        if !listed {
            last["output"] = json!([]);
        }
        frames.push(json!({"type": "response.completed", "response": last}));
        alike(Api::Responses, &response, &frames, None);
    }
}
