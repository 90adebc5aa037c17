//! The same answer, whole and in a stream.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::decode::decode;
use crate::stream::keeps_the_law;
use crate::support::{decoder, events_of, folded, sse};

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

/// The events that OpenAI sends for an item.
fn frames_of(index: usize, item: &Value, cuts: &[prop::sample::Index]) -> Vec<Value> {
    let mut head = item.clone();
    let mut frames = Vec::new();
    let mut say = |kind: &str, place: usize, text: &Value| {
        for piece in pieces(text.as_str().unwrap(), cuts) {
            frames.push(json!({"type": format!("response.{kind}.delta"), "output_index": index, "content_index": place,
                               "summary_index": place, "delta": piece}));
        }
    };
    match item["type"].as_str().unwrap() {
        "message" => {
            for (place, part) in item["content"].as_array().unwrap().iter().enumerate() {
                match part["type"].as_str().unwrap() {
                    "refusal" => say("refusal", place, &part["refusal"]),
                    _ => say("output_text", place, &part["text"]),
                }
            }
            head["content"] = json!([]);
        }
        "reasoning" => {
            for (place, part) in item["summary"].as_array().unwrap().iter().enumerate() {
                say("reasoning_summary_text", place, &part["text"]);
            }
            head["summary"] = json!([]);
            head["encrypted_content"] = json!("not final");
        }
        "function_call" => {
            say("function_call_arguments", 0, &item["arguments"]);
            head["arguments"] = json!("");
        }
        _ => {}
    }
    let mut all = vec![json!({"type": "response.output_item.added", "output_index": index, "item": head})];
    all.append(&mut frames);
    all.push(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
    all
}

fn any_item() -> impl Strategy<Value = Value> {
    let text = ("\\PC{1,12}", any::<bool>()).prop_map(|(text, cites)| {
        let annotations =
            if cites { json!([{"type": "url_citation", "url": "https://a.example"}]) } else { json!([]) };
        json!({"type": "output_text", "text": text, "annotations": annotations, "logprobs": []})
    });
    let refusal = "[a-z]{1,8}".prop_map(|text| json!({"type": "refusal", "refusal": text}));
    let content = prop::collection::vec(prop_oneof![text, refusal], 1..3);
    prop_oneof![
        content.prop_map(|content| json!({"type": "message", "id": "msg", "role": "assistant", "content": content})),
        prop::collection::vec("\\PC{0,9}", 0..3).prop_map(|texts| {
            let summary: Vec<_> = texts.iter().map(|text| json!({"type": "summary_text", "text": text})).collect();
            json!({"type": "reasoning", "id": "rs", "summary": summary, "encrypted_content": "final"})
        }),
        ("[a-z]{1,5}", "\\PC{0,12}").prop_map(|(name, arguments)| {
            json!({"type": "function_call", "id": "fc", "call_id": "call", "name": name, "arguments": arguments})
        }),
        Just(json!({"type": "web_search_call", "id": "ws", "action": {"type": "search", "query": "q"}})),
        Just(json!({"type": "new_thing", "id": "n"})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_answer_two_ways(
        items in prop::collection::vec(any_item(), 0..5),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        limit: bool, listed: bool,
    ) {
        let mut response = json!({"id": "resp_1", "model": "m", "status": "completed", "output": items, "service_tier": "default",
                                  "usage": {"input_tokens": 3, "output_tokens": 2}});
        if limit {
            response["status"] = json!("incomplete");
            response["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
        let unary = decode(&response).unwrap();
        let created = json!({"type": "response.created", "response": {"id": "resp_1", "model": "m"}});
        let mut frames = vec![created];
        frames.extend(items.iter().enumerate().flat_map(|(index, item)| frames_of(index, item, &cuts)));
        if !listed {
            response["output"] = json!([]);
        }
        frames.push(json!({"type": "response.completed", "response": response}));
        let frames: Vec<String> = frames.iter().map(Value::to_string).collect();
        let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
        let (events, error) = events_of(decoder(), sse(&frames).as_bytes(), &[]);
        prop_assert_eq!(error, None);
        keeps_the_law("answer", &events, false);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert_eq!(runtime.block_on(folded(events)), unary);
    }
}
