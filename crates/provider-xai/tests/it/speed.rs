//! How much is allocated. Counts repeat, times don't.

use std::sync::Arc;

use futures_util::StreamExt as _;
use laravel_ai_core::{ChatRequest, Context, Message};
use provider_xai::{Api, encode_completion, encode_response};
use serde_json::json;

use crate::support::{MODEL, model, script, sse, target};

/// What a whole streamed answer of so many deltas allocates, from the body to the events.
fn allocations(api: Api, deltas: usize) -> u64 {
    let mut frames: Vec<String> = (0..deltas)
        .map(|at| match api {
            Api::Chat => json!({"id": "a", "object": "chat.completion.chunk", "created": 1_795_000_000, "model": "grok-4.7",
                "choices": [{"index": 0, "delta": {"content": format!("word {at:06}")}}],
                "service_tier": "default", "system_fingerprint": "fp_0123456789"}),
            _ => json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0,
                "delta": format!("word {at:06}"), "logprobs": [], "sequence_number": at}),
        }.to_string())
        .collect();
    frames.push(match api {
        Api::Chat => json!({"id": "a", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}).to_string(),
        _ => json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "output": []}})
            .to_string(),
    });
    if api == Api::Chat {
        frames.push("[DONE]".into());
    }
    let model = model(&script([sse(&frames)]), api);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut stream = runtime
        .block_on(model.stream(&Context::new(), Arc::new(ChatRequest::user("Hi"))))
        .expect("the answer begins");
    let mut seen = 0;
    let counted = allocation_counter::measure(|| {
        runtime.block_on(async {
            while let Some(event) = stream.next().await {
                event.expect("the stream is whole");
                seen += 1;
            }
        });
    });
    assert!(seen > deltas, "{seen}");
    counted.count_total
}

#[test]
fn a_delta_costs_little_more_than_its_text() {
    for api in [Api::Chat, Api::Responses] {
        let (few, many) = (allocations(api, 500), allocations(api, 1500));
        let each = f64::from(u32::try_from(many - few).unwrap()) / 1000.0;
        println!("{api:?}: {each} allocations for a delta");
        assert!(each <= 2.0, "{api:?}: {each} allocations for a delta");
    }
}

#[test]
fn a_long_history_is_written_in_few_allocations() {
    let text = "x".repeat(500);
    let turns =
        (0..200).map(|at| if at % 2 == 0 { Message::user(&*text) } else { Message::assistant(&*text) });
    let request = ChatRequest::new(turns);
    let target = target(MODEL);
    let responses = allocation_counter::measure(|| drop(encode_response(&target, &request, true).unwrap()));
    let chat = allocation_counter::measure(|| drop(encode_completion(&target, &request, true).unwrap()));
    for counted in [responses, chat] {
        assert!(counted.count_total < 260, "{} allocations for 200 messages", counted.count_total);
    }
}
