//! The driver for any compatible server.

use std::sync::Arc;

use laravel_ai_core::{
    Capabilities, Catalog, ChatModel, Description, Driver, EmbeddingModel, Provider, Resources, Result,
};
use provider_http::Connection;

use crate::catalog::Models;
use crate::chat::ChatCompletions;
use crate::config::Config;
use crate::dialect::Dialect;
use crate::embedding::Embeddings;
use crate::options::CompatibleOptions;

/// The driver `openai-compatible`: llama.cpp, vLLM, LM Studio, OpenRouter, Groq, DeepSeek and every other server that
/// speaks Chat Completions.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OpenAiCompatible;

impl OpenAiCompatible {
    pub(crate) const DRIVER: &'static str = "openai-compatible";
}

impl Driver for OpenAiCompatible {
    const NAME: &'static str = Self::DRIVER;
    type Config = Config;

    fn connect(connection: &str, config: Config, resources: &Resources) -> Result<Arc<dyn Provider>> {
        let dialect = Arc::new(config.quirks.apply(Dialect::new(Self::DRIVER)));
        let mut opened = dialect.connect(connection, &config.base_url, resources)?;
        for (name, value) in &config.query {
            opened = opened.with_query(name, value);
        }
        if let Some(key) = &config.api_key {
            opened = opened.with_key(key)?;
        }
        for (name, value) in &config.headers {
            opened = opened.with_header(name, value)?;
        }
        Ok(Arc::new(Account { connection: Arc::new(opened), dialect, config }))
    }
}

/// A connection to a compatible server.
#[derive(Debug)]
struct Account {
    connection: Arc<Connection>,
    dialect: Arc<Dialect>,
    config: Config,
}

impl Provider for Account {
    fn name(&self) -> &str {
        self.connection.name()
    }

    fn describe(&self) -> Description {
        self.connection.describe().with_api("Chat Completions")
    }

    fn chat_model(&self, model: &str) -> Result<Arc<dyn ChatModel>> {
        let model = ChatCompletions::<CompatibleOptions>::new(
            Arc::clone(&self.connection),
            Arc::clone(&self.dialect),
            model,
        );
        Ok(Arc::new(model.with_capabilities(self.config.capabilities.clone())))
    }

    fn embedding_model(&self, model: &str) -> Result<Arc<dyn EmbeddingModel>> {
        let model = Embeddings::<CompatibleOptions>::new(
            Arc::clone(&self.connection),
            Arc::clone(&self.dialect),
            model,
        );
        Ok(Arc::new(model.with_capabilities(Capabilities::default())))
    }

    fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        Ok(Arc::new(Models::new(Arc::clone(&self.connection))))
    }
}
