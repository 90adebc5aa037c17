//! What the caller saw, as events.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use ai_events::{Content, EventBus, EventKind, Failure};
use async_trait::async_trait;
use futures_core::Stream;
use laravel_ai_core::{
    Capabilities, Catalog, ChatModel, ChatRequest, ChatResponse, ChatStream, Clock, Context, Cost,
    EmbeddingModel, EmbeddingRequest, EmbeddingResponse, Error, FinishReason, Layer, Modality, Partial,
    RenderedRequest, Result, StreamEvent, Target, TokenCounter, Usage,
};

use crate::Attempts;
use crate::attempt::counts;

/// Tells of each call what its caller sees: `MessageSent` when it is accepted, and then one of `ResponseGenerated`,
/// `CallFailed`, `StreamInterrupted` and `Cancelled`. `CostCalculated` comes before `ResponseGenerated` when the cost is known.
///
/// It belongs outside of all other layers. A call or stream that is dropped is `Cancelled`, with what was delivered and its
/// usage, at the moment it is dropped. Prompts and answers are given to listeners only [when asked for](Self::with_content);
/// what a broken or dropped stream delivered always is, since nobody else has it. Questions to catalogues and counts of
/// tokens are no messages, and pass.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_events::{EventBus, Recorder};
/// use ai_layers::Announce;
/// use laravel_ai_core::{ChatRequest, Clock, Context, Layer, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
/// let (bus, recorder) = (EventBus::new(Arc::clone(&clock)), Recorder::new());
/// bus.listen(recorder.clone());
/// let model = Announce::new(clock, bus).chat(Mock::new().reply("Lima").chat_model("any")?);
/// let stream = model.stream(&Context::new(), Arc::new(ChatRequest::user("Capital of Peru?"))).await?;
/// drop(stream);
/// recorder.assert_names(&["MessageSent", "Cancelled"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Announce {
    clock: Arc<dyn Clock>,
    events: EventBus,
    content: bool,
}

impl Announce {
    /// Calls timed by `clock`, told to `events`.
    pub fn new(clock: Arc<dyn Clock>, events: EventBus) -> Self {
        Self { clock, events, content: false }
    }

    /// With prompts, and answers that are not streamed, beside the events, for listeners of the same program: they get a
    /// pointer to the request and a copy of the answer. Nothing of them is written to logs or queues.
    pub fn with_content(mut self) -> Self {
        self.content = true;
        self
    }

    fn layered<H: ?Sized>(&self, inner: Arc<H>) -> Arc<Announced<H>> {
        Arc::new(Announced { inner, layer: self.clone() })
    }
}

impl Layer for Announce {
    fn covers(&self, _: Modality) -> bool {
        true
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        self.layered(inner)
    }

    fn embedding(&self, inner: Arc<dyn EmbeddingModel>) -> Arc<dyn EmbeddingModel> {
        self.layered(inner)
    }

    fn token_counter(&self, inner: Arc<dyn TokenCounter>) -> Arc<dyn TokenCounter> {
        inner
    }

    fn catalog(&self, inner: Arc<dyn Catalog>) -> Arc<dyn Catalog> {
        inner
    }
}

#[derive(Debug)]
struct Announced<H: ?Sized> {
    inner: Arc<H>,
    layer: Announce,
}

impl<H: ?Sized> Announced<H> {
    /// Tells that the call is accepted. What is given back tells of its end.
    fn accept(&self, ctx: &Context, target: &Target, modality: Modality) -> Told {
        // Whoever tries again inside counts on from here, so that the end can say how many tries there were.
        let attempts = Attempts::new(std::num::NonZeroU32::MAX);
        let attempts = Attempts::of(ctx).cloned().unwrap_or(attempts);
        Told {
            clock: Arc::clone(&self.layer.clock),
            events: self.layer.events.clone(),
            ctx: ctx.clone().with_extension(attempts.clone()),
            attempts,
            target: target.clone(),
            modality,
            start: self.layer.clock.now(),
            first_content: None,
            over: false,
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ChatModel for Announced<dyn ChatModel> {
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
        let mut told = self.accept(ctx, self.inner.target(), Modality::Chat);
        told.sent(false, request.messages.len(), self.layer.content.then(|| Arc::clone(&request)));
        let outcome = self.inner.chat(&told.ctx, request).await;
        match &outcome {
            Ok(answer) => {
                let response = self.layer.content.then(|| answer.clone()).into();
                told.answered(Facts::of(answer), response);
            }
            Err(error) => told.failed(error),
        }
        outcome
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let mut told = self.accept(ctx, self.inner.target(), Modality::Chat);
        told.sent(true, request.messages.len(), self.layer.content.then(|| Arc::clone(&request)));
        match self.inner.stream(&told.ctx, request).await {
            Ok(stream) => {
                let target = stream.target().clone();
                Ok(ChatStream::new(target, Followed { stream: Some(stream), told }))
            }
            Err(error) => {
                told.failed(&error);
                Err(error)
            }
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl EmbeddingModel for Announced<dyn EmbeddingModel> {
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
        let mut told = self.accept(ctx, self.inner.target(), Modality::Embedding);
        told.sent(false, request.inputs.len(), None);
        let outcome = self.inner.embed(&told.ctx, request).await;
        match &outcome {
            Ok(answer) => {
                let (served_by, attempts) = (&answer.served_by, answer.attempts);
                let cost = answer.cost.as_ref();
                let facts = Facts { served_by, finish: None, usage: &answer.usage, cost, attempts };
                told.answered(facts, Content::none());
            }
            Err(error) => told.failed(error),
        }
        outcome
    }
}

/// What is told of an answer.
struct Facts<'a> {
    served_by: &'a Target,
    finish: Option<FinishReason>,
    usage: &'a Usage,
    cost: Option<&'a Cost>,
    attempts: u32,
}

impl<'a> Facts<'a> {
    fn of(answer: &'a ChatResponse) -> Self {
        Self {
            served_by: &answer.served_by,
            finish: Some(answer.finish.reason),
            usage: &answer.usage,
            cost: answer.cost.as_ref(),
            attempts: answer.attempts,
        }
    }
}

/// A call of which more is to be told. When it is dropped before its end was told, it was cancelled.
struct Told {
    clock: Arc<dyn Clock>,
    events: EventBus,
    ctx: Context,
    attempts: Attempts,
    target: Target,
    modality: Modality,
    start: Instant,
    first_content: Option<Duration>,
    over: bool,
}

impl Told {
    fn passed(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.start)
    }

    fn sent(&self, streamed: bool, messages: usize, request: Option<Arc<ChatRequest>>) {
        self.events.publish(&self.ctx, || EventKind::MessageSent {
            target: self.target.clone(),
            modality: self.modality,
            streamed,
            messages: messages as u64,
            request: request.map(Content::from).unwrap_or_default(),
        });
    }

    fn answered(&mut self, facts: Facts<'_>, response: Content<ChatResponse>) {
        self.over = true;
        if let Some(cost) = facts.cost {
            self.events.publish(&self.ctx, || EventKind::CostCalculated {
                target: facts.served_by.clone(),
                usage: counts(Some(facts.usage)),
                cost: cost.clone(),
            });
        }
        self.events.publish(&self.ctx, || EventKind::ResponseGenerated {
            target: facts.served_by.clone(),
            modality: self.modality,
            finish: facts.finish,
            usage: counts(Some(facts.usage)),
            cost: facts.cost.cloned(),
            attempts: facts.attempts,
            latency: self.passed(),
            first_content: self.first_content,
            response,
        });
    }

    fn failed(&mut self, error: &Error) {
        self.over = true;
        let target = || error.target().unwrap_or(&self.target).clone();
        let failure = || Failure::from(error);
        let latency = self.passed();
        let delivered = error.partial().filter(|partial| !partial.content.is_empty());
        self.events.publish(&self.ctx, || match delivered {
            Some(partial) => EventKind::StreamInterrupted {
                target: target(),
                failure: failure(),
                usage: counts(Some(&partial.usage)),
                partial: partial.clone().into(),
                latency,
            },
            None => EventKind::CallFailed {
                target: target(),
                modality: self.modality,
                failure: failure(),
                attempts: self.attempts.made(),
                latency,
            },
        });
    }

    fn cancelled(&mut self, partial: Option<Partial>) {
        self.over = true;
        self.events.publish(&self.ctx, || EventKind::Cancelled {
            target: self.target.clone(),
            modality: self.modality,
            usage: counts(partial.as_ref().map(|partial| &partial.usage)),
            latency: self.passed(),
            partial: partial.into(),
        });
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if !self.over {
            self.cancelled(None);
        }
    }
}

/// A stream whose end is told. It reads the mended stream, whose errors and drops know what was delivered.
struct Followed {
    stream: Option<ChatStream>,
    told: Told,
}

impl Stream for Followed {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(stream) = &mut this.stream else { return Poll::Ready(None) };
        let next = Pin::new(stream).poll_next(cx);
        match &next {
            Poll::Ready(Some(Ok(StreamEvent::Start(start)))) => this.told.target = start.served_by.clone(),
            Poll::Ready(Some(Ok(StreamEvent::Finish(finish)))) => {
                let target = this.told.target.clone();
                let facts = Facts {
                    served_by: &target,
                    finish: Some(finish.finish.reason),
                    usage: &finish.usage,
                    cost: finish.cost.as_ref(),
                    attempts: finish.attempts.max(1),
                };
                this.told.answered(facts, Content::none());
                this.stream = None;
            }
            Poll::Ready(Some(Ok(event))) => {
                if this.told.first_content.is_none() && event.is_content() {
                    this.told.first_content = Some(this.told.passed());
                }
            }
            Poll::Ready(Some(Err(error))) => {
                this.told.failed(error);
                this.stream = None;
            }
            Poll::Ready(None) | Poll::Pending => {}
        }
        next
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        if let (Some(stream), false) = (self.stream.take(), self.told.over) {
            self.told.cancelled(stream.into_partial());
        }
    }
}
