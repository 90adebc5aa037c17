//! The models of a server and what they can do, and whether the server answers.

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use laravel_ai_core::{
    Capabilities, Catalog, Context, CredentialReport, CredentialStatus, Error, ErrorKind, Health, ModelInfo,
    ModelKind, RawJson, Result,
};
use provider_http::Call;
use provider_http::wire::{Members, Number, Raw, Text, parse, text_of, wire};
use serde_json::json;
use serde_json::value::RawValue;

use crate::line::Line;

/// The models that lie on the server, or that the hosted service has. Facts of a model come from the server itself: from
/// `/api/tags` where it is new enough to list them, and always from `/api/show`.
#[derive(Debug)]
pub(crate) struct Models {
    line: Arc<Line>,
}

impl Models {
    pub(crate) fn new(line: Arc<Line>) -> Self {
        Self { line }
    }

    /// The hosted service lists its models to everybody, so there the key is tried where it matters.
    async fn examine(&self, ctx: &Context) -> Result<CredentialReport> {
        let mut report = CredentialReport::new(CredentialStatus::Valid);
        if self.line.is_hosted() {
            let answer = self.line.ask(ctx, Call::new(Method::POST, "api/me")).await?;
            let text = text_of(answer.body());
            let User { name, id, .. } = parse(&text).unwrap_or_default();
            if name.filled().or(id.filled()).is_none() {
                let message = "the answer does not say whose key it is: check `base_url`";
                return Err(Error::new(ErrorKind::Decode, message));
            }
            report.account = name.owned();
            return Ok(report);
        }
        report.models = Some(self.models(ctx).await?.len());
        report.message = Some("a local server checks no key".to_owned());
        Ok(report)
    }
}

#[async_trait]
impl Catalog for Models {
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        let answer = self.line.ask(ctx, Call::get("api/tags")).await?;
        let wrong = || Error::new(ErrorKind::Decode, "the answer is no list of models");
        let text = text_of(answer.body());
        let Page { models, other } = parse(&text).map_err(|_| wrong())?;
        let Some(models) = models else {
            // Old servers without models say `null`.
            let empty = text.contains("\"models\"") && other.is_empty();
            return if empty { Ok(Vec::new()) } else { Err(wrong()) };
        };
        let rows: Vec<&RawValue> = serde_json::from_str(models.get()).map_err(|_| wrong())?;
        Ok(rows.into_iter().filter_map(|row| model(None, row)).collect())
    }

    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo> {
        let body = json!({"model": id}).to_string();
        let answer = self.line.ask(ctx, Call::post("api/show", body)).await?;
        let wrong = || Error::new(ErrorKind::Decode, "the answer is no model");
        let raw: &RawValue = serde_json::from_slice(answer.body()).map_err(|_| wrong())?;
        model(Some(id), raw).ok_or_else(wrong)
    }

    async fn check_credentials(&self, ctx: &Context) -> CredentialReport {
        self.examine(ctx).await.unwrap_or_else(|error| CredentialReport::from_error(&error))
    }

    async fn health(&self, ctx: &Context) -> Health {
        self.line.connection().health(self.line.ask(ctx, Call::get("api/version"))).await
    }
}

wire! {
    struct Page<'a> {
        models: Raw<'a> = "models",
    } ignoring ""
}

wire! {
    struct User<'a> {
        name: Text<'a> = "name",
        id: Text<'a> = "id" | "email",
    } ignoring _
}

wire! {
    /// A row of the list, or the answer about one model.
    struct Row<'a> {
        id: Text<'a> = "model" | "name",
        remote_host: Text<'a> = "remote_host",
        details: Details<'a> = "details",
        info: Raw<'a> = "model_info",
        capabilities: Raw<'a> = "capabilities",
    } ignoring _
}

wire! {
    struct Details<'a> {
        family: Text<'a> = "family",
        parameters: Text<'a> = "parameter_size",
        quantization: Text<'a> = "quantization_level",
        context: Number = "context_length",
    } ignoring _
}

wire! {
    /// What a model's file says of it: names of its architecture come before most of them.
    struct Info<'a> {
        architecture: Text<'a> = "general.architecture",
    } ignoring ""
}

fn model(id: Option<&str>, raw: &RawValue) -> Option<ModelInfo> {
    let row: Row<'_> = parse(raw.get()).ok()?;
    let mut info = ModelInfo::new(id.or_else(|| row.id.filled())?);
    let Details { family, parameters, quantization, context, .. } = &row.details;
    let name: Vec<&str> = [family, parameters, quantization].into_iter().filter_map(Text::filled).collect();
    info.name = (!name.is_empty()).then(|| name.join(" "));
    info.owned_by = row.remote_host.owned();
    let can: Option<Vec<String>> = row.capabilities.and_then(|raw| serde_json::from_str(raw.get()).ok());
    if let Some(can) = can {
        info.kind = kind(&can);
        info.capabilities = capabilities(&can);
    }
    info.capabilities.context_tokens = context.0.filter(|tokens| *tokens > 0).or_else(|| window(row.info?));
    info.raw = Some(RawJson::from(raw));
    Some(info)
}

fn kind(can: &[String]) -> Option<ModelKind> {
    let has = |word: &str| can.iter().any(|can| can == word);
    Some(match () {
        () if has("completion") => ModelKind::Chat,
        () if has("embedding") => ModelKind::Embedding,
        () if has("image") => ModelKind::Image,
        () => return None,
    })
}

/// What the server lists is all that the model can: what is not there it can't.
fn capabilities(can: &[String]) -> Capabilities {
    let has = |word: &str| Some(can.iter().any(|can| can == word));
    let chats = has("completion");
    let mut known = Capabilities::default();
    known.streaming = chats;
    // By a grammar over the tokens, which works with every model.
    known.structured_output = chats;
    known.tools = has("tools");
    known.parallel_tools = has("tools").filter(|has| !has);
    known.reasoning = has("thinking");
    known.image_input = has("vision");
    known.audio_input = has("audio");
    known.image_output = has("image");
    known.embeddings = has("embedding");
    known.file_input = Some(false);
    known
}

/// The most tokens that the model could read, as its file says. What is used is what `num_ctx` says.
fn window(info: &RawValue) -> Option<u64> {
    let Info { architecture, other } = parse(info.get()).ok()?;
    let name = format!("{}.context_length", architecture.filled()?);
    number(&other, &name)
}

pub(crate) fn number(members: &Members<'_>, name: &str) -> Option<u64> {
    let (_, raw) = members.iter().find(|(key, _)| key.as_str() == name)?;
    serde_json::from_str::<Number>(raw.get()).ok()?.0
}
