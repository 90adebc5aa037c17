//! The driver for Ollama.

use std::any::Any;
use std::sync::Arc;

use laravel_ai_core::{
    Catalog, ChatModel, Description, Driver, EmbeddingModel, Provider, RawJson, Resources, Result,
};

use crate::catalog::Models;
use crate::chat::Chat;
use crate::config::Config;
use crate::embedding::Embeddings;
use crate::line::Line;
use crate::server::Server;

/// The driver `ollama`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Ollama;

impl Ollama {
    pub(crate) const DRIVER: &'static str = "ollama";
}

impl Driver for Ollama {
    const NAME: &'static str = Self::DRIVER;
    type Config = Config;

    fn connect(connection: &str, config: Config, resources: &Resources) -> Result<Arc<dyn Provider>> {
        Ok(Arc::new(Account { line: Arc::new(Line::new(connection, &config, resources)?), config }))
    }
}

/// A connection to a server.
#[derive(Debug)]
struct Account {
    line: Arc<Line>,
    config: Config,
}

impl Provider for Account {
    fn name(&self) -> &str {
        self.line.connection().name()
    }

    fn describe(&self) -> Description {
        let description = self.line.connection().describe().with_api("Ollama");
        match RawJson::of(&self.config.options) {
            Ok(options) if options.as_str() != "{}" => description.with_setting("options", options.as_str()),
            _ => description,
        }
    }

    fn chat_model(&self, model: &str) -> Result<Arc<dyn ChatModel>> {
        let (options, known) = (self.config.options.clone(), self.config.capabilities.clone());
        Ok(Arc::new(Chat::new(Arc::clone(&self.line), model, options, known)))
    }

    fn embedding_model(&self, model: &str) -> Result<Arc<dyn EmbeddingModel>> {
        Ok(Arc::new(Embeddings::new(Arc::clone(&self.line), model, self.config.options.clone())))
    }

    fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        Ok(Arc::new(Models::new(Arc::clone(&self.line))))
    }

    fn extension(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        Some(Arc::new(Server::of(Arc::clone(&self.line))))
    }
}
