//! Fixtures, and accounts over scripted transports.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use laravel_ai_core::{
    ChatModel, ChatRequest, ChatResponse, Context, Error, Provider, RawJson, Resources, Result, Secret,
    StreamEvent, Target, Warning,
};
use provider_mock::{ScriptedTransport, TestClock, WireReply};
use provider_xai::{Account, Api, Config, Xai, encode_completion, encode_response};
use serde_json::Value;

pub(crate) const KEY: &str = "xai-test-key-0123456789";
pub(crate) const MODEL: &str = "grok-4.7";
pub(crate) const BOTH: [Api; 2] = [Api::Responses, Api::Chat];

/// One row of `fixtures/index.toml`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) read_by: String,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default = "ok")]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
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

pub(crate) fn json_of(name: &str) -> Value {
    serde_json::from_str(&fixture(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The HTTP answer that a fixture is the body of.
pub(crate) fn answer(name: &str, row: &Row) -> WireReply {
    let head = row.headers.iter().fold(WireReply::status(row.status), |reply, (name, value)| {
        reply.header(name.as_str(), value.as_str())
    });
    head.body(fixture(name))
}

/// The answer that the row of this file describes.
pub(crate) fn answer_of(name: &str) -> WireReply {
    answer(name, &index()[name])
}

pub(crate) fn sse(frames: &[String]) -> WireReply {
    let body: String = frames.iter().map(|frame| format!("data: {frame}\n\n")).collect();
    WireReply::status(200).header("content-type", "text/event-stream").body(body)
}

pub(crate) fn script<R: Into<WireReply>>(replies: impl IntoIterator<Item = R>) -> ScriptedTransport {
    let transport = ScriptedTransport::new();
    transport.sequence(replies);
    transport
}

pub(crate) fn resources(transport: &ScriptedTransport) -> Resources {
    Resources::new(Arc::new(transport.clone()), Arc::new(TestClock::new()))
}

pub(crate) fn config() -> Config {
    Config::new(Secret::new(KEY))
}

pub(crate) fn account(transport: &ScriptedTransport, api: Api) -> Account {
    Xai::account("work", config().with_api(api), &resources(transport)).expect("the configuration is right")
}

pub(crate) fn model(transport: &ScriptedTransport, api: Api) -> Arc<dyn ChatModel> {
    account(transport, api).chat_model(MODEL).unwrap()
}

/// What a whole answer decodes to.
pub(crate) async fn whole(api: Api, reply: impl Into<WireReply>) -> Result<ChatResponse> {
    model(&script([reply]), api).chat(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await
}

/// The events of a streamed answer, and how it failed.
pub(crate) async fn streamed(api: Api, reply: impl Into<WireReply>) -> (Vec<StreamEvent>, Option<Error>) {
    let model = model(&script([reply]), api);
    let mut stream = match model.stream(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await {
        Ok(stream) => stream,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => return (events, Some(error)),
        }
    }
    (events, None)
}

/// The answer that a list of events folds to.
pub(crate) async fn folded(events: Vec<StreamEvent>) -> ChatResponse {
    let stream = futures_util::stream::iter(events.into_iter().map(Ok));
    laravel_ai_core::ChatStream::new(target(MODEL), stream)
        .into_response()
        .await
        .expect("the events keep the law")
}

pub(crate) fn target(model: &str) -> Target {
    Target::new("xai", "work", model).with_credential(Secret::new(KEY).fingerprint())
}

/// The body of a request to a model, and what was warned of.
pub(crate) fn encode_for(
    api: Api,
    model: &str,
    request: &ChatRequest,
    stream: bool,
) -> Result<(Value, Vec<Warning>)> {
    let (body, warnings): (Bytes, _) = match api {
        Api::Chat => encode_completion(&target(model), request, stream).map(|it| (it.body, it.warnings))?,
        _ => encode_response(&target(model), request, stream).map(|it| (it.body, it.warnings))?,
    };
    Ok((serde_json::from_slice(&body).expect("the body is JSON"), warnings))
}

pub(crate) fn encode(api: Api, request: &ChatRequest) -> Value {
    encode_for(api, MODEL, request, false).expect("the request can be sent").0
}

pub(crate) fn subjects(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.subject.as_str()).collect()
}

/// What was sent last.
pub(crate) fn sent(transport: &ScriptedTransport) -> Value {
    transport.recorded().last().expect("something was sent").json().expect("a body of JSON")
}

pub(crate) fn ticks(raw: &Option<RawJson>) -> u64 {
    raw.as_ref().expect("a usage").decode::<Value>().unwrap()["cost_in_usd_ticks"].as_u64().unwrap()
}
