//! What a layer wraps, whatever its kind: a question, a handle that can be asked, an answer. Layers are written once over
//! these; how they become models is in `layered`.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use laravel_ai_core::{
    Catalog, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, CredentialReport, EmbeddingModel,
    EmbeddingRequest, EmbeddingResponse, Health, Modality, ModelInfo, Result, Target, TokenCount,
    TokenCounter,
};

use crate::answer::Answer;
use crate::cache::{CachedAnswer, Keeping};

pub(crate) type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A question that can be put to a handle, more than once.
pub(crate) trait Ask: Send + Sync {
    type Handle: Handle + ?Sized;
    type Answer: Answer;

    const MODALITY: Modality;
    /// Whether the answer comes in pieces.
    const STREAMS: bool = false;

    fn ask<'a>(&'a self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, Self::Answer>;

    /// Puts it once.
    fn put<'a>(self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, Self::Answer>
    where
        Self: Sized + 'a,
    {
        Box::pin(async move { self.ask(handle, ctx).await })
    }

    fn asked(&self) -> Asked<'_> {
        Asked::Other
    }

    /// The same with another request, where it has one of this kind.
    fn replaced(&self, changed: Changed) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = changed;
        None
    }

    /// The same with an answer of at most so many tokens, where that can be said.
    fn limited(&self, most: u32) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = most;
        None
    }
}

/// What is asked, for layers that look at it.
#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    Chat(&'a Arc<ChatRequest>),
    /// What is only shown.
    Rendered(&'a ChatRequest),
    Embedding(&'a EmbeddingRequest),
    Count(&'a Arc<ChatRequest>),
    Models,
    Model(&'a str),
    Other,
}

/// A request that takes the place of another.
pub(crate) enum Changed {
    Chat(Arc<ChatRequest>),
    Embedding(Arc<EmbeddingRequest>),
}

/// What can be asked.
pub(crate) trait Handle: Send + Sync {
    /// Who answers, where the handle says so.
    fn target(&self) -> Option<&Target>;

    /// How long an answer may be, where that is known.
    fn max_output(&self) -> Option<u64> {
        None
    }
}

macro_rules! handles {
    ($($handle:ident)*) => {
        $(impl Handle for dyn $handle {
            fn target(&self) -> Option<&Target> {
                Some($handle::target(self))
            }
        })*
    };
}

handles! { EmbeddingModel TokenCounter }

impl Handle for dyn ChatModel {
    fn target(&self) -> Option<&Target> {
        Some(ChatModel::target(self))
    }

    fn max_output(&self) -> Option<u64> {
        self.capabilities().max_output_tokens
    }
}

/// A catalogue belongs to an account and not to a model.
impl Handle for dyn Catalog {
    fn target(&self) -> Option<&Target> {
        None
    }
}

/// A question and whom it is for.
pub(crate) struct Call<'a, A: Ask> {
    pub(crate) handle: &'a A::Handle,
    pub(crate) ask: A,
}

impl<'c, A: Ask> Call<'c, A> {
    /// Makes it without anything around it.
    pub(crate) fn pass(self, ctx: &'c Context) -> Asking<'c, A::Answer>
    where
        A: 'c,
    {
        self.ask.put(self.handle, ctx)
    }

    pub(crate) fn make<'a>(&'a self, ctx: &'a Context) -> Asking<'a, A::Answer> {
        self.ask.ask(self.handle, ctx)
    }

    pub(crate) fn target(&self) -> Option<&Target> {
        self.handle.target()
    }

    pub(crate) fn max_output(&self) -> Option<u64> {
        self.handle.max_output()
    }
}

pub(crate) struct Whole(pub(crate) Arc<ChatRequest>);
pub(crate) struct Streamed(pub(crate) Arc<ChatRequest>);
pub(crate) struct Embed(pub(crate) Arc<EmbeddingRequest>);
pub(crate) struct Count(pub(crate) Arc<ChatRequest>);
pub(crate) struct List;
pub(crate) struct Find<'a>(pub(crate) &'a str);
pub(crate) struct CheckCredentials;
pub(crate) struct CheckHealth;

impl Ask for Whole {
    type Handle = dyn ChatModel;
    type Answer = ChatResponse;
    const MODALITY: Modality = Modality::Chat;

    fn ask<'a>(&'a self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, ChatResponse> {
        handle.chat(ctx, Arc::clone(&self.0))
    }

    fn put<'a>(self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, ChatResponse>
    where
        Self: 'a,
    {
        handle.chat(ctx, self.0)
    }

    fn asked(&self) -> Asked<'_> {
        Asked::Chat(&self.0)
    }

    fn replaced(&self, changed: Changed) -> Option<Self> {
        match changed {
            Changed::Chat(request) => Some(Self(request)),
            Changed::Embedding(_) => None,
        }
    }

    fn limited(&self, most: u32) -> Option<Self> {
        let mut request = ChatRequest::clone(&self.0);
        request.max_output_tokens = Some(most);
        Some(Self(Arc::new(request)))
    }
}

impl Ask for Streamed {
    type Handle = dyn ChatModel;
    type Answer = ChatStream;
    const MODALITY: Modality = Modality::Chat;
    const STREAMS: bool = true;

    fn ask<'a>(&'a self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, ChatStream> {
        handle.stream(ctx, Arc::clone(&self.0))
    }

    fn put<'a>(self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, ChatStream>
    where
        Self: 'a,
    {
        handle.stream(ctx, self.0)
    }

    fn asked(&self) -> Asked<'_> {
        Asked::Chat(&self.0)
    }

    fn replaced(&self, changed: Changed) -> Option<Self> {
        match changed {
            Changed::Chat(request) => Some(Self(request)),
            Changed::Embedding(_) => None,
        }
    }

    fn limited(&self, most: u32) -> Option<Self> {
        let mut request = ChatRequest::clone(&self.0);
        request.max_output_tokens = Some(most);
        Some(Self(Arc::new(request)))
    }
}

/// Questions that are put again with another request.
impl From<Arc<ChatRequest>> for Whole {
    fn from(request: Arc<ChatRequest>) -> Self {
        Self(request)
    }
}

impl From<Arc<ChatRequest>> for Streamed {
    fn from(request: Arc<ChatRequest>) -> Self {
        Self(request)
    }
}

impl Ask for Embed {
    type Handle = dyn EmbeddingModel;
    type Answer = EmbeddingResponse;
    const MODALITY: Modality = Modality::Embedding;

    fn ask<'a>(&'a self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, EmbeddingResponse> {
        handle.embed(ctx, Arc::clone(&self.0))
    }

    fn put<'a>(self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, EmbeddingResponse>
    where
        Self: 'a,
    {
        handle.embed(ctx, self.0)
    }

    fn replaced(&self, changed: Changed) -> Option<Self> {
        match changed {
            Changed::Embedding(request) => Some(Self(request)),
            Changed::Chat(_) => None,
        }
    }

    fn asked(&self) -> Asked<'_> {
        Asked::Embedding(&self.0)
    }
}

impl Ask for Count {
    type Handle = dyn TokenCounter;
    type Answer = TokenCount;
    const MODALITY: Modality = Modality::TokenCount;

    fn ask<'a>(&'a self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, TokenCount> {
        handle.count(ctx, Arc::clone(&self.0))
    }

    fn asked(&self) -> Asked<'_> {
        Asked::Count(&self.0)
    }

    fn replaced(&self, changed: Changed) -> Option<Self> {
        match changed {
            Changed::Chat(request) => Some(Self(request)),
            Changed::Embedding(_) => None,
        }
    }

    fn put<'a>(self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, TokenCount>
    where
        Self: 'a,
    {
        handle.count(ctx, self.0)
    }
}

impl Ask for List {
    type Handle = dyn Catalog;
    type Answer = Vec<ModelInfo>;
    const MODALITY: Modality = Modality::Catalog;

    fn ask<'a>(&'a self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, Vec<ModelInfo>> {
        handle.models(ctx)
    }

    fn asked(&self) -> Asked<'_> {
        Asked::Models
    }
}

impl Ask for Find<'_> {
    type Handle = dyn Catalog;
    type Answer = ModelInfo;
    const MODALITY: Modality = Modality::Catalog;

    fn ask<'a>(&'a self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, ModelInfo> {
        handle.model(ctx, self.0)
    }

    fn asked(&self) -> Asked<'_> {
        Asked::Model(self.0)
    }
}

impl Ask for CheckCredentials {
    type Handle = dyn Catalog;
    type Answer = CredentialReport;
    const MODALITY: Modality = Modality::Catalog;

    fn ask<'a>(&'a self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, CredentialReport> {
        Box::pin(async move { Ok(handle.check_credentials(ctx).await) })
    }
}

impl Ask for CheckHealth {
    type Handle = dyn Catalog;
    type Answer = Health;
    const MODALITY: Modality = Modality::Catalog;

    fn ask<'a>(&'a self, handle: &'a Self::Handle, ctx: &'a Context) -> Asking<'a, Health> {
        Box::pin(async move { Ok(handle.health(ctx).await) })
    }
}

/// Answers that are not asked for tokens, with what a cache keeps of them.
macro_rules! plain {
    ($($answer:ty: $stored:ty $(, $kept:pat => $value:expr, $keep:expr)?;)*) => {
        $(impl Answer for $answer {
            type Stored = $stored;

            fn until_content(self) -> impl Future<Output = Result<Self>> + Send {
                ready(Ok(self))
            }

            fn watched(self, mut watch: impl crate::answer::Watch) -> Self {
                watch.finished(&mut crate::answer::Finished::unknown(&mut 1));
                self
            }

            fn followed(self, mut follow: impl crate::answer::Follow) -> Self {
                follow.finished(&crate::answer::Finished::unknown(&mut 1), None);
                self
            }

            $(fn stored(answer: &CachedAnswer) -> Option<$stored> {
                match answer {
                    $kept => Some($value.clone()),
                    _ => None,
                }
            }

            async fn recorded(self, keeping: Keeping) -> Self {
                let keep: fn(Self) -> CachedAnswer = $keep;
                keeping.keep(Some(keep(self.clone()))).await;
                self
            })?
        })*
    };
}

plain! {
    TokenCount: Infallible;
    Vec<ModelInfo>: Vec<ModelInfo>, CachedAnswer::Models(models) => models, CachedAnswer::Models;
    ModelInfo: ModelInfo, CachedAnswer::Model(model) => (**model), |model| CachedAnswer::Model(Box::new(model));
    CredentialReport: Infallible;
    Health: Infallible;
}
