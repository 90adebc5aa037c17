//! Gemini's models, and whether key and endpoint work.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Response;
use laravel_ai_core::{
    Catalog, Context, CredentialReport, CredentialStatus, Error, ErrorKind, Health, ModelInfo, ModelKind,
    RawJson, Result,
};
use provider_http::Call;
use provider_http::wire::{Number, Raw, Text, parse, text_of, wire};
use serde_json::value::RawValue;

use crate::api::Api;
use crate::error::error_of;
use crate::family::{capabilities_of, facts_of, kind_of};

/// The most models of one page that Google gives.
const PAGE: &str = "1000";
/// More pages than anyone has models for.
const MOST_PAGES: usize = 100;

/// A [`Catalog`] of the models that a key may use: page after page, free of charge.
#[derive(Clone, Debug)]
pub(crate) struct GeminiModels {
    api: Arc<Api>,
}

wire! {
    struct Page<'a> {
        models: Raw<'a> = "models",
        next: Text<'a> = "nextPageToken",
        error: Raw<'a> = "error",
    } ignoring ""
}

wire! {
    struct Model<'a> {
        name: Text<'a> = "name",
        title: Text<'a> = "displayName",
        input: Number = "inputTokenLimit",
        output: Number = "outputTokenLimit",
        methods: Raw<'a> = "supportedGenerationMethods",
        thinking: Text<'a> = "thinking",
        status: Option<Status<'a>> = "modelStatus",
    } ignoring _
}

wire! {
    struct Status<'a> {
        retirement: Text<'a> = "retirementTime",
    } ignoring _
}

impl GeminiModels {
    pub(crate) fn new(api: Arc<Api>) -> Self {
        Self { api }
    }

    async fn ask(&self, ctx: &Context, path: &str, query: &[(&str, &str)]) -> Result<Response<Bytes>> {
        let access = self.api.connection.access(ctx, &self.api.connection.target("")).await?;
        let client = self.api.connection.client();
        let call = Call::get(path).with_query(query).with_headers(&access.headers);
        let answer = client.send(ctx, &call).await?;
        // An object that says no may come with a 200, as everywhere.
        match parse::<Page<'_>>(&text_of(answer.body())) {
            Ok(Page { error: None, .. }) => Ok(answer),
            Ok(_) => Err(error_of(&client.failure(&call, &answer))),
            Err(e) => Err(Error::new(ErrorKind::Decode, format!("the list of models is no JSON: {e}"))),
        }
    }
}

#[async_trait]
impl Catalog for GeminiModels {
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        let wrong = || Error::new(ErrorKind::Decode, "the answer is no list of models");
        let mut models = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let token = next.as_deref().map(|token| ("pageToken", token));
            let query: Vec<_> = [("pageSize", PAGE)].into_iter().chain(token).collect();
            let answer = self.ask(ctx, &self.api.models(), &query).await?;
            let text = text_of(answer.body());
            let page: Page<'_> = parse(&text).unwrap_or_default();
            // An account without models has nothing to say; what says something else is no list.
            if page.models.is_none() && !page.other.is_empty() {
                return Err(wrong());
            }
            let rows = page.models.map(|raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()));
            let rows = rows.transpose().map_err(|_| wrong())?;
            models.extend(rows.unwrap_or_default().into_iter().filter_map(info));
            let token = page.next.owned();
            if token.is_none() {
                return Ok(models);
            }
            if token == next {
                return Err(Error::new(
                    ErrorKind::Decode,
                    "the list of models goes on with the page it is at",
                ));
            }
            next = token;
        }
        Err(Error::new(ErrorKind::Decode, "the list of models has no end"))
    }

    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo> {
        let answer = self.ask(ctx, &self.api.model(id), &[]).await?;
        let none = || Error::new(ErrorKind::Decode, "the answer is no model");
        let raw: &RawValue = serde_json::from_slice(answer.body()).map_err(|_| none())?;
        info(raw).ok_or_else(none)
    }

    async fn check_credentials(&self, ctx: &Context) -> CredentialReport {
        match self.models(ctx).await {
            Ok(models) => {
                let mut report = CredentialReport::new(CredentialStatus::Valid);
                report.models = Some(models.len());
                report
            }
            Err(error) => CredentialReport::from_error(&error),
        }
    }

    async fn health(&self, ctx: &Context) -> Health {
        let path = self.api.models();
        self.api.connection.health(self.ask(ctx, &path, &[("pageSize", "1")])).await
    }
}

fn info(raw: &RawValue) -> Option<ModelInfo> {
    let read: Model<'_> = parse(raw.get()).ok()?;
    let name = read.name.filled()?;
    let id = name.strip_prefix("models/").unwrap_or(name);
    let methods: Vec<String> =
        read.methods.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
    let mut info = ModelInfo::new(id);
    info.name = read.title.owned();
    info.owned_by = Some("google".into()).filter(|_: &String| !id.starts_with("tunedModels/"));
    info.shutdown = read.status.and_then(|status| status.retirement.owned());
    info.kind = (!methods.is_empty()).then(|| kind_of(id, &methods));
    info.capabilities.context_tokens = read.input.0;
    info.capabilities.max_output_tokens = read.output.0;
    match info.kind {
        Some(ModelKind::Chat) => {
            // What is false is left out of the list.
            info.capabilities.reasoning = Some(read.thinking.filled() == Some("true"));
            info.capabilities = info.capabilities.or(capabilities_of(id));
        }
        Some(ModelKind::Embedding) => {
            info.capabilities.embeddings = Some(true);
            info.capabilities.max_output_tokens = None;
        }
        _ => {}
    }
    if let Some(facts) = facts_of(id) {
        facts.complete(&mut info);
    }
    info.raw = Some(RawJson::from(raw));
    Some(info)
}
