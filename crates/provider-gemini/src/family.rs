//! How families of Gemini's models behave differently, as data.
//!
//! From Google's documentation of thinking, function calling and structured output as of November 2026. It only warns,
//! translates and leaves out what would be a 400; a model that no row fits gets everything that is asked.

use laravel_ai_core::{Capabilities, ModelFacts, ModelKind};

use crate::facts::MODELS;

/// How much a model thinks is set by a level or by a number of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thinking {
    /// Not at all.
    Never,
    Level {
        /// Whether `MINIMAL` is offered; where not, `LOW` is the least.
        minimal: bool,
        /// Whether `XHIGH` is offered.
        highest: bool,
    },
    Budget {
        least: u32,
        most: u32,
        /// Whether 0 turns it off.
        off: bool,
    },
}

/// A family of models.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    prefix: &'static str,
    pub(crate) thinking: Thinking,
    /// Whether temperature, `top_p` and `top_k` do anything.
    pub(crate) takes_sampling: bool,
    /// The first call of a turn needs a signature, and tools of Google and of the application go together.
    pub(crate) is_third_generation: bool,
    /// Whether there are instructions apart from the messages.
    pub(crate) takes_instructions: bool,
}

const fn row(prefix: &'static str, thinking: Thinking) -> Family {
    let is_third_generation = matches!(thinking, Thinking::Level { .. });
    Family { prefix, thinking, takes_sampling: true, is_third_generation, takes_instructions: true }
}

const fn without_sampling(family: Family) -> Family {
    Family { takes_sampling: false, ..family }
}

const fn without_instructions(family: Family) -> Family {
    Family { takes_instructions: false, ..family }
}

const ANY: Thinking = Thinking::Level { minimal: true, highest: false };
const FROM_LOW: Thinking = Thinking::Level { minimal: false, highest: false };

/// The first row whose prefix fits holds.
const FAMILIES: &[Family] = &[
    row("gemini-4-hydrogen", Thinking::Level { minimal: true, highest: true }),
    without_sampling(row("gemini-3.8-flash", FROM_LOW)),
    without_sampling(row("gemini-3.7-flash", FROM_LOW)),
    without_sampling(row("gemini-3.6-flash", ANY)),
    without_sampling(row("gemini-3.5-flash-lite", ANY)),
    row("gemini-3-pro", FROM_LOW),
    row("gemini-3.1-pro", FROM_LOW),
    row("gemini-pro-latest", FROM_LOW),
    row("gemini-flash-latest", FROM_LOW),
    row("gemini-2.5-pro", Thinking::Budget { least: 128, most: 32_768, off: false }),
    row("gemini-2.5-flash-lite", Thinking::Budget { least: 512, most: 24_576, off: true }),
    row("gemini-2.5-flash", Thinking::Budget { least: 1, most: 24_576, off: true }),
    row("gemini-2", Thinking::Never),
    row("gemini-1", Thinking::Never),
    without_instructions(row("gemma-2", Thinking::Never)),
    without_instructions(row("gemma-3", Thinking::Never)),
    row("gemma", Thinking::Never),
];

/// What a model that no row fits is taken for.
const NEWEST: Family = row("", ANY);

impl Family {
    pub(crate) fn of(model: &str) -> Self {
        let name = model.strip_prefix("models/").unwrap_or(model);
        FAMILIES.iter().find(|family| name.starts_with(family.prefix)).copied().unwrap_or(NEWEST)
    }

    /// Whether thinking is known about the model.
    fn is_known(self, model: &str) -> bool {
        !self.prefix.is_empty() || model.contains("gemini-3") || model.contains("gemini-4")
    }
}

/// What is known of exactly this model.
pub(crate) fn facts_of(model: &str) -> Option<&'static ModelFacts> {
    ModelFacts::find(MODELS, model.strip_prefix("models/").unwrap_or(model))
}

/// What is known of a chat model: the facts of exactly this one, then what all of its family can do.
pub(crate) fn capabilities_of(model: &str) -> Capabilities {
    let facts = facts_of(model).map_or(Capabilities::UNKNOWN, |facts| facts.capabilities.clone());
    let family = Family::of(model);
    let mut known = Capabilities::UNKNOWN;
    known.streaming = Some(true);
    if family.is_known(model) {
        known.reasoning = Some(family.thinking != Thinking::Never);
    }
    facts.or(known)
}

/// What a model of the list is for: by its methods, and by its name where the methods don't tell a chat from a picture.
pub(crate) fn kind_of(id: &str, methods: &[&str]) -> ModelKind {
    let has = |method: &str| methods.contains(&method);
    if has("generateContent") {
        return match id {
            id if id.contains("-image") => ModelKind::Image,
            id if id.contains("-tts") || id.contains("-audio") => ModelKind::Audio,
            _ => ModelKind::Chat,
        };
    }
    if has("embedContent") || has("embedText") || has("batchEmbedContents") {
        return ModelKind::Embedding;
    }
    match () {
        () if has("bidiGenerateContent") => ModelKind::Audio,
        () if has("predict") => ModelKind::Image,
        () => ModelKind::Other,
    }
}
