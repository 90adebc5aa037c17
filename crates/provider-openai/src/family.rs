//! What families of OpenAI's models refuse, as data, and what is known of single ones.
//!
//! From the table "which models refuse what" of OpenAI's guides as of November 2026. It only warns and leaves out what would
//! be a 400; a model that no row fits gets everything that is asked.

use laravel_ai_core::{Capabilities, ModelFacts, ModelInfo, ModelKind};

use crate::facts::MODELS;

/// Whether models reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reasons {
    /// Never, so `reasoning` and `verbosity` are refused.
    Never,
    /// Always, so sampling is always refused.
    Always,
    /// Unless the effort is `none`.
    UnlessNone,
    /// Only if an effort is asked for: the default is `none`.
    WhenAsked,
    /// The chat models of ChatGPT: their own effort and a fixed temperature.
    Fixed,
}

/// A family of models.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    prefix: &'static str,
    reasons: Reasons,
    /// The words for the effort that it takes; empty where it takes none.
    efforts: &'static [&'static str],
}

const fn row(prefix: &'static str, reasons: Reasons, efforts: &'static [&'static str]) -> Family {
    Family { prefix, reasons, efforts }
}

const O_SERIES: &[&str] = &["low", "medium", "high"];
const GPT_5: &[&str] = &["minimal", "low", "medium", "high"];
const GPT_5_1: &[&str] = &["none", "low", "medium", "high"];
const GPT_5_2: &[&str] = &["none", "low", "medium", "high", "xhigh"];
const GPT_5_6: &[&str] = &["none", "low", "medium", "high", "xhigh", "max"];
const GPT_6_THINKING: &[&str] = &["low", "medium", "high", "xhigh", "max"];

/// The first row whose prefix fits holds.
const FAMILIES: &[Family] = &[
    row("o1", Reasons::Always, O_SERIES),
    row("o3", Reasons::Always, O_SERIES),
    row("o4", Reasons::Always, O_SERIES),
    row("gpt-6-astra", Reasons::Always, GPT_6_THINKING),
    row("gpt-6.1-sol", Reasons::Always, GPT_6_THINKING),
    row("gpt-6-sol", Reasons::UnlessNone, GPT_5_6),
    row("gpt-6-luna", Reasons::UnlessNone, GPT_5_6),
    row("gpt-6.1-terra", Reasons::UnlessNone, GPT_5_6),
    row("gpt-5.6", Reasons::UnlessNone, GPT_5_6),
    row("gpt-5.5", Reasons::WhenAsked, GPT_5_2),
    row("gpt-5.4", Reasons::WhenAsked, GPT_5_2),
    row("gpt-5.3", Reasons::WhenAsked, GPT_5_2),
    row("gpt-5.2", Reasons::WhenAsked, GPT_5_2),
    row("gpt-5.1", Reasons::WhenAsked, GPT_5_1),
    row("gpt-5", Reasons::Always, GPT_5),
    row("gpt-4", Reasons::Never, &[]),
    row("gpt-3.5", Reasons::Never, &[]),
    row("chatgpt-4o", Reasons::Never, &[]),
];

const CHAT: Family = row("", Reasons::Fixed, &[]);

impl Family {
    /// The family of a model, fine-tuned ones included; `None` for models that no row fits.
    pub(crate) fn of(model: &str) -> Option<Self> {
        let base = base(model);
        if base.starts_with("gpt-") && base.contains("-chat") {
            return Some(CHAT);
        }
        let found = FAMILIES.iter().find(|family| {
            base.strip_prefix(family.prefix).is_some_and(|rest| {
                !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') || family.prefix == "gpt-4"
            })
        })?;
        let mut found = *found;
        // They take what their generation takes, but never stop to reason.
        if base.contains("-codex") || base.contains("-pro") {
            found.reasons = Reasons::Always;
        }
        Some(found)
    }

    /// Whether the model may reason at all.
    pub(crate) fn may_reason(self) -> bool {
        !matches!(self.reasons, Reasons::Never | Reasons::Fixed)
    }

    /// Whether instructions go in the role `developer`.
    pub(crate) fn takes_developer(self) -> bool {
        self.reasons != Reasons::Never
    }

    /// Whether an effort, by its word, is taken. Words that nobody knows yet are sent.
    pub(crate) fn takes_effort(self, effort: &str) -> bool {
        self.efforts.contains(&effort)
            || (self.may_reason() && !GPT_5_6.contains(&effort) && effort != "minimal")
    }

    /// The words for the effort that are taken.
    pub(crate) fn efforts(self) -> &'static [&'static str] {
        self.efforts
    }

    /// Whether `verbosity` is taken.
    pub(crate) fn takes_verbosity(self) -> bool {
        self.reasons != Reasons::Never
    }

    /// Whether `prompt_cache_retention` is still taken.
    pub(crate) fn takes_cache_retention(self) -> bool {
        !self.prefix.starts_with("gpt-6")
    }

    /// Whether Chat Completions refuse functions with this effort: GPT-5.6 takes them only when it does not reason.
    pub(crate) fn refuses_functions_in_chat(self, effort: Option<&str>) -> bool {
        self.prefix == "gpt-5.6" && effort != Some("none")
    }

    /// Whether sampling (temperature, `top_p`, likelihoods, penalties, stop texts) is taken with this effort.
    pub(crate) fn takes_sampling(self, effort: Option<&str>) -> bool {
        match self.reasons {
            Reasons::Never => true,
            Reasons::Always | Reasons::Fixed => false,
            Reasons::UnlessNone => effort == Some("none"),
            Reasons::WhenAsked => effort.is_none_or(|effort| effort == "none"),
        }
    }
}

/// The model that a fine-tuned one was made of: `ft:gpt-4o-mini:org::id` is a `gpt-4o-mini`.
fn base(model: &str) -> &str {
    match model.strip_prefix("ft:") {
        Some(rest) => rest.split(':').next().unwrap_or(rest),
        None => model,
    }
}

/// What a model that no fact is known of is for, told by its id.
fn kind_of(id: &str) -> Option<ModelKind> {
    let base = base(id);
    let has = |words: &[&str]| words.iter().any(|word| base.contains(word));
    if has(&["embedding"]) {
        return Some(ModelKind::Embedding);
    }
    if has(&["moderation"]) {
        return Some(ModelKind::Moderation);
    }
    if has(&["image", "dall-e"]) {
        return Some(ModelKind::Image);
    }
    if has(&["audio", "realtime", "transcribe", "whisper", "tts"]) {
        return Some(ModelKind::Audio);
    }
    if has(&["sora", "instruct", "davinci", "babbage"]) {
        return Some(ModelKind::Other);
    }
    let chat = Family::of(id).is_some() || base.starts_with("gpt-") || base.starts_with("chatgpt-");
    chat.then_some(ModelKind::Chat)
}

/// What is known of exactly this model, a fine-tuned one by what it was made of.
fn facts_of(model: &str) -> Option<&'static ModelFacts> {
    ModelFacts::find(MODELS, base(model))
}

/// What is known of a chat model: the facts of exactly this one, then what all of its family can do.
pub(crate) fn capabilities_of(model: &str) -> Capabilities {
    let facts = facts_of(model).map_or(Capabilities::UNKNOWN, |facts| facts.capabilities.clone());
    let mut family = Capabilities::UNKNOWN;
    family.streaming = Some(true);
    if let Some(found) = Family::of(model) {
        family.reasoning = Some(found.reasons != Reasons::Never);
        if !base(model).starts_with("gpt-3.5") {
            family.tools = Some(true);
            family.structured_output = Some(true);
        }
    }
    facts.or(family)
}

/// Fills in what the vendor's list leaves open, which is nearly everything.
pub(crate) fn complete(info: &mut ModelInfo) {
    if let Some(facts) = facts_of(&info.id) {
        facts.complete(info);
    }
    info.kind = info.kind.or_else(|| kind_of(&info.id));
    let capabilities = std::mem::take(&mut info.capabilities);
    info.capabilities = match info.kind {
        Some(ModelKind::Chat) => capabilities.or(capabilities_of(&info.id)),
        Some(ModelKind::Embedding) => capabilities.or(embedding_capabilities_of(&info.id)),
        _ => capabilities,
    };
}

/// What is known of an embedding model.
pub(crate) fn embedding_capabilities_of(model: &str) -> Capabilities {
    let mut embeds = Capabilities::UNKNOWN;
    embeds.embeddings = Some(true);
    facts_of(model).map_or(Capabilities::UNKNOWN, |facts| facts.capabilities.clone()).or(embeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_sorted_so_that_each_is_found() {
        assert!(MODELS.len() > 100);
        for row in MODELS {
            assert_eq!(facts_of(row.id), Some(row));
        }
    }
}
