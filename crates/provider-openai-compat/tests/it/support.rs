//! Fixtures, and the codec between bytes and events.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use laravel_ai_core::{
    ChatModel, ChatResponse, Driver, Provider, ResponseStart, Result, StreamEvent, Target,
};
use provider_http::{Failure, Framer};
use provider_openai_compat::{Config, Dialect, OpenAiCompatible, StreamDecoder, decode_chat};
pub(crate) use provider_testkit::{Recordings, Reply, Script, meaning};

pub(crate) const BASE: &str = "http://localhost:8080/v1";

/// The vendors' answers.
pub(crate) fn recordings() -> Recordings {
    Recordings::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"))
}

/// The files that one test reads; never none.
pub(crate) fn read_by(test: &str) -> Vec<String> {
    recordings().read_by(test)
}

pub(crate) fn fixture(name: &str) -> String {
    recordings().text(name)
}

/// The HTTP answer that a fixture is the body of.
pub(crate) fn answer(name: &str) -> Response<Bytes> {
    recordings().answer(name).into()
}

pub(crate) fn target() -> Target {
    Target::new("openai-compatible", "work", "test-model")
}

/// The dialect of the vendor that a fixture is from.
pub(crate) fn dialect_of(name: &str) -> Dialect {
    if name.starts_with("openai_") {
        Dialect::openai("openai-compatible")
    } else {
        Dialect::new("openai-compatible")
    }
}

/// What `answer` decodes to.
pub(crate) fn decoded(dialect: &Dialect, answer: &Response<Bytes>) -> Result<ChatResponse> {
    decode_chat(dialect, &target(), answer, || {
        Failure::new(answer.status(), answer.headers(), answer.body().clone(), SystemTime::UNIX_EPOCH)
    })
}

/// The head of a streamed answer that says nothing.
pub(crate) fn no_answer() -> Arc<Failure> {
    Arc::new(Failure::new(StatusCode::OK, &HeaderMap::new(), Bytes::new(), SystemTime::UNIX_EPOCH))
}

pub(crate) fn decoder() -> StreamDecoder {
    StreamDecoder::new(Arc::new(Dialect::new("openai-compatible")), ResponseStart::new(target()), no_answer())
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

pub(crate) fn provider(script: &Arc<Script>, config: Config) -> Arc<dyn Provider> {
    OpenAiCompatible::connect("work", config, &script.resources()).expect("the configuration is right")
}

pub(crate) fn model(script: &Arc<Script>) -> Arc<dyn ChatModel> {
    provider(script, Config::new(BASE).with_api_key("test-key-0123456789")).chat_model("test-model").unwrap()
}

/// The body of a request in a dialect, and what was warned of.
pub(crate) fn encode(
    dialect: &Dialect,
    request: &laravel_ai_core::ChatRequest,
    stream: bool,
) -> Result<(serde_json::Value, Vec<laravel_ai_core::Warning>)> {
    let encoded = provider_openai_compat::encode_chat::<provider_openai_compat::CompatibleOptions>(
        dialect,
        &target(),
        request,
        stream,
    )?;
    Ok((serde_json::from_slice(&encoded.body).expect("the body is JSON"), encoded.warnings))
}
