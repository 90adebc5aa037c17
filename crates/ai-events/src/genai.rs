//! The names of the OpenTelemetry conventions for generative AI, in one place: they are still in development, and change.

use laravel_ai_core::{ErrorKind, FinishReason, Modality};

/// The version of the conventions that names are taken from.
pub const VERSION: &str = "1.38.0";

/// `gen_ai.operation.name`.
pub fn operation(modality: Modality) -> &'static str {
    match modality {
        Modality::Chat => "chat",
        Modality::Embedding => "embeddings",
        Modality::TokenCount => "count_tokens",
        _ => "list_models",
    }
}

/// `gen_ai.provider.name`: of the vendors that the conventions name their word, of others the driver's.
pub fn provider(driver: &str) -> &str {
    match driver {
        "gemini" => "gcp.gemini",
        "xai" => "x_ai",
        other => other,
    }
}

/// One of `gen_ai.response.finish_reasons`.
pub fn finish_reason(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Refusal => "refusal",
        _ => "unknown",
    }
}

/// `error.type`: the kind in snake case.
pub fn error_type(kind: ErrorKind) -> String {
    let mut name = String::new();
    for letter in format!("{kind:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_in_snake_case() {
        assert_eq!(error_type(ErrorKind::RateLimited), "rate_limited");
        assert_eq!(error_type(ErrorKind::Timeout), "timeout");
    }
}
