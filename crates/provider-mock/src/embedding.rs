//! Embeddings of a mock: the same text and seed give the same vector.

use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, Context, EmbeddingInput, EmbeddingModel, EmbeddingRequest, EmbeddingResponse, Error,
    ErrorKind, RenderedRequest, Result, Target, Usage,
};

use crate::clock::wait;
use crate::seed::Seed;
use crate::{Mock, RecordedEmbedding, tokens};

#[derive(Debug)]
pub(crate) struct MockEmbeddingModel {
    target: Target,
    mock: Mock,
    capabilities: Capabilities,
}

impl MockEmbeddingModel {
    pub(crate) fn new(mock: Mock, target: Target) -> Self {
        let mut capabilities = Capabilities::default();
        capabilities.embeddings = Some(true);
        Self { target, mock, capabilities }
    }

    fn record(&self, ctx: &Context, request: Arc<EmbeddingRequest>) -> Result<Vec<Vec<f32>>> {
        let (recorded, embed) = {
            let mut state = self.mock.state();
            let recorded = RecordedEmbedding {
                number: state.sent.len() + state.embedded.len() + 1,
                target: self.target.clone(),
                context: ctx.clone(),
                request,
            };
            state.embedded.push(recorded.clone());
            (recorded, state.embed.clone())
        };
        let inputs = &recorded.request.inputs;
        let Some(embed) = embed else {
            let settings = &self.mock.settings;
            let seed = Seed::new(settings.seed).with(self.target.model());
            let length = recorded.request.dimensions.unwrap_or(settings.dimensions);
            return inputs.iter().map(|input| vector(seed, input, length)).collect();
        };
        let vectors = embed(&recorded)?;
        if vectors.len() != inputs.len() {
            let message = format!(
                "the closure of embed_with gave {} vectors for {} inputs; it must give one for each",
                vectors.len(),
                inputs.len()
            );
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        Ok(vectors)
    }
}

/// A vector of length 1 in a direction that follows from the input.
fn vector(seed: Seed, input: &EmbeddingInput, length: u32) -> Result<Vec<f32>> {
    let mut numbers = match input {
        EmbeddingInput::Text(text) => seed.with("text").with(text),
        EmbeddingInput::Tokens(tokens) => {
            tokens.iter().fold(seed, |seed, token| seed.with(&token.to_string()))
        }
        _ => return Err(Error::new(ErrorKind::Unsupported, "the mock does not know this kind of input")),
    };
    let spread = f64::from(u32::MAX);
    let raw: Vec<f64> =
        (0..length).map(|_| f64::from((numbers.next() >> 32) as u32) / spread * 2.0 - 1.0).collect();
    let norm = raw.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    Ok(raw.into_iter().map(|x| (x / norm) as f32).collect())
}

#[async_trait]
impl EmbeddingModel for MockEmbeddingModel {
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
        request.validate().map_err(|error| error.with_target(&self.target))?;
        let body = serde_json::to_value(request).map_err(|e| {
            Error::new(ErrorKind::InvalidRequest, format!("the request has no JSON form: {e}"))
        })?;
        let url = format!("mock://{}/{}/embeddings", self.target.connection(), self.target.model());
        Ok(RenderedRequest::new(&http::Method::POST, url, request.extra_headers.as_map(), body))
    }

    async fn embed(&self, ctx: &Context, request: Arc<EmbeddingRequest>) -> Result<EmbeddingResponse> {
        let settings = &self.mock.settings;
        let call = async {
            request.validate()?;
            ctx.remaining(settings.clock.now())?;
            let vectors = self.record(ctx, Arc::clone(&request))?;
            wait(&*settings.clock, ctx.deadline, Some(settings.delay)).await?;
            Ok(vectors)
        };
        let vectors = call.await.map_err(|error: Error| error.with_target(&self.target))?;
        let mut response = EmbeddingResponse::new(self.target.clone(), vectors);
        response.model = Some(self.target.model().to_owned());
        let mut usage = Usage::default();
        usage.input = Some(tokens::of_embedding(&request));
        usage.raw = Some(tokens::mark());
        response.usage = usage;
        Ok(response)
    }
}
