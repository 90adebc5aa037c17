//! The laws that every provider keeps, in both of xAI's APIs.

use laravel_ai_core::{Driver as _, ErrorKind, Usage};
use provider_testkit::{Answer, Embedding, Exchange, Role, Subject};
use provider_xai::{Api, Config, Xai};
use serde_json::{Value, json};

use crate::support::json_of;

fn open(api: Api) -> Subject {
    Subject::new("grok-4.7", move |connect| {
        let config = Config::new(connect.key.clone()).with_base_url(connect.base_url).with_api(api);
        Xai::connect("work", config, connect.resources)
    })
    .with_error(
        flat("invalid-argument", "Incorrect API key provided: xa***ab.").with_status(400),
        ErrorKind::Authentication,
    )
    .with_error(
        flat("permission-denied", "Your team has used all available credits.").with_status(403),
        ErrorKind::QuotaExceeded,
    )
    .with_error(
        flat("not-found", "The model grok-99 does not exist").with_status(404),
        ErrorKind::ModelNotFound,
    )
    .with_embedding(Embedding::new(
        ["a", "b"],
        Answer::json(json!({"data": [
            {"index": 1, "embedding": [0.0, 1.0]}, {"index": 0, "embedding": [1.0, 0.0]}]})),
        vec![vec![1.0, 0.0], vec![0.0, 1.0]],
    ))
    .with_catalog(
        [
            Answer::json(
                json!({"object": "list", "data": [{"id": "grok-large"}, {"id": "grok-imagine-image"}]}),
            ),
            Answer::json(json!({"models": [{"id": "grok-large"}, {"id": "grok-small"}]})),
        ],
        ["grok-large", "grok-imagine-image", "grok-small"],
    )
    .with_credential_check([Answer::json(json_of("xai_api_key.json"))])
}

fn flat(code: &str, words: &str) -> Answer {
    Answer::json(json!({"code": code, "error": words}))
}

fn used() -> Usage {
    let mut usage = Usage::new(24, 11);
    (usage.cached_input, usage.reasoning) = (Some(20), Some(3));
    usage
}

/// Responses.
mod responses {
    use super::*;

    fn response(output: &Value, usage: &Value) -> Value {
        json!({"id": "r", "object": "response", "model": "m", "status": "completed", "output": output, "usage": usage})
    }

    fn message() -> Value {
        json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "Titan.", "annotations": []}]})
    }

    fn call(id: &str, name: &str, arguments: &str) -> Value {
        json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name,
            "arguments": arguments, "status": "completed"})
    }

    fn added(index: u32, item: &Value) -> Value {
        json!({"type": "response.output_item.added", "output_index": index, "item": item})
    }

    fn done(index: u32, item: &Value) -> Value {
        json!({"type": "response.output_item.done", "output_index": index, "item": item})
    }

    fn fragment(index: u32, text: &str) -> Value {
        json!({"type": "response.function_call_arguments.delta", "output_index": index, "delta": text})
    }

    fn said(text: &str) -> Value {
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text})
    }

    fn text() -> Vec<Value> {
        let open = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []});
        vec![added(0, &open), said("Ti"), said("tan."), done(0, &message())]
    }

    fn both(output: &Value, usage: &Value, events: Vec<Value>) -> Exchange {
        let begun = json!({"type": "response.created",
            "response": {"id": "r", "model": "m", "status": "in_progress", "output": []}});
        let end = json!({"type": "response.completed", "response": response(output, usage)});
        let ping = json!({"type": "ping", "sequence_number": 1});
        let events = [vec![begun, ping], events, vec![end]].concat();
        Exchange::new(Answer::json(response(output, usage)), Answer::sse_of(events))
    }

    pub(super) fn subject() -> Subject {
        let none = json!(null);
        let usage = json!({"input_tokens": 24, "input_tokens_details": {"cached_tokens": 20}, "output_tokens": 11,
            "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 35, "cost_in_usd_ticks": 5});
        let output = json!([message()]);
        let calls =
            [call("c1", "weather", r#"{"city":"Oslo"}"#), call("c2", "weather", r#"{"city":"Rome"}"#)];
        let now = call("c1", "now", "");
        let hologram = json!({"type": "hologram", "id": "h_1", "depth": 3});
        let signature = "gAAAAABc2lnbmF0dXJl+/0=";
        let reasoning = json!({"type": "reasoning", "id": "rs_1", "encrypted_content": signature,
            "summary": [{"type": "summary_text", "text": "A moon."}]});
        let mut weather = text();
        weather.insert(1, json!({"type": "response.x_weather.fine", "is": "fine"}));

        super::open(Api::Responses)
            .with(Role::Text, both(&output, &usage, text()).saying("Titan.").using(used()))
            .with(Role::NoUsage, both(&output, &none, text()))
            .with(Role::UnknownEvents, both(&output, &none, weather))
            .with(
                Role::UnknownContent,
                both(&json!([hologram]), &none, vec![added(0, &hologram), done(0, &hologram)]),
            )
            .with(
                Role::ToolCalls,
                both(
                    &json!(calls),
                    &none,
                    vec![
                        added(0, &call("c1", "weather", "")),
                        fragment(0, r#"{"city":"#),
                        fragment(0, r#""Oslo"}"#),
                        done(0, &calls[0]),
                        added(1, &call("c2", "weather", "")),
                        fragment(1, r#"{"city":"Rome"}"#),
                        done(1, &calls[1]),
                    ],
                )
                .calling("weather", json!({"city": "Oslo"}))
                .calling("weather", json!({"city": "Rome"})),
            )
            .with(Role::EmptyArguments, both(&json!([now]), &none, vec![added(0, &now), done(0, &now)]))
            .with(
                Role::State,
                both(
                    &json!([reasoning, message()]),
                    &none,
                    vec![
                        added(0, &reasoning),
                        done(0, &reasoning),
                        added(1, &message()),
                        done(1, &message()),
                    ],
                )
                .keeping(signature),
            )
            .with(
                Role::Failing,
                Exchange::streamed(Answer::sse_of([
                    said("Ti"),
                    json!({"type": "error", "code": "unavailable", "message": "The model is at capacity"}),
                ]))
                .failing(ErrorKind::Overloaded),
            )
    }

    provider_testkit::conformance!(subject());

    /// The page of what drivers take shows it.
    #[test]
    fn what_does_not_apply_is_written_down() {
        insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false}, {
            insta::assert_json_snapshot!("it__conformance__declared_xai", subject().declared());
        });
    }
}

/// Chat Completions.
mod chat {
    use super::*;

    fn whole(message: &Value, finish: &str, usage: &Value) -> Answer {
        Answer::json(json!({"id": "a", "object": "chat.completion", "model": "m", "usage": usage,
            "choices": [{"index": 0, "message": message, "finish_reason": finish}]}))
    }

    fn chunk(delta: &Value, finish: Option<&str>) -> Value {
        json!({"id": "a", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    }

    fn streamed(chunks: Vec<Value>) -> Answer {
        Answer::sse_of(chunks.iter().map(Value::to_string).chain(["[DONE]".to_owned()]))
    }

    fn call(id: &str, name: &str, arguments: &str) -> Value {
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
    }

    /// xAI sends a call whole; the pieces are those of a later version.
    fn piece(index: u32, mut call: Value) -> Value {
        call["index"] = json!(index);
        chunk(&json!({"tool_calls": [call]}), None)
    }

    fn text() -> Vec<Value> {
        vec![
            chunk(&json!({"role": "assistant", "content": "Ti"}), None),
            chunk(&json!({"content": "tan."}), None),
            chunk(&json!({}), Some("stop")),
        ]
    }

    pub(super) fn subject() -> Subject {
        let none = json!(null);
        let usage = json!({"prompt_tokens": 24, "completion_tokens": 8, "total_tokens": 35, "cost_in_usd_ticks": 5,
            "prompt_tokens_details": {"cached_tokens": 20}, "completion_tokens_details": {"reasoning_tokens": 3}});
        let message = json!({"role": "assistant", "content": "Titan.", "refusal": null});
        let last = json!({"id": "a", "model": "m", "choices": [], "usage": usage});
        let calls = json!({"role": "assistant", "content": "", "tool_calls": [
            call("c1", "weather", r#"{"city":"Oslo"}"#), call("c2", "weather", r#"{"city":"Rome"}"#)]});
        let now = json!({"role": "assistant", "content": "", "tool_calls": [call("c1", "now", "")]});
        let hologram = json!([{"type": "hologram", "depth": 3}]);
        let mut weather = text();
        weather.insert(1, json!({"id": "a", "object": "weather", "choices": []}));
        let end = |finish| chunk(&json!({}), Some(finish));

        super::open(Api::Chat)
            .with(
                Role::Text,
                Exchange::new(whole(&message, "stop", &usage), streamed([text(), vec![last]].concat()))
                    .saying("Titan.")
                    .using(used()),
            )
            .with(Role::NoUsage, Exchange::new(whole(&message, "stop", &none), streamed(text())))
            .with(Role::UnknownEvents, Exchange::new(whole(&message, "stop", &none), streamed(weather)))
            .with(
                Role::UnknownContent,
                Exchange::new(
                    whole(&json!({"role": "assistant", "content": hologram}), "stop", &none),
                    streamed(vec![chunk(&json!({"content": hologram}), None), end("stop")]),
                ),
            )
            .with(
                Role::ToolCalls,
                Exchange::new(
                    whole(&calls, "tool_calls", &none),
                    streamed(vec![
                        piece(0, call("c1", "weather", r#"{"city":"#)),
                        piece(0, json!({"function": {"arguments": r#""Oslo"}"#}})),
                        piece(1, call("c2", "weather", r#"{"city":"Rome"}"#)),
                        end("tool_calls"),
                    ]),
                )
                .calling("weather", json!({"city": "Oslo"}))
                .calling("weather", json!({"city": "Rome"})),
            )
            .with(
                Role::EmptyArguments,
                Exchange::new(
                    whole(&now, "tool_calls", &none),
                    streamed(vec![piece(0, call("c1", "now", "")), end("tool_calls")]),
                ),
            )
            .with(
                Role::Failing,
                Exchange::streamed(Answer::sse_of([
                    chunk(&json!({"content": "Ti"}), None),
                    json!({"code": "unavailable", "error": "The model is currently at capacity"}),
                ]))
                .failing(ErrorKind::Overloaded),
            )
            .without("state_returns_exactly", "Chat Completions of xAI give no opaque state")
            .without("foreign_state_is_dropped", "Chat Completions of xAI give no opaque state")
    }

    provider_testkit::conformance!(subject());

    /// The page of what drivers take shows it.
    #[test]
    fn what_does_not_apply_is_written_down() {
        insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false}, {
            insta::assert_json_snapshot!("it__conformance__declared_xai_chat", subject().declared());
        });
    }
}
