//! A server behind its validator, and our connection to it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use laravel_ai_core::{
    Body, ChatModel, ChatRequest, ChatResponse, Context, Driver as _, Provider, Resources, Result, Transport,
};
use provider_http::ReqwestTransport;
use provider_openai_compat::OpenAiCompatible;
use serde_json::json;

use crate::clock::RealClock;

pub(crate) struct Server {
    pub(crate) provider: Arc<dyn Provider>,
    /// What the validator writes.
    pub(crate) log: PathBuf,
    sent: Arc<AtomicUsize>,
}

/// Which way an answer comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Asked,
    Streamed,
}

impl Way {
    pub(crate) const BOTH: [Self; 2] = [Self::Asked, Self::Streamed];

    pub(crate) fn of(self, name: &str) -> String {
        match self {
            Self::Asked => name.to_owned(),
            Self::Streamed => format!("{name}, streamed"),
        }
    }
}

impl Server {
    pub(crate) fn connect(base_url: &str, log: PathBuf) -> Result<Self> {
        let sent = Arc::<AtomicUsize>::default();
        let transport = Counting { inner: ReqwestTransport::new()?, sent: Arc::clone(&sent) };
        let resources = Resources::new(Arc::new(transport), Arc::new(RealClock));
        let config = serde_json::from_value(json!({"base_url": base_url, "api_key": "sk-test"}));
        let config = config.map_err(|error| laravel_ai_core::Error::decode("the configuration", &error))?;
        let provider = OpenAiCompatible::connect("real", config, &resources)?;
        Ok(Self { provider, log, sent })
    }

    /// How many requests were sent.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    pub(crate) fn model(&self, name: &str) -> Result<Arc<dyn ChatModel>> {
        self.provider.chat_model(name)
    }

    /// The answer of gpt-4o.
    pub(crate) async fn answer(&self, way: Way, request: ChatRequest) -> Result<ChatResponse> {
        self.answer_of("gpt-4o", &Context::new(), way, request).await
    }

    pub(crate) async fn answer_of(
        &self,
        model: &str,
        ctx: &Context,
        way: Way,
        request: ChatRequest,
    ) -> Result<ChatResponse> {
        let model = self.model(model)?;
        let request = Arc::new(request);
        match way {
            Way::Asked => model.chat(ctx, request).await,
            Way::Streamed => model.stream(ctx, request).await?.into_response().await,
        }
    }
}

#[derive(Debug)]
struct Counting {
    inner: ReqwestTransport,
    sent: Arc<AtomicUsize>,
}

#[async_trait]
impl Transport for Counting {
    async fn send(&self, ctx: &Context, request: http::Request<Bytes>) -> Result<http::Response<Body>> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        self.inner.send(ctx, request).await
    }
}
