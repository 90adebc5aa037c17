//! Configured accounts, and the drivers that open them.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{
    Catalog, ChatModel, Clock, Credentials, EmbeddingModel, Error, ErrorKind, Result, TokenCounter, Transport,
};

/// A configured account at a vendor. Making one does no I/O, and neither does asking it for handles; the handles do.
///
/// # Contract for implementers
/// * What an account does not have stays at its default, which is [`Unsupported`](crate::ErrorKind::Unsupported):
///   that is safe, because nothing is skipped.
/// * Handles of one model share connections and state, and stay valid when the provider is dropped.
///
/// # Contract for wrappers
/// Forward every method, those with a default too, or what the account has seems to be missing; deny
/// `clippy::missing_trait_methods`. [`Layer`](crate::Layer) is the usual way to wrap what a provider gives out.
pub trait Provider: Debug + Send + Sync + 'static {
    /// The connection's name.
    fn name(&self) -> &str;

    /// What it is, with secrets masked.
    fn describe(&self) -> Description;

    /// A chat model. Whether it exists is known when it is asked.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when the account has none.
    fn chat_model(&self, model: &str) -> Result<Arc<dyn ChatModel>> {
        Err(unsupported(self.name(), "chat", model))
    }

    /// An embedding model.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when the account has none.
    fn embedding_model(&self, model: &str) -> Result<Arc<dyn EmbeddingModel>> {
        Err(unsupported(self.name(), "embeddings", model))
    }

    /// A counter for a model's tokens.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when the account has none.
    fn token_counter(&self, model: &str) -> Result<Arc<dyn TokenCounter>> {
        Err(unsupported(self.name(), "token counting", model))
    }

    /// The account's models, credential and health.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when the account has none.
    fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        Err(unsupported(self.name(), "a model list", ""))
    }

    /// What the driver offers besides, such as fetching models onto a server: one value of a type of the driver's own crate,
    /// to be downcast to it. Nothing that it does is a paid call, because no layer sees it.
    fn extension(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        None
    }
}

fn unsupported(connection: &str, what: &str, model: &str) -> Error {
    let model = if model.is_empty() { String::new() } else { format!(" (asked for model `{model}`)") };
    Error::new(ErrorKind::Unsupported, format!("connection `{connection}` does not offer {what}{model}"))
}

/// What a provider crate exports: opens connections of one kind.
///
/// # Contract for implementers
/// * Everything comes from `config` and `resources`: no environment, no files, no globals, no HTTP client of its own.
/// * Two connections share nothing, so that two tenants can use the same driver.
/// * The configuration's `Debug` and `Serialize`, where there are any, show no secret.
///
/// # Contract for wrappers
/// A driver made of another one has a `NAME` of its own, and gives `connection` and `resources` on unchanged.
///
/// ```
/// # use std::sync::Arc;
/// use laravel_ai_core::{Driver, Provider, Resources, Result, Secret};
///
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct AcmeConfig {
///     api_key: Secret,
/// }
///
/// struct Acme;
///
/// impl Driver for Acme {
///     const NAME: &'static str = "acme";
///     type Config = AcmeConfig;
///
///     fn connect(connection: &str, config: AcmeConfig, resources: &Resources) -> Result<Arc<dyn Provider>> {
/// #       let _ = (connection, config.api_key, resources);
///         // Build the provider from the connection's name, its configuration and the ports.
/// #       Err(laravel_ai_core::ErrorKind::Unsupported.into())
///     }
/// }
/// ```
pub trait Driver: 'static {
    /// The name by which configuration asks for it.
    const NAME: &'static str;

    /// What a connection's configuration holds, apart from the keys that the library keeps for itself. Deny
    /// unknown fields, so that a misspelt key is found.
    type Config: DeserializeOwned;

    /// Opens a connection. Does no I/O and reads no environment.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] that names the key that is wrong and what to do.
    fn connect(connection: &str, config: Self::Config, resources: &Resources) -> Result<Arc<dyn Provider>>;
}

/// The ports that a driver works with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resources {
    /// Carries requests.
    pub transport: Arc<dyn Transport>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Finds the credential of a call; without it the configured one is used.
    pub credentials: Option<Arc<dyn Credentials>>,
}

impl Resources {
    /// These ports, and configured credentials only.
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { transport, clock, credentials: None }
    }

    /// With a source of credentials.
    pub fn with_credentials(mut self, credentials: Arc<dyn Credentials>) -> Self {
        self.credentials = Some(credentials);
        self
    }
}

/// What a connection is, with secrets masked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Description {
    /// The connection's name.
    pub connection: String,
    /// The driver's name.
    pub driver: String,
    /// The vendor's API and its version, as far as it has one.
    pub api: String,
    /// Where requests go.
    pub endpoint: String,
    /// Settings by name; secrets are masked.
    pub settings: Vec<(String, String)>,
}

impl Description {
    /// The description of a connection.
    pub fn new(
        connection: impl Into<String>,
        driver: impl Into<String>,
        endpoint: impl Into<String>,
    ) -> Self {
        Self {
            connection: connection.into(),
            driver: driver.into(),
            endpoint: endpoint.into(),
            ..Self::default()
        }
    }

    /// With the vendor's API and its version.
    pub fn with_api(mut self, api: impl Into<String>) -> Self {
        self.api = api.into();
        self
    }

    /// With a setting. Mask secrets with [`Secret::masked`](crate::Secret::masked).
    pub fn with_setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }
}

/// Options that only one driver understands.
///
/// # Contract for implementers
/// Leave out what is not set (`skip_serializing_if`), deny unknown fields so that a misspelt option is found, and
/// hold no secret: requests are stored and logged.
///
/// # Contract for wrappers
/// Layers pass the options on as they are; they are kept by driver, so each candidate of a failover finds its own.
///
/// ```
/// use laravel_ai_core::{ChatRequest, ProviderOptions};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct AcmeOptions {
///     turbo: bool,
/// }
///
/// impl ProviderOptions for AcmeOptions {
///     const DRIVER: &'static str = "acme";
/// }
///
/// let request = ChatRequest::user("Hello").with_options(&AcmeOptions { turbo: true })?;
/// assert!(request.provider_options.of::<AcmeOptions>()?.is_some_and(|options| options.turbo));
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
pub trait ProviderOptions: Serialize + DeserializeOwned {
    /// The driver that they are for.
    const DRIVER: &'static str;
}
