//! Every row of OpenAI's table of errors.

use bytes::Bytes;
use http::Response;
use laravel_ai_core::{ChatRequest, Context, Error, ErrorKind, Retry};
use provider_openai::Api;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

use crate::support::{KEY, Reply, Script, answer, config, model, provider, read_by, said};

async fn asked(reply: Response<Bytes>) -> Error {
    let script = Script::new([Reply::new(reply)]);
    model(&script).chat(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await.unwrap_err()
}

/// The error of both APIs, of whole and of streamed calls, when this is the answer.
async fn asked_everywhere(reply: &Response<Bytes>) -> Vec<(String, Error)> {
    let mut errors = Vec::new();
    for api in [Api::Responses, Api::Chat] {
        let script = Script::new([Reply::new(reply.clone()), Reply::new(reply.clone())]);
        let model = provider(&script, config().with_api(api)).chat_model("gpt-6-luna").unwrap();
        let request = || Arc::new(ChatRequest::user("Hi"));
        errors.push((format!("{api:?}"), model.chat(&Context::new(), request()).await.unwrap_err()));
        let streamed = match model.stream(&Context::new(), request()).await {
            Ok(stream) => stream.into_response().await.unwrap_err(),
            Err(error) => error,
        };
        errors.push((format!("{api:?}, streamed"), streamed));
    }
    errors
}

#[tokio::test]
async fn every_example() {
    for name in read_by("error") {
        let error = asked(answer(&name)).await;
        let seen = (error.to_string(), error.kind(), format!("{:?}", error.retry()), error.possibly_billed());
        insta::assert_debug_snapshot!(name.trim_end_matches(".json"), seen);
    }
}

const NEVER: Retry = Retry::Never;
const OTHER: Retry = Retry::OtherTarget;
const AGAIN: Retry = Retry::SameTarget { after: None };

/// Status, type, code, and what they are. The code decides over type and status.
const TABLE: &[(u16, &str, &str, ErrorKind, Retry)] = &[
    (400, "invalid_request_error", "unsupported_parameter", ErrorKind::InvalidRequest, NEVER),
    (400, "invalid_request_error", "unsupported_value", ErrorKind::InvalidRequest, NEVER),
    (400, "invalid_request_error", "invalid_value", ErrorKind::InvalidRequest, NEVER),
    (400, "invalid_request_error", "missing_required_parameter", ErrorKind::InvalidRequest, NEVER),
    (400, "invalid_request_error", "invalid_type", ErrorKind::InvalidRequest, NEVER),
    (400, "invalid_request_error", "", ErrorKind::InvalidRequest, NEVER),
    (400, "invalid_request_error", "previous_response_not_found", ErrorKind::InvalidRequest, NEVER),
    (400, "invalid_request_error", "context_length_exceeded", ErrorKind::ContextTooLong, OTHER),
    (400, "invalid_request_error", "content_policy_violation", ErrorKind::ContentFiltered, NEVER),
    (400, "invalid_request_error", "invalid_prompt", ErrorKind::ContentFiltered, NEVER),
    (400, "invalid_request_error", "content_filter", ErrorKind::ContentFiltered, NEVER),
    (400, "invalid_request_error", "billing_hard_limit_reached", ErrorKind::QuotaExceeded, OTHER),
    (401, "invalid_request_error", "invalid_api_key", ErrorKind::Authentication, OTHER),
    (401, "authentication_error", "", ErrorKind::Authentication, OTHER),
    (401, "invalid_request_error", "", ErrorKind::Authentication, OTHER),
    (403, "request_forbidden", "unsupported_country_region_territory", ErrorKind::Permission, OTHER),
    (403, "invalid_request_error", "", ErrorKind::Permission, OTHER),
    (404, "invalid_request_error", "model_not_found", ErrorKind::ModelNotFound, OTHER),
    (404, "invalid_request_error", "", ErrorKind::InvalidRequest, NEVER),
    (408, "", "", ErrorKind::Timeout, AGAIN),
    (409, "", "", ErrorKind::Server, AGAIN),
    (413, "invalid_request_error", "", ErrorKind::InvalidRequest, NEVER),
    (422, "invalid_request_error", "", ErrorKind::InvalidRequest, NEVER),
    (429, "requests", "rate_limit_exceeded", ErrorKind::RateLimited, AGAIN),
    (429, "tokens", "rate_limit_exceeded", ErrorKind::RateLimited, AGAIN),
    (429, "rate_limit_error", "slow_down", ErrorKind::RateLimited, AGAIN),
    (429, "insufficient_quota", "insufficient_quota", ErrorKind::QuotaExceeded, OTHER),
    (429, "", "credit_balance_exhausted", ErrorKind::QuotaExceeded, OTHER),
    (429, "", "organization_spend_limit_exceeded", ErrorKind::QuotaExceeded, OTHER),
    (429, "rate_limit_error", "project_spend_limit_exceeded", ErrorKind::QuotaExceeded, OTHER),
    (429, "", "organization_usage_limit_exceeded", ErrorKind::QuotaExceeded, OTHER),
    (429, "", "billing_not_active", ErrorKind::QuotaExceeded, OTHER),
    (429, "", "flex_unavailable", ErrorKind::Overloaded, OTHER),
    (500, "server_error", "", ErrorKind::Server, AGAIN),
    (502, "", "", ErrorKind::Server, AGAIN),
    (504, "", "", ErrorKind::Server, AGAIN),
    (503, "service_unavailable_error", "server_is_overloaded", ErrorKind::Overloaded, AGAIN),
];

#[tokio::test]
async fn every_row() {
    for (status, kind, code, wanted, retry) in TABLE {
        let or_null = |text: &str| if text.is_empty() { json!(null) } else { json!(text) };
        let body = json!({"error": {"message": "said", "type": or_null(kind), "param": null, "code": or_null(code)}});
        let mut reply = Response::new(Bytes::from(body.to_string()));
        *reply.status_mut() = http::StatusCode::from_u16(*status).unwrap();
        for (way, error) in asked_everywhere(&reply).await {
            let seen = (error.kind(), error.retry(), error.status());
            assert_eq!(seen, (*wanted, *retry, Some(*status)), "{way}: {status} {kind} {code}");
        }
    }
}

/// The frames in which an error comes inside a stream that HTTP called 200.
fn in_a_stream(api: Api, error: &Value) -> Vec<String> {
    match api {
        Api::Chat => vec![json!({"error": error}).to_string()],
        _ => {
            let mut flat = error.clone();
            flat["type"] = json!("error");
            let failed = json!({"id": "resp_1", "status": "failed", "error": error, "output": []});
            vec![
                json!({"type": "error", "sequence_number": 1, "error": error}).to_string(),
                flat.to_string(),
                json!({"type": "response.failed", "response": failed}).to_string(),
            ]
        }
    }
}

#[tokio::test]
async fn every_row_inside_a_stream() {
    let mut seen = 0;
    for (_, kind, code, wanted, retry) in TABLE.iter().filter(|(_, _, code, ..)| !code.is_empty()) {
        let error = json!({"message": "said", "type": kind, "param": null, "code": code});
        for api in [Api::Responses, Api::Chat] {
            for frame in in_a_stream(api, &error) {
                let script = Script::new([Reply::in_pieces([format!("data: {frame}\n\n")])]);
                let model = provider(&script, config().with_api(api)).chat_model("gpt-6-luna").unwrap();
                let stream = model.stream(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await.unwrap();
                let error = stream.into_response().await.unwrap_err();
                assert_eq!((error.kind(), error.retry()), (*wanted, *retry), "{frame}");
                assert_eq!(error.status(), Some(200), "{frame}");
                seen += 1;
            }
        }
    }
    assert_eq!(seen % 4, 0);
    assert!(seen > 80, "{seen}");
}

#[tokio::test]
async fn an_error_inside_an_answer_keeps_what_its_head_says_and_shows_no_key() {
    let quoted = format!("Rate limit reached for {KEY}");
    let error = json!({"message": quoted, "type": "requests", "param": null, "code": "rate_limit_exceeded"});
    for api in [Api::Responses, Api::Chat] {
        let mut bodies: Vec<String> = in_a_stream(api, &error);
        bodies.iter_mut().for_each(|frame| *frame = format!("data: {frame}\n\n"));
        bodies.push(match api {
            Api::Chat => json!({"error": error}).to_string(),
            _ => json!({"id": "resp_1", "status": "failed", "error": error, "output": []}).to_string(),
        });
        for body in bodies {
            let mut reply = Response::new(Bytes::from(body.clone()));
            for (name, value) in
                [("retry-after", "7"), ("x-request-id", "req_7"), ("x-ratelimit-remaining-requests", "0")]
            {
                reply.headers_mut().insert(name, http::HeaderValue::from_static(value));
            }
            let script = Script::new([Reply::new(reply)]);
            let model = provider(&script, config().with_api(api)).chat_model("gpt-6-luna").unwrap();
            let request = Arc::new(ChatRequest::user("Hi"));
            let error = if body.starts_with("data:") {
                let stream = model.stream(&Context::new(), request).await.unwrap();
                stream.into_response().await.unwrap_err()
            } else {
                model.chat(&Context::new(), request).await.unwrap_err()
            };
            let after = Some(Duration::from_secs(7));
            assert_eq!(error.retry(), Retry::SameTarget { after }, "{body}");
            assert_eq!(error.request_id(), Some("req_7"), "{body}");
            assert!(error.rate_limits().is_some(), "{body}");
            assert_eq!(said(&error).message, "Rate limit reached for ***", "{body}");
        }
    }
}

#[tokio::test]
async fn delays_and_requests_that_are_too_large() {
    let mut reply =
        Response::new(Bytes::from_static(br#"{"error":{"message":"x","code":"rate_limit_exceeded"}}"#));
    *reply.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
    reply.headers_mut().insert("retry-after", http::HeaderValue::from_static("7"));
    let after = Some(Duration::from_secs(7));
    assert_eq!(asked(reply).await.retry(), Retry::SameTarget { after });

    let body = r#"{"error":{"type":"tokens","code":"rate_limit_exceeded","message":"Request too large for gpt-x: Limit 30000, Requested 40000."}}"#;
    let mut reply = Response::new(Bytes::from_static(body.as_bytes()));
    *reply.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
    assert_eq!(asked(reply).await.retry(), OTHER, "waiting does not make it smaller");

    let mut reply = Response::new(Bytes::from_static(b"<html>Bad gateway</html>"));
    *reply.status_mut() = http::StatusCode::BAD_GATEWAY;
    assert_eq!(asked(reply).await.kind(), ErrorKind::Server);
}

/// Codes of responses that failed with HTTP 200.
const FAILED: &[(&str, ErrorKind)] = &[
    ("server_error", ErrorKind::Server),
    ("rate_limit_exceeded", ErrorKind::RateLimited),
    ("invalid_prompt", ErrorKind::ContentFiltered),
    ("data_residency_mismatch", ErrorKind::Permission),
    ("bio_policy", ErrorKind::ContentFiltered),
    ("misalignment_policy_violation", ErrorKind::ContentFiltered),
    ("vector_store_timeout", ErrorKind::Timeout),
    ("invalid_image", ErrorKind::InvalidRequest),
    ("invalid_image_format", ErrorKind::InvalidRequest),
    ("invalid_base64_image", ErrorKind::InvalidRequest),
    ("invalid_image_url", ErrorKind::InvalidRequest),
    ("image_too_large", ErrorKind::InvalidRequest),
    ("image_too_small", ErrorKind::InvalidRequest),
    ("image_parse_error", ErrorKind::InvalidRequest),
    ("image_content_policy_violation", ErrorKind::ContentFiltered),
    ("invalid_image_mode", ErrorKind::InvalidRequest),
    ("image_file_too_large", ErrorKind::InvalidRequest),
    ("unsupported_image_media_type", ErrorKind::InvalidRequest),
    ("empty_image_file", ErrorKind::InvalidRequest),
    ("failed_to_download_image", ErrorKind::InvalidRequest),
    ("image_file_not_found", ErrorKind::InvalidRequest),
    ("insufficient_quota", ErrorKind::QuotaExceeded),
    ("server_is_overloaded", ErrorKind::Overloaded),
    ("something_new", ErrorKind::Server),
];

#[tokio::test]
async fn every_code_of_a_failed_response() {
    for (code, kind) in FAILED {
        let error = json!({"code": code, "message": "said"});
        let body =
            json!({"id": "resp_1", "object": "response", "status": "failed", "error": error, "output": []});
        let error = asked(Response::new(Bytes::from(body.to_string()))).await;
        assert_eq!((error.kind(), error.status()), (*kind, Some(200)), "{code}");
    }
}
