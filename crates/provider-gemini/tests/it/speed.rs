//! How much is allocated. Counts repeat, times don't.

use std::collections::VecDeque;

use laravel_ai_core::{ChatRequest, Message, StreamEvent};
use provider_gemini::encode_content;
use serde_json::{Value, json};

use crate::support::{decoder, target};

const FRAMES: u32 = 1000;

fn allocations(frame: &Value) -> f64 {
    let frame = frame.to_string();
    let mut decoder = decoder();
    let mut events: VecDeque<StreamEvent> = VecDeque::with_capacity(16);
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

fn frame(part: &Value) -> Value {
    json!({"candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0}],
        "usageMetadata": {"promptTokenCount": 24, "candidatesTokenCount": 1, "totalTokenCount": 65,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 24}], "thoughtsTokenCount": 40},
        "modelVersion": "gemini-3.5-flash", "responseId": "xA3-aY6pEXAMPLE"})
}

#[test]
fn a_piece_of_text_is_one_allocation_and_a_thought_two() {
    // The nested counts of the usage, which comes with every piece, are one more.
    let mut without_usage = frame(&json!({"text": "Titan is"}));
    without_usage.as_object_mut().unwrap().remove("usageMetadata");
    assert!(allocations(&without_usage) <= 1.01);
    for (part, most) in [
        (json!({"text": "Titan is"}), 2.01),
        (json!({"text": "a \"quoted\"\nline"}), 2.01),
        (json!({"text": "hm", "thought": true}), 3.01),
    ] {
        let count = allocations(&frame(&part));
        assert!(count <= most, "{count} allocations for {part}");
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
        encode_content(&target, &request).unwrap();
    });
    assert!(counted.count_total < 250, "{} allocations for 200 messages", counted.count_total);
}
