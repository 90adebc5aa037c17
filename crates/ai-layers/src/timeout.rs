//! Time limits of a call.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use async_trait::async_trait;
use futures_core::Stream;
use laravel_ai_core::{
    Capabilities, Catalog, ChatModel, ChatRequest, ChatResponse, ChatStream, Clock, Context,
    CredentialReport, EmbeddingModel, EmbeddingRequest, EmbeddingResponse, Error, ErrorKind, Health, Layer,
    Modality, ModelInfo, RenderedRequest, Result, StreamEvent, Target,
};

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Ends calls that take longer than their [`Timeouts`](laravel_ai_core::Timeouts) allow: `total` for one whole attempt,
/// `first_content` for a stream up to its first text, reasoning, refusal or tool input.
///
/// The error is an [`ErrorKind::Timeout`] that names the limit. The call is dropped with it, so its connection is closed.
/// Calls without these limits pass at no cost. Embeddings and the questions to a catalogue have a `total` too; a credential
/// or an endpoint that can't be asked in time is reported as unreachable.
#[derive(Clone, Debug)]
pub struct Timeout {
    clock: Arc<dyn Clock>,
}

impl Timeout {
    /// Limits measured on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }

    fn limited<H: ?Sized>(&self, inner: Arc<H>) -> Arc<Limited<H>> {
        Arc::new(Limited { inner, clock: Arc::clone(&self.clock) })
    }
}

impl Layer for Timeout {
    fn covers(&self, _: Modality) -> bool {
        true
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        self.limited(inner)
    }

    fn embedding(&self, inner: Arc<dyn EmbeddingModel>) -> Arc<dyn EmbeddingModel> {
        self.limited(inner)
    }

    fn catalog(&self, inner: Arc<dyn Catalog>) -> Arc<dyn Catalog> {
        self.limited(inner)
    }
}

#[derive(Debug)]
struct Limited<H: ?Sized> {
    inner: Arc<H>,
    clock: Arc<dyn Clock>,
}

impl<H: ?Sized> Limited<H> {
    /// The outcome of a call that has no other limit than `total`.
    async fn total<T>(&self, ctx: &Context, call: impl Future<Output = Result<T>>) -> Result<T> {
        Limits::new(&*self.clock, ctx.timeouts.total, None).bound(call).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ChatModel for Limited<dyn ChatModel> {
    fn target(&self) -> &Target {
        self.inner.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        self.inner.render(ctx, request)
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        let outcome = self.total(ctx, self.inner.chat(ctx, request)).await;
        outcome.map_err(|error| error.with_target(self.target()))
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let mut limits = Limits::new(&*self.clock, ctx.timeouts.total, ctx.timeouts.first_content);
        let stream = limits
            .bound(self.inner.stream(ctx, request))
            .await
            .map_err(|error| error.with_target(self.target()))?;
        if limits.are_none() {
            return Ok(stream);
        }
        Ok(stream.wrap(|events| Timed { events, limits }))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl EmbeddingModel for Limited<dyn EmbeddingModel> {
    fn target(&self) -> &Target {
        self.inner.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn max_inputs(&self) -> Option<usize> {
        self.inner.max_inputs()
    }

    fn render(&self, ctx: &Context, request: &EmbeddingRequest) -> Result<RenderedRequest> {
        self.inner.render(ctx, request)
    }

    async fn embed(&self, ctx: &Context, request: Arc<EmbeddingRequest>) -> Result<EmbeddingResponse> {
        let outcome = self.total(ctx, self.inner.embed(ctx, request)).await;
        outcome.map_err(|error| error.with_target(self.target()))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Catalog for Limited<dyn Catalog> {
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        self.total(ctx, self.inner.models(ctx)).await
    }

    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo> {
        self.total(ctx, self.inner.model(ctx, id)).await
    }

    async fn check_credentials(&self, ctx: &Context) -> CredentialReport {
        let report = self.total(ctx, async { Ok(self.inner.check_credentials(ctx).await) }).await;
        report.unwrap_or_else(|error| CredentialReport::from_error(&error))
    }

    async fn health(&self, ctx: &Context) -> Health {
        let health = self.total(ctx, async { Ok(self.inner.health(ctx).await) }).await;
        health.unwrap_or_else(|error| Health::unreachable(error.to_string()))
    }
}

/// The limits that still run.
struct Limits {
    total: Option<Limit>,
    first_content: Option<Limit>,
}

struct Limit {
    name: &'static str,
    length: Duration,
    sleep: Sleep,
}

impl Limits {
    fn new(clock: &dyn Clock, total: Option<Duration>, first_content: Option<Duration>) -> Self {
        let limit = |name, length: Duration| Limit { name, length, sleep: clock.sleep(length) };
        Self {
            total: total.map(|length| limit("total", length)),
            first_content: first_content.map(|length| limit("first_content", length)),
        }
    }

    fn are_none(&self) -> bool {
        self.total.is_none() && self.first_content.is_none()
    }

    /// The error of the first limit that has passed.
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Error> {
        for limit in [&mut self.first_content, &mut self.total].into_iter().flatten() {
            if limit.sleep.as_mut().poll(cx).is_ready() {
                let message = format!("the limit `{}` of {:?} has passed", limit.name, limit.length);
                return Poll::Ready(Error::new(ErrorKind::Timeout, message));
            }
        }
        Poll::Pending
    }

    /// The outcome of `call`, unless a limit passes first. An outcome that is there is never given up for a limit.
    async fn bound<T>(&mut self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let mut call = pin!(call);
        poll_fn(|cx| match call.as_mut().poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => self.poll(cx).map(Err),
        })
        .await
    }
}

/// A stream under limits.
struct Timed<S> {
    events: S,
    limits: Limits,
}

impl<S: Stream<Item = Result<StreamEvent>> + Unpin> Stream for Timed<S> {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        match Pin::new(&mut this.events).poll_next(cx) {
            Poll::Ready(item) => {
                if let Some(Ok(event)) = &item
                    && event.is_content()
                {
                    this.limits.first_content = None;
                }
                Poll::Ready(item)
            }
            Poll::Pending => this.limits.poll(cx).map(|error| Some(Err(error))),
        }
    }
}
