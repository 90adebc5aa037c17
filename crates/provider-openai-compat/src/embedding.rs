//! Embedding models.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::Response;
use laravel_ai_core::{
    Capabilities, Context, EmbeddingInput, EmbeddingModel, EmbeddingRequest, EmbeddingResponse, Error,
    ErrorKind, ProviderOptions, RenderedRequest, Result, Target, Warning, WarningKind, Warnings,
};
use provider_http::wire::{List, Number, Raw, Text, parse, text_of, wire};
use provider_http::{Call, Connection, Failure, rate_limits, request_id};
use serde_json::{Map, Value, json};

use crate::chat::usage;
use crate::dialect::{Dialect, Parameter};
use crate::error::error_of;

const PATH: &str = "embeddings";

/// An [`EmbeddingModel`] at `/embeddings`; `O` are the driver's options.
///
/// Vectors are asked for as base64, as the official clients do, and read in either form.
pub struct Embeddings<O> {
    connection: Arc<Connection>,
    dialect: Arc<Dialect>,
    target: Target,
    capabilities: Capabilities,
    options: PhantomData<fn() -> O>,
}

struct Encoded {
    body: Bytes,
    warnings: Vec<Warning>,
}

impl<O: ProviderOptions> Embeddings<O> {
    /// The model of this name.
    pub fn new(connection: Arc<Connection>, dialect: Arc<Dialect>, model: &str) -> Self {
        let target = connection.target(model);
        let mut capabilities = Capabilities::default();
        capabilities.embeddings = Some(true);
        Self { connection, dialect, target, capabilities, options: PhantomData }
    }

    /// With what is known of the model.
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities.or(self.capabilities);
        self
    }

    fn encode(&self, request: &EmbeddingRequest) -> Result<Encoded> {
        request.validate()?;
        let mut warnings = Warnings::new(request.strict);
        warnings.extend(request.provider_options.foreign_to(O::DRIVER))?;
        if let Some(limit) = self.dialect.max_embedding_inputs
            && request.inputs.len() > limit
        {
            return Err(invalid(format!(
                "{} inputs are given, the provider takes {limit} at once: send several requests",
                request.inputs.len()
            )));
        }
        let dropped = |what: &str, why: &str| Warning::new(WarningKind::OptionDropped, what, why);
        if request.task.is_some() {
            warnings.push(dropped(
                "task",
                "the provider does not ask what vectors are for, so it was left out",
            ))?;
        }
        let mut body = json!({"model": self.target.model(), "input": inputs(&request.inputs)?});
        let mut put =
            |name: &str, value: Value| _ = body.as_object_mut().map(|body| body.insert(name.into(), value));
        if let Some(dimensions) = request.dimensions {
            if self.dialect.unsupported.contains(Parameter::Dimensions) {
                warnings.push(dropped("dimensions", "the model does not take it, so it was left out"))?;
            } else {
                put("dimensions", dimensions.into());
            }
        }
        put("encoding_format", if self.dialect.base64_embeddings { "base64" } else { "float" }.into());
        if let Some(user) = &request.end_user {
            put("user", user.as_str().into());
        }
        let options =
            request.provider_options.of::<O>()?.and_then(|options| serde_json::to_value(options).ok());
        let options = options.and_then(|options| options.as_object().cloned()).unwrap_or_else(Map::new);
        options.into_iter().chain(request.extra_body.clone()).for_each(|(name, value)| put(&name, value));
        let body =
            serde_json::to_vec(&body).map_err(|e| invalid(format!("the request has no JSON form: {e}")))?;
        Ok(Encoded { body: body.into(), warnings: warnings.into_vec() })
    }
}

/// One text alone goes as a text, as every server takes it.
fn inputs(inputs: &[EmbeddingInput]) -> Result<Value> {
    let one = |input: &EmbeddingInput| match input {
        EmbeddingInput::Text(text) => Ok(Value::from(text.as_str())),
        EmbeddingInput::Tokens(tokens) => Ok(Value::from(tokens.as_slice())),
        _ => Err(Error::new(ErrorKind::Unsupported, "the server embeds texts and tokens only")),
    };
    match inputs {
        [only] => one(only),
        several => several.iter().map(one).collect::<Result<Vec<_>>>().map(Value::from),
    }
}

#[async_trait]
impl<O: ProviderOptions + 'static> EmbeddingModel for Embeddings<O> {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn max_inputs(&self) -> Option<usize> {
        self.dialect.max_embedding_inputs
    }

    fn render(&self, _: &Context, request: &EmbeddingRequest) -> Result<RenderedRequest> {
        let encoded = self.encode(request)?;
        let call = Call::post(PATH, encoded.body).with_extra_headers(request.extra_headers.as_map());
        Ok(self.connection.client().render(&call)?.with_warnings(encoded.warnings))
    }

    async fn embed(&self, ctx: &Context, request: Arc<EmbeddingRequest>) -> Result<EmbeddingResponse> {
        let access = self.connection.access(ctx, &self.target).await?;
        let client = self.connection.client();
        let answer = async {
            let encoded = self.encode(&request)?;
            let call = Call::post(PATH, encoded.body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let answer = client.send(ctx, &call).await?;
            let failure = || client.failure(&call, &answer);
            let mut response = decode(&self.dialect, &access.target, &answer, request.inputs.len(), failure)?;
            response.warnings = encoded.warnings;
            Ok(response)
        };
        answer.await.map_err(|error: Error| error.with_target(&access.target))
    }
}

wire! {
    struct Answer<'a> {
        model: Text<'a> = "model",
        data: List<Row<'a>> = "data",
        usage: Raw<'a> = "usage",
        error: Raw<'a> = "error",
    } ignoring "object"
}

wire! {
    struct Row<'a> {
        index: Number = "index",
        vector: Raw<'a> = "embedding",
    } ignoring "object"
}

fn decode(
    dialect: &Dialect,
    target: &Target,
    response: &Response<Bytes>,
    expected: usize,
    failure: impl Fn() -> Failure,
) -> Result<EmbeddingResponse> {
    let unreadable = |what: String| failure().error(ErrorKind::Decode, what);
    let text = text_of(response.body());
    let answer: Answer<'_> = parse(&text).map_err(|e| unreadable(format!("the answer is no JSON: {e}")))?;
    if answer.error.is_some() {
        return Err(error_of(dialect, &failure()));
    }
    let mut rows: Vec<(u64, Vec<f32>)> = Vec::with_capacity(expected);
    for (position, row) in (0..).zip(answer.data) {
        let vector = row.vector.and_then(|raw| vector(raw.get()));
        let vector = vector.ok_or_else(|| unreadable(format!("vector {position} can't be read")))?;
        rows.push((row.index.0.unwrap_or(position), vector));
    }
    rows.sort_by_key(|(index, _)| *index);
    let complete = (0..).zip(&rows).all(|(position, (index, _))| *index == position);
    if rows.len() != expected || !complete {
        let found = rows.len();
        return Err(unreadable(format!(
            "{expected} vectors were asked for, {found} came, or not one for each input"
        )));
    }
    let mut read =
        EmbeddingResponse::new(target.clone(), rows.into_iter().map(|(_, vector)| vector).collect());
    read.model = answer.model.owned();
    if let Some(raw) = answer.usage {
        read.usage = usage::read(dialect, raw);
        // There is nothing that could come out, though some servers say 0.
        read.usage.output = None;
        read.usage.reasoning = None;
        read.cost = read.usage.raw.as_ref().and_then(dialect.cost);
    }
    let limits = rate_limits(response.headers());
    read.rate_limits = (!limits.is_empty()).then_some(limits);
    read.request_id = request_id(response.headers()).map(str::to_owned);
    Ok(read)
}

/// A list of numbers, or base64 of little-endian 32-bit floats.
fn vector(json: &str) -> Option<Vec<f32>> {
    if json.starts_with('[') {
        return serde_json::from_str(json).ok();
    }
    let Text(text) = serde_json::from_str(json).ok()?;
    let bytes = BASE64.decode(text?.as_bytes()).ok()?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

impl<O> fmt::Debug for Embeddings<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embeddings")
            .field("target", &self.target)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
