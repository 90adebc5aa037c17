//! Whole answers.

use bytes::Bytes;
use http::Response;
use laravel_ai_core::{
    AssistantPart, ChatResponse, ErrorKind, FinishReason, RawJson, ToolCallKind, WarningKind,
};
use serde_json::{Value, json};

use crate::support::{answer, decoded, dialect, read_by, said};

pub(crate) fn decode(body: impl ToString) -> laravel_ai_core::Result<ChatResponse> {
    let response = Response::new(Bytes::from(body.to_string()));
    decoded(&dialect(), &response)
}

pub(crate) fn of(output: Value) -> ChatResponse {
    decode(json!({"id": "resp_1", "object": "response", "status": "completed", "output": output})).unwrap()
}

#[test]
fn every_example() {
    for name in read_by("decode") {
        let response = decoded(&dialect(), &answer(&name));
        let response = response.unwrap_or_else(|e| panic!("{name}: {e}"));
        insta::assert_json_snapshot!(name.trim_end_matches(".json"), response);
    }
}

#[test]
fn an_answer_that_failed_is_an_error_although_http_said_200() {
    for name in read_by("failed") {
        let error = decoded(&dialect(), &answer(&name)).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(200)), "{name}");
        assert_eq!(said(&error).code.as_deref(), Some("server_error"));
        assert!(error.partial().is_none());
    }
}

#[test]
fn what_was_made_before_a_failure_is_kept() {
    let error = decode(json!({
        "id": "resp_1", "status": "failed", "error": {"code": "rate_limit_exceeded", "message": "slow"},
        "output": [{"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "Half"}]}],
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }))
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.possibly_billed(), "tokens were made");
    let partial = error.partial().unwrap();
    assert_eq!((partial.text().as_str(), partial.usage.output), ("Half", Some(1)));

    let error = decode(json!({"id": "resp_1", "status": "cancelled", "output": []})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn what_is_no_response_is_said_to_be_none() {
    for (body, kind) in [
        ("", ErrorKind::Decode),
        ("<html>", ErrorKind::Decode),
        ("{}", ErrorKind::Decode),
        (r#"{"output":3}"#, ErrorKind::Decode),
        (r#"{"error":{"code":"invalid_api_key","message":"x"}}"#, ErrorKind::Authentication),
    ] {
        assert_eq!(decode(body).unwrap_err().kind(), kind, "{body}");
    }
}

#[test]
fn the_end_is_told_by_what_there_is() {
    let ends = |status: Value, details: Value, output: Value| {
        decode(json!({"id": "r", "status": status, "incomplete_details": details, "output": output}))
            .unwrap()
            .finish
    };
    let call = json!([{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{"}]);
    let refusal = json!([{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]);
    let finish = ends(json!("completed"), Value::Null, call.clone());
    assert_eq!((finish.reason, finish.raw.as_deref()), (FinishReason::ToolCalls, Some("completed")));
    assert_eq!(ends(json!("completed"), Value::Null, refusal).reason, FinishReason::Refusal);
    let finish = ends(json!("incomplete"), json!({"reason": "max_output_tokens"}), call);
    assert_eq!((finish.reason, finish.raw.as_deref()), (FinishReason::Length, Some("max_output_tokens")));
    let finish = ends(json!("incomplete"), json!({"reason": "steered"}), json!([]));
    assert_eq!((finish.reason, finish.raw.as_deref()), (FinishReason::Unknown, Some("steered")));
    assert_eq!(ends(json!("queued"), Value::Null, json!([])).reason, FinishReason::Unknown);
    assert_eq!(ends(Value::Null, Value::Null, json!([])).reason, FinishReason::Stop);
}

#[test]
fn calls_are_matched_by_call_id() {
    let answer = of(json!([
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "sql", "input": "SELECT 1"},
    ]));
    let calls: Vec<_> =
        answer.tool_calls().map(|call| (call.id.as_str(), call.kind, call.arguments.as_str())).collect();
    assert_eq!(
        calls,
        [("call_1", ToolCallKind::Function, "{}"), ("call_2", ToolCallKind::Custom, "SELECT 1")]
    );
}

#[test]
fn the_tools_of_openai_are_calls_and_results() {
    let answer = of(json!([
        {"type": "code_interpreter_call", "id": "ci_1", "code": "1+1", "container_id": "cntr_1", "outputs": [{"type": "logs", "logs": "2"}]},
        {"type": "mcp_call", "id": "mcp_1", "server_label": "docs", "name": "search", "arguments": "{}", "output": "found", "error": null},
        {"type": "file_search_call", "id": "fs_1", "queries": ["moons"], "results": null},
        {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": "https://a.example"}]}},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBORw0KGgo="},
        {"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "docs", "name": "delete", "arguments": "{}"},
    ]));
    let seen: Vec<Value> = answer
        .content
        .iter()
        .map(|part| match part {
            AssistantPart::ProviderCall(call) => {
                json!([call.id, call.name, call.input.as_ref().map(RawJson::as_str)])
            }
            AssistantPart::ProviderResult(result) => {
                json!([result.call_id, result.output.as_ref().map(RawJson::as_str)])
            }
            AssistantPart::Media(media) => json!([media.mime, media.base64()]),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        Value::from(seen),
        json!([
            ["ci_1", "code_interpreter", r#"{"code":"1+1","container_id":"cntr_1"}"#],
            ["ci_1", r#"[{"type":"logs","logs":"2"}]"#],
            ["mcp_1", "mcp", r#"{"server_label":"docs","name":"search","arguments":"{}"}"#],
            ["mcp_1", r#"{"output":"found"}"#],
            ["fs_1", "file_search", r#"["moons"]"#],
            [
                "ws_1",
                "web_search",
                r#"{"type":"search","query":"q","sources":[{"type":"url","url":"https://a.example"}]}"#
            ],
            ["ws_1", r#"[{"type":"url","url":"https://a.example"}]"#],
            ["ig_1", "image_generation", null],
            ["image/png", "iVBORw0KGgo="],
            ["mcpr_1", "mcp_approval_request", r#"{"server_label":"docs","name":"delete","arguments":"{}"}"#],
        ])
    );
    assert_eq!(answer.warnings, []);
}

#[test]
fn what_nobody_knows_is_kept_and_told() {
    let answer = of(json!([
        {"type": "quantum_call", "id": "q_1", "spin": 0.5},
        {"type": "compaction", "id": "cmp_1", "encrypted_content": "x"},
        {"type": "message", "id": "msg_1", "content": [{"type": "hologram", "data": 1}]},
    ]));
    let data: Vec<_> = answer.content.iter().map(|part| part.opaque().unwrap().data.as_str()).collect();
    assert_eq!(
        data,
        [
            r#"{"type":"quantum_call","id":"q_1","spin":0.5}"#,
            r#"{"type":"compaction","id":"cmp_1","encrypted_content":"x"}"#,
            r#"{"item":{"type":"message","id":"msg_1"},"part":{"type":"hologram","data":1}}"#,
        ]
    );
    let warned: Vec<_> =
        answer.warnings.iter().map(|warning| (warning.kind, warning.subject.as_str())).collect();
    assert_eq!(warned, [(WarningKind::UnknownPart, "quantum_call"), (WarningKind::UnknownPart, "content")]);
}

#[test]
fn every_kind_of_annotation_is_a_source() {
    let answer = of(
        json!([{"type": "message", "content": [{"type": "output_text", "text": "x", "annotations": [
            {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 1},
            {"type": "file_citation", "file_id": "file_1", "filename": "b.pdf", "index": 3},
            {"type": "container_file_citation", "container_id": "c", "file_id": "file_2", "filename": "c.csv", "start_index": 0, "end_index": 1},
            {"type": "file_path", "file_id": "file_3", "index": 3},
        ]}]}]),
    );
    let AssistantPart::Text(text) = &answer.content[0] else { panic!("no text") };
    let titles: Vec<_> = text.sources.iter().map(|source| source.title.as_deref().unwrap()).collect();
    assert_eq!(titles, ["A", "b.pdf", "c.csv", "file_3"]);
}

#[test]
fn likelihoods_counts_and_tier_are_kept() {
    let answer = decode(json!({
        "id": "r", "status": "completed", "service_tier": "priority",
        "conversation": {"id": "conv_1"}, "tools": [{"type": "web_search"}],
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "x", "logprobs": [{"token": "x", "logprob": -0.1}]}]}],
        "usage": {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2, "cache_write_tokens_details": {"ttl_30m_tokens": 1, "ttl_12h_tokens": 1}},
                  "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 15},
        "input_transformations": [{"type": "reasoning", "id": "rs_1", "action": "removed", "reason": "model_mismatch"}],
    }))
    .unwrap();
    assert_eq!(
        answer.metadata["logprobs"].as_str(),
        r#"{"content":[{"token":"x","logprob":-0.1}],"refusal":null}"#
    );
    let mut names: Vec<_> = answer.metadata.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["conversation", "input_transformations", "logprobs"],
        "what is repeated of the request is not kept"
    );
    assert_eq!(answer.service_tier.as_deref(), Some("priority"));
    let usage = &answer.usage;
    assert_eq!((usage.cached_input, usage.cache_write_input, usage.reasoning), (Some(4), Some(2), Some(3)));
    assert_eq!(usage.long_cache_write_input, Some(1));
    assert_eq!(
        (answer.warnings[0].kind, answer.warnings[0].subject.as_str()),
        (WarningKind::StateDropped, "reasoning")
    );
}
