//! Fixtures, a scripted transport, and the ports that tests need.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use laravel_ai_core::{
    Body, ChatModel, ChatResponse, Clock, Context, Driver, Provider, Resources, ResponseStart, Result,
    StreamEvent, Target, Transport,
};
use provider_http::{Failure, Framer};
use provider_openai::{Config, OpenAi, encode_response};
use provider_openai_compat::responses::{self, StreamDecoder};
use provider_openai_compat::{Dialect, OpenAiError};

pub(crate) const KEY: &str = "sk-test-key-0123456789";

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

/// The HTTP answer that a fixture is the body of.
pub(crate) fn answer(name: &str, row: &Row) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(fixture(name)));
    *response.status_mut() = StatusCode::from_u16(row.status).unwrap();
    *response.headers_mut() = row
        .headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()))
        .collect::<HeaderMap>();
    response
}

pub(crate) fn target() -> Target {
    Target::new("openai", "work", "gpt-6-luna")
}

/// OpenAI's dialect; the driver's own one also knows the codes of failed responses.
pub(crate) fn dialect() -> Dialect {
    Dialect::openai("openai")
}

/// What `answer` decodes to.
pub(crate) fn decoded(dialect: &Dialect, answer: &Response<Bytes>) -> Result<ChatResponse> {
    responses::decode(dialect, &target(), answer, || {
        Failure::new(answer.status(), answer.headers(), answer.body().clone(), SystemTime::UNIX_EPOCH)
    })
}

/// The head of a streamed answer that says nothing.
pub(crate) fn no_answer() -> Arc<Failure> {
    Arc::new(Failure::new(StatusCode::OK, &HeaderMap::new(), Bytes::new(), SystemTime::UNIX_EPOCH))
}

pub(crate) fn decoder() -> StreamDecoder {
    StreamDecoder::new(Arc::new(dialect()), ResponseStart::new(target()), no_answer())
}

/// What a body gives through the real framer and decoder, cut at these places.
pub(crate) fn events_of(
    decoder: StreamDecoder,
    body: &[u8],
    cuts: &[usize],
) -> (Vec<StreamEvent>, Option<String>) {
    let mut decoder = decoder;
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
pub(crate) fn sse(frames: &[&str]) -> String {
    frames.iter().map(|frame| format!("data: {frame}\n\n")).collect()
}

/// The answer that a list of events folds to.
pub(crate) async fn folded(events: Vec<StreamEvent>) -> laravel_ai_core::ChatResponse {
    let stream = futures_util::stream::iter(events.into_iter().map(Ok));
    laravel_ai_core::ChatStream::new(target(), stream).into_response().await.expect("the events keep the law")
}

/// What one call of the transport gives.
pub(crate) enum Reply {
    Full(Response<Bytes>),
    Pieces(Vec<Bytes>),
    Broken,
}

impl Reply {
    pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Self::Full(response)
    }
}

/// Gives scripted answers and keeps what was sent.
#[derive(Default)]
pub(crate) struct Script {
    replies: Mutex<VecDeque<Reply>>,
    pub(crate) sent: Mutex<Vec<http::Request<Bytes>>>,
    /// How many pieces of streamed bodies were read.
    pub(crate) read: Arc<Mutex<usize>>,
}

impl Script {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        Arc::new(Self { replies: Mutex::new(replies.into_iter().collect()), ..Self::default() })
    }

    pub(crate) fn body(&self, index: usize) -> serde_json::Value {
        serde_json::from_slice(self.sent.lock().unwrap()[index].body()).unwrap()
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, _: &Context, request: http::Request<Bytes>) -> Result<Response<Body>> {
        self.sent.lock().unwrap().push(request);
        match self.replies.lock().unwrap().pop_front().expect("the script has a reply") {
            Reply::Full(response) => Ok(response.map(Body::full)),
            Reply::Pieces(pieces) => {
                let read = Arc::clone(&self.read);
                let pieces = futures_util::stream::iter(pieces);
                Ok(Response::new(Body::stream(futures_util::StreamExt::map(pieces, move |piece| {
                    *read.lock().unwrap() += 1;
                    Ok(piece)
                }))))
            }
            Reply::Broken => Err(laravel_ai_core::Error::new(
                laravel_ai_core::ErrorKind::Transport,
                "the connection was refused",
            )),
        }
    }
}

/// tokio's time, so that paused tests are exact, and a wall clock that stands still.
#[derive(Debug)]
pub(crate) struct TestClock;

impl Clock for TestClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)
    }
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

pub(crate) fn resources(script: &Arc<Script>) -> Resources {
    Resources::new(Arc::clone(script) as Arc<dyn Transport>, Arc::new(TestClock))
}

pub(crate) fn config() -> Config {
    Config::new(laravel_ai_core::Secret::new(KEY))
}

pub(crate) fn provider(script: &Arc<Script>, config: Config) -> Arc<dyn Provider> {
    OpenAi::connect("work", config, &resources(script)).expect("the configuration is right")
}

pub(crate) fn model(script: &Arc<Script>) -> Arc<dyn ChatModel> {
    provider(script, config()).chat_model("gpt-6-luna").unwrap()
}

/// The body of a request to a model, and what was warned of.
pub(crate) fn encode_for(
    model: &str,
    request: &laravel_ai_core::ChatRequest,
    stream: bool,
) -> Result<(serde_json::Value, Vec<laravel_ai_core::Warning>)> {
    let encoded = encode_response(&target().with_model(model), request, stream)?;
    Ok((serde_json::from_slice(&encoded.body).expect("the body is JSON"), encoded.warnings))
}

/// The body of a request to a model that reasons.
pub(crate) fn encode(request: &laravel_ai_core::ChatRequest) -> serde_json::Value {
    encode_for("gpt-6-luna", request, false).expect("the request can be sent").0
}

pub(crate) fn said(error: &laravel_ai_core::Error) -> &OpenAiError {
    error.vendor().expect("the provider's words are kept")
}

/// JSON by its meaning: whole floats are integers.
pub(crate) fn meaning(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
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
