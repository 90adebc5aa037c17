//! One span for each request, with nothing secret in it or in what the libraries below log.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Request;
use laravel_ai_core::{Context, Secret, Transport};
use provider_http::ReqwestTransport;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::server::{Server, answer};

/// Writes down every span and event at every level.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Notes {
    fn note(&self, what: &str, metadata: Option<&Metadata<'_>>, record: impl FnOnce(&mut Line<'_>)) {
        let mut text = self.0.lock().unwrap();
        let (level, name) =
            metadata.map_or((String::new(), ""), |data| (data.level().to_string(), data.name()));
        write!(text, "\n{what} {level} {name}").unwrap();
        record(&mut Line(&mut text));
    }
}

impl Subscriber for Notes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.note("span", Some(span.metadata()), |line| span.record(line));
        Id::from_u64(if span.metadata().name() == "http_request" { 1 } else { 2 })
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        self.note(&format!("record {}", span.into_u64()), None, |line| values.record(line));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        self.note("event", Some(event.metadata()), |line| event.record(line));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn one_span_says_what_was_asked_and_nothing_secret() {
    let server = Server::answering(answer(
        200,
        &[("x-request-id", "req_7"), ("set-cookie", "canary")],
        "canary hello",
    ))
    .await;
    let notes = Notes::default();
    let guard = tracing::subscriber::set_default(notes.clone());
    let request = Request::post(server.url("/v1/canary-path?key=canary-query"))
        .header("x-goog-api-key", Secret::new("canary-key").header("").unwrap())
        .body(Bytes::from_static(b"{\"canary\":1}"))
        .unwrap();
    let response = ReqwestTransport::new().unwrap().send(&Context::new(), request).await.unwrap();
    response.into_body().bytes(1000).await.unwrap();
    drop(guard);
    let text = notes.0.lock().unwrap().clone();
    assert_eq!(text.matches("http_request").count(), 1, "{text}");
    for fact in [
        "span DEBUG http_request method=POST host=\"127.0.0.1\"",
        "status=200",
        "request_id=\"req_7\"",
        "bytes=12",
    ] {
        assert!(text.contains(fact), "{fact} is missing in {text}");
    }
    assert!(!text.contains("canary"), "{text}");
}
