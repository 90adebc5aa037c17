//! Embedding models.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Response;
use laravel_ai_core::{
    Capabilities, Context, EmbeddingInput, EmbeddingModel, EmbeddingRequest, EmbeddingResponse,
    EmbeddingTask, Error, ErrorKind, RawJson, RenderedRequest, Result, Target, Usage, Warning, WarningKind,
    Warnings,
};
use provider_http::wire::{List, Number, Raw, parse, text_of, wire};
use provider_http::{Call, Failure, rate_limits, request_id};
use serde_json::{Map, Value, json};

use crate::api::{Api, full_name};
use crate::driver::Gemini;
use crate::error::error_of;
use crate::options::GeminiOptions;

/// The most inputs of one request.
const MOST_INPUTS: usize = 100;

/// An [`EmbeddingModel`] of Gemini: one input by `embedContent`, several by `batchEmbedContents`.
///
/// Vectors come as Google makes them: those of `gemini-embedding-001` have length 1 only in all 3072 dimensions.
pub(crate) struct GeminiEmbeddings {
    api: Arc<Api>,
    target: Target,
    capabilities: Capabilities,
}

struct Encoded {
    path: String,
    body: Bytes,
    warnings: Vec<Warning>,
}

impl GeminiEmbeddings {
    /// The model of this name.
    pub(crate) fn new(api: Arc<Api>, model: &str) -> Self {
        let target = api.connection.target(model);
        let mut capabilities = Capabilities::default();
        capabilities.embeddings = Some(true);
        Self { api, target, capabilities }
    }

    fn encode(&self, request: &EmbeddingRequest) -> Result<Encoded> {
        request.validate()?;
        let mut warnings = Warnings::new(request.strict);
        warnings.extend(request.provider_options.foreign_to(Gemini::DRIVER))?;
        if request.inputs.len() > MOST_INPUTS {
            return Err(invalid(format!(
                "{} inputs are given, Gemini takes {MOST_INPUTS} at once: send several requests",
                request.inputs.len()
            )));
        }
        if request.end_user.is_some() {
            let message = "Gemini has no such option, so it was left out";
            warnings.push(Warning::new(WarningKind::OptionDropped, "end_user", message))?;
        }
        let options = request.provider_options.of::<GeminiOptions>()?.unwrap_or_default();
        let model = self.target.model();
        let bodies = request.inputs.iter().map(|input| body(model, input, request, &options));
        let mut bodies = bodies.collect::<Result<Vec<Value>>>()?;
        let (method, body) = match (bodies.pop(), bodies.is_empty()) {
            (Some(only), true) => ("embedContent", only),
            (last, _) => {
                bodies.extend(last);
                ("batchEmbedContents", json!({"requests": bodies}))
            }
        };
        let body =
            serde_json::to_vec(&body).map_err(|e| invalid(format!("the request has no JSON form: {e}")))?;
        Ok(Encoded { path: self.api.method(model, method), body: body.into(), warnings: warnings.into_vec() })
    }
}

fn body(
    model: &str,
    input: &EmbeddingInput,
    request: &EmbeddingRequest,
    options: &GeminiOptions,
) -> Result<Value> {
    let EmbeddingInput::Text(text) = input else {
        return Err(Error::new(ErrorKind::Unsupported, "Gemini embeds texts, and no tokens")
            .with_possibly_billed(false));
    };
    let mut body = Map::new();
    body.insert("model".into(), full_name(model).into());
    body.insert("content".into(), json!({"parts": [{"text": text}]}));
    for (name, value) in [
        ("taskType", request.task.as_ref().map(|task| task_type(task).into())),
        ("title", options.title.as_deref().map(Value::from)),
        ("outputDimensionality", request.dimensions.map(Value::from)),
    ] {
        body.extend(value.map(|value| (name.to_owned(), value)));
    }
    body.extend(request.extra_body.clone());
    Ok(Value::Object(body))
}

fn task_type(task: &EmbeddingTask) -> String {
    match task {
        EmbeddingTask::Document => "RETRIEVAL_DOCUMENT".into(),
        EmbeddingTask::Query => "RETRIEVAL_QUERY".into(),
        EmbeddingTask::Similarity => "SEMANTIC_SIMILARITY".into(),
        EmbeddingTask::Classification => "CLASSIFICATION".into(),
        EmbeddingTask::Clustering => "CLUSTERING".into(),
        EmbeddingTask::Other(word) => word.to_ascii_uppercase(),
        // The vocabulary may grow; Google has no word for it, and then the task is left to it.
        _ => "TASK_TYPE_UNSPECIFIED".into(),
    }
}

#[async_trait]
impl EmbeddingModel for GeminiEmbeddings {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn max_inputs(&self) -> Option<usize> {
        Some(MOST_INPUTS)
    }

    fn render(&self, _: &Context, request: &EmbeddingRequest) -> Result<RenderedRequest> {
        let encoded = self.encode(request)?;
        let call = Call::post(&encoded.path, encoded.body).with_extra_headers(request.extra_headers.as_map());
        Ok(self.api.connection.client().render(&call)?.with_warnings(encoded.warnings))
    }

    async fn embed(&self, ctx: &Context, request: Arc<EmbeddingRequest>) -> Result<EmbeddingResponse> {
        let access = self.api.connection.access(ctx, &self.target).await?;
        let client = self.api.connection.client();
        let answer = async {
            let encoded = self.encode(&request)?;
            let call = Call::post(&encoded.path, encoded.body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let answer = client.send(ctx, &call).await?;
            let failure = || client.failure(&call, &answer);
            let mut response = decode(&access.target, &answer, request.inputs.len(), failure)?;
            response.warnings = encoded.warnings;
            Ok(response)
        };
        answer.await.map_err(|error: Error| error.with_target(&access.target))
    }
}

wire! {
    struct Answer<'a> {
        vectors: List<Row<'a>> = "embeddings" | "embedding",
        usage: Raw<'a> = "usageMetadata",
        error: Raw<'a> = "error",
    } ignoring _
}

wire! {
    struct Row<'a> {
        values: Raw<'a> = "values",
    } ignoring _
}

wire! {
    struct Counts<'a> {
        prompt: Number = "promptTokenCount" | "totalTokenCount",
        details: Raw<'a> = "promptTokensDetails",
    } ignoring _
}

fn decode(
    target: &Target,
    response: &Response<Bytes>,
    expected: usize,
    failure: impl Fn() -> Failure,
) -> Result<EmbeddingResponse> {
    let unreadable = |what: String| failure().error(ErrorKind::Decode, what);
    let text = text_of(response.body());
    let answer: Answer<'_> = parse(&text).map_err(|e| unreadable(format!("the answer is no JSON: {e}")))?;
    if answer.error.is_some() {
        return Err(error_of(&failure()));
    }
    let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(expected);
    for (position, row) in answer.vectors.into_iter().enumerate() {
        let values = row.values.and_then(|raw| serde_json::from_str(raw.get()).ok());
        vectors.push(values.ok_or_else(|| unreadable(format!("vector {position} can't be read")))?);
    }
    if vectors.len() != expected {
        return Err(unreadable(format!("{expected} vectors were asked for, {} came", vectors.len())));
    }
    let mut read = EmbeddingResponse::new(target.clone(), vectors);
    if let Some(raw) = answer.usage {
        let mut usage = Usage::default();
        usage.input = parse::<Counts<'_>>(raw.get()).ok().and_then(|counts| counts.prompt.0);
        usage.raw = Some(RawJson::from(raw));
        read.usage = usage;
    }
    let limits = rate_limits(response.headers());
    read.rate_limits = (!limits.is_empty()).then_some(limits);
    read.request_id = request_id(response.headers()).map(str::to_owned);
    Ok(read)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

impl fmt::Debug for GeminiEmbeddings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeminiEmbeddings")
            .field("target", &self.target)
            .field("connection", &self.api.connection)
            .finish_non_exhaustive()
    }
}
