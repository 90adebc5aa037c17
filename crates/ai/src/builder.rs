//! Setting the library up.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use ai_config::Config;
use ai_conversations::{MemoryStore, Store};
use ai_events::EventBus;
use ai_layers::{Resilience, Stack};
use laravel_ai_core::{Clock, Credentials, Driver, Provider, Resources, Result, Transport};
use provider_http::ReqwestTransport;

use crate::ai::{Inner, StandIn};
use crate::{Ai, Drivers, TokioClock, environment};

type Connect = Box<dyn FnOnce(&Resources) -> Result<Arc<dyn Provider>> + Send>;

/// Sets the library up in code: connections, drivers, ports, layers.
///
/// What is set in code comes before the configuration file, and that before the environment.
///
/// ```
/// use ai::Ai;
/// use ai::openai_compatible::{Config, OpenAiCompatible};
///
/// let ai = Ai::builder()
///     .connect::<OpenAiCompatible>("local", Config::new("http://127.0.0.1:8080/v1"))
///     .default_model("local/qwen")
///     .build()?;
/// # Ok::<_, ai::Error>(())
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct AiBuilder {
    config: Config,
    environment: bool,
    /// Until they were read.
    reads_environment: bool,
    default_model: Option<String>,
    drivers: Drivers,
    connections: BTreeMap<String, (&'static str, Connect)>,
    transport: Option<Arc<dyn Transport>>,
    #[cfg(feature = "cassettes")]
    cassette: Option<provider_http::cassette::Cassette>,
    pub(crate) clock: Arc<dyn Clock>,
    credentials: Option<Arc<dyn Credentials>>,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) lists: Arc<dyn ai_models::ModelStore>,
    #[cfg(feature = "database")]
    pub(crate) database: Option<crate::DatabaseSource>,
    #[cfg(feature = "database")]
    pub(crate) opened: Option<ai_persistence::Database>,
    pub(crate) around: Stack,
    pub(crate) resilience: Option<Resilience>,
    pub(crate) events: Option<EventBus>,
    pub(crate) cache: Option<ai_layers::Cache>,
    redact: Option<ai_layers::Redact>,
    pub(crate) runs: Option<ai_runs::Runs>,
    #[cfg(feature = "costs")]
    pub(crate) prices: ai_costs::Overrides,
    /// Those of the database.
    #[cfg(feature = "database")]
    pub(crate) kept_prices: ai_costs::Overrides,
    #[cfg(feature = "costs")]
    pub(crate) ledger: Option<Arc<dyn ai_costs::Ledger>>,
    #[cfg(feature = "costs")]
    pub(crate) budgets: Option<Arc<dyn ai_costs::Budgets>>,
    #[cfg(feature = "costs")]
    pub(crate) rows_beside: bool,
}

impl AiBuilder {
    pub(crate) fn new() -> Self {
        Self {
            config: Config::empty(),
            environment: false,
            reads_environment: false,
            default_model: None,
            drivers: Drivers::standard(),
            connections: BTreeMap::new(),
            transport: None,
            #[cfg(feature = "cassettes")]
            cassette: None,
            clock: Arc::new(TokioClock::default()),
            credentials: None,
            store: None,
            lists: Arc::new(ai_models::MemoryModels::new()),
            #[cfg(feature = "database")]
            database: None,
            #[cfg(feature = "database")]
            opened: None,
            around: Stack::new(),
            resilience: None,
            events: None,
            cache: None,
            redact: None,
            runs: None,
            #[cfg(feature = "costs")]
            prices: ai_costs::Overrides::default(),
            #[cfg(feature = "database")]
            kept_prices: ai_costs::Overrides::default(),
            #[cfg(feature = "costs")]
            ledger: None,
            #[cfg(feature = "costs")]
            budgets: None,
            #[cfg(feature = "costs")]
            rows_beside: false,
        }
    }

    /// With a configuration in place of the one so far.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// With the variables of the environment, where the configuration is silent, and with the proxy that it names
    /// (`HTTPS_PROXY`, `NO_PROXY` and so on) unless [`transport`](Self::transport) is given.
    pub fn environment(mut self) -> Self {
        (self.environment, self.reads_environment) = (true, true);
        self
    }

    /// With these drivers for the configuration to name, in place of the standard ones.
    pub fn drivers(mut self, drivers: Drivers) -> Self {
        self.drivers = drivers;
        self
    }

    /// With one more driver for the configuration to name.
    pub fn driver<D: Driver>(mut self) -> Self {
        self.drivers = self.drivers.with::<D>();
        self
    }

    /// With a connection that is opened from a driver's own configuration.
    pub fn connect<D: Driver>(mut self, name: impl Into<String>, config: D::Config) -> Self
    where
        D::Config: Send,
    {
        let name = name.into();
        let connection = name.clone();
        let connect: Connect = Box::new(move |resources| D::connect(&connection, config, resources));
        self.connections.insert(name, (D::NAME, connect));
        self
    }

    /// With a provider as the connection of its name.
    pub fn provider(mut self, provider: Arc<dyn Provider>) -> Self {
        let name = provider.name().to_owned();
        self.connections.insert(name, ("in code", Box::new(move |_| Ok(provider))));
        self
    }

    /// With the model for calls that name none: `"connection/model"`, or a model of the default connection.
    pub fn default_model(mut self, model: impl Into<String>) -> Self {
        self.default_model = Some(model.into());
        self
    }

    /// With another way to the network.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// With a cassette between the library and the network. In a program whose environment says `CI`,
    /// [`Mode::Auto`](provider_http::cassette::Mode::Auto) only plays.
    #[cfg(feature = "cassettes")]
    pub fn cassette(mut self, cassette: provider_http::cassette::Cassette) -> Self {
        self.cassette = Some(cassette);
        self
    }

    /// With another clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// With a source of credentials for each call, for applications whose tenants bring their own keys.
    pub fn credentials(mut self, credentials: Arc<dyn Credentials>) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// With another place for conversations than memory; what a [`Store`] of your own needs is in
    /// [`conversations`](crate::conversations).
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// With keys, card numbers, addresses and the like taken out of what is sent and what is answered, through every
    /// connection; fakes too.
    ///
    /// ```
    /// use ai::layers::{Redact, Redactor};
    ///
    /// let redactor = Redactor::standard().pattern("customer", r"\bC-\d{6}\b", 8)?;
    /// let ai = ai::Ai::builder().redact(Redact::new(redactor)).build()?;
    /// # Ok::<_, ai::Error>(())
    /// ```
    pub fn redact(mut self, redact: ai_layers::Redact) -> Self {
        self.redact = Some(redact);
        self
    }

    /// The library.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) when a connection of the code can't be opened, or the
    /// transport can't be made.
    pub fn build(mut self) -> Result<Ai> {
        #[cfg(feature = "database")]
        self.without_database()?;
        let transport = match self.transport.take() {
            Some(transport) => transport,
            None if self.environment => Arc::new(ReqwestTransport::builder().system_proxy().build()?),
            None => Arc::new(ReqwestTransport::new()?),
        };
        #[cfg(feature = "cassettes")]
        let transport = match self.cassette.take() {
            Some(cassette) => on_tape(cassette, environment::is_ci(), transport, &self.clock)?,
            None => transport,
        };
        self.open(transport, None)
    }

    /// Opens the connections of the code.
    pub(crate) fn open(mut self, transport: Arc<dyn Transport>, stand_in: Option<StandIn>) -> Result<Ai> {
        let resources = self.resources(transport);
        for (name, (driver, _)) in &self.connections {
            self.config = self.config.with_connection(name, driver);
        }
        let mut opened = Vec::new();
        let config = self.configuration();
        for (name, (_, connect)) in std::mem::take(&mut self.connections) {
            let settings = Arc::new(config.connection(&name)?.settings().clone());
            opened.push((name, connect(&resources)?, settings));
        }
        let ai = self.assemble(config, resources, stand_in);
        for (name, provider, settings) in opened {
            ai.keep(name, provider, settings)?;
        }
        Ok(ai)
    }

    pub(crate) fn resources(&mut self, transport: Arc<dyn Transport>) -> Resources {
        let resources = Resources::new(transport, Arc::clone(&self.clock));
        match self.credentials.take() {
            Some(credentials) => resources.with_credentials(credentials),
            None => resources,
        }
    }

    /// The configuration over the environment.
    pub(crate) fn settled(&mut self) -> &Config {
        if std::mem::take(&mut self.reads_environment) {
            let config = std::mem::replace(&mut self.config, Config::empty());
            self.config = config.with_environment(&environment::table(), environment::of_the_process());
        }
        &self.config
    }

    /// What is set in code, over the configuration, over the environment.
    pub(crate) fn configuration(&mut self) -> Config {
        let config = self.settled().clone();
        match self.default_model.take() {
            Some(model) => config.with_default_model(&model),
            None => config,
        }
    }

    pub(crate) fn assemble(self, config: Config, resources: Resources, stand_in: Option<StandIn>) -> Ai {
        let unprotected = if stand_in.is_some() { Resilience::none() } else { Resilience::standard() };
        let clock = Arc::clone(&resources.clock);
        let events = self.events.unwrap_or_else(|| EventBus::new(Arc::clone(&clock)));
        Ai(Arc::new(Inner {
            config,
            drivers: self.drivers,
            resilience: self.resilience.unwrap_or(unprotected),
            around: self.around,
            redact: self.redact,
            runs: self.runs.unwrap_or_else(|| ai_runs::Runs::in_memory(Arc::clone(&clock))),
            cache: self.cache.map_or_else(std::sync::OnceLock::new, |cache| Some(cache).into()),
            resources,
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            lists: ai_models::Models::new(self.lists, clock).with_events(events.clone()),
            events,
            connections: Mutex::default(),
            models: Mutex::default(),
            stand_in,
            #[cfg(feature = "costs")]
            prices: self.prices,
            #[cfg(feature = "database")]
            kept_prices: self.kept_prices,
            #[cfg(feature = "costs")]
            money: std::sync::OnceLock::new(),
            #[cfg(feature = "costs")]
            ledger: self.ledger,
            #[cfg(feature = "costs")]
            budgets: self.budgets,
            #[cfg(feature = "costs")]
            rows_beside: self.rows_beside,
            #[cfg(feature = "database")]
            database: self.opened,
        }))
    }
}

/// The transport under a cassette, which never records where tests must repeat.
#[cfg(feature = "cassettes")]
fn on_tape(
    cassette: provider_http::cassette::Cassette,
    ci: bool,
    transport: Arc<dyn Transport>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Transport>> {
    use provider_http::cassette::Mode;
    let cassette = match cassette.mode() {
        Mode::Auto if ci => cassette.with_mode(Mode::Replay),
        _ => cassette,
    };
    Ok(Arc::new(cassette.over(transport, Arc::clone(clock))?))
}

impl fmt::Debug for AiBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AiBuilder")
            .field("drivers", &self.drivers)
            .field("connections", &self.connections.keys())
            .field("layers", &self.around)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "cassettes", feature = "mock"))]
mod tests {
    use provider_http::cassette::Cassette;
    use provider_mock::ScriptedTransport;

    use super::*;

    #[test]
    fn nothing_is_recorded_in_continuous_integration() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let cassette = || Cassette::auto(folder.path().join("none.json"));
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::default());
        let open = |ci| on_tape(cassette(), ci, Arc::new(ScriptedTransport::new()), &clock);
        assert!(open(false).is_ok(), "it may record");
        let refused = open(true).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("no such file"), "{refused}");
    }
}
