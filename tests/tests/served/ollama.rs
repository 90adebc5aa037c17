//! Ollama's own chat.

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Said;

pub(super) async fn answer(body: Bytes) -> Response {
    let request = super::parsed(&body);
    // A choice of tools is the list of them there.
    let must_call = request["tools"].is_array();
    let Said { text, calls, cut } =
        Said::to(&request["messages"], must_call, &request["options"]["num_predict"]);
    let call = json!([{"function": {"name": "weather", "arguments": {"city": "Oslo"}}}]);
    let message = match calls {
        true => json!({"role": "assistant", "content": "", "tool_calls": call}),
        false => json!({"role": "assistant", "content": text}),
    };
    let mut end = json!({"model": "any", "created_at": "2026-11-20T10:00:01Z", "done": true,
        "done_reason": if cut { "length" } else { "stop" }, "prompt_eval_count": 9, "eval_count": 3});
    if request["stream"] == false {
        end["message"] = message;
        return super::json(&end);
    }
    let line =
        json!({"model": "any", "created_at": "2026-11-20T10:00:01Z", "message": message, "done": false});
    ([(CONTENT_TYPE, "application/x-ndjson")], format!("{line}\n{end}\n")).into_response()
}
