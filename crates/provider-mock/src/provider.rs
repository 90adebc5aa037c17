//! The mock as an account at a vendor.

use std::sync::Arc;

use laravel_ai_core::{
    Catalog, ChatModel, Description, Driver, EmbeddingModel, Error, ErrorKind, Provider, Result, Target,
    TokenCounter,
};

use crate::catalog::MockCatalog;
use crate::chat::MockChatModel;
use crate::embedding::MockEmbeddingModel;
use crate::tokens::MockTokenCounter;
use crate::{Mock, MockDriver};

/// A chat model, embedding model and token counter for any name but the empty one.
impl Provider for Mock {
    fn name(&self) -> &str {
        &self.settings.connection
    }

    fn describe(&self) -> Description {
        Description::new(&self.settings.connection, MockDriver::NAME, "none, nothing leaves the program")
            .with_setting("seed", self.settings.seed.to_string())
    }

    fn chat_model(&self, model: &str) -> Result<Arc<dyn ChatModel>> {
        Ok(Arc::new(MockChatModel::new(self.clone(), self.target(model)?)))
    }

    fn embedding_model(&self, model: &str) -> Result<Arc<dyn EmbeddingModel>> {
        Ok(Arc::new(MockEmbeddingModel::new(self.clone(), self.target(model)?)))
    }

    fn token_counter(&self, model: &str) -> Result<Arc<dyn TokenCounter>> {
        Ok(Arc::new(MockTokenCounter(self.target(model)?)))
    }

    fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        Ok(Arc::new(MockCatalog(self.clone())))
    }
}

impl Mock {
    fn target(&self, model: &str) -> Result<Target> {
        if model.trim().is_empty() {
            let message = format!("connection `{}` was asked for a model without a name", self.name());
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        Ok(Target::new(MockDriver::NAME, self.name(), model))
    }
}
