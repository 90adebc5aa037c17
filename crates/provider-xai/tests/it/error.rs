//! Every row of xAI's table of errors: kind and retry class, whole and streamed, in both APIs.

use std::time::Duration;

use laravel_ai_core::{Error, ErrorKind, Retry};
use provider_mock::WireReply;
use provider_openai_compat::OpenAiError;
use provider_xai::Api;
use serde_json::{Value, json};

use crate::stream::keeps_the_law;
use crate::support::{BOTH, KEY, answer, read_by, sse, streamed, whole};

/// The error of both APIs, of whole and of streamed calls, when this is the answer.
async fn everywhere(reply: &WireReply) -> Vec<(String, Error)> {
    let mut errors = Vec::new();
    for api in BOTH {
        errors.push((format!("{api:?}"), whole(api, reply.clone()).await.unwrap_err()));
        let (_, error) = streamed(api, reply.clone()).await;
        errors.push((format!("{api:?}, streamed"), error.expect("it fails")));
    }
    errors
}

#[tokio::test]
async fn every_example() {
    for (name, row) in read_by("error") {
        let mut seen = Vec::new();
        for (_, error) in everywhere(&answer(&name, &row)).await {
            seen.push((
                error.to_string(),
                error.kind(),
                format!("{:?}", error.retry()),
                error.possibly_billed(),
            ));
        }
        seen.dedup();
        insta::assert_debug_snapshot!(name.trim_end_matches(".json"), seen);
    }
}

const NEVER: Retry = Retry::Never;
const OTHER: Retry = Retry::OtherTarget;
const AGAIN: Retry = Retry::SameTarget { after: None };

const CREDITS: &str = "Your newly created team doesn't have any credits or licenses yet.";
const SPENT: &str = "Your team has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit.";
const LIMIT: &str = "Too many requests for team t and model grok-4.7. Your team's rate limit is - Requests per Minute (actual/limit): 73/60.";
const FULL: &str =
    "The model is currently at capacity due to high demand. Please try again in a few minutes.";
const PROMPT: &str = "This model's maximum prompt length is 500000 but the request contains 637815 tokens.";

/// Status, code, wording, and what they are.
const TABLE: &[(u16, &str, &str, ErrorKind, Retry)] = &[
    (400, "invalid-argument", "Incorrect API key provided: xa***ab.", ErrorKind::Authentication, OTHER),
    (
        400,
        "Client specified an invalid argument",
        "Incorrect API key provided: xa***ab.",
        ErrorKind::Authentication,
        OTHER,
    ),
    (400, "invalid-argument", "Argument not supported on this model: stop", ErrorKind::InvalidRequest, NEVER),
    (400, "Client specified an invalid argument", "Invalid schema", ErrorKind::InvalidRequest, NEVER),
    (400, "invalid-argument", PROMPT, ErrorKind::ContextTooLong, OTHER),
    (401, "unauthenticated:no-credentials", "No API key provided.", ErrorKind::Authentication, OTHER),
    (401, "unauthenticated:bad-credentials", "said", ErrorKind::Authentication, OTHER),
    (
        401,
        "The request does not have valid authentication credentials",
        "said",
        ErrorKind::Authentication,
        OTHER,
    ),
    (403, "permission-denied", CREDITS, ErrorKind::QuotaExceeded, OTHER),
    (403, "permission-denied", SPENT, ErrorKind::QuotaExceeded, OTHER),
    (
        403,
        "The caller does not have permission to execute the specified operation",
        SPENT,
        ErrorKind::QuotaExceeded,
        OTHER,
    ),
    (
        403,
        "permission-denied",
        "The API key does not have permission to use this model.",
        ErrorKind::Permission,
        OTHER,
    ),
    (403, "permission-denied", "The API key is blocked.", ErrorKind::Permission, OTHER),
    (
        403,
        "permission-denied",
        "Content violates usage guidelines. Team: t",
        ErrorKind::ContentFiltered,
        NEVER,
    ),
    (
        404,
        "not-found",
        "The model grok-99 does not exist or your team does not have access to it.",
        ErrorKind::ModelNotFound,
        OTHER,
    ),
    (
        404,
        "Some requested entity was not found",
        "The model grok-99 does not exist",
        ErrorKind::ModelNotFound,
        OTHER,
    ),
    (
        404,
        "Some requested entity was not found",
        "There is no model grok-99",
        ErrorKind::ModelNotFound,
        OTHER,
    ),
    (404, "not-found", "No response with this id", ErrorKind::InvalidRequest, NEVER),
    (
        410,
        "",
        "Live search is deprecated. Please switch to the Agent Tools API: https://docs.x.ai",
        ErrorKind::InvalidRequest,
        NEVER,
    ),
    (429, "resource-exhausted", LIMIT, ErrorKind::RateLimited, AGAIN),
    (429, "Some resource has been exhausted", LIMIT, ErrorKind::RateLimited, AGAIN),
    (429, "resource-exhausted", FULL, ErrorKind::Overloaded, AGAIN),
    (429, "Some resource has been exhausted", SPENT, ErrorKind::QuotaExceeded, OTHER),
    (500, "internal", "Internal error.", ErrorKind::Server, AGAIN),
    (503, "unavailable", "Service temporarily unavailable.", ErrorKind::Overloaded, AGAIN),
];

fn flat(code: &str, words: &str) -> Value {
    if code.is_empty() { json!({"error": words}) } else { json!({"code": code, "error": words}) }
}

fn reply(status: u16, body: &Value) -> WireReply {
    WireReply::status(status).header("content-type", "application/json").body(body.to_string())
}

#[tokio::test]
async fn every_row_flat_and_nested() {
    for (status, code, words, wanted, retry) in TABLE {
        let nested = json!({"error": {"message": words, "type": "invalid_request_error", "param": null, "code": code}});
        for body in [flat(code, words), nested] {
            for (way, error) in everywhere(&reply(*status, &body)).await {
                let seen = (error.kind(), error.retry(), error.status());
                assert_eq!(seen, (*wanted, *retry, Some(*status)), "{way}: {body}");
                let said: &OpenAiError = error.vendor().expect("xAI's words are kept");
                assert_eq!(said.message, *words);
                assert!(!error.to_string().contains(words), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn every_row_inside_a_stream() {
    for (_, code, words, wanted, retry) in TABLE {
        let nested = json!({"error": {"message": words, "type": null, "param": null, "code": code}});
        let failed = json!({"type": "response.failed", "response": {"id": "r", "status": "failed", "output": [],
            "error": {"code": code, "message": words}}});
        for api in BOTH {
            let mut frames = vec![flat(code, words), nested.clone()];
            if api == Api::Responses {
                frames.push(json!({"type": "error", "code": code, "message": words, "sequence_number": 2}));
                frames.push(json!({"type": "error", "error": {"code": code, "message": words}}));
                frames.push(failed.clone());
            }
            for frame in frames {
                let (events, error) = streamed(api, sse(&[frame.to_string()])).await;
                let error = error.expect("it fails");
                assert_eq!((error.kind(), error.retry()), (*wanted, *retry), "{api:?} {frame}");
                assert_eq!(error.status(), Some(200), "{api:?} {frame}");
                keeps_the_law("failed", &events, true);
            }
        }
    }
}

/// Answers of gateways and of wrong paths: no JSON, or nothing.
#[tokio::test]
async fn every_status_without_words() {
    for (status, body, wanted, retry) in [
        (400, "", ErrorKind::InvalidRequest, NEVER),
        (401, "", ErrorKind::Authentication, OTHER),
        (403, "", ErrorKind::Permission, OTHER),
        (404, "Not Found", ErrorKind::InvalidRequest, NEVER),
        (405, "Method Not Allowed", ErrorKind::InvalidRequest, NEVER),
        (410, "Gone", ErrorKind::InvalidRequest, NEVER),
        (415, "Expected request with `Content-Type: application/json`", ErrorKind::InvalidRequest, NEVER),
        (
            422,
            "Failed to deserialize the JSON body into the target type: messages[0]: missing field `role` at line 1 column 50",
            ErrorKind::InvalidRequest,
            NEVER,
        ),
        (429, "slow down", ErrorKind::RateLimited, AGAIN),
        (500, "Internal Server Error", ErrorKind::Server, AGAIN),
        (502, "<html><body>Bad Gateway</body></html>", ErrorKind::Server, AGAIN),
        (503, "upstream connect error", ErrorKind::Overloaded, AGAIN),
        (504, "", ErrorKind::Server, AGAIN),
        (520, "<html>", ErrorKind::Server, AGAIN),
        (529, "overloaded", ErrorKind::Overloaded, AGAIN),
    ] {
        for (way, error) in everywhere(&WireReply::status(status).body(body)).await {
            assert_eq!((error.kind(), error.retry()), (wanted, retry), "{way}: {status} {body}");
        }
    }
}

#[tokio::test]
async fn live_search_is_told_what_to_use_instead() {
    for body in [flat("", "Live search is deprecated. Please switch"), json!({"error": "moved"})] {
        for (way, error) in everywhere(&reply(410, &body)).await {
            let text = error.to_string();
            assert!(text.contains("search_parameters") && text.contains("WebSearch"), "{way}: {text}");
        }
    }
}

#[tokio::test]
async fn a_delay_is_read_where_xai_says_one() {
    let words = format!("{LIMIT} Resets in: 3m 4s");
    let in_words = reply(429, &flat("resource-exhausted", &words));
    let in_header = reply(429, &flat("resource-exhausted", LIMIT)).header("retry-after", "7");
    for (answer, seconds) in [(in_words, 184), (in_header, 7)] {
        for (way, error) in everywhere(&answer).await {
            let wanted = Retry::SameTarget { after: Some(Duration::from_secs(seconds)) };
            assert_eq!((error.kind(), error.retry()), (ErrorKind::RateLimited, wanted), "{way}");
        }
    }
}

#[tokio::test]
async fn no_error_shows_the_key() {
    let body = flat("invalid-argument", &format!("Incorrect API key provided: {KEY}"));
    for (_, error) in everywhere(&reply(400, &body)).await {
        let said: &OpenAiError = error.vendor().unwrap();
        for text in [error.to_string(), format!("{error:?}"), said.message.clone(), format!("{said:?}")] {
            assert!(!text.contains(KEY), "{text}");
        }
    }
}

/// What was generated before a failure may be charged.
#[tokio::test]
async fn an_error_after_some_text_keeps_it() {
    let chunk = json!({"id": "a", "choices": [{"index": 0, "delta": {"content": "Ti"}}]}).to_string();
    let delta =
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Ti"});
    let failure = flat("unavailable", FULL).to_string();
    for (api, said) in [(Api::Chat, chunk), (Api::Responses, delta.to_string())] {
        let (_, error) = streamed(api, sse(&[said, failure.clone()])).await;
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Overloaded, "{api:?}");
        assert!(error.possibly_billed());
        assert_eq!(error.partial().unwrap().text(), "Ti");
    }
}
