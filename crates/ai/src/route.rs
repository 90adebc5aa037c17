//! Where a call goes.

use std::any::{Any, type_name};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ai_config::Settings;
use ai_layers::CacheUse;
use laravel_ai_core::{
    Capabilities, Catalog, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, CredentialReport,
    Description, EmbeddingModel, EmbeddingRequest, EmbeddingResponse, Error, ErrorKind, Health, Labels,
    Layer, Modality, ModelInfo, RenderedRequest, Result, Timeouts, TokenCount, TokenCounter,
};

use crate::ai::{Connected, Ready};
use crate::around::Around;
use crate::{Ai, Conversation, ModelName, cache, resilience};

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
    pub(crate) ai: Ai,
    connection: Option<String>,
    model: Option<String>,
    context: Option<Context>,
    timeouts: Timeouts,
    labels: Option<Arc<Labels>>,
    attempts: Option<NonZeroU32>,
    fallbacks: Vec<String>,
    strict: bool,
    pub(crate) around: Around,
    pub(crate) cache: Option<CacheUse>,
}

impl Route {
    pub(crate) fn new(ai: Ai) -> Self {
        Self {
            ai,
            connection: None,
            model: None,
            context: None,
            timeouts: Timeouts::default(),
            labels: None,
            attempts: None,
            fallbacks: Vec::new(),
            strict: false,
            around: Around::default(),
            cache: None,
        }
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

    /// With this model, `"connection/model"`, asked when those before it fail for a reason of their own: overload, limits,
    /// a dead key, no credit, a model that is gone, no connection. What is wrong with the request is the same everywhere and
    /// goes to nobody else. A stream changes over up to its first content.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::fake();
    /// let route = ai.model("openai/gpt-5").fallback("gemini/gemini-2.5-pro").fallback("ollama/llama3.2");
    /// let answer = route.send("What is the capital of Peru?").await?;
    /// println!("{} says {}", answer.served_by, answer.text());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// State that belongs to one vendor, such as signatures, is left out for the others, with a warning. Vectors of
    /// different models can't be compared, so [`embed`](Self::embed) asks the first model alone.
    pub fn fallback(mut self, model: impl Into<String>) -> Self {
        self.fallbacks.push(model.into());
        self
    }

    /// In this environment: labels, deadline, timeouts. Without it each call gets a new one.
    pub fn context(mut self, context: Context) -> Self {
        self.context = Some(context);
        self
    }

    /// With at most this long for each try, streams to their end included. More limits are in
    /// [`timeouts`](Self::timeouts); what bounds all tries together is [`Context::deadline`].
    pub fn timeout(self, total: Duration) -> Self {
        self.timeouts(Timeouts::default().with_total(total))
    }

    /// With these time limits for each call; where they are silent, those of the context and then those of the
    /// connection's settings hold.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts.or(self.timeouts);
        self
    }

    /// With at most so many tries for each call, the first included: 1 is without a second. More than the connection's own
    /// [`attempts`](crate::layers::Resilience::attempts) does not make them more.
    pub fn attempts(mut self, most: NonZeroU32) -> Self {
        self.attempts = Some(most);
        self
    }

    /// With these labels, in place of those of the context. [`Credentials`](crate::Credentials) find the key of a
    /// tenant by them.
    pub fn labels(mut self, labels: Labels) -> Self {
        self.labels = Some(Arc::new(labels));
        self
    }

    /// With warnings as errors: what the model can't do is refused before anything is sent.
    pub fn strict(mut self) -> Self {
        self.strict = true;
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
        model.chat(&ctx, Arc::new(self.asked(request.into()))).await
    }

    /// Asks and gives the answer while it is made.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind); what happens later is the last item of the stream.
    pub async fn stream(&self, request: impl Into<ChatRequest>) -> Result<ChatStream> {
        let (model, ctx) = self.prepare(true)?;
        model.stream(&ctx, Arc::new(self.asked(request.into()))).await
    }

    /// The exact request that [`send`](Self::send) would send, secrets masked. Sends nothing.
    ///
    /// # Errors
    /// Those of configuration and encoding.
    pub fn render(&self, request: impl Into<ChatRequest>) -> Result<RenderedRequest> {
        let (model, ctx) = self.prepare(false)?;
        model.render(&ctx, &self.asked(request.into()))
    }

    /// Asks for vectors: one for each text, in their order.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind); more texts than the vendor takes at once are
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest), and nothing is sent.
    pub async fn embed(&self, request: impl Into<EmbeddingRequest>) -> Result<EmbeddingResponse> {
        let name = self.resolve()?;
        let model = self.embedding_handle(&name)?;
        let mut request = request.into();
        request.strict |= self.strict;
        model.embed(&self.environment(&name.connection)?, Arc::new(request)).await
    }

    /// Counts the tokens of a request, by the vendor where it offers that. Never a paid call.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where the connection can't count, and those of a call.
    pub async fn count_tokens(&self, request: impl Into<ChatRequest>) -> Result<TokenCount> {
        let environment = self.environment(&self.resolve()?.connection)?;
        self.token_counter()?.count(&environment, Arc::new(request.into())).await
    }

    /// The models that the connection's credential sees.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind); a failure never turns into a built-in list.
    pub async fn models(&self) -> Result<Vec<ModelInfo>> {
        let (catalog, ctx) = self.prepare_catalog()?;
        catalog.models(&ctx).await
    }

    /// Whether the connection's credential is right. Never a paid call.
    ///
    /// # Errors
    /// As [`catalog`](Self::catalog); a vendor that can't be asked is a result.
    pub async fn check_credentials(&self) -> Result<CredentialReport> {
        let (catalog, ctx) = self.prepare_catalog()?;
        Ok(catalog.check_credentials(&ctx).await)
    }

    /// Whether the connection's endpoint answers, and how fast. Never a paid call.
    ///
    /// # Errors
    /// As [`catalog`](Self::catalog); a vendor that can't be asked is a result.
    pub async fn health(&self) -> Result<Health> {
        let (catalog, ctx) = self.prepare_catalog()?;
        Ok(catalog.health(&ctx).await)
    }

    /// What the model can do, as far as anyone knows; from data, without I/O.
    ///
    /// # Errors
    /// As [`chat_model`](Self::chat_model).
    pub fn capabilities(&self) -> Result<Capabilities> {
        Ok(self.ready()?.model.capabilities().clone())
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
        self.embedding_handle(&self.resolve()?)
    }

    /// The connection's models, credential and health, layers included.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) when the connection is not known or can't be opened.
    pub fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        let Connected { provider, pipeline, .. } =
            self.connect(&self.connection_name()?, Modality::Catalog)?;
        Ok(pipeline.catalog(provider.catalog()?))
    }

    /// What counts tokens before they are sent, layers included; that of the first model, where there are fallbacks.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where the connection can't count; as [`chat_model`](Self::chat_model).
    pub fn token_counter(&self) -> Result<Arc<dyn TokenCounter>> {
        let name = self.resolve()?;
        let Connected { provider, pipeline, .. } = self.connect(&name.connection, Modality::TokenCount)?;
        Ok(pipeline.token_counter(provider.token_counter(&name.model)?))
    }

    /// What the connection is, secrets masked.
    ///
    /// # Errors
    /// As [`catalog`](Self::catalog).
    pub fn describe(&self) -> Result<Description> {
        Ok(self.ai.connect(&self.connection_name()?)?.provider.describe())
    }

    /// What the connection's driver offers besides, as a type of the driver's own crate: Ollama's server, for one, fetches
    /// models.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) where the driver offers nothing of this type; as [`catalog`](Self::catalog).
    pub fn extension<T: Any + Send + Sync>(&self) -> Result<Arc<T>> {
        let name = self.connection_name()?;
        let extension = self.ai.connect(&name)?.provider.extension();
        extension.and_then(|extension| extension.downcast().ok()).ok_or_else(|| {
            let message = format!("connection `{name}` offers nothing of the type {}", type_name::<T>());
            Error::new(ErrorKind::Unsupported, message).with_possibly_billed(false)
        })
    }

    pub(crate) fn ai(&self) -> &Ai {
        &self.ai
    }

    /// The handle to ask, and the environment with the connection's time limits where the caller set none.
    pub(crate) fn prepare(&self, streaming: bool) -> Result<(Arc<dyn ChatModel>, Context)> {
        let Ready { model, settings } = self.ready()?;
        Ok((model, self.environment_of(&settings, streaming)))
    }

    /// The request with what the route says about it.
    pub(crate) fn asked(&self, mut request: ChatRequest) -> ChatRequest {
        request.strict |= self.strict;
        request
    }

    fn prepare_catalog(&self) -> Result<(Arc<dyn Catalog>, Context)> {
        Ok((self.catalog()?, self.environment(&self.connection_name()?)?))
    }

    fn embedding_handle(&self, name: &ModelName) -> Result<Arc<dyn EmbeddingModel>> {
        let Connected { provider, pipeline, .. } = self.connect(&name.connection, Modality::Embedding)?;
        Ok(pipeline.embedding(provider.embedding_model(&name.model)?))
    }

    /// The connection for calls of this kind, in the layers of this route.
    fn connect(&self, connection: &str, modality: Modality) -> Result<Connected> {
        let connected = self.ai.connect(connection)?;
        let around = self.around.over(&self.ai.0.around)?;
        self.ai.permit(modality, around.as_ref())?;
        Ok(connected.inside(around.as_ref()))
    }

    fn environment(&self, connection: &str) -> Result<Context> {
        let Connected { settings, .. } = self.ai.connect(connection)?;
        Ok(self.environment_of(&settings, false))
    }

    /// What the route says, then what its context says, then the connection's settings.
    fn environment_of(&self, settings: &Settings, streaming: bool) -> Context {
        let mut ctx = self.context.clone().unwrap_or_default();
        ctx.timeouts = self.timeouts.or(ctx.timeouts).or(settings.timeouts_of(streaming));
        if let Some(labels) = &self.labels {
            ctx.labels = Arc::clone(labels);
        }
        resilience::at_most(cache::used(ctx, self.cache), self.attempts)
    }

    fn ready(&self) -> Result<Ready> {
        let text = |name: &Option<String>| name.as_deref().unwrap_or_default().to_owned();
        let key = || {
            // A line feed can't be part of a name, so two routes never share a key.
            let mut key = text(&self.connection) + "\n" + &text(&self.model);
            for fallback in &self.fallbacks {
                key.push('\n');
                key.push_str(fallback);
            }
            key
        };
        let name_of = |model: &String| Route::new(self.ai.clone()).model(model).resolve();
        self.ai.ready(key, self.around.over(&self.ai.0.around)?, || {
            std::iter::once(self.resolve()).chain(self.fallbacks.iter().map(name_of)).collect()
        })
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
        if self.model.is_some() {
            return error;
        }
        self.connection_name().and_then(|name| self.ai.connect(&name)).err().unwrap_or(error)
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

    /// The name of the connection.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) when none is named and there is no default.
    pub fn connection_name(&self) -> Result<String> {
        if let Some(name) = &self.connection {
            return Ok(name.clone());
        }
        if self.model.is_some() {
            // It may be `"connection/model"`.
            return Ok(self.resolve()?.connection);
        }
        match self.ai.config().default_connection() {
            Ok(connection) => Ok(connection.name().to_owned()),
            Err(_) if self.ai.0.stand_in.is_some() => Ok(self.any_name().connection),
            Err(error) => Err(error),
        }
    }
}
