//! Whole answers.

use bytes::Bytes;
use http::Response;
use laravel_ai_core::{AssistantPart, ChatResponse, ErrorKind, FinishReason, ToolCallKind, WarningKind};
use provider_openai_compat::{Dialect, OpenAiError, ReasoningTokens, error_in_answer};
use serde_json::json;

use crate::support::{answer, decoded, dialect_of, no_answer, read_by};

fn decode(body: impl ToString) -> laravel_ai_core::Result<ChatResponse> {
    let response = Response::new(Bytes::from(body.to_string()));
    decoded(&Dialect::new("openai-compatible"), &response)
}

fn message(message: serde_json::Value, finish: serde_json::Value) -> ChatResponse {
    decode(json!({"id": "a", "choices": [{"index": 0, "message": message, "finish_reason": finish}]}))
        .unwrap()
}

#[test]
fn every_example() {
    for name in read_by("decode") {
        let response = decoded(&dialect_of(&name), &answer(&name));
        let response = response.unwrap_or_else(|e| panic!("{name}: {e}"));
        insta::assert_json_snapshot!(name.trim_end_matches(".json"), response);
    }
}

#[test]
fn reasoning_outside_the_output_is_added() {
    let mut dialect = Dialect::new("openai-compatible");
    let body = json!({
        "id": "a", "choices": [{"message": {"content": "x"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 24, "completion_tokens": 2, "total_tokens": 316,
                  "completion_tokens_details": {"reasoning_tokens": 290}},
    });
    let response = Response::new(Bytes::from(body.to_string()));
    for (convention, output) in
        [(ReasoningTokens::BySum, 292), (ReasoningTokens::Outside, 292), (ReasoningTokens::Inside, 2)]
    {
        dialect.reasoning_tokens = convention;
        let usage = decoded(&dialect, &response).unwrap().usage;
        assert_eq!((usage.output, usage.reasoning), (Some(output), Some(290)), "{convention:?}");
    }
}

#[test]
fn a_total_that_nothing_explains_is_not_believed() {
    let usage = decode(json!({
        "id": "a", "choices": [{"message": {"content": "x"}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 99,
                  "completion_tokens_details": {"reasoning_tokens": 3}},
    }));
    let usage = usage.unwrap().usage;
    assert_eq!((usage.output, usage.reasoning), (Some(5), Some(3)));
}

#[test]
fn the_usage_object_is_kept_letter_by_letter() {
    let raw = r#"{ "prompt_tokens": 1.0,  "completion_tokens":2, "mystery": [1e2] }"#;
    let body = format!(r#"{{"id":"a","choices":[{{"message":{{"content":"x"}}}}],"usage":{raw}}}"#);
    let usage = decode(body).unwrap().usage;
    assert_eq!((usage.input, usage.output), (Some(1), Some(2)));
    assert_eq!(usage.raw.unwrap().as_str(), raw);
    for silent in [
        "null",
        "{}",
        "[]",
        "{\"prompt_tokens\":null}",
        "{\"prompt_tokens\":-1}",
        "{\"prompt_tokens\":-1.5}",
        "{\"prompt_tokens\":1e300}",
    ] {
        let body = format!(r#"{{"id":"a","choices":[{{"message":{{"content":"x"}}}}],"usage":{silent}}}"#);
        assert!(decode(body).unwrap().usage.is_unknown(), "{silent}");
    }
}

#[test]
fn lists_that_are_null_and_texts_that_are_none_are_read() {
    let response = decode(json!({
        "id": 17, "object": null, "created": "yesterday", "model": null, "service_tier": "brand-new",
        "choices": [{
            "index": null, "logprobs": null, "finish_reason": "because",
            "message": {"role": 7, "content": "hi", "refusal": null, "tool_calls": null, "annotations": null,
                        "function_call": null},
        }],
        "usage": null, "x_new": {"a": 1},
    }))
    .unwrap();
    assert_eq!(response.text(), "hi");
    assert_eq!(response.id.as_deref(), Some("17"));
    assert_eq!(response.service_tier.as_deref(), Some("brand-new"));
    assert_eq!(response.finish.reason, FinishReason::Unknown);
    assert_eq!(response.finish.raw.as_deref(), Some("because"));
    assert_eq!(response.metadata["x_new"].as_str(), r#"{"a":1}"#);
    assert!(response.warnings.is_empty());
}

#[test]
fn calls_decide_over_the_finish_reason() {
    let call = json!([{"id": "c", "function": {"name": "f", "arguments": "{}"}}]);
    for word in [
        json!("stop"),
        json!(""),
        json!(null),
        json!("whatever"),
        json!("tool_calls"),
        json!("function_call"),
    ] {
        let response = message(json!({"tool_calls": call}), word.clone());
        assert_eq!(response.finish.reason, FinishReason::ToolCalls, "{word}");
        assert_eq!(response.finish.raw.as_deref(), word.as_str().filter(|word| !word.is_empty()));
    }
    let cut = message(
        json!({"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{\"a"}}]}),
        json!("length"),
    );
    assert_eq!(cut.finish.reason, FinishReason::Length);
    assert!(cut.tool_calls().next().unwrap().truncated);
    assert_eq!(message(json!({"content": "x"}), json!("tool_calls")).finish.reason, FinishReason::Unknown);
    assert_eq!(message(json!({"refusal": "no"}), json!("stop")).finish.reason, FinishReason::Refusal);
}

#[test]
fn arguments_come_in_every_form() {
    for (arguments, text) in [
        (json!("{\"a\": 1}"), "{\"a\": 1}"),
        (json!(""), ""),
        (json!(null), ""),
        (json!({"b": 2, "a": {"x": []}}), "{\"b\":2,\"a\":{\"x\":[]}}"),
        (json!([1, 2]), "[1,2]"),
        (json!("not json"), "not json"),
    ] {
        let response = message(
            json!({"tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}),
            json!(null),
        );
        assert_eq!(response.tool_calls().next().unwrap().arguments, text);
    }
    let verbatim = r#"{"id":"a","choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"b":1.50,"a":12345678901234567890123}}}]}}]}"#;
    let response = decode(verbatim).unwrap();
    assert_eq!(response.tool_calls().next().unwrap().arguments, r#"{"b":1.50,"a":12345678901234567890123}"#);
}

#[test]
fn missing_ids_are_made_up_the_same_way_each_time() {
    let body = json!({"id": "chatcmpl-1", "choices": [{"message": {"tool_calls": [
        {"function": {"name": "f", "arguments": "{}"}}, {"id": "", "function": {"name": "g", "arguments": "{}"}},
    ]}}]});
    let ids = |body: &serde_json::Value| {
        decode(body).unwrap().tool_calls().map(|call| call.id.clone()).collect::<Vec<_>>()
    };
    let first = ids(&body);
    assert_eq!(first, ids(&body));
    assert_ne!(first[0], first[1]);
    assert!(first.iter().all(|id| id.len() <= 40), "OpenAI takes ids of 40 characters");
    let mut another = body.clone();
    another["id"] = json!("chatcmpl-2");
    assert_ne!(first, ids(&another), "ids are unique in a conversation");
}

#[test]
fn content_in_parts() {
    let response = message(
        json!({"content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
            {"type": "text", "text": "Ti"}, {"type": "text", "text": "tan"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            {"type": "refusal", "refusal": "no"},
        ]}),
        json!("stop"),
    );
    assert_eq!(response.reasoning(), "hm");
    assert_eq!(response.text(), "Titan");
    assert_eq!(response.refusal(), Some("no"));
    assert!(matches!(&response.content[2], AssistantPart::Unknown(value) if value["type"] == "image_url"));
    assert_eq!(response.warnings[0].kind, WarningKind::UnknownPart);
}

#[test]
fn reasoning_under_both_names_is_read_once() {
    for body in [
        json!({"content": "x", "reasoning": "hm"}),
        json!({"content": "x", "reasoning_content": "hm"}),
        json!({"content": "x", "reasoning": "hm", "reasoning_content": "hm"}),
        json!({"content": "x", "reasoning": "hm", "reasoning_content": ""}),
    ] {
        assert_eq!(message(body, json!("stop")).reasoning(), "hm");
    }
}

#[test]
fn the_call_of_old_times() {
    let response = message(
        json!({"content": null, "function_call": {"name": "f", "arguments": "{}"}}),
        json!("function_call"),
    );
    let call = response.tool_calls().next().unwrap();
    assert_eq!((call.name.as_str(), call.kind), ("f", ToolCallKind::Function));
    assert_eq!(response.finish.reason, FinishReason::ToolCalls);
}

#[test]
fn citations_in_both_shapes_and_as_a_list() {
    let flat = json!({"type": "url_citation", "url": "https://example.com/flat", "title": "Flat"});
    let nested = json!({"type": "url_citation", "url_citation": {
        "url": "https://example.com/nested", "title": "Nested", "start_index": 3, "end_index": 9}});
    let body = json!({
        "id": "a", "citations": ["https://example.com/flat", "https://example.com/listed"],
        "choices": [{"message": {"content": "text", "annotations": [flat, nested, {"type": "other"}]}}],
    });
    let response = decode(body).unwrap();
    let AssistantPart::Text(text) = &response.content[0] else { panic!("no text") };
    let urls: Vec<_> = text.sources.iter().map(|source| source.url.as_deref().unwrap()).collect();
    assert_eq!(
        urls,
        ["https://example.com/flat", "https://example.com/nested", "https://example.com/listed"]
    );
    assert_eq!(text.sources[1].span, Some((3, 9)));
    assert!(response.metadata.contains_key("citations"));
}

#[test]
fn the_first_choice_is_kept_and_the_others_are_told_of() {
    let choice = |index: u32, text: &str| json!({"index": index, "message": {"content": text}, "finish_reason": "stop"});
    let response = decode(json!({"id": "a", "choices": [choice(1, "B"), choice(0, "A")]})).unwrap();
    assert_eq!(response.text(), "A");
    assert_eq!(response.warnings[0].kind, WarningKind::AnswerDropped);
}

#[test]
fn what_the_server_wants_back_is_kept_as_state() {
    let body = r#"{"id":"a","choices":[{"message":{"content":"x","reasoning_details":[{"type":"t","data":"s\u00fc"}],"extra_content":{"google":{"thought_signature":"AA=="}},"odd":1}}]}"#;
    let response = decode(body).unwrap();
    let Some(AssistantPart::Native(state)) = response.content.last() else { panic!("no state") };
    assert_eq!(
        state.data.as_str(),
        r#"{"extra_content":{"google":{"thought_signature":"AA=="}},"reasoning_details":[{"type":"t","data":"s\u00fc"}]}"#
    );
    assert_eq!(response.metadata["odd"].as_str(), "1");
    assert_eq!(response.warnings[0].subject, "odd");
}

#[test]
fn members_that_say_nothing_are_not_told_of() {
    let response =
        message(json!({"content": "x", "audio": {}, "images": [], "note": "", "later": null}), json!("stop"));
    assert!(response.warnings.is_empty() && response.metadata.is_empty(), "{response:?}");
}

#[test]
fn errors_inside_an_answer_that_went_well() {
    for (body, kind) in [
        (
            json!({"error": {"message": "m", "type": "x", "code": "context_length_exceeded"}}),
            ErrorKind::ContextTooLong,
        ),
        (json!({"error": {"message": "Provider returned error", "code": 502}}), ErrorKind::Server),
        (json!({"error": {"message": "slow", "code": 429}}), ErrorKind::RateLimited),
        (json!({"code": "unavailable", "error": "at capacity"}), ErrorKind::Overloaded),
        (
            json!({"object": "error", "message": "no", "type": "BadRequestError", "code": 400}),
            ErrorKind::InvalidRequest,
        ),
        (json!([{"error": {"code": 503, "message": "m", "status": "UNAVAILABLE"}}]), ErrorKind::Overloaded),
        (
            json!({"id": "a", "choices": [{"message": {"content": "h"}, "finish_reason": "error", "error": {"code": 502, "message": "m"}}]}),
            ErrorKind::Server,
        ),
        (json!("all is lost"), ErrorKind::Server),
    ] {
        let error = decode(&body).unwrap_err();
        assert_eq!(error.kind(), kind, "{body}");
        assert!(error.vendor::<OpenAiError>().is_some(), "{body}");
        let streamed = error_in_answer(&Dialect::new("openai-compatible"), &no_answer(), &body.to_string());
        assert_eq!(
            (streamed.kind(), streamed.retry()),
            (error.kind(), error.retry()),
            "as in a stream: {body}"
        );
    }
    assert_eq!(decode(json!({"error": {"code": null}})).unwrap_err().kind(), ErrorKind::Server);
}

#[test]
fn what_is_no_answer_is_unreadable() {
    for body in ["", "  \n", "{", "<html></html>", "{}", r#"{"choices":[]}"#, r#"{"choices":null,"id":"a"}"#]
    {
        assert_eq!(decode(body).unwrap_err().kind(), ErrorKind::Decode, "{body:?}");
    }
    assert!(decode("<html></html>").unwrap_err().message().contains("base_url"));
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let whole = r#"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#;
    assert_eq!(decode(format!("\u{feff}{whole}")).unwrap().text(), "hi");
    let error = decode("\u{feff}{\"error\":{\"code\":\"invalid_api_key\"}}").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
}
