//! The laws that every provider keeps.

use laravel_ai_core::{Driver as _, ErrorKind, Usage};
use provider_gemini::{Config, Gemini};
use provider_testkit::{Answer, Embedding, Exchange, Role, Subject, conformance};
use serde_json::{Value, json};

fn piece(parts: &Value, more: &Value) -> Value {
    let mut piece = json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}],
        "modelVersion": "gemini-3.5-flash", "responseId": "r"});
    let into = |to: &mut Value, from: &Value| {
        to.as_object_mut().unwrap().extend(from.as_object().unwrap().clone());
    };
    into(&mut piece, more);
    piece
}

fn last(mut piece: Value) -> Value {
    piece["candidates"][0]["finishReason"] = json!("STOP");
    piece
}

/// The same parts in one answer, and in one frame for each.
fn both(parts: &[Value], more: &Value) -> Exchange {
    let whole = last(piece(&json!(parts), more));
    let mut frames: Vec<Value> = parts.iter().map(|part| piece(&json!([part]), more)).collect();
    let end = frames.pop().unwrap();
    frames.push(last(end));
    Exchange::new(Answer::json(whole), Answer::sse_of(frames))
}

fn titan(more: &Value) -> Exchange {
    let frames = [piece(&json!([{"text": "Ti"}]), more), last(piece(&json!([{"text": "tan."}]), more))];
    Exchange::new(Answer::json(last(piece(&json!([{"text": "Titan."}]), more))), Answer::sse_of(frames))
}

fn call(name: &str, args: &Value) -> Value {
    json!({"functionCall": {"name": name, "args": args}, "thoughtSignature": "c2ln"})
}

fn refused(status: u16, name: &str, message: &str) -> Answer {
    Answer::json(json!({"error": {"code": status, "message": message, "status": name}})).with_status(status)
}

fn subject() -> Subject {
    let used = json!({"usageMetadata": {"promptTokenCount": 20, "toolUsePromptTokenCount": 4, "cachedContentTokenCount": 16,
        "candidatesTokenCount": 5, "thoughtsTokenCount": 3, "totalTokenCount": 32}});
    let mut usage = Usage::new(24, 8);
    (usage.cached_input, usage.reasoning) = (Some(16), Some(3));
    let signature = "EpwHCpkHAXLI2nw/+c2lnbmF0dXJl=";
    let failing = [
        piece(&json!([{"text": "Ti"}]), &json!({})),
        json!({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}),
    ];

    Subject::new("gemini-3.5-flash", |connect| {
        let config = Config::new(connect.key.clone()).with_base_url(connect.base_url);
        Gemini::connect("work", config, connect.resources)
    })
    .with(Role::Text, titan(&used).saying("Titan.").using(usage))
    .with(Role::NoUsage, titan(&json!({})))
    .with(Role::UnknownEvents, titan(&json!({"weather": "fine"})))
    .with(Role::UnknownContent, both(&[json!({"hologram": {"depth": 3}})], &json!({})))
    .with(
        Role::ToolCalls,
        both(
            &[call("weather", &json!({"city": "Oslo"})), call("weather", &json!({"city": "Rome"}))],
            &json!({}),
        )
        .calling("weather", json!({"city": "Oslo"}))
        .calling("weather", json!({"city": "Rome"})),
    )
    .with(Role::EmptyArguments, both(&[json!({"functionCall": {"name": "now"}})], &json!({})))
    .with(
        Role::State,
        both(&[json!({"text": "Titan."}), json!({"text": "", "thoughtSignature": signature})], &json!({}))
            .keeping(signature),
    )
    .with(Role::Failing, Exchange::streamed(Answer::sse_of(failing)).failing(ErrorKind::Overloaded))
    .with_error(refused(404, "NOT_FOUND", "models/x is not found"), ErrorKind::ModelNotFound)
    .with_error(
        refused(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
        ErrorKind::QuotaExceeded,
    )
    .with_embedding(Embedding::new(
        ["a", "b"],
        Answer::json(json!({"embeddings": [{"values": [1.0, 0.0]}, {"values": [0.0, 1.0]}]})),
        vec![vec![1.0, 0.0], vec![0.0, 1.0]],
    ))
    .with_catalog(
        [
            Answer::json(json!({"models": [{"name": "models/large"}], "nextPageToken": "p2"})),
            Answer::json(json!({"models": [{"name": "models/small"}]})),
        ],
        ["large", "small"],
    )
}

conformance!(subject());

/// The page of what drivers take shows it.
#[test]
fn what_does_not_apply_is_written_down() {
    insta::assert_json_snapshot!("declared_gemini", subject().declared());
}
