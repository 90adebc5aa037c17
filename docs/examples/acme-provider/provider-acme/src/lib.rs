#![doc = include_str!("../README.md")]

use std::sync::Arc;

use laravel_ai_core::{
    Catalog, ChatModel, Description, Driver, ErrorKind, Provider, ProviderOptions, Resources, Result, Secret,
};
use provider_http::Connection;
use provider_openai_compat::{ChatCompletions, Dialect, Models, Parameter};
use serde::{Deserialize, Serialize};

/// The driver `acme`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Acme;

/// What configuration says of a connection to Acme.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The key.
    pub api_key: Secret,
    /// The root of the API, where it is not Acme's own.
    pub base_url: Option<String>,
}

/// What only Acme takes.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AcmeOptions {
    /// Faster, for more money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turbo: Option<bool>,
}

impl ProviderOptions for AcmeOptions {
    const DRIVER: &'static str = Acme::NAME;
}

impl Driver for Acme {
    const NAME: &'static str = "acme";
    type Config = Config;

    fn connect(connection: &str, config: Config, resources: &Resources) -> Result<Arc<dyn Provider>> {
        let mut dialect = Dialect::new(Self::NAME);
        dialect.unsupported = dialect.unsupported.with(Parameter::TopK);
        dialect.classify = |error, _| match error.code.as_deref() {
            Some("tank_empty") => Some(ErrorKind::QuotaExceeded),
            _ => None,
        };
        let base_url = config.base_url.as_deref().unwrap_or("https://api.acme.example/v1");
        let dialect = Arc::new(dialect);
        let link = dialect.connect(connection, base_url, resources)?.with_key(&config.api_key)?;
        Ok(Arc::new(Account(Arc::new(link), dialect)))
    }
}

#[derive(Debug)]
struct Account(Arc<Connection>, Arc<Dialect>);

impl Provider for Account {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn describe(&self) -> Description {
        self.0.describe()
    }

    fn chat_model(&self, model: &str) -> Result<Arc<dyn ChatModel>> {
        Ok(Arc::new(ChatCompletions::<AcmeOptions>::new(Arc::clone(&self.0), Arc::clone(&self.1), model)))
    }

    fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        Ok(Arc::new(Models::new(Arc::clone(&self.0))))
    }
}
