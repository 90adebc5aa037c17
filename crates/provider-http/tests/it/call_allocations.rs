//! What the library adds to a call over reqwest alone, counted in allocations.
#![allow(clippy::disallowed_types, reason = "reqwest alone is what we are measured against")]

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use laravel_ai_core::Context;
use provider_http::{Call, HttpClient, ReqwestTransport};

use crate::scripted::TestClock;
use crate::server::{Server, answer};

const BODY: &str = r#"{"model":"gpt-x","messages":[{"role":"user","content":"hello"}]}"#;

/// A server on a thread of its own, so that its allocations are not counted.
fn server() -> String {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::answering(answer(200, &[("content-type", "application/json")], BODY)).await;
            sender.send(server.url("/v1")).unwrap();
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().unwrap()
}

/// The fewest allocations of several runs: buffers of the connection grow in the first ones.
fn fewest(runtime: &tokio::runtime::Runtime, call: impl AsyncFn()) -> u64 {
    (0..10).map(|_| allocation_counter::measure(|| runtime.block_on(call())).count_total).min().unwrap()
}

#[test]
fn a_call_costs_few_allocations_over_reqwest_alone() {
    let url = server();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let raw = reqwest::Client::builder().no_proxy().gzip(true).build().unwrap();
    let endpoint = format!("{url}/chat/completions");
    let alone = fewest(&runtime, async || {
        let request = raw
            .post(&endpoint)
            .header("content-type", "application/json")
            .header("authorization", "Bearer test-key")
            .body(BODY)
            .send();
        assert_eq!(request.await.unwrap().bytes().await.unwrap(), BODY);
    });

    let transport = Arc::new(ReqwestTransport::new().unwrap());
    let client = HttpClient::new(transport, Arc::new(TestClock), &url)
        .unwrap()
        .with_header("authorization", HeaderValue::from_static("Bearer test-key"))
        .unwrap();
    let ctx = Context::new();
    let ours = fewest(&runtime, async || {
        let call = Call::post("chat/completions", Bytes::from_static(BODY.as_bytes()));
        assert_eq!(client.send(&ctx, call).await.unwrap().body(), BODY);
    });
    assert!(ours <= alone + 8, "{ours} allocations, reqwest alone {alone}");
}
