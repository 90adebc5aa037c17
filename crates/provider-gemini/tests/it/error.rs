//! From what Google says when it refuses to kind and retry class.

use std::sync::Arc;
use std::time::Duration;

use laravel_ai_core::{ChatRequest, Context, Error, ErrorKind, Retry};
use provider_mock::{ScriptedTransport, WireReply};
use serde_json::{Value, json};

use crate::support::{KEY, fixture, model, read_by, said};

async fn asked(reply: WireReply) -> Error {
    let transport = ScriptedTransport::new().sequence([reply.clone(), reply]);
    let model = model(&transport);
    let request = Arc::new(ChatRequest::user("Hi"));
    let error = model.chat(&Context::new(), Arc::clone(&request)).await.unwrap_err();
    let streamed = match model.stream(&Context::new(), request).await {
        Err(error) => error,
        Ok(stream) => stream.into_response().await.unwrap_err(),
    };
    if error.status() != Some(200) {
        assert_eq!((error.kind(), error.retry()), (streamed.kind(), streamed.retry()));
    }
    error
}

fn reply(status: u16, body: &str) -> WireReply {
    WireReply::status(status).header("content-type", "application/json").body(body.to_owned())
}

#[tokio::test]
async fn every_example() {
    for (name, row) in read_by("error") {
        let error = asked(reply(row.status, &fixture(&name))).await;
        let seen = (error.to_string(), error.kind(), format!("{:?}", error.retry()), error.possibly_billed());
        insta::assert_debug_snapshot!(name.trim_end_matches(".json"), seen);
    }
}

const NEVER: Retry = Retry::Never;
const OTHER: Retry = Retry::OtherTarget;
const AGAIN: Retry = Retry::SameTarget { after: None };

/// Status, its name, reason, message, and what they are: the table of Google's errors.
const TABLE: &[(u16, &str, &str, &str, ErrorKind, Retry)] = &[
    (400, "INVALID_ARGUMENT", "API_KEY_INVALID", "API key not valid.", ErrorKind::Authentication, OTHER),
    (
        400,
        "INVALID_ARGUMENT",
        "API_KEY_INVALID",
        "API key expired. Please renew the API key.",
        ErrorKind::Authentication,
        OTHER,
    ),
    (
        400,
        "INVALID_ARGUMENT",
        "",
        "API key expired. Please renew the API key.",
        ErrorKind::Authentication,
        OTHER,
    ),
    (
        400,
        "INVALID_ARGUMENT",
        "",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        ErrorKind::ContextTooLong,
        OTHER,
    ),
    (400, "INVALID_ARGUMENT", "", "Unknown name \"x\"", ErrorKind::InvalidRequest, NEVER),
    (
        400,
        "FAILED_PRECONDITION",
        "",
        "User location is not supported for the API use.",
        ErrorKind::Permission,
        OTHER,
    ),
    (400, "FAILED_PRECONDITION", "", "Please enable billing on project 1", ErrorKind::Permission, OTHER),
    (
        401,
        "UNAUTHENTICATED",
        "ACCESS_TOKEN_TYPE_UNSUPPORTED",
        "Request had invalid credentials.",
        ErrorKind::Authentication,
        OTHER,
    ),
    (401, "UNAUTHENTICATED", "", "Request had invalid credentials.", ErrorKind::Authentication, OTHER),
    (402, "", "", "depleted", ErrorKind::QuotaExceeded, OTHER),
    (
        403,
        "PERMISSION_DENIED",
        "",
        "Method doesn't allow unregistered callers",
        ErrorKind::Authentication,
        OTHER,
    ),
    (403, "PERMISSION_DENIED", "", "Your API key was reported as leaked.", ErrorKind::Authentication, OTHER),
    (403, "PERMISSION_DENIED", "API_KEY_SERVICE_BLOCKED", "blocked", ErrorKind::Permission, OTHER),
    (403, "PERMISSION_DENIED", "SERVICE_DISABLED", "disabled", ErrorKind::Permission, OTHER),
    (403, "PERMISSION_DENIED", "API_KEY_HTTP_REFERRER_BLOCKED", "referer", ErrorKind::Permission, OTHER),
    (
        403,
        "PERMISSION_DENIED",
        "",
        "You do not have permission to access the File abc",
        ErrorKind::Permission,
        OTHER,
    ),
    (
        403,
        "PERMISSION_DENIED",
        "",
        "CachedContent not found (or permission denied)",
        ErrorKind::Permission,
        OTHER,
    ),
    (404, "NOT_FOUND", "", "models/x is not found for API version v1beta", ErrorKind::ModelNotFound, OTHER),
    (
        404,
        "NOT_FOUND",
        "",
        "CachedContent not found (or permission denied)",
        ErrorKind::InvalidRequest,
        NEVER,
    ),
    (413, "", "", "too large", ErrorKind::InvalidRequest, NEVER),
    (
        429,
        "RESOURCE_EXHAUSTED",
        "",
        "Resource has been exhausted (e.g. check quota).",
        ErrorKind::RateLimited,
        AGAIN,
    ),
    (429, "RESOURCE_EXHAUSTED", "", "Your prepayment credits are depleted.", ErrorKind::QuotaExceeded, OTHER),
    (
        429,
        "RESOURCE_EXHAUSTED",
        "",
        "Your project has exceeded its monthly spending cap.",
        ErrorKind::QuotaExceeded,
        OTHER,
    ),
    (
        429,
        "RESOURCE_EXHAUSTED",
        "",
        "Quota exceeded for metric: x, limit: 0, model: gemini-x",
        ErrorKind::QuotaExceeded,
        OTHER,
    ),
    (
        429,
        "RESOURCE_EXHAUSTED",
        "",
        "Quota exceeded for metric: x, limit: 0",
        ErrorKind::QuotaExceeded,
        OTHER,
    ),
    (499, "CANCELLED", "", "The operation was cancelled.", ErrorKind::Cancelled, NEVER),
    (500, "INTERNAL", "", "An internal error has occurred.", ErrorKind::Server, AGAIN),
    (502, "", "", "bad gateway", ErrorKind::Server, AGAIN),
    (503, "UNAVAILABLE", "", "The model is overloaded.", ErrorKind::Overloaded, AGAIN),
    (504, "DEADLINE_EXCEEDED", "", "Deadline expired.", ErrorKind::Timeout, AGAIN),
];

fn body(status: u16, name: &str, reason: &str, message: &str) -> Value {
    let mut error = json!({"code": status, "message": message});
    if !name.is_empty() {
        error["status"] = json!(name);
    }
    if !reason.is_empty() {
        error["details"] = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]);
    }
    json!({"error": error})
}

#[tokio::test]
async fn every_row_alone_in_a_list_and_inside_an_answer() {
    for (status, name, reason, message, kind, retry) in TABLE {
        let body = body(*status, name, reason, message);
        for (http, text) in [
            (*status, body.to_string()),
            (*status, json!([body]).to_string()),
            (200, body.to_string()),
            (200, json!([body]).to_string()),
        ] {
            let error = asked(reply(http, &text)).await;
            assert_eq!(
                (error.kind(), error.retry()),
                (*kind, *retry),
                "{http} {status} {name} {reason} {message}"
            );
            assert_eq!(error.status(), Some(http));
            assert_eq!(said(&error).message, *message);
        }
        let frame = WireReply::events([body.to_string()]);
        let transport = ScriptedTransport::new().reply(frame);
        let stream = model(&transport).stream(&Context::new(), Arc::new("Hi".into())).await.unwrap();
        let error = stream.into_response().await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (*kind, *retry), "in a stream: {status} {name} {message}");
    }
}

#[tokio::test]
async fn a_status_without_a_number_inside_an_answer_is_read_by_its_name() {
    for (name, kind) in [
        ("RESOURCE_EXHAUSTED", ErrorKind::RateLimited),
        ("UNAVAILABLE", ErrorKind::Overloaded),
        ("INVALID_ARGUMENT", ErrorKind::InvalidRequest),
        ("DEADLINE_EXCEEDED", ErrorKind::Timeout),
        ("SOMETHING_NEW", ErrorKind::Server),
    ] {
        let error = asked(reply(200, &json!({"error": {"status": name, "message": "m"}}).to_string())).await;
        assert_eq!(error.kind(), kind, "{name}");
    }
}

fn limited(id: &str, value: &str, delay: &str) -> String {
    json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "You exceeded your current quota, please check your plan and billing details.",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [
                {"quotaId": id, "quotaValue": value, "quotaMetric": "m", "quotaDimensions": {"model": "gemini-x"}}]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay},
        ]}})
    .to_string()
}

#[tokio::test]
async fn a_limit_per_minute_is_waited_out_and_one_per_day_is_not() {
    let per_minute =
        asked(reply(429, &limited("GenerateRequestsPerMinutePerProjectPerModel", "10", "34.412s"))).await;
    assert_eq!(per_minute.kind(), ErrorKind::RateLimited);
    assert_eq!(per_minute.retry(), Retry::SameTarget { after: Some(Duration::from_millis(34_412)) });
    for (id, value) in
        [("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250"), ("RequestsPerMinute", "0")]
    {
        let error = asked(reply(429, &limited(id, value, "41.2s"))).await;
        assert_eq!((error.kind(), error.retry()), (ErrorKind::QuotaExceeded, OTHER), "{id} {value}");
        let quota = &said(&error).quota[0];
        assert_eq!((quota.id.as_str(), quota.model.as_deref()), (id, Some("gemini-x")));
    }
}

#[tokio::test]
async fn delays_are_read_wherever_they_are() {
    let text = |message: &str| json!({"error": {"code": 429, "message": message}}).to_string();
    for (body, after) in [
        (limited("PerMinute", "1", "900ms"), Some(900)),
        (text("Please retry in 38.3s."), Some(38_300)),
        (text("Please retry in 1h2m3s."), Some(3_723_000)),
        (text("Please retry in 512.3ms."), Some(512)),
        (text("Please retry in a while."), None),
        (text("Please retry in 5 minutes."), None),
    ] {
        let Retry::SameTarget { after: seen } = asked(reply(429, &body)).await.retry() else {
            panic!("{body}")
        };
        assert_eq!(seen.map(|seen| seen.as_millis()), after, "{body}");
    }
    let headed = reply(429, &text("Please retry in 38s.")).header("retry-after", "7");
    assert_eq!(asked(headed).await.retry(), Retry::SameTarget { after: Some(Duration::from_secs(7)) });
}

#[tokio::test]
async fn what_is_no_error_object_is_read_by_its_status() {
    assert_eq!(asked(reply(404, "<html>")).await.kind(), ErrorKind::InvalidRequest);
    assert!(asked(reply(404, "")).await.message().contains("base_url"));
    assert_eq!(asked(reply(402, "")).await.kind(), ErrorKind::QuotaExceeded);
    assert_eq!(asked(reply(502, "<html>Bad gateway</html>")).await.kind(), ErrorKind::Server);
    let text = asked(reply(400, r#"{"error":"API key not valid"}"#)).await;
    assert_eq!(text.kind(), ErrorKind::Authentication);
}

#[tokio::test]
async fn no_error_shows_the_key_or_google_s_words() {
    let quoted = json!({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": format!("The key {KEY} is for canary only"),
        "details": [{"@type": "x.ErrorInfo", "reason": "a sentence with canary"}]}});
    for status in [403, 200] {
        let error = asked(reply(status, &quoted.to_string())).await;
        let shown = format!("{error} {error:?} {} {:?}", said(&error), said(&error));
        assert!(!shown.contains(KEY) && !error.to_string().contains("canary"), "{shown}");
        assert!(!said(&error).message.contains(KEY));
    }
}
