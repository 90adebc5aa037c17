//! What recordings of streams hold beside the examples.

use laravel_ai_core::{AssistantPart, BlockKind, ErrorKind, FinishReason, StreamEvent};
use provider_xai::Api;
use serde_json::{Value, json};

use crate::decode::response;
use crate::stream::keeps_the_law;
use crate::support::{folded, sse, streamed};

fn frames(frames: &[Value]) -> Vec<String> {
    frames.iter().map(Value::to_string).collect()
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({"id": "a", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

fn with_end(mut chunks: Vec<Value>) -> Vec<String> {
    chunks.insert(0, chunk(&json!({"role": "assistant", "content": ""}), None));
    let mut all = frames(&chunks);
    all.push("[DONE]".into());
    all
}

#[tokio::test]
async fn a_call_comes_whole_in_one_delta() {
    let call = json!({"tool_calls": [{"id": "call_1", "index": 0, "type": "function",
        "function": {"arguments": "{\"city\":\"Oslo\"}", "name": "weather"}}]});
    let body = with_end(vec![chunk(&call, None), chunk(&json!({}), Some(""))]);
    let (events, error) = streamed(Api::Chat, sse(&body)).await;
    assert!(error.is_none(), "{error:?}");
    let answer = folded(events).await;
    let calls: Vec<_> = answer.tool_calls().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect();
    assert_eq!(calls, [("call_1", "weather", r#"{"city":"Oslo"}"#)]);
    assert_eq!(answer.finish.reason, FinishReason::ToolCalls, "the empty word is no word");
}

#[tokio::test]
async fn usage_on_every_chunk_is_a_snapshot_and_is_never_added() {
    let with_usage = |mut chunk: Value, output: u64| {
        chunk["usage"] = json!({"prompt_tokens": 5, "completion_tokens": output, "total_tokens": 5 + output,
                                "cost_in_usd_ticks": output * 100});
        chunk
    };
    let body = with_end(vec![
        with_usage(chunk(&json!({"content": "Ti"}), None), 1),
        with_usage(chunk(&json!({"content": "tan"}), None), 2),
        with_usage(chunk(&json!({}), Some("stop")), 3),
    ]);
    let (events, _) = streamed(Api::Chat, sse(&body)).await;
    let answer = folded(events).await;
    assert_eq!((answer.usage.input, answer.usage.output), (Some(5), Some(3)));
    assert_eq!(answer.cost.unwrap().money.to_string(), "0.00000003 USD");
}

#[tokio::test]
async fn citations_of_the_last_chunk_are_sources_of_the_text() {
    let mut last = json!({"id": "a", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    last["citations"] = json!(["https://a.example", "https://b.example"]);
    let body =
        with_end(vec![chunk(&json!({"content": "Titan"}), None), chunk(&json!({}), Some("stop")), last]);
    let (events, _) = streamed(Api::Chat, sse(&body)).await;
    let answer = folded(events).await;
    let [AssistantPart::Text(text)] = &answer.content[..] else { panic!("{:?}", answer.content) };
    let urls: Vec<_> = text.sources.iter().filter_map(|source| source.url.as_deref()).collect();
    assert_eq!(urls, ["https://a.example", "https://b.example"]);
}

fn x_search() -> Value {
    json!({"type": "custom_tool_call", "id": "ctc_1", "call_id": "xs_call_1", "name": "x_keyword_search",
           "input": "{\"query\":\"titan\"}", "status": "completed"})
}

#[tokio::test]
async fn a_search_on_x_is_no_call_of_the_applications() {
    let mut begun = x_search();
    begun["input"] = json!("");
    begun["status"] = json!("in_progress");
    let body = frames(&[
        json!({"type": "response.created", "response": {"id": "r", "model": "m", "status": "in_progress", "output": []}}),
        json!({"type": "ping", "sequence_number": 1}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": begun}),
        json!({"type": "response.custom_tool_call_input.delta", "output_index": 0, "item_id": "ctc_1", "delta": "{\"query\":"}),
        json!({"type": "response.custom_tool_call_input.delta", "output_index": 0, "item_id": "ctc_1", "delta": "\"titan\"}"}),
        json!({"type": "response.custom_tool_call_input.done", "output_index": 0, "input": "{\"query\":\"titan\"}"}),
        json!({"type": "response.x_search_call.searching", "output_index": 0}),
        json!({"type": "response.mcp_call_output.done", "output_index": 0}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": x_search()}),
        json!({"type": "response.completed", "response": response(&json!([x_search()]))}),
    ]);
    let (events, error) = streamed(Api::Responses, sse(&body)).await;
    assert!(error.is_none(), "{error:?}");
    keeps_the_law("x_search", &events, false);
    let input = |event: &StreamEvent| {
        matches!(event, StreamEvent::BlockStart { kind: BlockKind::ToolInput { .. }, .. })
    };
    assert!(!events.iter().any(input), "{events:?}");
    let answer = folded(events).await;
    let [AssistantPart::ProviderCall(call)] = &answer.content[..] else { panic!("{:?}", answer.content) };
    assert_eq!(call.input.as_ref().unwrap().as_str(), r#"{"query":"titan"}"#);
    assert_eq!(answer.finish.reason, FinishReason::Stop);
}

#[tokio::test]
async fn the_end_may_be_called_done() {
    let message = json!({"type": "message", "id": "m", "role": "assistant",
                         "content": [{"type": "output_text", "text": "Titan.", "annotations": []}]});
    let mut whole = response(&json!([message]));
    whole["usage"] =
        json!({"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "cost_in_usd_ticks": 7});
    let done = json!({"type": "response.done", "response": whole});
    let completed = json!({"type": "response.completed", "response": whole});
    for ends in [
        vec![done.clone()],
        vec![completed.clone(), done.clone()],
        vec![json!({"type": "response.done"}), completed],
    ] {
        let (events, error) = streamed(Api::Responses, sse(&frames(&ends))).await;
        assert!(error.is_none(), "{error:?}");
        keeps_the_law("done", &events, false);
        let answer = folded(events).await;
        assert_eq!((answer.text().as_str(), answer.usage.total()), ("Titan.", Some(3)));
        assert_eq!(answer.cost.unwrap().money.to_string(), "0.0000000007 USD");
    }
}

#[tokio::test]
async fn state_is_that_of_the_item_that_is_done() {
    let item = |content: Value| json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": content, "status": "completed"});
    let body = frames(&[
        json!({"type": "response.output_item.added", "output_index": 0, "item": item(json!(null))}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item(json!("c2VjcmV0"))}),
        json!({"type": "response.completed", "response": response(&json!([item(json!("c2VjcmV0"))]))}),
    ]);
    let (events, _) = streamed(Api::Responses, sse(&body)).await;
    let answer = folded(events).await;
    let [AssistantPart::Reasoning(reasoning)] = &answer.content[..] else { panic!("{:?}", answer.content) };
    assert!(reasoning.opaque.as_ref().unwrap().data.as_str().contains("c2VjcmV0"));
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error_with_what_came() {
    let begun = frames(&[
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Ti"}),
    ]);
    let chat = frames(&[chunk(&json!({"content": "Ti"}), None)]);
    for (api, body) in [(Api::Responses, begun), (Api::Chat, chat)] {
        for broken in [sse(&body), sse(&body).reset()] {
            let (events, error) = streamed(api, broken).await;
            let error = error.expect("the answer is not whole");
            assert_eq!(error.kind(), ErrorKind::StreamInterrupted, "{api:?}");
            assert!(error.possibly_billed());
            assert_eq!(error.partial().expect("what came").text(), "Ti");
            keeps_the_law("broken", &events, true);
        }
    }
}
