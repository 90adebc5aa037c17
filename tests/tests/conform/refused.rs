//! Requests that are wrong are found wrong, each for its own reason. A judge that lets everything pass is worse than
//! none.

mod messages;
mod tools;

use serde_json::{Value, json};
use tests::SentRequest;
use tests::conformance::{Definition, OPENAI};

use crate::specs;

const CHAT: &str = "/v1/chat/completions";

/// A chat request that is right but for what is merged over it.
fn chat(with: Value) -> SentRequest {
    let mut body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]});
    let members = body.as_object_mut().unwrap();
    for (name, value) in with.as_object().unwrap() {
        match value {
            Value::Null => _ = members.remove(name),
            value => _ = members.insert(name.clone(), value.clone()),
        }
    }
    SentRequest::post(CHAT, body)
}

fn user(part: Value) -> SentRequest {
    chat(json!({"messages": [{"role": "user", "content": [part]}]}))
}

fn assistant_call(call: Value) -> SentRequest {
    chat(json!({"messages": [{"role": "assistant", "tool_calls": [call]}]}))
}

fn format(format: Value) -> SentRequest {
    chat(json!({"response_format": format}))
}

/// Each is refused, and the finding is at this place and says this.
fn refused(definition: &Definition, cases: Vec<(&str, SentRequest, &str, &str)>) {
    let mut wrong = Vec::new();
    for (name, request, place, says) in cases {
        let findings = definition.check(&request);
        if !findings.iter().any(|finding| finding.place == place && finding.problem.contains(says)) {
            let all: Vec<_> = findings.iter().map(ToString::to_string).collect();
            wrong.push(format!("{name}: no `{says}` at `{place}`, but {all:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_starting_points_are_right() {
    let Some(definition) = specs::definition(&OPENAI) else { return };
    let tool = json!({"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}});
    for request in [
        chat(json!({})),
        chat(json!({"tools": [tool], "tool_choice": {"type": "function", "function": {"name": "f"}}})),
        user(json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}})),
        assistant_call(json!({"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}})),
        format(json!({"type": "json_schema", "json_schema": {"name": "a", "schema": {}}})),
    ] {
        assert_eq!(definition.check(&request), [], "{}", request.body);
    }
}

#[test]
fn wrong_options_are_refused() {
    let Some(definition) = specs::definition(&OPENAI) else { return };
    refused(
        &definition,
        vec![
            ("unknown", chat(json!({"max_token": 1})), "(body)", "'max_token' was unexpected"),
            ("the field of another API", chat(json!({"input": "x"})), "(body)", "'input' was unexpected"),
            ("no model", chat(json!({"model": null})), "(body)", "\"model\" is a required property"),
            ("no messages", chat(json!({"messages": null})), "(body)", "\"messages\" is a required property"),
            ("empty messages", chat(json!({"messages": []})), "/messages", "[] has less than 1 item"),
            ("text for a number", chat(json!({"temperature": "hot"})), "/temperature", "is not of type"),
            ("too hot", chat(json!({"temperature": 3})), "/temperature", "greater than the maximum of 2"),
            (
                "a part of a token",
                chat(json!({"max_completion_tokens": 1.5})),
                "/max_completion_tokens",
                "integer",
            ),
            (
                "effort",
                chat(json!({"reasoning_effort": "huge"})),
                "/reasoning_effort",
                "\"huge\" is not one of",
            ),
            ("many stops", chat(json!({"stop": ["a", "b", "c", "d", "e"]})), "/stop", "more than 4 items"),
            ("stop of numbers", chat(json!({"stop": [1]})), "/stop/0", "is not of type \"string\""),
            (
                "stream options",
                chat(json!({"stream_options": {"usage": true}})),
                "/stream_options",
                "'usage' was unexpected",
            ),
            ("format", format(json!({"type": "yaml"})), "/response_format/type", "\"yaml\" is not one of"),
            (
                "schema without a name",
                format(json!({"type": "json_schema", "json_schema": {"schema": {}}})),
                "/response_format/json_schema",
                "\"name\" is a required property",
            ),
            (
                "schema beside its object",
                format(json!({"type": "json_schema", "json_schema": {"name": "a"}, "schema": {}})),
                "/response_format",
                "'schema' was unexpected",
            ),
        ],
    );
}

#[test]
fn wrong_embeddings_paths_and_headers_are_refused() {
    let Some(definition) = specs::definition(&OPENAI) else { return };
    let embed = |body| SentRequest::post("/v1/embeddings", body);
    let good = chat(json!({}));
    let at = |path: &str, method: &str| {
        let mut request = good.clone();
        (request.path, request.method) = (path.into(), method.into());
        request
    };
    let mut bodiless = good.clone();
    bodiless.body = Value::Null;
    refused(
        &definition,
        vec![
            ("no input", embed(json!({"model": "m"})), "(body)", "\"input\" is a required property"),
            ("object as input", embed(json!({"model": "m", "input": {}})), "/input", "is not of type"),
            (
                "numbers as text",
                embed(json!({"model": "m", "input": ["a", 1]})),
                "/input/1",
                "is not of type",
            ),
            (
                "encoding",
                embed(json!({"model": "m", "input": "a", "encoding_format": "hex"})),
                "/encoding_format",
                "not one of",
            ),
            (
                "dimensions",
                embed(json!({"model": "m", "input": "a", "dimensions": 0})),
                "/dimensions",
                "less than the minimum",
            ),
            ("path", at("/v1/chat/completion", "POST"), "(path)", "not in the definition"),
            ("doubled prefix", at("/v1/v1/chat/completions", "POST"), "(path)", "not in the definition"),
            ("method", at(CHAT, "PUT"), "(path)", "takes GET, POST, not PUT"),
            ("no body", bodiless, "(body)", "missing"),
            ("body of a list", at("/v1/models", "GET"), "(body)", "takes none"),
            ("no key", good.clone().with_header("authorization", None), "(headers)", "Bearer"),
            ("bare key", good.clone().with_header("authorization", Some("sk-test")), "(headers)", "Bearer"),
            (
                "text",
                good.clone().with_header("content-type", Some("text/plain")),
                "(headers)",
                "application/json",
            ),
        ],
    );
}
