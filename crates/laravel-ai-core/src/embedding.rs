//! Embedding models.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::request::ExtraHeaders;
use crate::{
    Capabilities, Context, Cost, Error, ErrorKind, OptionsByDriver, ProviderOptions, RateLimits,
    RenderedRequest, Result, Target, Usage, Warning,
};

/// A model that turns texts into vectors.
///
/// # Contract for implementers
/// As for [`ChatModel`](crate::ChatModel), and:
/// * One vector for each input, in the order of the inputs, whatever order the vendor answers in; an answer with
///   fewer or more vectors is [`Decode`](crate::ErrorKind::Decode).
/// * More inputs than the vendor takes at once are [`InvalidRequest`](crate::ErrorKind::InvalidRequest), never a
///   silent cut and never several requests.
///
/// # Contract for wrappers
/// As for [`ChatModel`](crate::ChatModel). A wrapper that splits or joins requests keeps the order of the vectors
/// and adds up usage with [`Usage::merge`].
#[async_trait]
pub trait EmbeddingModel: Debug + Send + Sync + 'static {
    /// Who answers.
    fn target(&self) -> &Target;

    /// What the model can do, from data and without I/O.
    fn capabilities(&self) -> &Capabilities;

    /// The most inputs of one request, when that is known.
    fn max_inputs(&self) -> Option<usize>;

    /// The exact HTTP request that `embed` would send, with secrets masked. Sends nothing.
    ///
    /// # Errors
    /// Those of encoding.
    fn render(&self, ctx: &Context, request: &EmbeddingRequest) -> Result<RenderedRequest>;

    /// Asks for the vectors.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind).
    async fn embed(&self, ctx: &Context, request: Arc<EmbeddingRequest>) -> Result<EmbeddingResponse>;
}

/// What is to be embedded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EmbeddingRequest {
    /// The inputs; each gives one vector.
    pub inputs: Vec<EmbeddingInput>,
    /// The length of the vectors, for models that can shorten them.
    pub dimensions: Option<u32>,
    /// What the vectors are for, for models that ask.
    pub task: Option<EmbeddingTask>,
    /// An opaque id of the end user for the vendor's abuse detection.
    pub end_user: Option<String>,
    /// Options of single vendors, by driver.
    pub provider_options: OptionsByDriver,
    /// Members added to the body that is sent, over those of the driver.
    pub extra_body: BTreeMap<String, serde_json::Value>,
    /// Headers added to the request. Not part of the serde form, because headers may hold secrets.
    #[serde(skip)]
    pub extra_headers: ExtraHeaders,
    /// Warnings are errors.
    pub strict: bool,
}

impl EmbeddingRequest {
    /// A request to embed these texts.
    pub fn new<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        let inputs = texts.into_iter().map(|text| EmbeddingInput::Text(text.into())).collect();
        Self { inputs, ..Self::default() }
    }

    /// With vectors of this length.
    pub fn with_dimensions(mut self, dimensions: u32) -> Self {
        self.dimensions = Some(dimensions);
        self
    }

    /// With what the vectors are for.
    pub fn with_task(mut self, task: EmbeddingTask) -> Self {
        self.task = Some(task);
        self
    }

    /// With options of one vendor.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the options have no JSON form.
    pub fn with_options<O: ProviderOptions>(mut self, options: &O) -> Result<Self> {
        self.provider_options.set(options)?;
        Ok(self)
    }

    /// With an opaque id of the end user.
    pub fn with_end_user(mut self, user: impl Into<String>) -> Self {
        self.end_user = Some(user.into());
        self
    }

    /// With a member added to the body that is sent.
    pub fn with_extra(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.extra_body.insert(name.into(), value.into());
        self
    }

    /// With a header over those of the driver.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when name or value can't be sent.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self> {
        self.extra_headers.insert(name, value)?;
        Ok(self)
    }

    /// With warnings as errors.
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Checks what no vendor would take: no inputs, empty inputs, zero dimensions.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] that names what is wrong and where.
    pub fn validate(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::new(ErrorKind::InvalidRequest, message));
        if self.inputs.is_empty() {
            return invalid("there is nothing to embed".into());
        }
        let empty = |input: &EmbeddingInput| match input {
            EmbeddingInput::Text(text) => text.is_empty(),
            EmbeddingInput::Tokens(tokens) => tokens.is_empty(),
        };
        if let Some(index) = self.inputs.iter().position(empty) {
            return invalid(format!("input {index} is empty, which vendors refuse"));
        }
        if self.dimensions == Some(0) {
            return invalid("`dimensions` is 0: leave it out or ask for at least 1".into());
        }
        Ok(())
    }
}

impl From<&str> for EmbeddingRequest {
    fn from(text: &str) -> Self {
        Self::new([text])
    }
}

impl From<String> for EmbeddingRequest {
    fn from(text: String) -> Self {
        Self::new([text])
    }
}

impl<T: Into<String>> From<Vec<T>> for EmbeddingRequest {
    fn from(texts: Vec<T>) -> Self {
        Self::new(texts)
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for EmbeddingRequest {
    fn from(texts: [T; N]) -> Self {
        Self::new(texts)
    }
}

/// One input of an embedding request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EmbeddingInput {
    /// A text.
    Text(String),
    /// Tokens of the model's own tokenizer.
    Tokens(Vec<u32>),
}

/// What vectors are for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EmbeddingTask {
    /// Texts that will be searched.
    Document,
    /// A text that searches.
    Query,
    /// Comparing texts with each other.
    Similarity,
    /// Sorting texts into classes.
    Classification,
    /// Grouping texts.
    Clustering,
    /// A vendor's word that is not listed here.
    #[serde(untagged)]
    Other(String),
}

/// Vectors, in the order of the inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EmbeddingResponse {
    /// One vector for each input.
    pub embeddings: Vec<Vec<f32>>,
    /// The model as the vendor names it.
    pub model: Option<String>,
    /// What it used; only `input` is ever known.
    pub usage: Usage,
    /// What it cost, when that is known.
    pub cost: Option<Cost>,
    /// Who served it.
    pub served_by: Target,
    /// How many physical tries it took.
    pub attempts: u32,
    /// What was done otherwise than asked.
    pub warnings: Vec<Warning>,
    /// The caller's limits, when the vendor reported them.
    pub rate_limits: Option<RateLimits>,
    /// The id under which the vendor's support finds the request.
    pub request_id: Option<String>,
}

impl EmbeddingResponse {
    /// These vectors from `served_by`, everything else unknown.
    pub fn new(served_by: Target, embeddings: Vec<Vec<f32>>) -> Self {
        Self {
            embeddings,
            model: None,
            usage: Usage::default(),
            cost: None,
            served_by,
            attempts: 1,
            warnings: Vec::new(),
            rate_limits: None,
            request_id: None,
        }
    }
}
