//! A layered model is a model: the laws hold inside a layer that does nothing, and catch one that does harm.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use laravel_ai_core::{
    Capabilities, Catalog, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, CredentialReport,
    EmbeddingModel, EmbeddingRequest, EmbeddingResponse, Health, Layer, Modality, ModelInfo, RenderedRequest,
    Result, Target,
};
use provider_testkit::{LAWS, Reference, Subject, check, conformance};

conformance! {
    passing_through: Reference::subject().layered(|_| Arc::new(Passing::default()));
    made_of_a_model: Reference::subject().wrapped(|model, _| Arc::new(Passed { inner: model, harm: None }));
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Harm {
    /// The whole stream is read before its first event is given out.
    Collects,
    /// A failed call is made again.
    TriesAgain,
}

#[derive(Debug, Default)]
struct Passing(Option<Harm>);

#[derive(Debug)]
struct Passed<T: ?Sized> {
    harm: Option<Harm>,
    inner: Arc<T>,
}

impl Layer for Passing {
    fn covers(&self, _: Modality) -> bool {
        true
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        Arc::new(Passed { inner, harm: self.0 })
    }

    fn embedding(&self, inner: Arc<dyn EmbeddingModel>) -> Arc<dyn EmbeddingModel> {
        Arc::new(Passed { inner, harm: self.0 })
    }

    fn catalog(&self, inner: Arc<dyn Catalog>) -> Arc<dyn Catalog> {
        Arc::new(Passed { inner, harm: self.0 })
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ChatModel for Passed<dyn ChatModel> {
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
        match self.inner.chat(ctx, Arc::clone(&request)).await {
            Err(_) if self.harm == Some(Harm::TriesAgain) => self.inner.chat(ctx, request).await,
            outcome => outcome,
        }
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let stream = self.inner.stream(ctx, request).await?;
        if self.harm == Some(Harm::Collects) {
            let target = stream.target().clone();
            let events = stream.collect::<Vec<_>>().await;
            return Ok(ChatStream::new(target, futures_util::stream::iter(events)));
        }
        Ok(stream)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl EmbeddingModel for Passed<dyn EmbeddingModel> {
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
        self.inner.embed(ctx, request).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Catalog for Passed<dyn Catalog> {
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        self.inner.models(ctx).await
    }

    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo> {
        self.inner.model(ctx, id).await
    }

    async fn check_credentials(&self, ctx: &Context) -> CredentialReport {
        self.inner.check_credentials(ctx).await
    }

    async fn health(&self, ctx: &Context) -> Health {
        self.inner.health(ctx).await
    }
}

/// The laws that a subject breaks.
async fn broken(subject: &Subject) -> Vec<&'static str> {
    let mut broken = Vec::new();
    for law in LAWS {
        if check(subject, law).await.is_err() {
            broken.push(law.name);
        }
    }
    broken
}

// In paused time the patience of the laws passes at once.
#[tokio::test(start_paused = true)]
async fn a_layer_that_does_harm_breaks_the_laws_that_it_harms() {
    let inside = |harm| Reference::subject().layered(move |_| Arc::new(Passing(Some(harm))));
    assert_eq!(broken(&inside(Harm::Collects)).await, ["reads_lazily", "dropped_stream_is_given_up"]);
    // With one reply in the script, a second try is a connection that is refused.
    let tries = broken(&inside(Harm::TriesAgain)).await;
    assert!(tries.contains(&"nothing_is_tried_twice"), "{tries:?}");
}
