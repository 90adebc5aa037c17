//! The driver for Gemini.

use std::sync::Arc;

use laravel_ai_core::{
    Catalog, ChatModel, Description, Driver, EmbeddingModel, Error, ErrorKind, Provider, Resources, Result,
    TokenCounter,
};
use provider_http::Connection;

use crate::api::Api;
use crate::catalog::GeminiModels;
use crate::chat::GenerateContent;
use crate::config::{BASE_URL, Config};
use crate::embedding::GeminiEmbeddings;
use crate::error::error_of;
use crate::tokens::CountTokens;

/// The driver `gemini`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Gemini;

impl Gemini {
    pub(crate) const DRIVER: &'static str = "gemini";
}

const KEY: &str = "x-goog-api-key";

/// Paths that people paste after the base URL. `/openai` is another API, for the driver `openai-compatible`.
const PASTED: [&str; 4] = ["/models", "/openai", ":generateContent", ":streamGenerateContent"];

impl Driver for Gemini {
    const NAME: &'static str = Self::DRIVER;
    type Config = Config;

    fn connect(connection: &str, config: Config, resources: &Resources) -> Result<Arc<dyn Provider>> {
        let wrong =
            |what: &str| Error::new(ErrorKind::Configuration, format!("connection `{connection}`: {what}"));
        let base_url = config.base_url.as_deref().unwrap_or(BASE_URL);
        let version = config.version().map_err(|error| wrong(error.message()))?;
        let mut opened = Connection::new(Self::DRIVER, connection, base_url, resources)?
            .without_pasted(&PASTED)?
            .with_failures(error_of)
            .with_key_header(KEY, "")?
            .with_required_key(config.api_key.as_ref())?;
        for (name, value) in &config.headers {
            opened = opened.with_header(name, value)?;
        }
        let api = Arc::new(Api::new(opened, version));
        Ok(Arc::new(Account { api, config }))
    }
}

/// An account at Google.
#[derive(Debug)]
struct Account {
    api: Arc<Api>,
    config: Config,
}

impl Provider for Account {
    fn name(&self) -> &str {
        self.api.connection.name()
    }

    fn describe(&self) -> Description {
        let description = self.api.connection.describe().with_api("generateContent");
        match &self.config.api_version {
            Some(version) => description.with_setting("api_version", version.as_str()),
            None => description,
        }
    }

    fn chat_model(&self, model: &str) -> Result<Arc<dyn ChatModel>> {
        let model = GenerateContent::new(Arc::clone(&self.api), model);
        Ok(Arc::new(model.with_capabilities(self.config.capabilities.clone())))
    }

    fn embedding_model(&self, model: &str) -> Result<Arc<dyn EmbeddingModel>> {
        Ok(Arc::new(GeminiEmbeddings::new(Arc::clone(&self.api), model)))
    }

    fn token_counter(&self, model: &str) -> Result<Arc<dyn TokenCounter>> {
        Ok(Arc::new(CountTokens::new(Arc::clone(&self.api), model)))
    }

    fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        Ok(Arc::new(GeminiModels::new(Arc::clone(&self.api))))
    }
}
