//! URLs, headers, statuses: what every driver relies on.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use laravel_ai_core::{Context, Error, ErrorKind, Secret};
use provider_http::{BaseUrl, Call, Framer, HttpClient, encode_segment};

use crate::scripted::{Scripted, TestClock, pieces};

fn client(transport: &Arc<Scripted>) -> HttpClient {
    HttpClient::new(Arc::clone(transport) as _, Arc::new(TestClock), "https://api.example.com/v1/").unwrap()
}

fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

#[test]
fn urls_are_joined_with_exactly_one_slash() {
    let cases = [
        ("https://a.example/v1", "models", "https://a.example/v1/models"),
        ("https://a.example/v1/", "/models", "https://a.example/v1/models"),
        ("https://a.example//", "models", "https://a.example/models"),
        ("https://a.example", "", "https://a.example/"),
        ("http://localhost:11434", "/api/chat", "http://localhost:11434/api/chat"),
        ("http://[::1]:8080/x", "y", "http://[::1]:8080/x/y"),
        ("https://a.example/v1?api-version=2", "chat", "https://a.example/v1/chat?api-version=2"),
        (" https://a.example/v1 ", "chat?alt=sse", "https://a.example/v1/chat?alt=sse"),
        ("https://a.example/v1?k=2", "chat?alt=sse", "https://a.example/v1/chat?alt=sse&k=2"),
    ];
    for (base, path, expected) in cases {
        assert_eq!(BaseUrl::parse(base).unwrap().join(path, &[]).unwrap(), expected, "{base} + {path}");
    }
    let joined =
        BaseUrl::parse("https://a.example/v1?k=2").unwrap().join("m", &[("a b", "c&d=é"), ("e", "")]);
    assert_eq!(joined.unwrap(), "https://a.example/v1/m?k=2&a%20b=c%26d%3D%C3%A9&e=");
    let error = BaseUrl::parse("https://a.example").unwrap().join("with space", &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[test]
fn base_urls_that_can_not_work_are_refused_without_being_printed() {
    for base in [
        "",
        "api.example.com/v1",
        "/v1",
        "ftp://a.example",
        "https://user:canary@a.example/v1",
        "https://canary@a.example/v1",
        "https://a.example/canary#canary",
        "https:///canary",
        "https://:443/canary",
        "https://a.example:99999/canary",
        "https://256.1.1.1/canary",
        "https://[::1/canary",
        "https://a example/canary",
    ] {
        let error = BaseUrl::parse(base).unwrap_err();
        assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Configuration, false), "{base}");
        assert!(!format!("{error}{error:?}").contains("canary"), "{error}");
    }
    let base = BaseUrl::parse("https://a.example/v1?key=canary").unwrap();
    assert_eq!(format!("{base} {base:?}"), "https://a.example/v1 BaseUrl(https://a.example/v1)");
}

#[test]
fn a_models_name_stays_one_segment_of_the_path() {
    for (name, encoded) in [
        ("gemini-2.5-pro", "gemini-2.5-pro"),
        ("llama3:8b", "llama3:8b"),
        ("a/b", "a%2Fb"),
        ("a?b#c d", "a%3Fb%23c%20d"),
        ("..", "%252E%252E"),
        (".", "%252E"),
        ("%2e.", "%252e."),
        ("é\r\n", "%C3%A9%0D%0A"),
    ] {
        assert_eq!(encode_segment(name), encoded);
        let url = format!("http://a.example/v1/models/{encoded}");
        assert_eq!(url::Url::parse(&url).unwrap().path(), format!("/v1/models/{encoded}"), "resolved");
    }
}

#[tokio::test]
async fn the_headers_of_the_user_win_over_the_drivers() {
    let transport = Scripted::new([pieces(200, vec![Ok("{}")])]);
    let client = client(&transport)
        .with_header("authorization", Secret::new("test-key").header("Bearer ").unwrap())
        .unwrap()
        .with_header("openai-beta", HeaderValue::from_static("a"))
        .unwrap();
    let key = map(&[("authorization", "Bearer other-test-key")]);
    let mut extra = map(&[("openai-beta", "b"), ("accept", "text/plain")]);
    extra.append("x-more", HeaderValue::from_static("1"));
    extra.append("x-more", HeaderValue::from_static("2"));
    let call = Call::post("/chat", "{}").with_headers(&key).with_extra_headers(&extra);
    client.send(&Context::new(), call).await.unwrap();

    let requests = transport.requests.lock().unwrap();
    let sent = requests[0].headers();
    assert_eq!(requests[0].uri(), "https://api.example.com/v1/chat");
    assert_eq!(sent["authorization"], "Bearer other-test-key");
    assert_eq!(sent["openai-beta"], "b");
    assert_eq!(sent["accept"], "text/plain");
    assert_eq!(sent["content-type"], "application/json");
    assert_eq!(sent.get_all("x-more").iter().collect::<Vec<_>>(), ["1", "2"]);
}

#[tokio::test]
async fn headers_of_the_connection_are_refused_before_anything_is_sent() {
    let transport = Scripted::new([]);
    let client = client(&transport);
    for name in [
        "host",
        "content-length",
        "connection",
        "transfer-encoding",
        "upgrade",
        "te",
        "trailer",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "http2-settings",
    ] {
        let extra = map(&[(name, "x")]);
        let error = client.post_json(&Context::new(), "chat", &extra, Bytes::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains(name), "{error}");
        let error = client.clone().with_header(name, HeaderValue::from_static("x")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
    assert!(transport.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_get_has_no_content_type_and_a_stream_asks_for_events() {
    let transport = Scripted::new([pieces(200, vec![Ok("{}")]), pieces(200, vec![])]);
    let client = client(&transport);
    client.send(&Context::new(), Call::get("models").with_query(&[("after", "x")])).await.unwrap();
    client.stream(&Context::new(), Call::post("chat", "{}"), Framer::sse()).await.unwrap();
    let requests = transport.requests.lock().unwrap();
    assert_eq!(requests[0].method(), "GET");
    assert_eq!(requests[0].uri(), "https://api.example.com/v1/models?after=x");
    assert!(!requests[0].headers().contains_key("content-type"));
    assert_eq!(requests[0].headers()["accept"], "application/json");
    assert_eq!(requests[1].headers()["accept"], "text/event-stream");
}

#[tokio::test]
async fn a_refusal_becomes_the_error_of_the_drivers_mapping() {
    let refusal = || pieces(404, vec![Ok("{\"error\":{\"code\":"), Ok("\"model_not_found\"}}")]);
    let transport = Scripted::new([refusal(), refusal(), pieces(302, vec![])]);
    let plain = client(&transport);
    let error = plain.send(&Context::new(), Call::get("models")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status(), error.request_id()),
        (ErrorKind::InvalidRequest, Some(404), Some("req_1"))
    );

    let mapped = plain.with_failures(|failure| match failure.json::<serde_json::Value>() {
        Some(body) if body["error"]["code"] == "model_not_found" => {
            failure.error(ErrorKind::ModelNotFound, "the model does not exist")
        }
        _ => failure.default_error(),
    });
    let error = mapped.stream(&Context::new(), Call::post("chat", "{}"), Framer::sse()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelNotFound);
    let error = mapped.send(&Context::new(), Call::get("models")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "a redirect that is not followed is no answer");

    // An error object inside a 200 takes the same way.
    let answer = http::Response::new("{\"error\":{\"code\":\"model_not_found\"}}".into());
    let error = mapped.error(&mapped.failure(&Call::get("models"), &answer));
    assert_eq!((error.kind(), error.status()), (ErrorKind::ModelNotFound, Some(200)));
}

#[tokio::test]
async fn a_key_that_a_vendor_quotes_does_not_reach_the_mapping() {
    let quoted = || pieces(401, vec![Ok("bad canary-key, canary-extra")]);
    let transport = Scripted::new([quoted(), quoted()]);
    let key = Secret::new("canary-key").header("Bearer ").unwrap();
    let client = client(&transport).with_header("authorization", key).unwrap();
    let client = client.with_failures(|failure| {
        assert_eq!(failure.body, "bad ***, ***");
        failure.default_error()
    });
    let mut extra = map(&[("x-more", "canary-extra")]);
    extra.get_mut("x-more").unwrap().set_sensitive(true);
    let call = || Call::post("chat", "{}").with_extra_headers(&extra);
    client.send(&Context::new(), call()).await.unwrap_err();
    client.stream(&Context::new(), call(), Framer::sse()).await.unwrap_err();
}

#[tokio::test]
async fn an_answer_may_have_any_content_type_and_no_body_but_not_be_endless_or_cut() {
    let cut = || Error::new(ErrorKind::Transport, "the connection broke");
    let transport = Scripted::new([
        pieces(200, vec![]),
        pieces(201, vec![Ok("{\"a\""), Ok(":1}")]),
        pieces(200, vec![Ok("12345"), Ok("67890")]),
        pieces(200, vec![Ok("12345"), Err(cut())]),
    ]);
    let client = client(&transport).with_answer_limit(9);
    let ctx = Context::new();
    assert_eq!(client.send(&ctx, Call::get("a")).await.unwrap().body(), "");
    assert_eq!(client.send(&ctx, Call::get("a")).await.unwrap().body(), "{\"a\":1}");
    let error = client.send(&ctx, Call::get("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::Decode, Some("req_1")));
    let error = client.send(&ctx, Call::get("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Transport, Some(200)));
}

#[test]
fn what_is_rendered_or_printed_shows_no_key() {
    let client =
        client(&Scripted::new([])).with_header("x-goog-api-key", HeaderValue::from_static("canary")).unwrap();
    let extra = map(&[("authorization", "Bearer canary"), ("x-note", "seen")]);
    let rendered = client.render(&Call::post("chat", "{\"a\":1}").with_extra_headers(&extra)).unwrap();
    let printed = format!("{rendered} {rendered:?} {client:?}");
    assert!(!printed.contains("canary"), "{printed}");
    assert!(
        printed.contains("x-note: seen") && printed.contains("POST https://api.example.com/v1/chat"),
        "{printed}"
    );
    assert_eq!(client.render(&Call::post("chat", "no json")).unwrap_err().kind(), ErrorKind::InvalidRequest);
}
