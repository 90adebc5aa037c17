//! From a policy to a model: the plumbing of all layers, in one place.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, Catalog, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, CredentialReport,
    EmbeddingModel, EmbeddingRequest, EmbeddingResponse, Health, ModelInfo, RenderedRequest, Result, Target,
    TokenCount, TokenCounter,
};

use crate::call::{
    Ask, Asked, Asking, Call, Changed, CheckCredentials, CheckHealth, Count, Embed, Find, List, Streamed,
    Whole,
};

/// What a layer does around a call.
pub(crate) trait Policy: Debug + Send + Sync + 'static {
    fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>)
    -> impl Future<Output = Result<A::Answer>> + Send;

    /// The request that is sent in place of this one, where that is another.
    fn rendered(&self, asked: Asked<'_>) -> Option<Changed> {
        let _ = asked;
        None
    }

    /// The future of a call, for policies that have several: each is allocated in its own size, and a call around which
    /// there is nothing to do goes right to the handle.
    fn start<'a, A: Ask + 'a>(&'a self, ctx: &'a Context, call: Call<'a, A>) -> Asking<'a, A::Answer> {
        Box::pin(self.run(ctx, call))
    }
}

/// A handle inside a layer.
#[derive(Debug)]
pub(crate) struct Layered<H: ?Sized, P> {
    pub(crate) inner: Arc<H>,
    pub(crate) policy: P,
}

/// Implements [`Layer`](laravel_ai_core::Layer) for a type with a method `policy(&self, Option<&Target>)`: every kind of
/// call is wrapped.
macro_rules! layer {
    ($layer:ty) => {
        impl laravel_ai_core::Layer for $layer {
            fn covers(&self, _: laravel_ai_core::Modality) -> bool {
                true
            }

            $crate::layered::hooks! {
                chat ChatModel, embedding EmbeddingModel, token_counter TokenCounter, catalog Catalog
            }
        }
    };
}

macro_rules! hooks {
    ($($hook:ident $handle:ident),*) => {
        $(fn $hook(
            &self,
            inner: std::sync::Arc<dyn laravel_ai_core::$handle>,
        ) -> std::sync::Arc<dyn laravel_ai_core::$handle> {
            let policy = self.policy($crate::call::Handle::target(&*inner));
            std::sync::Arc::new($crate::layered::Layered { inner, policy })
        })*
    };
}

pub(crate) use {hooks, layer};

/// What `async_trait` makes of a method, written out: its future would hold that of the policy, which is then moved once more.
macro_rules! calls {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty = $ask:expr;)*) => {
        $(fn $name<'this, 'context, 'call>(
            &'this self,
            ctx: &'context Context,
            $($argument: $type,)*
        ) -> Pin<Box<dyn Future<Output = Result<$answer>> + Send + 'call>>
        where
            'this: 'call,
            'context: 'call,
            Self: 'call,
        {
            self.policy.start(ctx, Call { handle: &*self.inner, ask: $ask })
        })*
    };
}

#[deny(clippy::missing_trait_methods)]
impl<P: Policy> ChatModel for Layered<dyn ChatModel, P> {
    fn target(&self) -> &Target {
        self.inner.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        match self.policy.rendered(Asked::Rendered(request)) {
            Some(Changed::Chat(request)) => self.inner.render(ctx, &request),
            _ => self.inner.render(ctx, request),
        }
    }

    calls! {
        chat(request: Arc<ChatRequest>) -> ChatResponse = Whole(request);
        stream(request: Arc<ChatRequest>) -> ChatStream = Streamed(request);
    }
}

#[deny(clippy::missing_trait_methods)]
impl<P: Policy> EmbeddingModel for Layered<dyn EmbeddingModel, P> {
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
        match self.policy.rendered(Asked::Embedding(request)) {
            Some(Changed::Embedding(request)) => self.inner.render(ctx, &request),
            _ => self.inner.render(ctx, request),
        }
    }

    calls! {
        embed(request: Arc<EmbeddingRequest>) -> EmbeddingResponse = Embed(request);
    }
}

#[deny(clippy::missing_trait_methods)]
impl<P: Policy> TokenCounter for Layered<dyn TokenCounter, P> {
    fn target(&self) -> &Target {
        self.inner.target()
    }

    calls! {
        count(request: Arc<ChatRequest>) -> TokenCount = Count(request);
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: Policy> Catalog for Layered<dyn Catalog, P> {
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        self.policy.start(ctx, Call { handle: &*self.inner, ask: List }).await
    }

    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo> {
        self.policy.start(ctx, Call { handle: &*self.inner, ask: Find(id) }).await
    }

    async fn check_credentials(&self, ctx: &Context) -> CredentialReport {
        let report = self.policy.start(ctx, Call { handle: &*self.inner, ask: CheckCredentials }).await;
        report.unwrap_or_else(|error| CredentialReport::from_error(&error))
    }

    async fn health(&self, ctx: &Context) -> Health {
        let health = self.policy.start(ctx, Call { handle: &*self.inner, ask: CheckHealth }).await;
        health.unwrap_or_else(|error| Health::unreachable(error.to_string()))
    }
}
