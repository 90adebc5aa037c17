//! An account at xAI.

use std::sync::Arc;

use laravel_ai_core::{
    Catalog, ChatModel, Context, Description, EmbeddingModel, Provider, Resources, Result, TokenCounter,
};
use provider_http::{Connection, Pinned};
use provider_openai_compat::responses::Responses;
use provider_openai_compat::{ChatCompletions, Embeddings};

use crate::catalog::XaiModels;
use crate::completions::encode_completion;
use crate::config::{Api, BASE_URL, Config};
use crate::deferred::{Deferred, Pending};
use crate::family::{capabilities_of, chat_dialect, responses_dialect};
use crate::key::ApiKey;
use crate::model::LanguageModel;
use crate::options::XaiOptions;
use crate::responses::encode_response;
use crate::tokens::Tokenizer;

/// An account at xAI: a [`Provider`], and what only xAI has. Made by [`Xai::account`](crate::Xai::account); making one does no I/O.
///
/// ```
/// use laravel_ai_core::{Context, Resources, Result, Secret};
/// use provider_xai::{Config, Xai};
///
/// async fn prices(resources: &Resources, key: Secret) -> Result<()> {
///     let account = Xai::account("work", Config::new(key), resources)?;
///     for model in account.language_models(&Context::new()).await? {
///         println!("{}: {:?} USD for a million tokens", model.id, model.prices.input);
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Account {
    connection: Arc<Connection>,
    config: Config,
}

impl Account {
    pub(crate) fn open(connection: &str, config: Config, resources: &Resources) -> Result<Self> {
        let base_url = config.base_url.as_deref().unwrap_or(BASE_URL);
        let mut opened = Arc::new(chat_dialect(""))
            .connect(connection, base_url, resources)?
            .with_required_key(config.api_key.as_ref())?;
        for (name, value) in &config.headers {
            opened = opened.with_header(name, value)?;
        }
        Ok(Self { connection: Arc::new(opened), config })
    }

    /// Chat completions of this model that xAI works off when it has time.
    pub fn deferred(&self, model: &str) -> Deferred {
        Deferred::new(Arc::clone(&self.connection), model)
    }

    /// An answer that was started before, by [`Pending::pinned`] of it.
    ///
    /// # Errors
    /// [`InvalidRequest`](laravel_ai_core::ErrorKind::InvalidRequest) when another driver started it. A wrong key is
    /// found out when it asks.
    pub fn resume(&self, pinned: Pinned) -> Result<Pending> {
        Pending::resume(Arc::clone(&self.connection), pinned)
    }

    /// What xAI says of the key: whose it is, what it may do, and whether it is blocked.
    ///
    /// # Errors
    /// Any [`ErrorKind`](laravel_ai_core::ErrorKind); a refused key is [`Authentication`](laravel_ai_core::ErrorKind::Authentication).
    pub async fn api_key(&self, ctx: &Context) -> Result<ApiKey> {
        self.models().api_key(ctx).await
    }

    /// The language models that the key sees, with prices, modalities and efforts.
    ///
    /// # Errors
    /// Any [`ErrorKind`](laravel_ai_core::ErrorKind).
    pub async fn language_models(&self, ctx: &Context) -> Result<Vec<LanguageModel>> {
        self.models().language_models(ctx).await
    }

    /// One language model, by id or alias.
    ///
    /// # Errors
    /// [`ModelNotFound`](laravel_ai_core::ErrorKind::ModelNotFound) when the key does not see it, and any other.
    pub async fn language_model(&self, ctx: &Context, id: &str) -> Result<LanguageModel> {
        self.models().language_model(ctx, id).await
    }

    fn models(&self) -> XaiModels {
        XaiModels::new(Arc::clone(&self.connection))
    }
}

impl Provider for Account {
    fn name(&self) -> &str {
        self.connection.name()
    }

    fn describe(&self) -> Description {
        self.connection.describe().with_api(match self.config.api {
            Api::Responses => "Responses",
            Api::Chat => "Chat Completions",
        })
    }

    fn chat_model(&self, model: &str) -> Result<Arc<dyn ChatModel>> {
        let connection = Arc::clone(&self.connection);
        let known = self.config.capabilities.clone().or(capabilities_of(model));
        Ok(match self.config.api {
            Api::Responses => {
                let dialect = Arc::new(responses_dialect(model));
                let speaker = Responses::new(connection, dialect, model, encode_response);
                Arc::new(speaker.with_capabilities(known))
            }
            Api::Chat => {
                let dialect = Arc::new(chat_dialect(model));
                let speaker = ChatCompletions::<XaiOptions>::new(connection, dialect, model);
                Arc::new(speaker.with_encode(encode_completion).with_capabilities(known))
            }
        })
    }

    fn embedding_model(&self, model: &str) -> Result<Arc<dyn EmbeddingModel>> {
        let dialect = Arc::new(chat_dialect(model));
        Ok(Arc::new(Embeddings::<XaiOptions>::new(Arc::clone(&self.connection), dialect, model)))
    }

    fn token_counter(&self, model: &str) -> Result<Arc<dyn TokenCounter>> {
        Ok(Arc::new(Tokenizer::new(Arc::clone(&self.connection), model)))
    }

    fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        Ok(Arc::new(self.models()))
    }
}
