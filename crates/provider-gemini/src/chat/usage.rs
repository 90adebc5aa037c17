//! What an answer used.

use laravel_ai_core::{RawJson, Usage};
use provider_http::wire::{Number, Raw, Text, parse, parse_list, wire};
use serde_json::value::RawValue;

wire! {
    struct Counts<'a> {
        prompt: Number = "promptTokenCount",
        of_tools: Number = "toolUsePromptTokenCount",
        cached: Number = "cachedContentTokenCount",
        candidates: Number = "candidatesTokenCount" | "responseTokenCount",
        thoughts: Number = "thoughtsTokenCount",
        prompt_details: Raw<'a> = "promptTokensDetails",
        tools_details: Raw<'a> = "toolUsePromptTokensDetails",
        candidates_details: Raw<'a> = "candidatesTokensDetails" | "responseTokensDetails",
        tier: Text<'a> = "serviceTier",
    } ignoring _
}

wire! {
    struct Modality<'a> {
        name: Text<'a> = "modality",
        count: Number = "tokenCount",
    } ignoring _
}

/// The usage, inclusive: tokens that tools read are input, thoughts are output. Google leaves zeros out, so what is not there
/// is none, as soon as the tokens of the prompt are counted.
pub(super) fn read(raw: &str) -> Usage {
    let counts: Counts<'_> = parse(raw).unwrap_or_default();
    let mut usage = Usage::default();
    if let Some(prompt) = counts.prompt.0 {
        let or_none = |count: Number| count.0.unwrap_or(0);
        usage.input = prompt.checked_add(or_none(counts.of_tools));
        usage.output = or_none(counts.candidates).checked_add(or_none(counts.thoughts));
        usage.cached_input = Some(or_none(counts.cached));
        usage.reasoning = Some(or_none(counts.thoughts));
    }
    let inputs = [counts.prompt_details, counts.tools_details];
    usage.audio_input = of_modality(&inputs, "AUDIO");
    usage.image_input = of_modality(&inputs, "IMAGE");
    usage.audio_output = of_modality(&[counts.candidates_details], "AUDIO");
    usage.raw = serde_json::from_str::<&RawValue>(raw).ok().map(RawJson::from);
    usage
}

/// The service tier that was used.
pub(super) fn tier(raw: &str) -> Option<String> {
    parse::<Counts<'_>>(raw).ok()?.tier.owned()
}

/// The tokens of one modality; `None` where Google does not tell them apart.
fn of_modality(details: &[Raw<'_>], name: &str) -> Option<u64> {
    let told: Vec<_> = details.iter().filter(|details| details.is_some()).collect();
    if told.is_empty() {
        return None;
    }
    let counts = told.into_iter().flat_map(|details| parse_list::<Modality<'_>>(*details));
    counts
        .filter(|count| count.name.filled() == Some(name))
        .try_fold(0u64, |sum, count| sum.checked_add(count.count.0.unwrap_or(0)))
}
