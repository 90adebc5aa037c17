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

/// The usage, inclusive, and the service tier that was used: tokens that tools read are input, thoughts are output. Google
/// leaves zeros out, so what is not there is none, as soon as the tokens of the prompt are counted.
pub(super) fn read(raw: &RawValue) -> (Usage, Option<String>) {
    let counts: Counts<'_> = parse(raw.get()).unwrap_or_default();
    let mut usage = Usage::default();
    let or_none = |count: Number| count.0.unwrap_or(0);
    if counts.prompt.0.or(counts.candidates.0).or(counts.thoughts.0).is_some() {
        usage.output = or_none(counts.candidates).checked_add(or_none(counts.thoughts));
    }
    if let Some(prompt) = counts.prompt.0 {
        usage.input = prompt.checked_add(or_none(counts.of_tools));
        usage.cached_input = Some(or_none(counts.cached));
        usage.reasoning = Some(or_none(counts.thoughts));
    }
    let [mut audio, mut image, mut audio_output] = [None; 3];
    for details in [counts.prompt_details, counts.tools_details] {
        add(details, &mut [("AUDIO", &mut audio), ("IMAGE", &mut image)]);
    }
    add(counts.candidates_details, &mut [("AUDIO", &mut audio_output)]);
    (usage.audio_input, usage.image_input, usage.audio_output) = (audio, image, audio_output);
    usage.raw = Some(RawJson::from(raw));
    (usage, counts.tier.owned())
}

/// Adds the tokens of these modalities; they stay unknown where Google does not tell them apart.
fn add(details: Raw<'_>, sums: &mut [(&str, &mut Option<u64>)]) {
    if details.is_none() {
        return;
    }
    for (_, sum) in sums.iter_mut() {
        sum.get_or_insert(0);
    }
    for told in parse_list::<Modality<'_>>(details) {
        let named = sums.iter_mut().find(|(name, _)| told.name.filled() == Some(name));
        if let Some((_, sum)) = named {
            **sum = Some(sum.unwrap_or(0).saturating_add(told.count.0.unwrap_or(0)));
        }
    }
}
