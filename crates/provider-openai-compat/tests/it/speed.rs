//! How much is allocated. Counts repeat, times don't.

use std::collections::VecDeque;
use std::sync::Arc;

use laravel_ai_core::{ChatRequest, Message, StreamEvent};
use provider_openai_compat::{CompatibleOptions, Dialect, encode_chat};
use serde_json::json;

use crate::support::{decoder, target};

const CHUNKS: usize = 1000;

/// About 250 bytes, as OpenAI sends them.
fn chunk(delta: &serde_json::Value) -> String {
    let delta = delta.to_string();
    format!(
        r#"{{"id":"chatcmpl-EX000000000000000000000000002","object":"chat.completion.chunk","created":1795000000,"model":"gpt-6-luna","service_tier":"default","system_fingerprint":"fp_0123456789","choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":null}}],"usage":null}}"#
    )
}

fn allocations(frame: &str, first: &str) -> f64 {
    let mut decoder = decoder();
    let mut events: VecDeque<StreamEvent> = VecDeque::with_capacity(16);
    decoder.push(first, &mut events).unwrap();
    events.clear();
    let counted = allocation_counter::measure(|| {
        for _ in 0..CHUNKS {
            decoder.push(frame, &mut events).unwrap();
            events.clear();
        }
    });
    f64::from(u32::try_from(counted.count_total).unwrap()) / 1000.0
}

#[test]
fn a_chunk_of_text_costs_its_text() {
    let frame = chunk(&json!({"content": "Titan is"}));
    assert!((240..330).contains(&frame.len()), "{}", frame.len());
    let plain = allocations(&frame, &frame);
    assert!(plain <= 1.01, "{plain} allocations for a chunk");
    let escaped = chunk(&json!({"content": "a \"quoted\"\nline"}));
    let escaped = allocations(&escaped, &escaped);
    assert!(escaped <= 1.01, "{escaped} allocations for a chunk with escapes");
}

#[test]
fn a_fragment_of_arguments_costs_its_text() {
    let first =
        chunk(&json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}]}));
    let frame = chunk(&json!({"tool_calls": [{"index": 0, "function": {"arguments": "city: Oslo"}}]}));
    let plain = allocations(&frame, &first);
    assert!(plain <= 1.01, "{plain} allocations for a fragment");
}

/// They come with every token and may be longer than the text.
#[test]
fn likelihoods_are_gathered_without_copying_those_before() {
    let row = json!({"token": "a", "logprob": -0.1, "top_logprobs": []});
    let frame = json!({"id": "a", "choices": [{"index": 0, "delta": {"content": "a"}, "logprobs": {"content": [row]}}]});
    let frame = frame.to_string();
    let bytes = |chunks: usize| {
        let mut decoder = decoder();
        let mut events: VecDeque<StreamEvent> = VecDeque::with_capacity(16);
        let counted = allocation_counter::measure(|| {
            for _ in 0..chunks {
                decoder.push(&frame, &mut events).unwrap();
                events.clear();
            }
        });
        counted.bytes_total
    };
    let (few, many) = (bytes(CHUNKS), bytes(4 * CHUNKS));
    assert!(many < few * 6, "{few} bytes for {CHUNKS} chunks, {many} for four times as many");
}

#[test]
fn a_long_history_is_written_in_few_allocations() {
    let text = "x".repeat(500);
    let turns =
        (0..200).map(|at| if at % 2 == 0 { Message::user(&*text) } else { Message::assistant(&*text) });
    let request = ChatRequest::new(turns);
    let (dialect, target) = (Arc::new(Dialect::new("openai-compatible")), target());
    let counted = allocation_counter::measure(|| {
        let encoded = encode_chat::<CompatibleOptions>(&dialect, &target, &request, true).unwrap();
        assert!(encoded.body.len() > 100_000);
    });
    assert!(counted.count_total <= 12, "{} allocations", counted.count_total);
}
