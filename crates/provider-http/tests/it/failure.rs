//! Answers that say no, read into what a driver maps.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use laravel_ai_core::{Body, Error, ErrorKind, Retry};
use provider_http::{BodyForm, FAILURE_BODY_LIMIT, Failure};

use crate::scripted::TestClock;

fn failure(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Failure {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_static(value));
    }
    let status = StatusCode::from_u16(status).unwrap();
    Failure::new(status, &map, body.to_owned().into(), SystemTime::UNIX_EPOCH)
}

#[test]
fn the_status_decides_when_the_body_says_nothing() {
    let cases = [
        (302, ErrorKind::Configuration),
        (400, ErrorKind::InvalidRequest),
        (401, ErrorKind::Authentication),
        (402, ErrorKind::QuotaExceeded),
        (403, ErrorKind::Permission),
        (404, ErrorKind::InvalidRequest),
        (408, ErrorKind::Timeout),
        (409, ErrorKind::Server),
        (413, ErrorKind::InvalidRequest),
        (422, ErrorKind::InvalidRequest),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
        (501, ErrorKind::Unsupported),
        (502, ErrorKind::Server),
        (503, ErrorKind::Overloaded),
        (504, ErrorKind::Server),
        (520, ErrorKind::Server),
        (529, ErrorKind::Overloaded),
        (200, ErrorKind::Unknown),
        (999, ErrorKind::Unknown),
    ];
    for (status, kind) in cases {
        let error = failure(status, &[], "").default_error();
        assert_eq!((error.kind(), error.status()), (kind, Some(status)));
        assert_eq!(error.retry(), kind.retry(), "{status}");
    }
}

#[test]
fn the_error_carries_what_the_headers_said() {
    let error = failure(
        429,
        &[("retry-after-ms", "250"), ("x-request-id", "req_1"), ("x-ratelimit-remaining-tokens", "0")],
        "{}",
    )
    .error(ErrorKind::RateLimited, "too many tokens");
    assert_eq!(error.retry(), Retry::SameTarget { after: Some(Duration::from_millis(250)) });
    assert_eq!(error.request_id(), Some("req_1"));
    assert_eq!(error.rate_limits().unwrap().tokens.remaining, Some(0));
    assert!(failure(429, &[], "").default_error().rate_limits().is_none());
}

#[test]
fn the_vendors_word_on_repeating_wins_over_the_kind() {
    let after = [("retry-after", "3"), ("x-should-retry", "false")];
    assert_eq!(failure(503, &after, "").default_error().retry(), Retry::OtherTarget);
    assert_eq!(failure(400, &[("x-should-retry", "false")], "").default_error().retry(), Retry::Never);
    assert_eq!(
        failure(400, &[("x-should-retry", "true"), ("retry-after", "1")], "").default_error().retry(),
        Retry::SameTarget { after: Some(Duration::from_secs(1)) }
    );
    // A delay on a failure that waiting can't mend changes nothing.
    assert_eq!(failure(401, &[("retry-after", "1")], "").default_error().retry(), Retry::OtherTarget);
}

#[test]
fn the_body_is_known_by_its_bytes_whatever_the_content_type() {
    let json = [("content-type", "text/html")];
    assert_eq!(failure(500, &json, " {\"error\":\"x\"}\n").form(), BodyForm::Json);
    assert_eq!(failure(500, &[], "[{\"error\":1}]").form(), BodyForm::Json);
    let lies = [("content-type", "application/json")];
    assert_eq!(failure(502, &lies, "\r\n<!DOCTYPE html><html>").form(), BodyForm::Html);
    assert_eq!(failure(502, &lies, "upstream connect error").form(), BodyForm::Text);
    assert_eq!(failure(502, &lies, "{\"error\":").form(), BodyForm::Text);
    assert_eq!(failure(502, &lies, " \n").form(), BodyForm::Empty);
    let value: serde_json::Value = failure(500, &json, "{\"error\":\"x\"}").json().unwrap();
    assert_eq!(value["error"], "x");
    assert!(failure(502, &lies, "<html>").json::<serde_json::Value>().is_none());
}

#[test]
fn nothing_printed_shows_the_body_or_where_a_redirect_leads_in_full() {
    let failure = failure(
        307,
        &[("location", "https://user:canary@other.example:8443/v1?key=canary")],
        "the prompt was canary",
    );
    let error = failure.default_error();
    let printed = format!("{failure:?} {error} {error:?}");
    assert!(!printed.contains("canary"), "{printed}");
    assert!(error.message().contains("https://other.example:8443"), "{error}");
}

fn response(status: u16, pieces: Vec<Result<Bytes, Error>>) -> Response<Body> {
    Response::builder().status(status).body(Body::stream(stream::iter(pieces))).unwrap()
}

#[tokio::test]
async fn a_body_is_read_up_to_the_limit() {
    let piece = Bytes::from(vec![b'x'; 100_000]);
    let endless = stream::repeat_with(move || Ok(piece.clone()));
    let response = Response::builder().status(500).body(Body::stream(endless)).unwrap();
    let failure = Failure::read(response, &TestClock).await;
    assert_eq!((failure.body.len(), failure.truncated), (FAILURE_BODY_LIMIT, true));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_kept_as_far_as_it_came() {
    let broken = Error::new(ErrorKind::Transport, "the connection broke");
    let failure = Failure::read(response(503, vec![Ok("{\"a\"".into()), Err(broken)]), &TestClock).await;
    assert_eq!((&failure.body[..], failure.truncated), (&b"{\"a\""[..], true));
    assert_eq!(failure.default_error().kind(), ErrorKind::Overloaded);

    let failure = Failure::read(response(400, vec![Ok("{\"a\"".into()), Ok(":1}".into())]), &TestClock).await;
    assert_eq!((failure.form(), failure.truncated), (BodyForm::Json, false));
}

/// A proxy that drips its page would otherwise hide for hours what the status says.
#[tokio::test(start_paused = true)]
async fn a_body_that_dawdles_is_kept_as_far_as_it_came() {
    let drops = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some((Ok(Bytes::from_static(b" ")), ()))
    });
    let response = Response::builder().status(429).header("retry-after", "7");
    let began = tokio::time::Instant::now();
    let failure = Failure::read(response.body(Body::stream(drops)).unwrap(), &TestClock).await;
    assert_eq!((failure.truncated, failure.retry_after), (true, Some(Duration::from_secs(7))));
    assert!(began.elapsed() <= Duration::from_secs(5) && failure.body.len() >= 4, "{failure:?}");
}

#[test]
fn secrets_are_struck_out_of_every_body_of_an_answer_and_words_are_not() {
    let head = Failure::new(
        http::StatusCode::OK,
        &http::HeaderMap::new(),
        "key canary-key".into(),
        SystemTime::UNIX_EPOCH,
    )
    .without("canary-key")
    .without("oll");
    assert_eq!(head.body, "key ***");
    assert_eq!(head.with_body("canary-key of ollama").body, "*** of ollama");
    assert!(!format!("{head:?}").contains("canary"));
}
