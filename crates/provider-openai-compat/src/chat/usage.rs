//! The usage object in the library's convention.

use laravel_ai_core::{RawJson, Usage};
use provider_http::wire::each_count;
use serde_json::value::RawValue;

use crate::dialect::{Dialect, ReasoningTokens};

/// Reads a usage object of Chat Completions, embeddings or Responses; unknown when it is none, or says nothing.
pub fn read(dialect: &Dialect, raw: &RawValue) -> Usage {
    let mut usage = Usage::default();
    let (mut output, mut reasoning, mut total, mut elsewhere) = (None, None, None, None);
    each_count(raw, |of, name, count| {
        let place = match (of, name) {
            ("", "prompt_tokens" | "input_tokens") => &mut usage.input,
            ("", "completion_tokens" | "output_tokens") => &mut output,
            ("", "total_tokens") => &mut total,
            // DeepSeek's and Moonshot's names.
            ("", "prompt_cache_hit_tokens" | "cached_tokens") => &mut elsewhere,
            ("prompt_tokens_details" | "input_tokens_details", name) => match name {
                "cached_tokens" => &mut usage.cached_input,
                "cache_write_tokens" => &mut usage.cache_write_input,
                "audio_tokens" => &mut usage.audio_input,
                "image_tokens" => &mut usage.image_input,
                _ => return,
            },
            ("cache_write_tokens_details", "ttl_12h_tokens") => &mut usage.long_cache_write_input,
            ("completion_tokens_details" | "output_tokens_details", name) => match name {
                "reasoning_tokens" => &mut reasoning,
                "audio_tokens" => &mut usage.audio_output,
                _ => return,
            },
            _ => return,
        };
        *place = count;
    });
    usage.cached_input = usage.cached_input.or(elsewhere);
    (usage.output, usage.reasoning) =
        output_of(dialect.reasoning_tokens, usage.input, output, total, reasoning);
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
