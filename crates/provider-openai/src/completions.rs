//! Chat models that speak Chat Completions.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{StreamExt, iter};
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, ProviderOptions,
    RenderedRequest, Result, StreamEvent, Target, Tool, Warning, WarningKind, Warnings,
};
use provider_http::Connection;
use provider_openai_compat::{ChatCompletions, Parameter, Parameters};
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

    /// Who speaks for a request, the request without what the model's family refuses, and what was left out.
    fn fit<'r>(&self, request: Cow<'r, ChatRequest>) -> Result<Fitted<'_, 'r>> {
        let mut options = request.provider_options.of::<OpenAiOptions>()?.unwrap_or_default();
        let set = serde_json::to_value(&options).unwrap_or_default();
        refuse(&set, &ONLY_RESPONSES, "Responses")?;
        let Some(family) = self.family else {
            return Ok(Fitted { speaker: &self.sampling, request, warnings: Vec::new() });
        };
        let mut warnings = Warnings::new(request.strict);
        let mut fitted = request;
        let effort = fitted.reasoning.as_ref().and_then(|asked| asked.effort.as_ref());
        let mut effort = effort.map(|effort| effort.as_str().to_owned());
        if family.may_reason() && effort.as_deref().is_some_and(|effort| !family.takes_effort(effort)) {
            warnings.push(self.left_out("reasoning.effort"))?;
            effort = None;
            if let Some(asked) = &mut fitted.to_mut().reasoning {
                asked.effort = None;
            }
        }
        let functions = fitted.tools.iter().any(|tool| matches!(tool, Tool::Function(_)));
        if functions && family.refuses_functions_in_chat(effort.as_deref()) {
            let message = format!(
                "`{}` refuses functions in Chat Completions while it reasons: ask for the effort `none`, or use Responses",
                self.target()
            );
            warnings.push(Warning::new(WarningKind::Other, "tools", message))?;
        }
        let sampling = family.takes_sampling(effort.as_deref());
        let asked = options.clone();
        if !sampling && (options.logprobs == Some(true) || options.top_logprobs.is_some()) {
            warnings.push(self.left_out("logprobs"))?;
            (options.logprobs, options.top_logprobs) = (None, None);
        }
        if !sampling && !options.logit_bias.is_empty() {
            warnings.push(self.left_out("logit_bias"))?;
            options.logit_bias.clear();
        }
        if !family.takes_verbosity() && options.verbosity.take().is_some() {
            warnings.push(self.left_out("verbosity"))?;
        }
        if !family.takes_cache_retention() && options.prompt_cache_retention.take().is_some() {
            warnings.push(self.left_out("prompt_cache_retention"))?;
        }
        if options != asked {
            fitted.to_mut().provider_options.set(&options)?;
        }
        let speaker = if sampling { &self.sampling } else { &self.reasoning };
        Ok(Fitted { speaker, request: fitted, warnings: warnings.into_vec() })
    }

    fn left_out(&self, name: &str) -> Warning {
        let message = format!("`{}` does not take it, so it was left out", self.target());
        Warning::new(WarningKind::OptionDropped, name, message)
    }
}

/// A request that the model takes.
struct Fitted<'m, 'r> {
    speaker: &'m ChatCompletions<ChatOptions>,
    request: Cow<'r, ChatRequest>,
    warnings: Vec<Warning>,
}

/// The request itself if nothing had to be left out.
fn shared(request: &Arc<ChatRequest>, fitted: Cow<'_, ChatRequest>) -> Arc<ChatRequest> {
    match fitted {
        Cow::Borrowed(_) => Arc::clone(request),
        Cow::Owned(changed) => Arc::new(changed),
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
        let Fitted { speaker, request, warnings } = self.fit(Cow::Borrowed(request))?;
        let mut rendered = speaker.render(ctx, &request)?;
        rendered.warnings.splice(0..0, warnings);
        Ok(rendered)
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        let Fitted { speaker, request: fitted, warnings } = self.fit(Cow::Borrowed(&request))?;
        let mut answer = speaker.chat(ctx, shared(&request, fitted)).await?;
        answer.warnings.splice(0..0, warnings);
        Ok(answer)
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let Fitted { speaker, request: fitted, warnings } = self.fit(Cow::Borrowed(&request))?;
        let stream = speaker.stream(ctx, shared(&request, fitted)).await?;
        if warnings.is_empty() {
            return Ok(stream);
        }
        let told = warnings.into_iter().map(|warning| Ok(StreamEvent::Warning(Box::new(warning))));
        Ok(stream.wrap(|events| iter(told.collect::<Vec<_>>()).chain(events)))
    }
}
