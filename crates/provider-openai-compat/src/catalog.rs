//! The list of models, and whether key and endpoint work.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use http::Response;
use laravel_ai_core::{
    Catalog, Context, CredentialReport, CredentialStatus, Error, ErrorKind, Health, ModelInfo, RawJson,
    Result,
};
use provider_http::wire::{Number, Raw, Text, parse, text_of, wire};
use provider_http::{Call, Connection, encode_segment};
use serde_json::value::RawValue;

const PATH: &str = "models";

/// A [`Catalog`] at `/models`, which is free at every server we know.
///
/// Some servers list models to anyone (OpenRouter does): there a right key can't be told from a wrong one.
#[derive(Clone, Debug)]
pub struct Models {
    connection: Arc<Connection>,
}

impl Models {
    /// The models of an account.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    /// The JSON at a path that is free, for what a vendor tells of an account besides.
    ///
    /// # Errors
    /// Any [`ErrorKind`], that of an error object in the answer too.
    pub async fn ask(&self, ctx: &Context, path: &str) -> Result<Response<Bytes>> {
        let target = self.connection.target("");
        let access = self.connection.access(ctx, &target).await?;
        let call = Call::get(path).with_headers(&access.headers);
        let client = self.connection.client();
        let answer = client.send(ctx, &call).await?;
        let text = text_of(answer.body());
        let Refused { error, .. } =
            parse(&text).map_err(|e| Error::new(ErrorKind::Decode, format!("the answer is no JSON: {e}")))?;
        if error.is_some() {
            return Err(client.error(&client.failure(&call, &answer)));
        }
        Ok(answer)
    }
}

wire! {
    struct Refused<'a> {
        error: Raw<'a> = "error",
    } ignoring ""
}

#[async_trait]
impl Catalog for Models {
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        let answer = self.ask(ctx, PATH).await?;
        let wrong = || Error::new(ErrorKind::Decode, "the answer is no list of models");
        let text = text_of(answer.body());
        let Page { data, .. } = parse(&text).map_err(|_| wrong())?;
        let Some(data) = data else { return Err(wrong()) };
        let rows: Vec<&RawValue> = serde_json::from_str(data.get()).map_err(|_| wrong())?;
        Ok(rows.into_iter().filter_map(model).collect())
    }

    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo> {
        let path = format!("{PATH}/{}", encode_segment(id));
        let answer = match self.ask(ctx, &path).await {
            Ok(answer) => answer,
            Err(error) if no_such_path(&error) => {
                // llama.cpp, LM Studio and others have the list alone, so only the list can say no.
                return self.models(ctx).await?.into_iter().find(|model| model.id == id).ok_or_else(|| {
                    let model = format!("the server does not know the model `{id}`");
                    Error::new(ErrorKind::ModelNotFound, model).with_status(404).with_source(error)
                });
            }
            Err(error) => return Err(error),
        };
        let raw: &RawValue = serde_json::from_slice(answer.body())
            .map_err(|e| Error::new(ErrorKind::Decode, format!("the answer is no model: {e}")))?;
        model(raw).ok_or_else(|| Error::new(ErrorKind::Decode, "the answer is no model"))
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
        self.connection.health(self.ask(ctx, PATH)).await
    }
}

/// Whether an answer may mean the path and not the model: it has none of the words for a model that is missing.
fn no_such_path(error: &Error) -> bool {
    error.kind() == ErrorKind::InvalidRequest && matches!(error.status(), Some(404 | 405))
}

wire! {
    struct Page<'a> {
        data: Raw<'a> = "data" | "models",
    } ignoring "object"
}

wire! {
    struct Model<'a> {
        id: Text<'a> = "id",
        name: Text<'a> = "display_name" | "name",
        owned_by: Text<'a> = "owned_by",
        created: Number = "created",
        shutdown: Text<'a> = "shutdown_date",
        // The names of xAI, OpenRouter, vLLM and LM Studio, in this order.
        context: Number = "context_length" | "context_window" | "max_model_len" | "max_context_length",
    } ignoring "object"
}

fn model(raw: &RawValue) -> Option<ModelInfo> {
    let read: Model<'_> = parse(raw.get()).ok()?;
    let mut info = ModelInfo::new(read.id.filled()?);
    info.name = read.name.owned();
    info.owned_by = read.owned_by.owned();
    info.created = read
        .created
        .0
        .filter(|seconds| *seconds > 0)
        .and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    info.shutdown = read.shutdown.owned();
    info.capabilities.context_tokens = read.context.0;
    info.raw = Some(RawJson::from(raw));
    Some(info)
}
