//! What families of xAI's models refuse, as data.
//!
//! From xAI's guides and from recordings as of November 2026. It only warns and leaves out what would be a 400; a model that no
//! row fits, the retired names that xAI sends on to newer models among them, gets everything that is asked.

use laravel_ai_core::{Capabilities, ModelFacts, ModelKind};
use provider_openai_compat::{
    Dialect, EmptyContent, MaxTokens, Parameter, ReasoningReplay, ReasoningTokens, ResponsesForm,
};
use provider_schema::Profile;

use crate::cost::reported;
use crate::driver::Xai;
use crate::error::{classify, explain};
use crate::facts::MODELS;

/// A family of models.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    prefix: &'static str,
    /// Whether it reasons, and so refuses stop texts and penalties.
    reasons: bool,
    /// The words for the effort that it takes; `None` where they are not known.
    efforts: Option<&'static [&'static str]>,
}

const fn row(prefix: &'static str, reasons: bool, efforts: Option<&'static [&'static str]>) -> Family {
    Family { prefix, reasons, efforts }
}

/// The first row whose prefix fits holds.
const FAMILIES: &[Family] = &[
    // The effort is the number of agents there.
    row("grok-4.20-multi-agent", true, None),
    row("grok-4.20-non-reasoning", false, Some(&[])),
    row("grok-4.20-0309-non-reasoning", false, Some(&[])),
    row("grok-4.20", true, Some(&[])),
    row("grok-4.3", true, Some(&["none", "low", "medium", "high"])),
    row("grok-4.5", true, Some(&["low", "medium", "high"])),
    row("grok-4.6", true, Some(&["low", "medium", "high", "xhigh"])),
    // What it takes is said by the list of models alone.
    row("grok-4.7", true, None),
    row("grok-build", true, None),
];

impl Family {
    /// The family of a model; `None` for models that no row fits.
    pub(crate) fn of(model: &str) -> Option<Self> {
        let found = FAMILIES.iter().find(|family| {
            model
                .strip_prefix(family.prefix)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
        })?;
        Some(*found)
    }

    /// Whether only Responses have it.
    pub(crate) fn only_responses(self) -> bool {
        self.prefix.ends_with("multi-agent")
    }
}

/// What both APIs have in common, as a model speaks them.
fn dialect_of(model: &str) -> Dialect {
    let mut dialect = Dialect::new(Xai::DRIVER);
    dialect.schema = Some(Profile::xai());
    dialect.max_stop_texts = Some(4);
    dialect.audio = false;
    dialect.echoed = &[];
    dialect.classify = classify;
    dialect.explain = explain;
    dialect.cost = reported;
    let Some(family) = Family::of(model) else { return dialect };
    dialect.efforts = family.efforts;
    // They are ignored without a word since 4.20.
    let mut refused = vec![Parameter::Logprobs];
    if family.reasons {
        refused.extend([Parameter::Stop, Parameter::PresencePenalty, Parameter::FrequencyPenalty]);
    } else {
        refused.push(Parameter::Reasoning);
    }
    dialect.unsupported = refused.into_iter().fold(dialect.unsupported, |set, refused| set.with(refused));
    dialect
}

/// Chat Completions, as a model speaks them.
pub(crate) fn chat_dialect(model: &str) -> Dialect {
    let mut dialect = dialect_of(model);
    dialect.unsupported = dialect.unsupported.with(Parameter::TopK);
    dialect.max_tokens = MaxTokens::MaxCompletionTokens;
    dialect.reasoning_tokens = ReasoningTokens::Outside;
    dialect.reasoning_replay = ReasoningReplay::WithToolCalls;
    dialect.empty_content = EmptyContent::Empty;
    dialect.inline_files = false;
    dialect.responses.runs_custom_calls = true;
    dialect
}

/// Responses, as a model speaks them.
pub(crate) fn responses_dialect(model: &str) -> Dialect {
    let mut dialect = dialect_of(model);
    dialect.tool_result_images = true;
    dialect.refusal_parts = true;
    let mut form = ResponsesForm::new();
    // No tool of the application's can be declared as a free-form one, so these are calls of xAI's own.
    form.runs_custom_calls = true;
    dialect.responses = form;
    dialect
}

/// What a model of the list is for, where the list does not say.
pub(crate) fn kind_of(id: &str) -> Option<ModelKind> {
    let has = |words: &[&str]| words.iter().any(|word| id.contains(word));
    if has(&["imagine-image", "-image"]) {
        return Some(ModelKind::Image);
    }
    if has(&["imagine", "video"]) {
        return Some(ModelKind::Other);
    }
    if has(&["embed"]) {
        return Some(ModelKind::Embedding);
    }
    has(&["grok"]).then_some(ModelKind::Chat)
}

/// What is known of exactly this model.
pub(crate) fn facts_of(model: &str) -> Option<&'static ModelFacts> {
    ModelFacts::find(MODELS, model)
}

/// What is known of a chat model: the facts of exactly this one, then what all of its family can do.
pub(crate) fn capabilities_of(model: &str) -> Capabilities {
    let facts = facts_of(model).map_or(Capabilities::UNKNOWN, |facts| facts.capabilities.clone());
    let mut family = Capabilities::UNKNOWN;
    family.streaming = Some(true);
    family.reasoning = Family::of(model).map(|family| family.reasons);
    facts.or(family)
}
