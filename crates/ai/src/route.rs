//! Where a call goes.

use std::sync::Arc;

use laravel_ai_core::{
    Catalog, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Description, EmbeddingModel, Error,
    Modality, RenderedRequest, Result,
};

use crate::ai::Ready;
use crate::{Ai, Conversation, ModelName};

/// Where calls go: a connection and a model, each the default unless it is named, and the environment of the calls.
///
/// Names are looked up when a call is made, so that a wrong one is the typed error of the call.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> ai::Result<()> {
/// # let ai = ai::Ai::fake();
/// let answer = ai.provider("work").model("gpt-test").send("Hello").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Route {
    ai: Ai,
    connection: Option<String>,
    model: Option<String>,
    context: Option<Context>,
}

impl Route {
    pub(crate) fn new(ai: Ai) -> Self {
        Self { ai, connection: None, model: None, context: None }
    }

    /// Through this connection.
    pub fn provider(mut self, connection: impl Into<String>) -> Self {
        self.connection = Some(connection.into());
        self
    }

    /// To this model. Without [`provider`](Self::provider) it may be `"connection/model"`.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// In this environment: labels, deadline, timeouts. Without it each call gets a new one.
    pub fn context(mut self, context: Context) -> Self {
        self.context = Some(context);
        self
    }

    /// A new conversation that goes this way.
    pub fn conversation(self) -> Conversation {
        Conversation::new(self)
    }

    /// Asks and waits for the whole answer.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind).
    pub async fn send(&self, request: impl Into<ChatRequest>) -> Result<ChatResponse> {
        let (model, ctx) = self.prepare(false)?;
        model.chat(&ctx, Arc::new(request.into())).await
    }

    /// Asks and gives the answer while it is made.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind); what happens later is the last item of the stream.
    pub async fn stream(&self, request: impl Into<ChatRequest>) -> Result<ChatStream> {
        let (model, ctx) = self.prepare(true)?;
        model.stream(&ctx, Arc::new(request.into())).await
    }

    /// The exact request that [`send`](Self::send) would send, secrets masked. Sends nothing.
    ///
    /// # Errors
    /// Those of configuration and encoding.
    pub fn render(&self, request: impl Into<ChatRequest>) -> Result<RenderedRequest> {
        let (model, ctx) = self.prepare(false)?;
        model.render(&ctx, &request.into())
    }

    /// The handle itself, layers included.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) when connection or model is not known.
    pub fn chat_model(&self) -> Result<Arc<dyn ChatModel>> {
        Ok(self.ready()?.model)
    }

    /// The handle of an embedding model, layers included.
    ///
    /// # Errors
    /// As [`chat_model`](Self::chat_model).
    pub fn embedding_model(&self) -> Result<Arc<dyn EmbeddingModel>> {
        let name = self.resolve()?;
        let inner = self.ai.connect(&name.connection)?.provider.embedding_model(&name.model)?;
        self.ai.layered(Modality::Embedding, inner, |layer, inner| layer.embedding(inner))
    }

    /// The connection's models, credential and health, layers included.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) when the connection is not known or can't be opened.
    pub fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        let inner = self.ai.connect(&self.connection_name()?)?.provider.catalog()?;
        self.ai.layered(Modality::Catalog, inner, |layer, inner| layer.catalog(inner))
    }

    /// What the connection is, secrets masked.
    ///
    /// # Errors
    /// As [`catalog`](Self::catalog).
    pub fn describe(&self) -> Result<Description> {
        Ok(self.ai.connect(&self.connection_name()?)?.provider.describe())
    }

    pub(crate) fn ai(&self) -> &Ai {
        &self.ai
    }

    /// The handle to ask, and the environment with the connection's time limits where the caller set none.
    pub(crate) fn prepare(&self, streaming: bool) -> Result<(Arc<dyn ChatModel>, Context)> {
        let Ready { model, settings } = self.ready()?;
        let mut ctx = self.context.clone().unwrap_or_default();
        ctx.timeouts = ctx.timeouts.or(settings.timeouts_of(streaming));
        Ok((model, ctx))
    }

    fn ready(&self) -> Result<Ready> {
        let text = |name: &Option<String>| name.as_deref().unwrap_or_default().to_owned();
        // A line feed can't be part of a name, so two routes never share a key.
        let key = text(&self.connection) + "\n" + &text(&self.model);
        self.ai.ready(key, || self.resolve())
    }

    fn resolve(&self) -> Result<ModelName> {
        let name = match &self.connection {
            Some(connection) => self.ai.config().resolve_model_of(connection, self.model.as_deref()),
            None => self.ai.config().resolve_model(self.model.as_deref()),
        };
        // In tests every name is right.
        name.or_else(
            |error| if self.ai.0.stand_in.is_some() { Ok(self.any_name()) } else { Err(self.cause(error)) },
        )
    }

    /// Why there is no name of a model: where the connection itself is wrong, that, since a misspelt `default_model` is
    /// among what may be wrong.
    fn cause(&self, error: Error) -> Error {
        let wrong = self.connection_name().and_then(|name| self.ai.connect(&name)).err();
        wrong.filter(|_| self.model.is_none()).unwrap_or(error)
    }

    fn any_name(&self) -> ModelName {
        let model = self.model.as_deref().unwrap_or("model");
        let (connection, model) = match (&self.connection, model.split_once('/')) {
            (Some(connection), _) => (connection.as_str(), model),
            (None, Some(both)) => both,
            (None, None) => ("fake", model),
        };
        ModelName::new(connection, model)
    }

    fn connection_name(&self) -> Result<String> {
        if let Some(name) = &self.connection {
            return Ok(name.clone());
        }
        match self.ai.config().default_connection() {
            Ok(connection) => Ok(connection.name().to_owned()),
            Err(_) if self.ai.0.stand_in.is_some() => Ok(self.any_name().connection),
            Err(error) => Err(error),
        }
    }
}
