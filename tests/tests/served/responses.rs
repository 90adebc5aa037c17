//! Responses, of OpenAI and of xAI.

use axum::body::Bytes;
use axum::response::Response;
use serde_json::{Value, json};

use super::Said;

pub(super) async fn answer(body: Bytes) -> Response {
    let request = super::parsed(&body);
    let must_call = request["tool_choice"]["name"] == "weather";
    let Said { text, calls, cut } = Said::to(&request["input"], must_call, &request["max_output_tokens"]);
    let part = json!({"type": "output_text", "text": text, "annotations": []});
    let item = match calls {
        true => json!({"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1",
            "name": "weather", "arguments": r#"{"city":"Oslo"}"#}),
        false => {
            json!({"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]})
        }
    };
    let end = if cut { "incomplete" } else { "completed" };
    let reason = if cut { json!({"reason": "max_output_tokens"}) } else { Value::Null };
    let usage = json!({"input_tokens": 9, "output_tokens": 3, "total_tokens": 12});
    let whole = json!({"id": "resp_1", "object": "response", "status": end, "incomplete_details": reason,
        "model": request["model"], "output": [item], "usage": usage});
    if request["stream"] != true {
        return super::json(&whole);
    }
    let begun = json!({"id": "resp_1", "object": "response", "status": "in_progress", "model": request["model"], "output": []});
    let mut events = vec![json!({"type": "response.created", "response": begun})];
    if calls {
        events.push(json!({"type": "response.output_item.added", "output_index": 0, "item": item}));
    } else {
        let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "content": []});
        events.push(json!({"type": "response.output_item.added", "output_index": 0, "item": message}));
        let place = json!({"item_id": "msg_1", "output_index": 0, "content_index": 0});
        let at = |kind: &str, member: &str, value: Value| {
            let mut event = place.clone();
            (event["type"], event[member]) = (kind.into(), value);
            event
        };
        events.push(at("response.content_part.added", "part", json!({"type": "output_text", "text": ""})));
        events.push(at("response.output_text.delta", "delta", text.into()));
        events.push(at("response.output_text.done", "text", text.into()));
        events.push(at("response.content_part.done", "part", part));
    }
    events.push(json!({"type": "response.output_item.done", "output_index": 0, "item": item}));
    events.push(json!({"type": format!("response.{end}"), "response": whole}));
    super::events(events)
}
