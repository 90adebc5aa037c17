//! OpenAI's models, and whom a key belongs to.

use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    Catalog, Context, CredentialReport, CredentialStatus, Error, ErrorKind, Health, ModelInfo, Result,
};
use provider_http::wire::{Raw, parse, text_of, wire};
use provider_http::{Call, Connection};
use provider_openai_compat::Models;
use serde_json::value::RawValue;

use crate::family::complete;

/// The models of an account. What the list does not say, which is nearly everything, is
/// completed by facts that are compiled in, and by the models' names.
#[derive(Clone, Debug)]
pub(crate) struct OpenAiModels {
    models: Models,
    connection: Arc<Connection>,
    project: Option<String>,
}

impl OpenAiModels {
    pub(crate) fn new(connection: Arc<Connection>, project: Option<String>) -> Self {
        Self { models: Models::new(Arc::clone(&connection)), connection, project }
    }

    async fn ask(&self, ctx: &Context) -> Result<CredentialReport> {
        let access = self.connection.access(ctx, &self.connection.target("")).await?;
        let client = self.connection.client();
        let call = Call::get("models").with_headers(&access.headers);
        let answer = client.send(ctx, &call).await?;
        let text = text_of(answer.body());
        let page: Page<'_> = parse(&text).unwrap_or_default();
        // HTTP says 200 for the page of a proxy, and for errors behind some gateways.
        if page.error.is_some() {
            return Err(client.error(&client.failure(&call, &answer)));
        }
        let rows = page.data.and_then(|data| serde_json::from_str::<Vec<&RawValue>>(data.get()).ok());
        let rows = rows.ok_or_else(|| Error::new(ErrorKind::Decode, "the answer is no list of models"))?;
        let mut report = CredentialReport::new(CredentialStatus::Valid);
        let header = |name: &str| answer.headers().get(name)?.to_str().ok().map(str::to_owned);
        report.organization = header("openai-organization");
        report.project = header("openai-project").or_else(|| self.project.clone());
        report.models = Some(rows.len());
        Ok(report)
    }
}

wire! {
    struct Page<'a> {
        data: Raw<'a> = "data",
        error: Raw<'a> = "error",
    } ignoring _
}

fn known(mut info: ModelInfo) -> ModelInfo {
    complete(&mut info);
    info
}

#[async_trait]
impl Catalog for OpenAiModels {
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        Ok(self.models.models(ctx).await?.into_iter().map(known).collect())
    }

    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo> {
        self.models.model(ctx, id).await.map(known)
    }

    async fn check_credentials(&self, ctx: &Context) -> CredentialReport {
        self.ask(ctx).await.unwrap_or_else(|error| {
            let mut report = CredentialReport::from_error(&error);
            if error.kind() == ErrorKind::Permission {
                report.project.clone_from(&self.project);
            }
            report
        })
    }

    async fn health(&self, ctx: &Context) -> Health {
        self.models.health(ctx).await
    }
}
