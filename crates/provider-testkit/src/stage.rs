//! A provider, opened beside its script.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use laravel_ai_core::{
    Catalog, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Credentials, EmbeddingModel, Error,
    Provider, Resources, Result, Secret, StreamEvent, Transport,
};

use crate::clock::RuntimeClock;
use crate::fixture::Role;
use crate::subject::{Connect, Source, Subject};
use crate::violation::{Violation, ensure};
use crate::wire::{Loopback, Memory, Reply, Script, Split};

/// The configured key. No text of a provider may hold it.
pub(crate) const KEY: &str = "canary-key-0123456789abcdef";
const BASE_URL: &str = "http://vendor.test";
/// How long a server may take to see that its client is gone.
const PATIENCE: u32 = 400;
const PAUSE: Duration = Duration::from_millis(5);

/// A provider that was opened on a script.
pub struct Stage {
    /// The provider, inside the subject's layer.
    pub provider: Arc<dyn Provider>,
    /// The vendor.
    pub script: Arc<Script>,
    pub(crate) transport: Weak<dyn Transport>,
    model: String,
    layer: Option<Arc<dyn laravel_ai_core::Layer>>,
    _server: Option<Loopback>,
}

/// What a stream gave.
pub(crate) type Streamed = (Vec<StreamEvent>, Option<Error>);

impl Subject {
    /// Opens the provider; its requests get these replies, in their order.
    ///
    /// # Errors
    /// A violation when it can't be opened.
    pub async fn open(&self, replies: impl IntoIterator<Item = Reply>) -> Result<Stage, Violation> {
        self.open_with(replies, None).await
    }

    pub(crate) async fn open_with(
        &self,
        replies: impl IntoIterator<Item = Reply>,
        credentials: Option<Arc<dyn Credentials>>,
    ) -> Result<Stage, Violation> {
        let Source::Wire(open) = &self.source else {
            return Err(Violation::new("a provider with a wire", "a model without one: declare the law"));
        };
        let script = Script::new(replies);
        let clock = Arc::new(RuntimeClock);
        let (transport, server): (Arc<dyn Transport>, _) = match &self.transport {
            None => (Arc::new(Memory(Arc::clone(&script))), None),
            Some(transport) => {
                let server = Loopback::start(Arc::clone(&script))
                    .await
                    .map_err(|error| Violation::new("a server on a local port", error))?;
                (transport(), Some(server))
            }
        };
        let weak = Arc::downgrade(&transport);
        let mut resources = Resources::new(transport, clock.clone());
        resources.credentials = credentials;
        let base_url = server.as_ref().map_or_else(|| BASE_URL.to_owned(), Loopback::url);
        let key = Secret::new(KEY);
        let connect = Connect { base_url: &base_url, key: &key, resources: &resources };
        let provider = open(&connect).map_err(|error| Violation::new("an open provider", error))?;
        let layer = self.layer.as_ref().map(|layer| layer(clock));
        Ok(Stage { provider, script, transport: weak, model: self.model.clone(), layer, _server: server })
    }

    /// The model in a role, and the stage that it stands on where it has a wire.
    pub(crate) async fn model(
        &self,
        role: Role,
        whole: bool,
        split: Split,
    ) -> Result<(Arc<dyn ChatModel>, Option<Stage>), Violation> {
        let exchange = self.exchange(role)?;
        if let Source::Direct(direct) = &self.source {
            let none = || Violation::new(format_args!("a model in the role {role:?}"), "none");
            let model = direct(role).ok_or_else(none)?;
            let layer = self.layer.as_ref().map(|layer| layer(Arc::new(RuntimeClock)));
            return Ok((
                layer.map_or_else(|| Arc::clone(&model), |layer| layer.chat(Arc::clone(&model))),
                None,
            ));
        }
        let answer =
            exchange.form(whole).map_err(|violation| violation.at(format_args!("{role:?}")))?.clone();
        let stage = self.open([Reply::new(answer).split(split)]).await?;
        Ok((stage.chat_model()?, Some(stage)))
    }

    /// The answer in a role, asked for whole.
    pub(crate) async fn whole(&self, role: Role) -> Result<ChatResponse, Violation> {
        let (model, _stage) = self.model(role, true, Split::Whole).await?;
        let request = Arc::new(self.exchange(role)?.request.clone());
        model.chat(&Context::new(), request).await.map_err(|error| unexpected(role, &error))
    }

    /// The events in a role.
    pub(crate) async fn events(&self, role: Role, split: Split) -> Result<Streamed, Violation> {
        let (model, _stage) = self.model(role, false, split).await?;
        let request = Arc::new(self.exchange(role)?.request.clone());
        let stream = model.stream(&Context::new(), request).await;
        Ok(read(stream.map_err(|error| unexpected(role, &error))?).await)
    }

    /// The answer in a role, folded from its stream.
    pub(crate) async fn streamed(&self, role: Role) -> Result<ChatResponse, Violation> {
        let (model, _stage) = self.model(role, false, Split::Whole).await?;
        let request = Arc::new(self.exchange(role)?.request.clone());
        let answer = async { model.stream(&Context::new(), request).await?.into_response().await };
        answer.await.map_err(|error| unexpected(role, &error))
    }

    /// The roles that have an answer.
    pub(crate) fn roles(&self) -> impl Iterator<Item = Role> {
        self.exchanges.keys().copied()
    }

    /// Whether the wire is a real one, where a server learns of things a little later.
    pub(crate) fn is_remote(&self) -> bool {
        self.transport.is_some()
    }
}

pub(crate) fn unexpected(role: Role, error: &Error) -> Violation {
    Violation::new(format_args!("an answer in the role {role:?}"), format_args!("an error: {error}"))
}

/// Everything that a stream gives.
pub(crate) async fn read(mut stream: ChatStream) -> Streamed {
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => return (events, Some(error)),
        }
    }
    (events, None)
}

impl Stage {
    /// The subject's chat model.
    ///
    /// # Errors
    /// A violation when the provider has none.
    pub fn chat_model(&self) -> Result<Arc<dyn ChatModel>, Violation> {
        self.chat_model_named(&self.model)
    }

    pub(crate) fn chat_model_named(&self, name: &str) -> Result<Arc<dyn ChatModel>, Violation> {
        let model = self.provider.chat_model(name).map_err(|error| Violation::new("a chat model", error))?;
        Ok(match &self.layer {
            Some(layer) => layer.chat(model),
            None => model,
        })
    }

    pub(crate) fn embedding_model(&self) -> Result<Arc<dyn EmbeddingModel>> {
        let model = self.provider.embedding_model(&self.model)?;
        Ok(match &self.layer {
            Some(layer) => layer.embedding(model),
            None => model,
        })
    }

    pub(crate) fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        let catalog = self.provider.catalog()?;
        Ok(match &self.layer {
            Some(layer) => layer.catalog(catalog),
            None => catalog,
        })
    }

    /// Asks the chat model, whole or in a stream, and drops everything but the outcome.
    pub(crate) async fn ask(
        &self,
        request: &ChatRequest,
        whole: bool,
    ) -> Result<Result<(), Error>, Violation> {
        let (model, ctx) = (self.chat_model()?, Context::new());
        let request = Arc::new(request.clone());
        Ok(if whole {
            model.chat(&ctx, request).await.map(drop)
        } else {
            model.stream(&ctx, request).await.map(drop)
        })
    }

    /// Waits until the vendor is asked by `call`, which must not end before.
    pub(crate) async fn until_open<T>(
        &self,
        mut call: std::pin::Pin<&mut (impl Future<Output = T> + ?Sized)>,
    ) -> Result<(), Violation> {
        for _ in 0..PATIENCE {
            if tokio::time::timeout(PAUSE, call.as_mut()).await.is_ok() {
                return Err(Violation::new("a call that waits for its vendor", "a call that ended"));
            }
            if self.script.open() > 0 {
                return Ok(());
            }
        }
        Err(Violation::new("a request", "none was sent"))
    }

    /// Waits until no answer is open any more: at once in memory, after a moment on a socket.
    pub(crate) async fn released(&self, after: &str) -> Result<(), Violation> {
        let rounds = if self._server.is_some() { PATIENCE } else { 0 };
        for _ in 0..rounds {
            if self.script.open() == 0 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        ensure(self.script.open() == 0, format_args!("the connection given up after {after}"), || {
            format!("{} still open", self.script.open())
        })
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("script", &self.script).finish_non_exhaustive()
    }
}

/// Gives every call this key, or this failure.
#[derive(Debug)]
pub(crate) struct TenantKey(pub(crate) Result<&'static str>);

#[async_trait]
impl Credentials for TenantKey {
    async fn secret(&self, _: &Context, _: &str) -> Result<Option<Secret>> {
        self.0.clone().map(|key| Some(Secret::new(key)))
    }
}
