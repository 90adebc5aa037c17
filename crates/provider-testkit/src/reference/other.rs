//! Embeddings and the list of models.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use laravel_ai_core::{
    Capabilities, Catalog, Context, CredentialReport, CredentialStatus, EmbeddingInput, EmbeddingModel,
    EmbeddingRequest, EmbeddingResponse, Error, ErrorKind, Health, ModelInfo, RenderedRequest, Result,
    Target,
};
use serde_json::{Value, json};

use super::Fault;
use super::http::Wire;

const MOST_INPUTS: usize = 8;

#[derive(Debug)]
pub(super) struct Vectors {
    wire: Arc<Wire>,
    target: Target,
    capabilities: Capabilities,
}

impl Vectors {
    pub(super) fn new(wire: Arc<Wire>, target: Target) -> Self {
        Self { wire, target, capabilities: Capabilities::default() }
    }

    fn body(&self, request: &EmbeddingRequest) -> Result<Value> {
        if !self.wire.is(Fault::SendsAnyInputs) {
            request.validate()?;
            if request.inputs.len() > MOST_INPUTS {
                let message = format!("at most {MOST_INPUTS} inputs go into one request");
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            }
        }
        let inputs = request.inputs.iter().map(|input| match input {
            EmbeddingInput::Text(text) => json!(text),
            other => json!(format!("{other:?}")),
        });
        Ok(json!({"model": self.target.model(), "inputs": inputs.collect::<Vec<_>>()}))
    }
}

#[async_trait]
impl EmbeddingModel for Vectors {
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
        let body = self.body(request)?;
        Ok(RenderedRequest::new(&Method::POST, self.wire.url("embed"), &HeaderMap::new(), body))
    }

    async fn embed(&self, ctx: &Context, request: Arc<EmbeddingRequest>) -> Result<EmbeddingResponse> {
        let body = Bytes::from(self.body(&request)?.to_string());
        let answer = self.wire.json(ctx, Method::POST, "embed", body).await?;
        let mut vectors: Vec<_> = answer["vectors"].as_array().into_iter().flatten().collect();
        if !self.wire.is(Fault::KeepsTheVendorsOrder) {
            vectors.sort_by_key(|vector| vector["index"].as_u64());
        }
        if vectors.len() != request.inputs.len() && !self.wire.is(Fault::TakesAnyVectors) {
            return Err(Error::new(ErrorKind::Decode, "the answer has another number of vectors"));
        }
        let values = |vector: &&Value| {
            serde_json::from_value(vector["values"].clone())
                .map_err(|error| Error::decode("a vector is no list of numbers", &error))
        };
        let vectors = vectors.iter().map(values).collect::<Result<_>>()?;
        Ok(EmbeddingResponse::new(self.target.clone(), vectors))
    }
}

#[derive(Debug)]
pub(super) struct Models(pub(super) Arc<Wire>);

impl Models {
    async fn all(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        let mut models = Vec::new();
        let mut path = "models".to_owned();
        loop {
            let page = self.0.json(ctx, Method::GET, &path, Bytes::new()).await?;
            let names = page["models"].as_array().into_iter().flatten().filter_map(Value::as_str);
            models.extend(names.map(ModelInfo::new));
            match page["next"].as_str() {
                Some(next) if !self.0.is(Fault::ReadsOnePage) => path = format!("models?after={next}"),
                _ => return Ok(models),
            }
        }
    }
}

#[async_trait]
impl Catalog for Models {
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        match self.all(ctx).await {
            Err(_) if self.0.is(Fault::InventsModels) => Ok(vec![ModelInfo::new("large")]),
            list => list,
        }
    }

    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo> {
        let missing = || Error::new(ErrorKind::ModelNotFound, "the list does not have it");
        self.all(ctx).await?.into_iter().find(|model| model.id == id).ok_or_else(missing)
    }

    async fn check_credentials(&self, ctx: &Context) -> CredentialReport {
        match self.0.json(ctx, Method::GET, "models", Bytes::new()).await {
            Ok(_) => CredentialReport::new(CredentialStatus::Valid),
            Err(error) => CredentialReport::from_error(&error),
        }
    }

    async fn health(&self, ctx: &Context) -> Health {
        let paid = self.0.is(Fault::PaysForHealth);
        let method = if paid { Method::POST } else { Method::GET };
        match self.0.json(ctx, method, if paid { "chat" } else { "models" }, Bytes::new()).await {
            Err(error) if error.status().is_none() => Health::unreachable(error.to_string()),
            // The vendor does not exist, so neither does its distance.
            _ => Health::reachable(Duration::ZERO),
        }
    }
}
