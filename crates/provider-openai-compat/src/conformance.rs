//! Chat Completions as a vendor of `provider-testkit`: what a server answers in each role.

use laravel_ai_core::{ErrorKind, Provider, Result, Usage};
use provider_testkit::{Answer, Connect, Embedding, Exchange, Role, Subject};
use serde_json::{Value, json};
use std::sync::Arc;

/// A provider that speaks Chat Completions, to be tested against the laws of [`provider_testkit`]: OpenAI's wire in every
/// role, with embeddings and models. What a vendor does otherwise replaces it ([`Subject::with`]), and what it does not
/// have is declared ([`Subject::without`]).
///
/// `model` is any name, `open` opens the provider at the base URL that it is given.
///
/// ```
/// use laravel_ai_core::Driver as _;
/// use provider_openai_compat::{Config, OpenAiCompatible, conformance};
///
/// let subject = conformance::subject("any-model", |connect| {
///     let mut config = Config::new(connect.base_url);
///     config.api_key = Some(connect.key.clone());
///     OpenAiCompatible::connect("work", config, connect.resources)
/// });
/// # let _ = subject;
/// // In a test: provider_testkit::conformance!(subject());
/// ```
pub fn subject(
    model: &str,
    open: impl Fn(&Connect<'_>) -> Result<Arc<dyn Provider>> + Send + Sync + 'static,
) -> Subject {
    let used = json!({
        "prompt_tokens": 24, "completion_tokens": 8, "total_tokens": 32,
        "prompt_tokens_details": {"cached_tokens": 20},
    });
    let mut usage = Usage::new(24, 8);
    usage.cached_input = Some(20);
    let text = json!({"role": "assistant", "content": "Titan."});
    let with_usage = json!({"id": "a", "model": "m", "choices": [], "usage": used});
    let calls = json!({"role": "assistant", "content": null, "tool_calls": [
        call("c1", "weather", r#"{"city":"Oslo"}"#), call("c2", "weather", r#"{"city":"Rome"}"#)]});
    let signature = "c2lnbmF0dXJl+/0=";
    let signed = json!({"role": "assistant", "content": "Titan.", "reasoning_details": [{"type": "reasoning.encrypted", "data": signature}]});
    let hologram = json!([{"type": "hologram", "depth": 3}]);

    Subject::new(model, open)
        .with(
            Role::Text,
            Exchange::new(whole(&text, "stop", &used), streamed([titan(), vec![with_usage]].concat()))
                .saying("Titan.")
                .using(usage),
        )
        .with(Role::NoUsage, Exchange::new(whole(&text, "stop", &json!(null)), streamed(titan())))
        .with(
            Role::UnknownEvents,
            Exchange::new(
                whole(
                    &json!({"role": "assistant", "content": "Titan.", "weather": "fine"}),
                    "stop",
                    &json!(null),
                ),
                Answer::sse(
                    [b"event: weather\ndata: {\"is\": \"fine\"}\n\n", &*streamed(titan()).body].concat(),
                ),
            ),
        )
        .with(
            Role::UnknownContent,
            Exchange::new(
                whole(&json!({"role": "assistant", "content": hologram}), "stop", &json!(null)),
                streamed(vec![chunk(&json!({"content": hologram}), None), chunk(&json!({}), Some("stop"))]),
            ),
        )
        .with(
            Role::ToolCalls,
            Exchange::new(
                whole(&calls, "tool_calls", &json!(null)),
                streamed(vec![
                    chunk(&begun(0, "c1", "weather", r#"{"city":"#), None),
                    chunk(&more(0, r#""Oslo"}"#), None),
                    chunk(&begun(1, "c2", "weather", r#"{"city":"Rome"}"#), None),
                    chunk(&json!({}), Some("tool_calls")),
                ]),
            )
            .calling("weather", json!({"city": "Oslo"}))
            .calling("weather", json!({"city": "Rome"})),
        )
        .with(
            Role::EmptyArguments,
            Exchange::new(
                whole(
                    &json!({"role": "assistant", "tool_calls": [call("c1", "now", "")]}),
                    "tool_calls",
                    &json!(null),
                ),
                streamed(vec![
                    chunk(&begun(0, "c1", "now", ""), None),
                    chunk(&json!({}), Some("tool_calls")),
                ]),
            ),
        )
        .with(
            Role::State,
            Exchange::new(
                whole(&signed, "stop", &json!(null)),
                streamed(vec![chunk(&signed, None), chunk(&json!({}), Some("stop"))]),
            )
            .keeping(signature),
        )
        .with(
            Role::Failing,
            Exchange::streamed(Answer::sse_of([
                chunk(&json!({"content": "Ti"}), None),
                json!({"error": {"message": "no", "code": "server_is_overloaded"}}),
            ]))
            .failing(ErrorKind::Overloaded),
        )
        .with_error(
            Answer::json(json!({"error": {"message": "no", "code": "model_not_found"}})).with_status(404),
            ErrorKind::ModelNotFound,
        )
        .with_error(
            Answer::json(json!({"error": {"message": "no", "code": "context_length_exceeded"}}))
                .with_status(400),
            ErrorKind::ContextTooLong,
        )
        .with_embedding(Embedding::new(
            ["a", "b"],
            Answer::json(json!({"data": [
            {"index": 1, "embedding": [0.0, 1.0]}, {"index": 0, "embedding": [1.0, 0.0]}]})),
            vec![vec![1.0, 0.0], vec![0.0, 1.0]],
        ))
        .with_catalog(
            [Answer::json(json!({"object": "list", "data": [{"id": "large"}, {"id": "small"}]}))],
            ["large", "small"],
        )
}

fn whole(message: &Value, finish: &str, usage: &Value) -> Answer {
    Answer::json(json!({
        "id": "a", "object": "chat.completion", "model": "m", "usage": usage,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }))
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({"id": "a", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

fn streamed(chunks: Vec<Value>) -> Answer {
    let chunks = chunks.into_iter().map(|chunk| chunk.to_string());
    Answer::sse_of(chunks.chain(["[DONE]".to_owned()]))
}

fn titan() -> Vec<Value> {
    vec![
        chunk(&json!({"role": "assistant", "content": "Ti"}), None),
        chunk(&json!({"content": "tan."}), None),
        chunk(&json!({}), Some("stop")),
    ]
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

/// The first piece of a call.
fn begun(index: u32, id: &str, name: &str, arguments: &str) -> Value {
    let function = json!({"name": name, "arguments": arguments});
    json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]})
}

/// A later one.
fn more(index: u32, arguments: &str) -> Value {
    json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]})
}
