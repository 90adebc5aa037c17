//! The usage object in the library's convention.

use laravel_ai_core::{RawJson, Usage};
use provider_http::wire::{Number, parse, wire};
use serde_json::value::RawValue;

use crate::dialect::{Dialect, ReasoningTokens};

wire! {
    struct UsageObject<'a> {
        input: Number = "prompt_tokens" | "input_tokens",
        output: Number = "completion_tokens" | "output_tokens",
        total: Number = "total_tokens",
        input_details: Option<InputDetails<'a>> = "prompt_tokens_details" | "input_tokens_details",
        output_details: Option<OutputDetails<'a>> = "completion_tokens_details" | "output_tokens_details",
        // DeepSeek's and Moonshot's names.
        cached: Number = "prompt_cache_hit_tokens" | "cached_tokens",
    } ignoring ""
}

wire! {
    struct InputDetails<'a> {
        cached: Number = "cached_tokens",
        cache_write: Number = "cache_write_tokens",
        audio: Number = "audio_tokens",
        image: Number = "image_tokens",
        written: Option<WriteDetails<'a>> = "cache_write_tokens_details",
    } ignoring ""
}

wire! {
    struct WriteDetails<'a> {
        long: Number = "ttl_12h_tokens",
    } ignoring ""
}

wire! {
    struct OutputDetails<'a> {
        reasoning: Number = "reasoning_tokens",
        audio: Number = "audio_tokens",
    } ignoring ""
}

/// Reads a usage object of Chat Completions, embeddings or Responses; unknown when it is none, or says nothing.
pub fn read(dialect: &Dialect, raw: &RawValue) -> Usage {
    let Ok(object) = parse::<UsageObject<'_>>(raw.get()) else { return Usage::default() };
    let UsageObject { input: Number(input), output: Number(output), total: Number(total), .. } = object;
    let input_details = object.input_details.unwrap_or_default();
    let output_details = object.output_details.unwrap_or_default();
    let reasoning = output_details.reasoning.0;

    let mut usage = Usage::default();
    usage.input = input;
    (usage.output, usage.reasoning) = output_of(dialect.reasoning_tokens, input, output, total, reasoning);
    usage.cached_input = input_details.cached.0.or(object.cached.0);
    usage.cache_write_input = input_details.cache_write.0;
    usage.long_cache_write_input = input_details.written.unwrap_or_default().long.0;
    usage.audio_input = input_details.audio.0;
    usage.image_input = input_details.image.0;
    usage.audio_output = output_details.audio.0;
    if !usage.is_unknown() {
        usage.raw = Some(RawJson::from(raw));
    }
    usage
}

/// Output and reasoning where output contains reasoning.
fn output_of(
    convention: ReasoningTokens,
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    reasoning: Option<u64>,
) -> (Option<u64>, Option<u64>) {
    let sum = || input?.checked_add(output?);
    let rest = || total?.checked_sub(input?)?.checked_sub(output?).filter(|rest| *rest > 0);
    match convention {
        ReasoningTokens::Inside => (output, reasoning),
        ReasoningTokens::Outside if total.is_some() && total == sum() => (output, reasoning),
        ReasoningTokens::Outside => {
            let reasoning = reasoning.or_else(rest);
            (output.map(|output| output.saturating_add(reasoning.unwrap_or(0))), reasoning)
        }
        ReasoningTokens::BySum => match (rest(), reasoning) {
            (Some(rest), Some(reasoning)) if rest != reasoning => (output, Some(reasoning)),
            (Some(rest), _) => (output.map(|output| output.saturating_add(rest)), Some(rest)),
            (None, reasoning) => (output, reasoning),
        },
    }
}
