//! Clocks, keys, calls and what came of them.

use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;
use std::time::Duration;

use ai_events::{EventBus, Recorder};
use async_trait::async_trait;
use futures_util::StreamExt;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Clock, Context, Error, Provider,
    RenderedRequest, Result, Secret, StreamEvent, Target,
};
use provider_mock::{Mock, Reply, TestClock};

pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) fn times(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

pub(crate) fn many(count: u64) -> NonZeroU64 {
    NonZeroU64::new(count).unwrap()
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(TestClock::new())
}

pub(crate) fn bus() -> (EventBus, Recorder) {
    let (bus, recorder) = (EventBus::new(clock()), Recorder::new());
    bus.listen(recorder.clone());
    (bus, recorder)
}

pub(crate) fn hello() -> Arc<ChatRequest> {
    Arc::new(ChatRequest::user("Hello"))
}

pub(crate) fn model(mock: &Mock) -> Arc<dyn ChatModel> {
    mock.chat_model("model").unwrap()
}

pub(crate) async fn ask(model: &Arc<dyn ChatModel>) -> Result<ChatResponse> {
    model.chat(&Context::new(), hello()).await
}

/// The same, streamed and read to its end.
pub(crate) async fn ask_streamed(model: &Arc<dyn ChatModel>) -> Result<ChatResponse> {
    model.stream(&Context::new(), hello()).await?.into_response().await
}

/// Asks in one way or the other.
pub(crate) async fn ask_as(model: &Arc<dyn ChatModel>, streamed: bool) -> Result<ChatResponse> {
    if streamed { ask_streamed(model).await } else { ask(model).await }
}

/// What a stream gave: the text, and the error that ended it.
pub(crate) async fn read(mut stream: ChatStream) -> (String, Option<Error>) {
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(StreamEvent::TextDelta { text: delta, .. }) => text.push_str(&delta),
            Ok(_) => {}
            Err(error) => return (text, Some(error)),
        }
    }
    (text, None)
}

/// A vendor's answers through one key.
pub(crate) fn keyed(mock: &Mock, key: &str) -> Arc<dyn ChatModel> {
    let inner = model(mock);
    let target = inner.target().clone().with_credential(Secret::new(key).fingerprint());
    Arc::new(Keyed { inner, target })
}

/// The mock knows no keys.
#[derive(Debug)]
struct Keyed {
    inner: Arc<dyn ChatModel>,
    target: Target,
}

impl Keyed {
    fn own(&self, error: Error) -> Error {
        // Which key it was is said by this handle, unless a test says it was another.
        match error.target() {
            Some(target) if target.credential().is_some() => error,
            _ => rebuilt(&error).with_target(&self.target),
        }
    }
}

fn rebuilt(error: &Error) -> Error {
    let mut again = Error::new(error.kind(), error.message().to_owned())
        .with_retry(error.retry())
        .with_possibly_billed(error.possibly_billed());
    if let Some(status) = error.status() {
        again = again.with_status(status);
    }
    match error.partial() {
        Some(partial) => again.with_partial(partial.clone()),
        None => again,
    }
}

#[async_trait]
impl ChatModel for Keyed {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        self.inner.render(ctx, request)
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        let mut answer = self.inner.chat(ctx, request).await.map_err(|error| self.own(error))?;
        answer.served_by = self.target.clone();
        Ok(answer)
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let stream = self.inner.stream(ctx, request).await.map_err(|error| self.own(error))?;
        let target = self.target.clone();
        let events = stream.map(move |event| {
            let target = target.clone();
            event.map(|event| match event {
                StreamEvent::Start(mut start) => {
                    start.served_by = target;
                    StreamEvent::Start(start)
                }
                event => event,
            })
        });
        Ok(ChatStream::new(self.target.clone(), events))
    }
}

/// A failure of this kind that the vendor wants to be waited for.
pub(crate) fn limited(delay: Duration) -> Reply {
    use laravel_ai_core::{ErrorKind, Retry};
    let error = Error::new(ErrorKind::RateLimited, "slow down").with_status(429);
    Reply::error(error.with_retry(Retry::SameTarget { after: Some(delay) }))
}
