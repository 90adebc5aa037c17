//! The library as one value.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ai_config::{Config, KnownDriver, Problem, Settings};
use ai_conversations::Store;
use ai_events::EventBus;
use ai_layers::{Candidate, Pipeline, Resilience, Stack};
use laravel_ai_core::{
    ChatModel, ChatRequest, ChatResponse, ChatStream, EmbeddingRequest, EmbeddingResponse, Error, ErrorKind,
    Layer as _, Modality, ModelInfo, Provider, Resources, Result,
};

use crate::{AiBuilder, Conversation, Drivers, ModelName, Route, logging, resilience};

/// How many handles are kept. A gateway that takes model names from its users must not grow without end.
const HANDLES: usize = 1_024;

/// Talks to any configured AI provider. Cheap to clone, safe to share; make one for the program and keep it.
///
/// Connections are opened at their first use, so a key that is missing is reported by the first call that needs
/// it. Dropping a future or stream that it gave cancels the call.
///
/// ```
/// use ai::Ai;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> ai::Result<()> {
/// let ai = Ai::fake(); // in a program: `Ai::from_env()?` or `Ai::from_config("ai.toml")?`
/// let answer = ai.send("What is the capital of Peru?").await?;
/// println!("{}", answer.text());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Ai(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) drivers: Drivers,
    pub(crate) resources: Resources,
    /// The layers of the program, to be put into the pipelines.
    pub(crate) around: Stack,
    pub(crate) resilience: Resilience,
    pub(crate) events: EventBus,
    pub(crate) cache: std::sync::OnceLock<Option<ai_layers::Cache>>,
    pub(crate) redact: Option<ai_layers::Redact>,
    pub(crate) runs: ai_runs::Runs,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lists: ai_models::Models,
    pub(crate) connections: Mutex<HashMap<String, Connected>>,
    pub(crate) models: Mutex<HashMap<String, Ready>>,
    pub(crate) stand_in: Option<StandIn>,
    #[cfg(feature = "costs")]
    pub(crate) prices: ai_costs::Overrides,
    #[cfg(feature = "database")]
    pub(crate) kept_prices: ai_costs::Overrides,
    #[cfg(feature = "costs")]
    pub(crate) money: std::sync::OnceLock<(ai_layers::Billing, Option<ai_layers::Spending>)>,
    #[cfg(feature = "costs")]
    pub(crate) ledger: Option<Arc<dyn ai_costs::Ledger>>,
    #[cfg(feature = "costs")]
    pub(crate) budgets: Option<Arc<dyn ai_costs::Budgets>>,
    /// Whether the budgets keep the rows of the ledger together with their settlements.
    #[cfg(feature = "costs")]
    pub(crate) rows_beside: bool,
    #[cfg(feature = "database")]
    pub(crate) database: Option<ai_persistence::Database>,
}

/// A connection that was opened.
#[derive(Clone)]
pub(crate) struct Connected {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) pipeline: Arc<Pipeline>,
}

impl Connected {
    /// In these layers, in place of the program's.
    pub(crate) fn inside(self, around: Option<&Stack>) -> Self {
        let Some(around) = around else { return self };
        Self { pipeline: Arc::new(Pipeline::clone(&self.pipeline).calls(around.clone())), ..self }
    }
}

/// A model that can be asked, and the settings of its connection.
#[derive(Clone)]
pub(crate) struct Ready {
    pub(crate) model: Arc<dyn ChatModel>,
    pub(crate) settings: Arc<Settings>,
}

type OpenByName = dyn Fn(&str) -> Arc<dyn Provider> + Send + Sync;

/// Takes the place of every connection that the program did not open itself, for tests.
#[derive(Clone)]
pub(crate) struct StandIn(pub(crate) Arc<OpenByName>);

impl Ai {
    /// The library set up from environment variables alone, such as `OPENAI_API_KEY`.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) that names the variables, when none makes a connection.
    pub fn from_env() -> Result<Self> {
        let ai = Self::builder().environment().build()?;
        ai.config().default_connection()?;
        Ok(ai)
    }

    /// The library set up from a file like `ai.toml`, and from the environment where the file is silent.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) with file, line and the nearest right name.
    pub fn from_config(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder().config(Config::from_file(path)?).environment().build()
    }

    /// Sets the library up in code.
    pub fn builder() -> AiBuilder {
        AiBuilder::new()
    }

    /// Asks the default model and waits for the whole answer. Takes a text, a message, messages or a request.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind).
    pub async fn send(&self, request: impl Into<ChatRequest>) -> Result<ChatResponse> {
        // Not through the route, whose future would hold the request a second time.
        let (model, ctx) = self.route().prepare(false)?;
        model.chat(&ctx, Arc::new(request.into())).await
    }

    /// Asks the default model and gives the answer while it is made.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind); what happens later is the last item of the stream.
    pub async fn stream(&self, request: impl Into<ChatRequest>) -> Result<ChatStream> {
        let (model, ctx) = self.route().prepare(true)?;
        model.stream(&ctx, Arc::new(request.into())).await
    }

    /// Asks for vectors: one for each text, in their order. The default model is mostly one for chat, so name one:
    /// `ai.model("openai/text-embedding-3-small").embed(..)`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::fake();
    /// let response = ai.embed(["Lima", "Quito"]).await?;
    /// assert_eq!(response.embeddings.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Route::embed`].
    pub async fn embed(&self, request: impl Into<EmbeddingRequest>) -> Result<EmbeddingResponse> {
        self.route().embed(request).await
    }

    /// The models of the default connection; those of another: `ai.provider("work").models()`.
    ///
    /// # Errors
    /// As [`Route::models`].
    pub async fn models(&self) -> Result<Vec<ModelInfo>> {
        self.route().models().await
    }

    /// A route through each connection that the configuration names, to describe and examine them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::fake();
    /// for provider in ai.providers() {
    ///     let what = provider.describe()?;
    ///     println!("{} at {}: {:?}", what.connection, what.endpoint, provider.health().await?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn providers(&self) -> Vec<Route> {
        self.config().connection_names().map(|name| self.provider(name)).collect()
    }

    /// Calls to this model: `"connection/model"`, or a model of the default connection.
    pub fn model(&self, model: impl Into<String>) -> Route {
        self.route().model(model)
    }

    /// Calls through this connection.
    pub fn provider(&self, connection: impl Into<String>) -> Route {
        self.route().provider(connection)
    }

    /// Calls to the default model of the default connection.
    pub fn route(&self) -> Route {
        Route::new(self.clone())
    }

    /// A new conversation: with memory, and with every option of a request.
    pub fn conversation(&self) -> Conversation {
        self.route().conversation()
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The drivers that the configuration may name, as [`Config::check`] wants them.
    pub fn known_drivers(&self) -> Vec<KnownDriver> {
        self.0.drivers.known()
    }

    /// Everything that is wrong with the configuration: what [`Config::check`] finds, and what is wrong with its prices.
    pub fn problems(&self) -> Vec<Problem> {
        let problems = self.config().check(&self.known_drivers());
        #[cfg(feature = "costs")]
        let problems = [problems, self.wrong_prices()].concat();
        problems
    }

    /// Waits until everything is stored that could not be waited for, such as what became of streams that were dropped.
    /// To be called before a program ends.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) when something was not stored.
    pub async fn flush(&self) -> Result<()> {
        self.0.store.flush().await?;
        #[cfg(feature = "costs")]
        if let Some(ledger) = &self.0.ledger {
            ledger.flush().await?;
        }
        #[cfg(feature = "costs")]
        if let Some(budgets) = &self.0.budgets {
            budgets.flush().await?;
        }
        Ok(())
    }

    /// Where conversations are kept.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// The connection, opened at the first use.
    pub(crate) fn connect(&self, name: &str) -> Result<Connected> {
        let mut connections = self.0.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connected) = connections.get(name) {
            return Ok(connected.clone());
        }
        let (provider, settings) = match &self.0.stand_in {
            Some(StandIn(stand_in)) => (stand_in(name), Arc::default()),
            None => {
                let connection = self.0.config.connection(name)?;
                let settings = Arc::new(connection.settings().clone());
                (self.0.drivers.open(&connection, &self.0.resources)?, settings)
            }
        };
        let connected = self.connected(provider, settings)?;
        connections.insert(name.to_owned(), connected.clone());
        Ok(connected)
    }

    /// Takes a connection that was opened already.
    pub(crate) fn keep(
        &self,
        name: String,
        provider: Arc<dyn Provider>,
        settings: Arc<Settings>,
    ) -> Result<()> {
        let connected = self.connected(provider, settings)?;
        self.0.connections.lock().unwrap_or_else(PoisonError::into_inner).insert(name, connected);
        Ok(())
    }

    fn connected(&self, provider: Arc<dyn Provider>, settings: Arc<Settings>) -> Result<Connected> {
        let Inner { resources, events, resilience, around, .. } = &*self.0;
        let pipeline = resilience::pipeline(resources, events, resilience, around, &settings);
        let pipeline = pipeline.cache(self.cache()?.map(|cache| cache.of_connection(provider.name())));
        let redact = self.0.redact.as_ref();
        let pipeline = pipeline.redact(redact.cloned());
        let pipeline = logging::logged(pipeline, events, provider.name(), &settings, redact);
        #[cfg(feature = "costs")]
        let pipeline = {
            let (billing, spending) = self.money()?;
            pipeline.billing(billing).spending(spending)
        };
        Ok(Connected { provider, settings, pipeline: Arc::new(pipeline) })
    }

    /// The layered handle behind `key`, made by `resolve` at the first use; one in other layers than the program's is made anew.
    pub(crate) fn ready(
        &self,
        key: impl FnOnce() -> String,
        around: Option<Stack>,
        resolve: impl FnOnce() -> Result<Vec<ModelName>>,
    ) -> Result<Ready> {
        if around.is_some() {
            self.permit(Modality::Chat, around.as_ref())?;
            return self.open(&resolve()?, around.as_ref());
        }
        let key = key();
        if let Some(ready) = self.0.models.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(ready.clone());
        }
        self.permit(Modality::Chat, None)?;
        let ready = self.open(&resolve()?, None)?;
        let mut models = self.0.models.lock().unwrap_or_else(PoisonError::into_inner);
        if models.len() >= HANDLES {
            models.clear();
        }
        models.insert(key, ready.clone());
        Ok(ready)
    }

    /// One model, or several of which each is asked when those before it fail.
    fn open(&self, names: &[ModelName], around: Option<&Stack>) -> Result<Ready> {
        let mut first = None;
        let mut candidates = Vec::new();
        for name in names {
            let Connected { provider, settings, pipeline } = self.connect(&name.connection)?.inside(around);
            let model = provider.chat_model(&name.model)?;
            if names.len() == 1 {
                return Ok(Ready { model: pipeline.chat(model), settings });
            }
            candidates.push(Candidate::new(pipeline.candidate(model)));
            first.get_or_insert((pipeline, settings));
        }
        match first {
            Some((pipeline, settings)) => Ok(Ready { model: pipeline.failover(candidates)?, settings }),
            None => Err(Error::new(ErrorKind::Configuration, "no model was named")),
        }
    }
}

/// Names only: routes and conversations hold this and are printed with it.
impl fmt::Debug for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ai")
            .field("connections", &self.config().connection_names().collect::<Vec<_>>())
            .field("drivers", &self.0.drivers)
            .field("layers", &self.0.around)
            .finish_non_exhaustive()
    }
}
