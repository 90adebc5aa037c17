//! xAI's models, and whether a key works.

use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    Catalog, Context, CredentialReport, Error, ErrorKind, Health, ModelInfo, ModelKind, Result,
};
use provider_http::wire::{Raw, parse, text_of, wire};
use provider_http::{Connection, encode_segment};
use provider_openai_compat::Models;
use serde_json::value::RawValue;

use crate::family::{capabilities_of, facts_of, kind_of};
use crate::key::ApiKey;
use crate::model::LanguageModel;

const LANGUAGE_MODELS: &str = "language-models";

/// The models of an account: the common list has all of them, the list of language models has what they can do.
#[derive(Clone, Debug)]
pub(crate) struct XaiModels {
    models: Models,
}

wire! {
    struct Page<'a> {
        models: Raw<'a> = "models" | "data",
    } ignoring _
}

impl XaiModels {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        Self { models: Models::new(connection) }
    }

    pub(crate) async fn api_key(&self, ctx: &Context) -> Result<ApiKey> {
        let answer = self.models.ask(ctx, "api-key").await?;
        let key = serde_json::from_slice(answer.body()).ok().filter(ApiKey::is_told);
        key.ok_or_else(|| unreadable("the answer tells nothing of a key"))
    }

    pub(crate) async fn language_models(&self, ctx: &Context) -> Result<Vec<LanguageModel>> {
        let answer = self.models.ask(ctx, LANGUAGE_MODELS).await?;
        let text = text_of(answer.body());
        let wrong = || unreadable("the answer is no list of language models");
        let page: Page<'_> = parse(&text).map_err(|_| wrong())?;
        let rows: Vec<&RawValue> =
            serde_json::from_str(page.models.ok_or_else(wrong)?.get()).map_err(|_| wrong())?;
        Ok(rows.into_iter().filter_map(LanguageModel::read).collect())
    }

    pub(crate) async fn language_model(&self, ctx: &Context, id: &str) -> Result<LanguageModel> {
        let path = format!("{LANGUAGE_MODELS}/{}", encode_segment(id));
        let answer = self.models.ask(ctx, &path).await?;
        let wrong = || unreadable("the answer is no language model");
        let raw: &RawValue = serde_json::from_slice(answer.body()).map_err(|_| wrong())?;
        LanguageModel::read(raw).ok_or_else(wrong)
    }
}

#[async_trait]
impl Catalog for XaiModels {
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        let mut models = self.models.models(ctx).await?;
        for language in self.language_models(ctx).await? {
            match models.iter_mut().find(|model| model.id == language.id) {
                Some(model) => language.overlay(model),
                None => {
                    let mut model = ModelInfo::new(language.id.as_str());
                    language.overlay(&mut model);
                    model.raw = Some(language.raw);
                    models.push(model);
                }
            }
        }
        Ok(models.into_iter().map(known).collect())
    }

    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo> {
        let mut model = self.models.model(ctx, id).await?;
        match self.language_model(ctx, id).await {
            Ok(language) => language.overlay(&mut model),
            // It makes images, videos or vectors.
            Err(error) if error.status() == Some(404) => {}
            Err(error) => return Err(error),
        }
        Ok(known(model))
    }

    async fn check_credentials(&self, ctx: &Context) -> CredentialReport {
        match self.api_key(ctx).await {
            Ok(key) => key.report(),
            Err(error) => CredentialReport::from_error(&error),
        }
    }

    async fn health(&self, ctx: &Context) -> Health {
        self.models.health(ctx).await
    }
}

/// With what the name tells where the lists are silent.
fn known(mut info: ModelInfo) -> ModelInfo {
    if let Some(facts) = facts_of(&info.id) {
        facts.complete(&mut info);
    }
    info.kind = info.kind.or_else(|| kind_of(&info.id));
    match info.kind {
        Some(ModelKind::Chat) => info.capabilities = info.capabilities.or(capabilities_of(&info.id)),
        Some(ModelKind::Embedding) => info.capabilities.embeddings = Some(true),
        Some(ModelKind::Image) => info.capabilities.image_output = Some(true),
        _ => {}
    }
    info
}

fn unreadable(message: &'static str) -> Error {
    Error::new(ErrorKind::Decode, message)
}
