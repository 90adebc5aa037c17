//! Embedding models.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Response;
use laravel_ai_core::{
    Capabilities, Context, EmbeddingInput, EmbeddingModel, EmbeddingRequest, EmbeddingResponse, Error,
    ErrorKind, RawJson, RenderedRequest, Result, Target, Usage, Warning, WarningKind, Warnings,
};
use provider_http::wire::{Number, Raw, Text, parse, text_of, wire};
use provider_http::{Call, Failure, rate_limits, request_id};
use serde_json::{Map, Value, json};

use crate::driver::Ollama;
use crate::error::error_of;
use crate::line::Line;
use crate::options::OllamaOptions;

const PATH: &str = "api/embed";

/// An [`EmbeddingModel`] at `/api/embed`.
#[derive(Debug)]
pub(crate) struct Embeddings {
    line: Arc<Line>,
    target: Target,
    capabilities: Capabilities,
    options: OllamaOptions,
}

impl Embeddings {
    pub(crate) fn new(line: Arc<Line>, model: &str, options: OllamaOptions) -> Self {
        let target = line.connection().target(model);
        let mut capabilities = Capabilities::default();
        capabilities.embeddings = Some(true);
        Self { line, target, capabilities, options }
    }

    fn encode(&self, request: &EmbeddingRequest) -> Result<(Bytes, Vec<Warning>)> {
        request.validate()?;
        let mut warnings = Warnings::new(request.strict);
        warnings.extend(request.provider_options.foreign_to(Ollama::DRIVER))?;
        let asked = request.provider_options.of::<OllamaOptions>()?.unwrap_or_default();
        let options = asked.or(&self.options);
        for (name, set) in [("task", request.task.is_some()), ("end_user", request.end_user.is_some())] {
            if set {
                let message = "Ollama does not ask for it, so it was left out";
                warnings.push(Warning::new(WarningKind::OptionDropped, name, message))?;
            }
        }
        let mut body = Map::new();
        body.insert("model".into(), self.target.model().into());
        body.insert("input".into(), inputs(&request.inputs)?);
        if let Some(dimensions) = request.dimensions {
            body.insert("dimensions".into(), dimensions.into());
        }
        if let Some(truncate) = options.truncate.or(request.strict.then_some(false)) {
            body.insert("truncate".into(), truncate.into());
        }
        if let Some(keep_alive) = &options.keep_alive {
            body.insert("keep_alive".into(), json!(keep_alive));
        }
        let mut runner = Map::new();
        options.put_runner(&mut runner);
        if !runner.is_empty() {
            body.insert("options".into(), runner.into());
        }
        body.extend(request.extra_body.clone());
        let body = serde_json::to_vec(&body).map_err(invalid)?;
        Ok((body.into(), warnings.into_vec()))
    }
}

/// One text alone goes as a text.
fn inputs(inputs: &[EmbeddingInput]) -> Result<Value> {
    let one = |input: &EmbeddingInput| match input {
        EmbeddingInput::Text(text) => Ok(Value::from(text.as_str())),
        _ => Err(Error::new(ErrorKind::Unsupported, "Ollama embeds texts only")),
    };
    match inputs {
        [only] => one(only),
        several => several.iter().map(one).collect::<Result<Vec<_>>>().map(Value::from),
    }
}

fn invalid(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the request has no JSON form: {error}"))
}

#[async_trait]
impl EmbeddingModel for Embeddings {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn max_inputs(&self) -> Option<usize> {
        None
    }

    fn render(&self, _: &Context, request: &EmbeddingRequest) -> Result<RenderedRequest> {
        let (body, warnings) = self.encode(request)?;
        let call = Call::post(PATH, body).with_extra_headers(request.extra_headers.as_map());
        Ok(self.line.connection().client().render(&call)?.with_warnings(warnings))
    }

    async fn embed(&self, ctx: &Context, request: Arc<EmbeddingRequest>) -> Result<EmbeddingResponse> {
        let access = self.line.connection().access(ctx, &self.target).await?;
        let client = self.line.connection().client();
        let answer = async {
            let (body, warnings) = self.encode(&request)?;
            let call = Call::post(PATH, body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let answer = self.line.send(ctx, &call).await?;
            let failed = || client.failure(&call, &answer);
            let expected = request.inputs.len();
            let mut response = decode(self.line.is_hosted(), &access.target, &answer, expected, failed)?;
            response.warnings = warnings;
            Ok(response)
        };
        answer.await.map_err(|error: Error| error.with_target(&access.target))
    }
}

wire! {
    struct Answer<'a> {
        model: Text<'a> = "model",
        embeddings: Raw<'a> = "embeddings",
        tokens: Number = "prompt_eval_count",
        error: Raw<'a> = "error",
    } ignoring _
}

fn decode(
    hosted: bool,
    target: &Target,
    response: &Response<Bytes>,
    expected: usize,
    failed: impl Fn() -> Failure,
) -> Result<EmbeddingResponse> {
    let unreadable = |what: String| failed().error(ErrorKind::Decode, what);
    let text = text_of(response.body());
    let answer: Answer<'_> = parse(&text).map_err(|e| unreadable(format!("the answer is no JSON: {e}")))?;
    if answer.error.is_some() {
        return Err(error_of(hosted, &failed()));
    }
    let vectors: Option<Vec<Vec<f32>>> =
        answer.embeddings.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let vectors = vectors.ok_or_else(|| unreadable("the vectors can't be read".into()))?;
    if vectors.len() != expected {
        let found = vectors.len();
        return Err(unreadable(format!("{expected} vectors were asked for, {found} came")));
    }
    let mut read = EmbeddingResponse::new(target.clone(), vectors);
    read.model = answer.model.owned();
    read.usage = used(answer.tokens.0, None);
    let limits = rate_limits(response.headers());
    read.rate_limits = (!limits.is_empty()).then_some(limits);
    read.request_id = request_id(response.headers()).map(str::to_owned);
    Ok(read)
}

/// The counts of an answer. Servers leave out a count of 0 and, when the prompt lies in their cache, old ones that of the
/// prompt: what is not said is unknown.
pub(crate) fn used(prompt: Option<u64>, answer: Option<u64>) -> Usage {
    let mut usage = Usage::default();
    (usage.input, usage.output) = (prompt, answer);
    if !usage.is_unknown() {
        let counts = [("prompt_eval_count", prompt), ("eval_count", answer)];
        let counts: Map<String, Value> =
            counts.into_iter().filter_map(|(name, count)| Some((name.to_owned(), count?.into()))).collect();
        usage.raw = Some(RawJson::from(&Value::Object(counts)));
    }
    usage
}
