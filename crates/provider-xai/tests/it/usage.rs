//! What calls used and cost.

use laravel_ai_core::Provenance;
use provider_mock::WireReply;
use provider_xai::Api;
use serde_json::{Value, json};

use crate::decode::response;
use crate::support::{answer_of, folded, streamed, ticks, whole};

/// Of each example: input, output with reasoning in it, reasoning, cached.
const EXAMPLES: &[(&str, u64, u64, u64, u64)] = &[
    ("xai_chat_success.json", 24, 2, 0, 0),
    // 24 + 2 + 290 = 316: reasoning is beside the answer.
    ("xai_chat_reasoning.json", 24, 292, 290, 11),
    ("xai_chat_length.json", 12, 56, 40, 0),
    ("xai_chat_citations.json", 900, 68, 60, 0),
    ("xai_chat_parallel_tool_calls.json", 291, 172, 120, 0),
    ("xai_chat_stream.sse", 24, 292, 290, 0),
    ("xai_chat_stream_tool_calls.sse", 291, 248, 196, 0),
    // 24 + 80 = 104: reasoning is inside.
    ("xai_responses_reasoning.json", 24, 80, 64, 0),
    ("xai_responses_success.json", 24, 5, 0, 0),
    ("xai_responses_parallel_tool_calls.json", 291, 200, 120, 0),
    ("xai_responses_web_search.json", 1875, 95, 60, 0),
    ("xai_responses_stream.sse", 24, 5, 0, 0),
    ("xai_responses_stream_tool_calls.sse", 291, 200, 120, 0),
];

#[tokio::test]
async fn output_contains_reasoning_whichever_way_xai_counts_it() {
    for (name, input, output, reasoning, cached) in EXAMPLES {
        let api = if name.starts_with("xai_chat") { Api::Chat } else { Api::Responses };
        let answer = if name.ends_with(".sse") {
            let (events, error) = streamed(api, answer_of(name)).await;
            assert!(error.is_none(), "{name}");
            folded(events).await
        } else {
            whole(api, answer_of(name)).await.unwrap()
        };
        let usage = &answer.usage;
        let seen = (usage.input, usage.output, usage.reasoning, usage.cached_input);
        assert_eq!(seen, (Some(*input), Some(*output), Some(*reasoning), Some(*cached)), "{name}");
        // 1,466,250 ticks of 10^-10 US dollars.
        let cost = answer.cost.unwrap_or_else(|| panic!("{name} has no cost"));
        assert_eq!(ticks(&usage.raw), 1_466_250, "{name}");
        assert_eq!(cost.money.to_string(), "0.000146625 USD", "{name}");
        assert_eq!(cost.provenance, Provenance::ProviderReported);
    }
}

async fn of_chat(usage: Value) -> (Option<u64>, Option<u64>) {
    let body = json!({"id": "a", "model": "m", "usage": usage,
        "choices": [{"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}]});
    let usage = whole(Api::Chat, WireReply::json(&body)).await.unwrap().usage;
    (usage.output, usage.reasoning)
}

async fn of_responses(usage: Value) -> (Option<u64>, Option<u64>) {
    let mut body = response(&json!([]));
    body["usage"] = usage;
    let usage = whole(Api::Responses, WireReply::json(&body)).await.unwrap().usage;
    (usage.output, usage.reasoning)
}

#[tokio::test]
async fn the_sum_decides_where_an_endpoint_counts_as_the_other_does() {
    let chat = |total: Value| {
        json!({"prompt_tokens": 10, "completion_tokens": 50, "total_tokens": total,
               "completion_tokens_details": {"reasoning_tokens": 40}})
    };
    assert_eq!(of_chat(chat(json!(100))).await, (Some(90), Some(40)), "beside");
    assert_eq!(of_chat(chat(json!(60))).await, (Some(50), Some(40)), "inside after all");
    assert_eq!(of_chat(chat(json!(null))).await, (Some(90), Some(40)), "beside, as Chat Completions count");
    let responses = |total: Value| {
        json!({"input_tokens": 10, "output_tokens": 50, "total_tokens": total,
               "output_tokens_details": {"reasoning_tokens": 40}})
    };
    assert_eq!(of_responses(responses(json!(60))).await, (Some(50), Some(40)), "inside");
    assert_eq!(
        of_responses(responses(json!(100))).await,
        (Some(90), Some(40)),
        "beside, as the document has it"
    );
    assert_eq!(
        of_responses(responses(json!(null))).await,
        (Some(50), Some(40)),
        "inside, as Responses count"
    );
}

#[tokio::test]
async fn no_tick_is_lost_and_no_cost_is_made_up() {
    let cost = async |ticks: Value| {
        let mut body = response(&json!([]));
        body["usage"] = json!({"input_tokens": 1, "output_tokens": 1, "cost_in_usd_ticks": ticks});
        let answer = whole(Api::Responses, WireReply::json(&body)).await.unwrap();
        answer.cost.map(|cost| cost.money.to_string())
    };
    assert_eq!(cost(json!(1)).await.as_deref(), Some("0.0000000001 USD"));
    assert_eq!(cost(json!(10_000_000_000_u64)).await.as_deref(), Some("1 USD"));
    assert_eq!(cost(json!(12_345_678_901_234_567_u64)).await.as_deref(), Some("1234567.8901234567 USD"));
    assert_eq!(cost(json!(0)).await.as_deref(), Some("0 USD"), "xAI said so");
    assert_eq!(cost(json!(null)).await, None);
    assert_eq!(cost(json!(-5)).await, None);
}
