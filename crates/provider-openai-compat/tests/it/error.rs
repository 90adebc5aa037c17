//! Failures: which kind, whether to repeat, and what is told.

use std::error::Error as _;
use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, StatusCode};
use laravel_ai_core::ErrorKind::{self, *};
use laravel_ai_core::{Error, Retry};
use provider_http::Failure;
use provider_openai_compat::{Dialect, OpenAiError, error_of};
use serde_json::json;

use crate::support::{answer, dialect_of, read_by};

fn error(status: u16, headers: &[(&'static str, &str)], body: impl ToString) -> Error {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect::<Vec<_>>()
        .into_iter()
        .collect();
    let failure =
        Failure::new(StatusCode::from_u16(status).unwrap(), &headers, body.to_string().into(), UNIX_EPOCH);
    error_of(&Dialect::new("openai-compatible"), &failure)
}

#[test]
fn every_example() {
    for name in read_by("error") {
        let answer = answer(&name);
        let failure = Failure::new(answer.status(), answer.headers(), answer.body().clone(), UNIX_EPOCH);
        let error = error_of(&dialect_of(&name), &failure);
        let told = json!({
            "display": error.to_string(),
            "kind": format!("{:?}", error.kind()),
            "retry": format!("{:?}", error.retry()),
            "possibly_billed": error.possibly_billed(),
            "limits": error.rate_limits(),
            "source": error.source().map(ToString::to_string),
        });
        insta::assert_json_snapshot!(name.trim_end_matches(".json"), told);
    }
}

const SAME: Retry = Retry::SameTarget { after: None };

/// The table of OpenAI's guide, status by status: type, code, kind, retry.
#[test]
fn the_whole_table() {
    for (status, kind_word, code, kind, retry) in [
        (400, "invalid_request_error", json!("unsupported_parameter"), InvalidRequest, Retry::Never),
        (400, "invalid_request_error", json!("unsupported_value"), InvalidRequest, Retry::Never),
        (400, "invalid_request_error", json!("invalid_value"), InvalidRequest, Retry::Never),
        (400, "invalid_request_error", json!("missing_required_parameter"), InvalidRequest, Retry::Never),
        (400, "invalid_request_error", json!(null), InvalidRequest, Retry::Never),
        (400, "invalid_request_error", json!("context_length_exceeded"), ContextTooLong, Retry::OtherTarget),
        (400, "invalid_request_error", json!("content_policy_violation"), ContentFiltered, Retry::Never),
        (400, "invalid_request_error", json!("invalid_prompt"), ContentFiltered, Retry::Never),
        (400, "invalid_request_error", json!("content_filter"), ContentFiltered, Retry::Never),
        (
            400,
            "invalid_request_error",
            json!("billing_hard_limit_reached"),
            QuotaExceeded,
            Retry::OtherTarget,
        ),
        (401, "invalid_request_error", json!("invalid_api_key"), Authentication, Retry::OtherTarget),
        (401, "invalid_request_error", json!(null), Authentication, Retry::OtherTarget),
        (401, "authentication_error", json!(null), Authentication, Retry::OtherTarget),
        (
            403,
            "request_forbidden",
            json!("unsupported_country_region_territory"),
            Permission,
            Retry::OtherTarget,
        ),
        (403, "invalid_request_error", json!(null), Permission, Retry::OtherTarget),
        (404, "invalid_request_error", json!("model_not_found"), ModelNotFound, Retry::OtherTarget),
        (404, "invalid_request_error", json!(null), InvalidRequest, Retry::Never),
        (408, "timeout", json!(null), Timeout, SAME),
        (409, "conflict", json!(null), Server, SAME),
        (413, "invalid_request_error", json!(null), InvalidRequest, Retry::Never),
        (422, "invalid_request_error", json!(null), InvalidRequest, Retry::Never),
        (429, "requests", json!("rate_limit_exceeded"), RateLimited, SAME),
        (429, "tokens", json!("rate_limit_exceeded"), RateLimited, SAME),
        (429, "rate_limit_error", json!("slow_down"), RateLimited, SAME),
        (429, "insufficient_quota", json!("insufficient_quota"), QuotaExceeded, Retry::OtherTarget),
        (429, "rate_limit_error", json!("credit_balance_exhausted"), QuotaExceeded, Retry::OtherTarget),
        (
            429,
            "rate_limit_error",
            json!("organization_spend_limit_exceeded"),
            QuotaExceeded,
            Retry::OtherTarget,
        ),
        (429, "rate_limit_error", json!("project_spend_limit_exceeded"), QuotaExceeded, Retry::OtherTarget),
        (
            429,
            "rate_limit_error",
            json!("organization_usage_limit_exceeded"),
            QuotaExceeded,
            Retry::OtherTarget,
        ),
        (429, "rate_limit_error", json!("billing_not_active"), QuotaExceeded, Retry::OtherTarget),
        (429, "rate_limit_error", json!("flex_unavailable"), Overloaded, Retry::OtherTarget),
        (500, "server_error", json!(null), Server, SAME),
        (502, "whatever", json!(null), Server, SAME),
        (503, "service_unavailable_error", json!("server_is_overloaded"), Overloaded, SAME),
        (504, "whatever", json!(null), Server, SAME),
        (520, "whatever", json!(null), Server, SAME),
        (529, "whatever", json!(null), Overloaded, SAME),
        (402, "whatever", json!(null), QuotaExceeded, Retry::OtherTarget),
        // Numbers as codes repeat the status and decide nothing else.
        (400, "BadRequestError", json!(400), InvalidRequest, Retry::Never),
        (429, "whatever", json!(429), RateLimited, SAME),
    ] {
        let body = json!({"error": {"message": "m", "type": kind_word, "param": null, "code": code}});
        let error = error(status, &[], &body);
        assert_eq!((error.kind(), error.retry()), (kind, retry), "{status} {body}");
        assert_eq!(error.status(), Some(status));
    }
}

#[test]
fn wordings_of_servers_that_give_no_code() {
    for (status, message, kind) in [
        (
            400,
            "This model's maximum context length is 4096 tokens. However, you requested 5000",
            ContextTooLong,
        ),
        (400, "This endpoint's maximum context length is 8192 tokens", ContextTooLong),
        (400, "the request exceeds the available context size, try increasing it", ContextTooLong),
        (
            400,
            "the prompt is longer than the context length currently available to the model; shorten it",
            ContextTooLong,
        ),
        (400, "the input length exceeds the context length", ContextTooLong),
        (
            400,
            "The input token count (9000) exceeds the maximum number of tokens allowed (8000).",
            ContextTooLong,
        ),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", ContextTooLong),
        (404, "model 'llama9' not found", ModelNotFound),
        (404, "model \"llama9\" not found, try pulling it first", ModelNotFound),
        (404, "The model `foo` does not exist.", ModelNotFound),
        (400, "foo/bar is not a valid model ID", ModelNotFound),
        (400, "Model Not Exist", ModelNotFound),
        (400, "the tool that the model should call was not found", InvalidRequest),
        (404, "Not Found", InvalidRequest),
        (400, "API key not valid. Please pass a valid API key.", Authentication),
        (402, "Insufficient Balance", QuotaExceeded),
        (403, "You exceeded your current quota, please check your plan", QuotaExceeded),
        (503, "server busy, please try again.  maximum pending requests exceeded", Overloaded),
        (429, "The model is currently at capacity due to high demand.", Overloaded),
        (
            400,
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            ContentFiltered,
        ),
    ] {
        for body in [
            json!({"error": {"message": message, "type": "invalid_request_error", "code": null}}),
            json!({"error": message}),
            json!({"object": "error", "message": message, "type": "BadRequestError", "code": status}),
            json!({"detail": message}),
            json!([{"error": {"message": message}}]),
        ] {
            assert_eq!(error(status, &[], &body).kind(), kind, "{status} {body}");
        }
        assert_eq!(error(status, &[], message).kind(), kind, "{status} {message}");
    }
}

#[test]
fn the_code_wins_over_type_wording_and_status() {
    let body =
        json!({"object": "error", "message": "Invalid model: m", "type": "invalid_model", "code": "1500"});
    assert_eq!(error(400, &[], body).kind(), ModelNotFound);
    let body = json!({"error": {"message": "maximum context length", "type": "rate_limit_error", "code": "insufficient_quota"}});
    assert_eq!(error(400, &[], body).kind(), QuotaExceeded);
    let body =
        json!({"error": {"message": "maximum context length", "type": "rate_limit_error", "code": "news"}});
    assert_eq!(error(400, &[], body).kind(), RateLimited);
    let body = json!({"error": {"message": "maximum context length", "type": "news", "code": "news"}});
    assert_eq!(error(500, &[], body).kind(), ContextTooLong);
}

#[test]
fn the_dialect_is_asked_first() {
    let mut dialect = Dialect::new("acme");
    dialect.classify =
        |said, status| (status == 403 && said.message.contains("credits")).then_some(QuotaExceeded);
    let body = json!({"code": "permission_denied", "error": "no credits"}).to_string();
    let failure = Failure::new(StatusCode::FORBIDDEN, &HeaderMap::new(), body.into(), UNIX_EPOCH);
    assert_eq!(error_of(&dialect, &failure).kind(), QuotaExceeded);
    assert_eq!(error_of(&Dialect::new("acme"), &failure).kind(), Permission);
}

#[test]
fn bodies_that_are_no_error_object() {
    for (status, body, kind) in [
        (502, "<html><body>Bad Gateway</body></html>", Server),
        (503, "", Overloaded),
        (404, "404 page not found", InvalidRequest),
        (404, "<html>", InvalidRequest),
        (404, "", InvalidRequest),
        (500, "{\"half\":", Server),
        (429, "slow down", RateLimited),
        (401, "{}", Authentication),
        (418, "[]", InvalidRequest),
    ] {
        let error = error(status, &[], body);
        assert_eq!(error.kind(), kind, "{status} {body}");
    }
    assert!(error(404, &[], "").message().contains("base_url"));
}

#[test]
fn how_long_to_wait_and_whether() {
    let after = |milliseconds| Retry::SameTarget { after: Some(Duration::from_millis(milliseconds)) };
    let limited =
        json!({"error": {"message": "Please try again in 7m12.5s. Visit", "code": "rate_limit_exceeded"}});
    assert_eq!(
        error(429, &[("retry-after-ms", "1400"), ("retry-after", "9")], &limited).retry(),
        after(1400)
    );
    assert_eq!(error(429, &[("retry-after", "2")], &limited).retry(), after(2000));
    assert_eq!(error(429, &[], &limited).retry(), after(432_500));
    let spaced = json!({"error": "Too many requests. Resets in: 3m 4s, sorry"});
    assert_eq!(error(429, &[], spaced).retry(), after(184_000));
    let vague =
        json!({"error": {"message": "Please try again in a few minutes", "code": "rate_limit_exceeded"}});
    assert_eq!(error(429, &[], vague).retry(), SAME);
    // The vendor's own word goes over every rule.
    assert_eq!(error(429, &[("x-should-retry", "false")], &limited).retry(), Retry::OtherTarget);
    let wrong = json!({"error": {"message": "m", "code": "invalid_value"}});
    assert_eq!(error(400, &[("x-should-retry", "true")], wrong).retry(), SAME);
}

#[test]
fn a_request_over_the_limit_is_not_repeated() {
    for message in [
        "Request too large for gpt-6-luna in organization org-example on tokens per min (TPM): Limit 30000, Requested 40000.",
        "Rate limit reached on tokens per min (TPM): Limit 30000, Used 0, Requested 30001.",
    ] {
        let body = json!({"error": {"message": message, "type": "tokens", "code": "rate_limit_exceeded"}});
        let error = self::error(429, &[], body);
        assert_eq!((error.kind(), error.retry()), (RateLimited, Retry::OtherTarget));
    }
    let body = json!({"error": {"message": "Request too large", "code": "rate_limit_exceeded"}});
    assert_eq!(error(429, &[("x-should-retry", "true")], body).retry(), SAME, "the vendor knows better");
}

#[test]
fn nothing_of_prompt_key_or_address_is_printed() {
    let secret = "sk-canary-0123456789 https://secret.example/";
    for body in [
        json!({"error": {"message": secret, "type": secret, "code": secret, "param": secret}}),
        json!({"error": secret}),
        json!({"detail": secret}),
    ] {
        let error = error(400, &[], &body);
        let source = error.vendor::<OpenAiError>().unwrap();
        for text in [error.to_string(), format!("{error:?}"), source.to_string()] {
            assert!(!text.contains("canary") && !text.contains("secret.example"), "{text}");
        }
        assert!(
            !format!("{:?}", OpenAiError::read(json!({"error": secret}).to_string().as_bytes()))
                .contains("canary")
        );
    }
    let plain = error(400, &[], secret);
    assert!(!plain.to_string().contains("canary"));
    assert!(plain.vendor::<OpenAiError>().unwrap().message.contains("canary"), "callers can ask for it");
}

#[test]
fn kinds_are_told_apart_by_advice() {
    let text = |status: u16| {
        error(status, &[], json!({"error": {"message": "m", "param": "messages[0].content"}})).to_string()
    };
    assert_eq!(
        text(401),
        "authentication failed: the provider refuses the API key: check it, and that it belongs to this endpoint (parameter messages[0].content) (status 401)"
    );
    assert_eq!(
        text(400),
        "invalid request: the provider refuses the request (parameter messages[0].content) (status 400)"
    );
    let _: ErrorKind = Unknown;
}
