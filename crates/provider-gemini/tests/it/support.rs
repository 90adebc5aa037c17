//! Fixtures, and what tests need to read and to write.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use laravel_ai_core::{
    ChatModel, ChatRequest, ChatResponse, ChatStream, Driver, Provider, Resources, ResponseStart, Result,
    Secret, StreamEvent, Target, Warning,
};
use provider_gemini::{Config, Gemini, GeminiError, StreamDecoder, decode_content, encode_content};
use provider_http::{Failure, Framer};
use provider_mock::{ScriptedTransport, TestClock};
use serde_json::Value;

pub(crate) const KEY: &str = "test-key-0123456789";
pub(crate) const MODEL: &str = "gemini-3.5-flash";

/// One row of `fixtures/index.toml`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) read_by: String,
    #[serde(default)]
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
    toml::from_str(&fixture("index.toml")).expect("the index is TOML")
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

pub(crate) fn json(name: &str) -> Value {
    serde_json::from_str(&fixture(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

pub(crate) fn target() -> Target {
    Target::new("gemini", "work", MODEL)
}

fn failure(status: StatusCode, body: Bytes) -> Failure {
    Failure::new(status, &HeaderMap::new(), body, SystemTime::UNIX_EPOCH)
}

/// What a body decodes to.
pub(crate) fn decode(body: impl ToString) -> Result<ChatResponse> {
    let answer = Response::new(Bytes::from(body.to_string()));
    decode_content(&target(), &answer, || failure(answer.status(), answer.body().clone()))
}

pub(crate) fn decoder() -> StreamDecoder {
    StreamDecoder::new(ResponseStart::new(target()), Arc::new(failure(StatusCode::OK, Bytes::new())))
}

/// What a body gives through the real framer and decoder, cut at these places.
pub(crate) fn events_of(body: &[u8], cuts: &[usize]) -> (Vec<StreamEvent>, Option<String>) {
    let mut decoder = decoder();
    let mut framer = Framer::sse();
    let mut events = VecDeque::new();
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
        decoder.finish(&mut events)
    };
    let error = run().err().map(|error| format!("{error} / {:?}", error.retry()));
    (events.into(), error)
}

/// A stream body of these data frames.
pub(crate) fn sse(frames: &[Value]) -> String {
    frames.iter().map(|frame| format!("data: {frame}\r\n\r\n")).collect()
}

/// The answer that a list of events folds to.
pub(crate) async fn folded(events: Vec<StreamEvent>) -> ChatResponse {
    let stream = futures_util::stream::iter(events.into_iter().map(Ok));
    ChatStream::new(target(), stream).into_response().await.expect("the events keep the law")
}

/// The answer of a stream of these frames.
pub(crate) async fn streamed(frames: &[Value]) -> ChatResponse {
    let (events, error) = events_of(sse(frames).as_bytes(), &[]);
    assert_eq!(error, None);
    folded(events).await
}

/// An answer of these parts.
pub(crate) fn answer(parts: &Value) -> Value {
    serde_json::json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": "STOP"}],
        "responseId": "r1", "modelVersion": MODEL})
}

pub(crate) fn resources(transport: &ScriptedTransport) -> Resources {
    Resources::new(Arc::new(transport.clone()), Arc::new(TestClock::new()))
}

pub(crate) fn config() -> Config {
    Config::new(Secret::new(KEY))
}

pub(crate) fn provider(transport: &ScriptedTransport) -> Arc<dyn Provider> {
    Gemini::connect("work", config(), &resources(transport)).expect("the configuration is right")
}

pub(crate) fn model(transport: &ScriptedTransport) -> Arc<dyn ChatModel> {
    provider(transport).chat_model(MODEL).unwrap()
}

/// The body of a request to a model, and what was warned of.
pub(crate) fn encode_for(model: &str, request: &ChatRequest) -> Result<(Value, Vec<Warning>)> {
    let encoded = encode_content(&target().with_model(model), request)?;
    Ok((serde_json::from_slice(&encoded.body).expect("the body is JSON"), encoded.warnings))
}

pub(crate) fn encode(request: &ChatRequest) -> Value {
    encode_for(MODEL, request).expect("the request can be sent").0
}

/// What warnings are about.
pub(crate) fn subjects(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.subject.as_str()).collect()
}

pub(crate) fn said(error: &laravel_ai_core::Error) -> &GeminiError {
    error.vendor().expect("the provider's words are kept")
}

/// JSON by its meaning: whole floats are integers.
pub(crate) fn meaning(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(meaning).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, meaning(value))).collect(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => {
                serde_json::json!(format!("{float:.0}").parse::<i64>().unwrap())
            }
            _ => Value::Number(number),
        },
        other => other,
    }
}
