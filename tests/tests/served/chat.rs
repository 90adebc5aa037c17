//! Chat Completions.

use axum::body::Bytes;
use axum::response::Response;
use serde_json::{Value, json};

use super::Said;

pub(super) async fn answer(body: Bytes) -> Response {
    let request = super::parsed(&body);
    let must_call = request["tool_choice"]["function"]["name"] == "weather";
    let Said { text, calls, cut } = Said::to(&request["messages"], must_call, &request["max_tokens"]);
    let finish = match (calls, cut) {
        (true, _) => "tool_calls",
        (_, true) => "length",
        _ => "stop",
    };
    let function = json!({"name": "weather", "arguments": r#"{"city":"Oslo"}"#});
    let called = json!([{"index": 0, "id": "call_1", "type": "function", "function": function}]);
    let calls = if calls { called } else { Value::Null };
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12});
    let message = json!({"role": "assistant", "content": text, "tool_calls": calls});
    if request["stream"] != true {
        let choice = json!({"index": 0, "message": message, "finish_reason": finish});
        return super::json(&json!({"id": "1", "choices": [choice], "usage": usage}));
    }
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).to_string()
    };
    super::events([
        chunk(message, Value::Null),
        chunk(json!({}), finish.into()),
        json!({"id": "1", "choices": [], "usage": usage}).to_string(),
        "[DONE]".to_owned(),
    ])
}
