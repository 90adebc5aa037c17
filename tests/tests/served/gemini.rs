//! Gemini's `generateContent` and its stream.

use axum::body::Bytes;
use axum::extract::Path;
use axum::response::Response;
use serde_json::json;

use super::Said;

pub(super) async fn answer(Path(call): Path<String>, body: Bytes) -> Response {
    let request = super::parsed(&body);
    let must_call = request["toolConfig"]["functionCallingConfig"]["mode"] == "ANY";
    let limit = &request["generationConfig"]["maxOutputTokens"];
    let Said { text, calls, cut } = Said::to(&request["contents"], must_call, limit);
    let part = match calls {
        true => {
            json!({"functionCall": {"name": "weather", "args": {"city": "Oslo"}}, "thoughtSignature": "c2ln"})
        }
        false => json!({"text": text}),
    };
    let finish = if cut { "MAX_TOKENS" } else { "STOP" };
    let candidate = json!({"content": {"role": "model", "parts": [part]}, "finishReason": finish});
    let usage = json!({"promptTokenCount": 9, "candidatesTokenCount": 3, "totalTokenCount": 12});
    let whole = json!({"candidates": [candidate], "usageMetadata": usage, "responseId": "r"});
    match call.rsplit_once(':') {
        Some((_, "streamGenerateContent")) => super::events([whole]),
        _ => super::json(&whole),
    }
}
