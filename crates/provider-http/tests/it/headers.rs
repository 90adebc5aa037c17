//! What the headers of an answer say.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use provider_http::{RedactedHeaders, is_printable, rate_limits, request_id, retry_after, should_retry};

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

/// Sat, 21 Nov 2026 09:00:00 GMT
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_251_600)
}

#[test]
fn retry_after_in_every_form() {
    let cases = [
        ("0", Some(0)),
        ("20", Some(20_000)),
        (" 20 ", Some(20_000)),
        ("1.5", Some(1500)),
        ("30s", Some(30_000)),
        ("Sat, 21 Nov 2026 09:01:30 GMT", Some(90_000)),
        ("Sat, 21 Nov 2026 08:00:00 GMT", Some(0)),
        ("Sunday, 22-Nov-26 09:00:00 GMT", Some(86_400_000)),
        ("Sun Nov 22 09:00:00 2026", Some(86_400_000)),
        ("-1", None),
        ("NaN", None),
        ("1e400", None),
        ("1000000000", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("soon", None),
        ("", None),
    ];
    for (value, milliseconds) in cases {
        let found = retry_after(&headers(&[("retry-after", value)]), now());
        assert_eq!(found, milliseconds.map(Duration::from_millis), "{value:?}");
    }
    assert_eq!(retry_after(&HeaderMap::new(), now()), None);
}

#[test]
fn milliseconds_win_over_seconds() {
    let both = headers(&[("retry-after", "20"), ("retry-after-ms", "1234.5")]);
    assert_eq!(retry_after(&both, now()), Some(Duration::from_micros(1_234_500)));
    for odd in ["soon", "NaN", "-1", "1e18"] {
        let odd = headers(&[("retry-after", "20"), ("retry-after-ms", odd)]);
        assert_eq!(retry_after(&odd, now()), Some(Duration::from_secs(20)));
    }
}

#[test]
fn the_vendor_may_say_whether_to_repeat() {
    for (value, expected) in [("true", Some(true)), ("False", Some(false)), ("maybe", None)] {
        assert_eq!(should_retry(&headers(&[("x-should-retry", value)])), expected, "{value}");
    }
    assert_eq!(should_retry(&HeaderMap::new()), None);
}

#[test]
fn resets_as_vendors_write_them() {
    let cases = [
        ("6m0s", Some(360_000)),
        ("1s", Some(1000)),
        ("120ms", Some(120)),
        ("6ms", Some(6)),
        ("1.4s", Some(1400)),
        ("7m12s", Some(432_000)),
        ("1h2m3.5s", Some(3_723_500)),
        ("2m59.56s", Some(179_560)),
        ("1d2h", Some(93_600_000)),
        ("0s", Some(0)),
        ("17", Some(17_000)),
        ("0.25", Some(250)),
        ("1795251600", None),
        ("1795251600000", None),
        ("2026-11-21T09:01:00Z", None),
        ("Sat, 21 Nov 2026 09:01:30 GMT", None),
        ("5 minutes", None),
        ("-1s", None),
        ("m", None),
        ("1..5s", None),
        ("", None),
    ];
    for (value, milliseconds) in cases {
        let found = rate_limits(&headers(&[("x-ratelimit-reset-requests", value)])).requests.reset;
        assert_eq!(found, milliseconds.map(Duration::from_millis), "{value:?}");
    }
}

#[test]
fn all_limits_of_an_answer() {
    let limits = rate_limits(&headers(&[
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-tokens", "unlimited"),
        ("x-ratelimit-reset-project-tokens", "6m0s"),
    ]));
    assert_eq!((limits.requests.limit, limits.requests.remaining), (Some(60), Some(59)));
    assert_eq!(limits.requests.reset, Some(Duration::from_secs(1)));
    assert_eq!(
        (limits.tokens.limit, limits.tokens.remaining, limits.tokens.reset),
        (Some(150_000), None, None)
    );
    assert_eq!(limits.project_tokens.reset, Some(Duration::from_secs(360)));
    assert!(rate_limits(&headers(&[("content-type", "text/html")])).is_empty());
}

#[test]
fn the_request_id_has_several_names() {
    assert_eq!(request_id(&headers(&[("x-request-id", "req_1"), ("request-id", "req_2")])), Some("req_1"));
    assert_eq!(request_id(&headers(&[("request-id", "req_2")])), Some("req_2"));
    assert_eq!(request_id(&headers(&[("x-request-id", "")])), None);
}

#[test]
fn only_known_harmless_headers_are_printed() {
    let mut some = headers(&[
        ("authorization", "Bearer canary-1"),
        ("x-goog-api-key", "canary-2"),
        ("api-key", "canary-3"),
        ("x-new-vendor-token", "canary-4"),
        ("x-request-id", "req_1"),
        ("x-ratelimit-limit-requests", "60"),
    ]);
    let mut marked = HeaderValue::from_static("canary-5");
    marked.set_sensitive(true);
    some.insert("user-agent", marked);
    let printed = format!("{:?}", RedactedHeaders::new(&some));
    assert!(!printed.contains("canary"), "{printed}");
    assert!(printed.contains("req_1") && printed.contains("\"60\""), "{printed}");
    // Looked up by bisection, so the list must be in order: its first, middle and last names are found.
    for name in ["accept", "date", "server", "x-should-retry"] {
        assert!(is_printable(&HeaderName::from_static(name)), "{name}");
    }
}
