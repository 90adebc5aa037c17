//! What a line costs.

use std::collections::VecDeque;

use laravel_ai_core::{ChatRequest, Message, StreamEvent};
use provider_ollama::{OllamaOptions, encode_chat};

use crate::support::{decoder, target};

fn allocations(line: &str) -> u64 {
    let mut decoder = decoder();
    let mut events: VecDeque<StreamEvent> = VecDeque::with_capacity(16);
    decoder.push(line, &mut events).unwrap();
    events.clear();
    let counted = allocation_counter::measure(|| {
        for _ in 0..1000 {
            decoder.push(line, &mut events).unwrap();
            events.clear();
        }
    });
    counted.count_total
}

#[test]
fn a_line_of_text_costs_its_text() {
    let line = |member: &str| {
        format!(
            r#"{{"model":"qwen3:8b","created_at":"2026-11-20T10:00:01.123456789Z","message":{{"role":"assistant",{member}}},"done":false}}"#
        )
    };
    for member in [
        r#""content":"Titan is""#,
        r#""content":"a \"quoted\"\nline""#,
        r#""content":"","thinking":"Saturn's ""#,
    ] {
        let count = allocations(&line(member));
        assert!(count <= 1010, "{count} allocations for 1000 lines with {member}");
    }
}

#[test]
fn a_long_history_is_written_in_few_allocations() {
    let text = "x".repeat(500);
    let turns =
        (0..200).map(|at| if at % 2 == 0 { Message::user(&*text) } else { Message::assistant(&*text) });
    let (target, options, request) = (target(), OllamaOptions::default(), ChatRequest::new(turns));
    let counted = allocation_counter::measure(|| {
        assert!(encode_chat(&target, &options, &request, true).unwrap().body.len() > 100_000);
    });
    assert!(counted.count_total <= 12, "{} allocations", counted.count_total);
}
