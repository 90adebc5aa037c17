//! Fixtures, and a server that is scripted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use laravel_ai_core::{
    ChatRequest, ChatResponse, ChatStream, Driver as _, Provider, Resources, ResponseStart, Result,
    StreamEvent, Target, Warning,
};
use provider_http::{Failure, Framer};
use provider_mock::{ScriptedTransport, TestClock, WireReply};
use provider_ollama::{Config, Ollama, OllamaOptions, Prompt, StreamDecoder, decode_chat, encode_chat};
use serde_json::Value;

/// One row of `fixtures/index.toml`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) read_by: String,
    pub(crate) reason: Option<String>,
    #[serde(default = "ok")]
    pub(crate) status: u16,
}

fn ok() -> u16 {
    200
}

pub(crate) fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub(crate) fn index() -> BTreeMap<String, Row> {
    toml::from_str(&fixture("index.toml")).unwrap()
}

/// The rows that one test reads; never none.
pub(crate) fn read_by(test: &str) -> Vec<(String, Row)> {
    let rows: Vec<_> = index().into_iter().filter(|(_, row)| row.read_by == test).collect();
    assert!(!rows.is_empty(), "no fixture is read by `{test}`");
    rows
}

pub(crate) fn fixture(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

pub(crate) fn target() -> Target {
    Target::new("ollama", "local", "qwen3:8b")
}

pub(crate) fn failure(status: u16, body: impl Into<Bytes>) -> Failure {
    let status = StatusCode::from_u16(status).unwrap();
    Failure::new(status, &HeaderMap::new(), body.into(), SystemTime::UNIX_EPOCH)
}

pub(crate) fn decoded(body: impl ToString) -> Result<ChatResponse> {
    let response = Response::new(Bytes::from(body.to_string()));
    decode_chat(&target(), Prompt::default(), false, &response, || failure(200, response.body().clone()))
}

pub(crate) fn decoder() -> StreamDecoder {
    StreamDecoder::new(ResponseStart::new(target()), Arc::new(failure(200, "")))
}

/// What a body gives through the real framer and decoder, cut at these places.
pub(crate) fn events_of(body: &[u8], cuts: &[usize]) -> (Vec<StreamEvent>, Option<String>) {
    let (mut decoder, mut framer, mut events) = (decoder(), Framer::ndjson(), VecDeque::new());
    let mut run = || -> Result<()> {
        let mut from = 0;
        for cut in cuts.iter().copied().chain([body.len()]) {
            framer.push(Bytes::copy_from_slice(&body[from..cut]));
            from = cut;
            while let Some(frame) = framer.next_frame()? {
                decoder.push(frame.data(), &mut events)?;
            }
        }
        framer.finish();
        while let Some(frame) = framer.next_frame()? {
            decoder.push(frame.data(), &mut events)?;
        }
        decoder.finish()
    };
    let error = run().err().map(|error| format!("{error} / {:?}", error.retry()));
    (events.into(), error)
}

/// The answer that a list of events folds to.
pub(crate) async fn folded(events: Vec<StreamEvent>) -> ChatResponse {
    let stream = futures_util::stream::iter(events.into_iter().map(Ok));
    ChatStream::new(target(), stream).into_response().await.expect("the events keep the law")
}

/// The body of a request, and what was warned of.
pub(crate) fn encode(request: &ChatRequest) -> Result<(Value, Vec<Warning>)> {
    let encoded = encode_chat(&target(), &OllamaOptions::default(), request, false)?;
    Ok((serde_json::from_slice(&encoded.body).expect("the body is JSON"), encoded.warnings))
}

pub(crate) fn server(replies: impl IntoIterator<Item = WireReply>) -> (ScriptedTransport, Resources) {
    let transport = ScriptedTransport::new();
    let replies: Vec<_> = replies.into_iter().collect();
    if !replies.is_empty() {
        transport.sequence(replies);
    }
    let resources = Resources::new(Arc::new(transport.clone()), Arc::new(TestClock::new()));
    (transport, resources)
}

pub(crate) fn provider(
    config: Config,
    replies: impl IntoIterator<Item = WireReply>,
) -> (Arc<dyn Provider>, ScriptedTransport) {
    let (transport, resources) = server(replies);
    (Ollama::connect("local", config, &resources).unwrap(), transport)
}
