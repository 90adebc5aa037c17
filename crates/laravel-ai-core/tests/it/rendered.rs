//! The request as it would be sent, without secrets.

use http::{HeaderMap, HeaderValue, Method};
use laravel_ai_core::*;
use serde_json::json;

#[test]
fn sensitive_headers_are_masked_wherever_they_are_shown() {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", Secret::new("sk-canary").header("Bearer ").unwrap());
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let extra = ChatRequest::user("hi").with_header("x-key", "canary").unwrap();
    headers.extend(extra.extra_headers.as_map().clone());
    let rendered = RenderedRequest::new(&Method::POST, "https://host/v1/chat", &headers, json!({"a": 1}))
        .with_warnings(vec![Warning::new(WarningKind::Other, "x", "y")]);
    let stored = serde_json::to_string(&rendered).unwrap();
    assert!(!format!("{rendered}{rendered:?}{stored}").contains("canary"));
    insta::assert_snapshot!(rendered, @r#"
    POST https://host/v1/chat
    authorization: ***
    content-type: application/json
    x-key: ***

    {
      "a": 1
    }
    "#);
}
