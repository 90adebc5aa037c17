//! A layered model is a model: the laws of providers hold inside each layer. One line for each.

use std::sync::Arc;
use std::time::Duration;

use ai_layers::Timeout;
use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Layer, RenderedRequest, Result,
    Target, Timeouts,
};
use provider_testkit::{Reference, conformance};

conformance! {
    timeout: Reference::subject().layered(|clock| Arc::new(Timeout::new(clock)));
    timeout_at_work: Reference::subject().wrapped(|model, clock| Limited::of(Timeout::new(clock).chat(model)));
}

/// Asks with limits, which the laws themselves don't.
#[derive(Debug)]
struct Limited(Arc<dyn ChatModel>);

impl Limited {
    fn of(model: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        Arc::new(Self(model))
    }

    fn limits(ctx: &Context) -> Context {
        let hour = Duration::from_secs(3600);
        ctx.clone().with_timeouts(Timeouts::default().with_total(hour).with_first_content(hour))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ChatModel for Limited {
    fn target(&self) -> &Target {
        self.0.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        self.0.render(ctx, request)
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        self.0.chat(&Self::limits(ctx), request).await
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        self.0.stream(&Self::limits(ctx), request).await
    }
}
