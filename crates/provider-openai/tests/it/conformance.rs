//! The laws that every provider keeps, in both of OpenAI's APIs.

use laravel_ai_core::{Driver as _, ErrorKind, Usage};
use provider_openai::{Api, Config, OpenAi};
use provider_testkit::{Answer, Exchange, Role, Subject, conformance};
use serde_json::{Value, json};

fn response(output: &Value, usage: &Value) -> Value {
    json!({"id": "r", "object": "response", "model": "m", "status": "completed", "output": output, "usage": usage})
}

fn message() -> Value {
    json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "Titan.", "annotations": []}]})
}

fn begun() -> Value {
    json!({"type": "response.created", "response": {"id": "r", "model": "m", "status": "in_progress", "output": []}})
}

fn done(output: &Value, usage: &Value) -> Value {
    json!({"type": "response.completed", "response": response(output, usage)})
}

fn added(index: u32, item: &Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn item_done(index: u32, item: &Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn said(index: u32, text: &str) -> Value {
    json!({"type": "response.output_text.delta", "output_index": index, "content_index": 0, "item_id": "msg_1", "delta": text})
}

fn titan(usage: &Value) -> Vec<Value> {
    let open = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []});
    vec![
        begun(),
        added(0, &open),
        said(0, "Ti"),
        said(0, "tan."),
        item_done(0, &message()),
        done(&json!([message()]), usage),
    ]
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name,
        "arguments": arguments, "status": "completed"})
}

fn fragment(index: u32, text: &str) -> Value {
    json!({"type": "response.function_call_arguments.delta", "output_index": index, "delta": text})
}

fn both(output: &Value, events: Vec<Value>) -> Exchange {
    let end = done(output, &json!(null));
    let events = [vec![begun()], events, vec![end]].concat();
    Exchange::new(Answer::json(response(output, &json!(null))), Answer::sse_of(events))
}

fn responses() -> Subject {
    let used = json!({"input_tokens": 24, "input_tokens_details": {"cached_tokens": 20},
        "output_tokens": 8, "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 32});
    let mut usage = Usage::new(24, 8);
    (usage.cached_input, usage.reasoning) = (Some(20), Some(3));
    let calls = [call("c1", "weather", r#"{"city":"Oslo"}"#), call("c2", "weather", r#"{"city":"Rome"}"#)];
    let now = call("c1", "now", "");
    let hologram = json!({"type": "hologram", "id": "h_1", "depth": 3});
    let signature = "gAAAAABc2lnbmF0dXJl+/0=";
    let reasoning = json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "A moon."}],
        "encrypted_content": signature});
    let mut weather = titan(&json!(null));
    weather.insert(1, json!({"type": "response.weather", "is": "fine"}));
    let mut fine = response(&json!([message()]), &json!(null));
    fine["weather"] = json!("fine");

    // Embeddings and models are those of the compatible wire.
    provider_openai_compat::conformance::subject("gpt-6-luna", |connect| {
        let config = Config::new(connect.key.clone()).with_base_url(connect.base_url);
        OpenAi::connect("work", config, connect.resources)
    })
    .with(
        Role::Text,
        Exchange::new(Answer::json(response(&json!([message()]), &used)), Answer::sse_of(titan(&used)))
            .saying("Titan.")
            .using(usage),
    )
    .with(Role::NoUsage, both(&json!([message()]), titan(&json!(null))[1..5].to_vec()))
    .with(Role::UnknownEvents, Exchange::new(Answer::json(fine), Answer::sse_of(weather)))
    .with(Role::UnknownContent, both(&json!([hologram]), vec![added(0, &hologram), item_done(0, &hologram)]))
    .with(
        Role::ToolCalls,
        both(
            &json!(calls),
            vec![
                added(0, &call("c1", "weather", "")),
                fragment(0, r#"{"city":"#),
                fragment(0, r#""Oslo"}"#),
                item_done(0, &calls[0]),
                added(1, &call("c2", "weather", "")),
                fragment(1, r#"{"city":"Rome"}"#),
                item_done(1, &calls[1]),
            ],
        )
        .calling("weather", json!({"city": "Oslo"}))
        .calling("weather", json!({"city": "Rome"})),
    )
    .with(Role::EmptyArguments, both(&json!([now]), vec![added(0, &now), item_done(0, &now)]))
    .with(
        Role::State,
        both(
            &json!([reasoning, message()]),
            vec![
                added(0, &reasoning),
                item_done(0, &reasoning),
                added(1, &message()),
                item_done(1, &message()),
            ],
        )
        .keeping(signature),
    )
    .with(
        Role::Failing,
        Exchange::streamed(Answer::sse_of(
            [
                titan(&json!(null))[..3].to_vec(),
                vec![json!({"type": "error", "error": {"message": "no", "code": "server_is_overloaded"}})],
            ]
            .concat(),
        ))
        .failing(ErrorKind::Overloaded),
    )
    .with_error(
        Answer::json(json!({"error": {"message": "no", "code": "project_spend_limit_exceeded"}}))
            .with_status(429),
        ErrorKind::QuotaExceeded,
    )
}

fn completions() -> Subject {
    let subject = provider_openai_compat::conformance::subject("gpt-4.1", |connect| {
        let config = Config::new(connect.key.clone()).with_base_url(connect.base_url).with_api(Api::Chat);
        OpenAi::connect("work", config, connect.resources)
    });
    let stateless = "OpenAI's Chat Completions have no state that goes back";
    subject.without("state_returns_exactly", stateless).without("foreign_state_is_dropped", stateless)
}

conformance! {
    in_responses: responses();
    in_chat_completions: completions();
}

/// The page of what drivers take shows it.
#[test]
fn what_does_not_apply_is_written_down() {
    insta::assert_json_snapshot!("declared_openai", responses().declared());
    insta::assert_json_snapshot!("declared_openai_chat", completions().declared());
}
