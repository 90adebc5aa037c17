//! The transport that lets nothing out.

use std::sync::Arc;

use bytes::Bytes;
use laravel_ai_core::{Context, ErrorKind, Retry, Transport};
use provider_mock::{RefusingTransport, ScriptedTransport, WireReply};

use crate::panic_of;

fn post(url: &str) -> http::Request<Bytes> {
    http::Request::post(url).body(Bytes::from("{}")).unwrap()
}

#[tokio::test]
async fn a_stray_call_names_method_host_and_path_and_nothing_secret() {
    let transport = RefusingTransport::new();
    let url = "https://user:test-password@api.example.com:8443/v1/chat?key=test-secret";
    let error = transport.send(&Context::new(), post(url)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Configuration, Retry::Never));
    assert!(!error.possibly_billed());
    insta::assert_snapshot!(error.message(), @"POST api.example.com:8443/v1/chat was refused, because this program may not reach the network: script the call with a Mock or a ScriptedTransport, or allow its host with RefusingTransport::with_allowed");
}

#[tokio::test]
async fn what_was_refused_is_known_even_when_the_error_is_swallowed() {
    let transport = RefusingTransport::new();
    transport.assert_nothing_refused();
    _ = transport.clone().send(&Context::new(), post("https://a.example/x")).await;
    assert_eq!(
        panic_of(|| transport.assert_nothing_refused()),
        "expected that no request is refused; this was:\n  POST a.example/x"
    );
}

#[tokio::test]
async fn allowed_hosts_pass() {
    let inner = ScriptedTransport::new().reply(WireReply::status(204));
    let allowed = ["LocalHost", "127.0.0.1:8080", "*.example.com", "api.example.org:443", "*oops.net", "*"];
    let transport = RefusingTransport::new().with_allowed(allowed, Arc::new(inner.clone()));
    let cases = [
        ("http://localhost:1234/a", true),
        ("http://LOCALHOST/a", true),
        ("http://127.0.0.1:8080/a", true),
        ("http://127.0.0.1:8081/a", false),
        ("https://api.example.com/a", true),
        ("https://example.com/a", false),
        ("https://notexample.com/a", false),
        ("https://whoops.net/a", false),
        ("https://api.example.org/a", true),
        ("http://api.example.org/a", false),
    ];
    for (url, passes) in cases {
        assert_eq!(transport.send(&Context::new(), post(url)).await.is_ok(), passes, "{url}");
    }
    inner.assert_sent_count(5);
    assert_eq!(transport.refused().len(), 5);
}
