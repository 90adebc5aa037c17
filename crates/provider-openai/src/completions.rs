//! Chat models that speak Chat Completions.

use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, ProviderOptions,
    RenderedRequest, Result, Target,
};
use provider_openai_compat::{ChatCompletions, Connection, Parameter, Parameters};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::driver::{OpenAi, dialect_of};
use crate::family::{Family, capabilities_of};
use crate::options::{ONLY_RESPONSES, OpenAiOptions, refuse};

/// A [`ChatModel`] of OpenAI that speaks Chat Completions, which some models don't have.
#[derive(Debug)]
pub struct Completions {
    /// With sampling.
    sampling: ChatCompletions<ChatOptions>,
    /// Without sampling, for requests to models that reason.
    reasoning: ChatCompletions<ChatOptions>,
    family: Option<Family>,
}

/// [`OpenAiOptions`] as members of a body of Chat Completions.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Map<String, Value>", into = "Map<String, Value>")]
struct ChatOptions(Map<String, Value>);

impl From<Map<String, Value>> for ChatOptions {
    fn from(mut members: Map<String, Value>) -> Self {
        // The one is refused without the other.
        if members.contains_key("top_logprobs") {
            members.entry("logprobs").or_insert(Value::Bool(true));
        }
        Self(members)
    }
}

impl From<ChatOptions> for Map<String, Value> {
    fn from(options: ChatOptions) -> Self {
        options.0
    }
}

impl ProviderOptions for ChatOptions {
    const DRIVER: &'static str = OpenAi::DRIVER;
}

/// What models refuse while they reason.
const SAMPLING: [Parameter; 5] = [
    Parameter::Temperature,
    Parameter::TopP,
    Parameter::PresencePenalty,
    Parameter::FrequencyPenalty,
    Parameter::Stop,
];

impl Completions {
    /// The model of this name.
    pub fn new(connection: &Arc<Connection>, model: &str) -> Self {
        let with = |unsupported: &[Parameter]| {
            let mut dialect = dialect_of(model);
            let all = |set: Parameters, parameter: &Parameter| set.with(*parameter);
            dialect.unsupported = unsupported.iter().fold(dialect.unsupported, all);
            ChatCompletions::new(Arc::clone(connection), Arc::new(dialect), model)
                .with_capabilities(capabilities_of(model))
        };
        Self { sampling: with(&[]), reasoning: with(&SAMPLING), family: Family::of(model) }
    }

    /// With what is known of the model.
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.sampling = self.sampling.with_capabilities(capabilities.clone());
        self.reasoning = self.reasoning.with_capabilities(capabilities);
        self
    }

    fn speaker(&self, request: &ChatRequest) -> Result<&ChatCompletions<ChatOptions>> {
        if let Some(options) = request.provider_options.of::<OpenAiOptions>()? {
            let set = serde_json::to_value(options).unwrap_or_default();
            refuse(&set, &ONLY_RESPONSES, "Responses")?;
        }
        let effort =
            request.reasoning.as_ref().and_then(|asked| asked.effort.as_ref()).map(|effort| effort.as_str());
        Ok(match self.family {
            Some(family) if !family.takes_sampling(effort) => &self.reasoning,
            _ => &self.sampling,
        })
    }
}

#[async_trait]
impl ChatModel for Completions {
    fn target(&self) -> &Target {
        self.sampling.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.sampling.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        self.speaker(request)?.render(ctx, request)
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        self.speaker(&request)?.chat(ctx, request).await
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        self.speaker(&request)?.stream(ctx, request).await
    }
}
