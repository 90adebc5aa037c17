//! The driver for OpenAI.

use std::sync::Arc;

use laravel_ai_core::{
    Catalog, ChatModel, Description, Driver, EmbeddingModel, Provider, Resources, Result, Secret,
    TokenCounter,
};
use provider_http::Connection;
use provider_openai_compat::responses::Responses;
use provider_openai_compat::{Dialect, Embeddings, Parameter, SystemRole};

use crate::catalog::OpenAiModels;
use crate::completions::Completions;
use crate::config::{Api, BASE_URL, Config};
use crate::error::classify;
use crate::family::{Family, capabilities_of, embedding_capabilities_of};
use crate::options::OpenAiOptions;
use crate::responses::encode_response;
use crate::tokens::InputTokens;

/// The driver `openai`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OpenAi;

impl OpenAi {
    pub(crate) const DRIVER: &'static str = "openai";
}

/// OpenAI's dialect, as a model speaks it.
pub(crate) fn dialect_of(model: &str) -> Dialect {
    let mut dialect = Dialect::openai(OpenAi::DRIVER);
    dialect.classify = classify;
    if let Some(family) = Family::of(model) {
        if family.takes_developer() {
            dialect.system_role = SystemRole::Developer;
        }
        if family.may_reason() {
            dialect.efforts = Some(family.efforts());
        } else {
            dialect.unsupported = dialect.unsupported.with(Parameter::Reasoning);
        }
    }
    if model == "text-embedding-ada-002" {
        dialect.unsupported = dialect.unsupported.with(Parameter::Dimensions);
    }
    dialect
}

impl Driver for OpenAi {
    const NAME: &'static str = Self::DRIVER;
    type Config = Config;

    fn connect(connection: &str, config: Config, resources: &Resources) -> Result<Arc<dyn Provider>> {
        let base_url = config.base_url.as_deref().unwrap_or(BASE_URL);
        let mut opened = Arc::new(dialect_of(""))
            .connect(connection, base_url, resources)?
            .with_required_key(config.api_key.as_ref())?;
        for (name, value) in
            [("OpenAI-Organization", &config.organization), ("OpenAI-Project", &config.project)]
        {
            if let Some(value) = value {
                opened = opened.with_header(name, &Secret::new(value.as_str()))?;
            }
        }
        for (name, value) in &config.headers {
            opened = opened.with_header(name, value)?;
        }
        Ok(Arc::new(Account { connection: Arc::new(opened), config }))
    }
}

/// An account at OpenAI.
#[derive(Debug)]
struct Account {
    connection: Arc<Connection>,
    config: Config,
}

impl Provider for Account {
    fn name(&self) -> &str {
        self.connection.name()
    }

    fn describe(&self) -> Description {
        let endpoint = self.connection.client().base_url().to_string();
        let api = match self.config.api {
            Api::Responses => "Responses",
            Api::Chat => "Chat Completions",
        };
        let mut description = Description::new(self.name(), OpenAi::DRIVER, endpoint).with_api(api);
        if let Some(key) = &self.config.api_key {
            description = description.with_setting("api_key", key.masked());
        }
        for (name, value) in [("organization", &self.config.organization), ("project", &self.config.project)]
        {
            if let Some(value) = value {
                description = description.with_setting(name, value.as_str());
            }
        }
        for (name, value) in &self.config.headers {
            description = description.with_setting(format!("headers.{name}"), value.masked());
        }
        description
    }

    fn chat_model(&self, model: &str) -> Result<Arc<dyn ChatModel>> {
        let (connection, known) = (Arc::clone(&self.connection), self.config.capabilities.clone());
        Ok(match self.config.api {
            Api::Responses => {
                let dialect = Arc::new(dialect_of(model));
                let speaker = Responses::new(connection, dialect, model, encode_response);
                Arc::new(speaker.with_capabilities(known.or(capabilities_of(model))))
            }
            Api::Chat => Arc::new(Completions::new(&connection, model).with_capabilities(known)),
        })
    }

    fn embedding_model(&self, model: &str) -> Result<Arc<dyn EmbeddingModel>> {
        let dialect = Arc::new(dialect_of(model));
        let embeddings = Embeddings::<OpenAiOptions>::new(Arc::clone(&self.connection), dialect, model);
        Ok(Arc::new(embeddings.with_capabilities(embedding_capabilities_of(model))))
    }

    fn token_counter(&self, model: &str) -> Result<Arc<dyn TokenCounter>> {
        Ok(Arc::new(InputTokens::new(Arc::clone(&self.connection), model)))
    }

    fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        Ok(Arc::new(OpenAiModels::new(Arc::clone(&self.connection), self.config.project.clone())))
    }
}
