//! How much is allocated. Counts repeat, times don't.

use std::collections::VecDeque;

use laravel_ai_core::{ChatRequest, Message, StreamEvent};
use provider_openai::encode_response;
use serde_json::json;

use crate::support::{decoder, target};

const FRAMES: u32 = 1000;

fn allocations(frame: &serde_json::Value, first: &serde_json::Value) -> f64 {
    let (frame, first) = (frame.to_string(), first.to_string());
    let mut decoder = decoder();
    let mut events: VecDeque<StreamEvent> = VecDeque::with_capacity(16);
    decoder.push(&first, &mut events).unwrap();
    decoder.push(&frame, &mut events).unwrap();
    events.clear();
    let counted = allocation_counter::measure(|| {
        for _ in 0..FRAMES {
            decoder.push(&frame, &mut events).unwrap();
            assert_eq!(events.len(), 1);
            events.clear();
        }
    });
    f64::from(u32::try_from(counted.count_total).unwrap()) / f64::from(FRAMES)
}

#[test]
fn a_delta_costs_its_text() {
    let delta = |kind: &str, text: &str| {
        json!({"type": format!("response.{kind}.delta"), "item_id": "msg_01", "output_index": 0, "content_index": 0,
               "delta": text, "logprobs": [], "obfuscation": "x7Gd2", "sequence_number": 11})
    };
    let begun = json!({"type": "response.output_item.added", "output_index": 0,
                       "item": {"type": "function_call", "call_id": "c", "name": "f", "arguments": ""}});
    for (frame, first) in [
        (delta("output_text", "Titan is"), json!({"type": "response.created", "response": {}})),
        (delta("output_text", "a \"quoted\"\nline"), json!({"type": "response.created", "response": {}})),
        (delta("reasoning_summary_text", "hm"), json!({"type": "response.created", "response": {}})),
        (delta("function_call_arguments", "city: Oslo"), begun),
    ] {
        let count = allocations(&frame, &first);
        assert!(count <= 1.01, "{count} allocations for {frame}");
    }
}

#[test]
fn a_long_history_is_written_in_few_allocations() {
    let text = "x".repeat(500);
    let turns =
        (0..200).map(|at| if at % 2 == 0 { Message::user(&*text) } else { Message::assistant(&*text) });
    let request = ChatRequest::new(turns);
    let target = target();
    let counted = allocation_counter::measure(|| {
        encode_response(&target, &request, true).unwrap();
    });
    assert!(counted.count_total < 250, "{} allocations for 200 messages", counted.count_total);
}
