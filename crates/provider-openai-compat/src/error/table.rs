//! Which kind each code, type, wording and status is.

use laravel_ai_core::ErrorKind::{self, *};

use super::OpenAiError;

/// Codes that decide, OpenAI's first.
const CODES: &[(ErrorKind, &[&str])] = &[
    (
        ContextTooLong,
        &[
            "context_length_exceeded",
            "context_window_exceeded",
            "model_context_length_exceeded",
            "prompt_too_long",
        ],
    ),
    (
        ContentFiltered,
        &[
            "content_policy_violation",
            "content_filter",
            "invalid_prompt",
            "image_content_policy_violation",
            "bio_policy",
            "misalignment_policy_violation",
            "moderation_blocked",
            "responsibleaipolicyviolation",
        ],
    ),
    (
        QuotaExceeded,
        &[
            "insufficient_quota",
            "credit_balance_exhausted",
            "organization_spend_limit_exceeded",
            "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "billing_not_active",
            "billing_hard_limit_reached",
            "insufficient_balance",
            "insufficient_funds",
            "insufficient_credits",
        ],
    ),
    (
        Authentication,
        &[
            "invalid_api_key",
            "missing_api_key",
            "no_api_key",
            "expired_api_key",
            "invalid_authentication",
            "account_deactivated",
            "unauthenticated",
        ],
    ),
    (
        Permission,
        &[
            "unsupported_country_region_territory",
            "insufficient_permissions",
            "missing_scope",
            "permission_denied",
            "access_denied",
        ],
    ),
    (ModelNotFound, &["model_not_found", "deploymentnotfound", "deployment_not_found", "unknown_model"]),
    (
        RateLimited,
        &["rate_limit_exceeded", "slow_down", "rate_limit", "too_many_requests", "resource_exhausted"],
    ),
    (
        Overloaded,
        &[
            "server_is_overloaded",
            "flex_unavailable",
            "resource_unavailable",
            "engine_overloaded",
            "overloaded",
            "unavailable",
            "service_unavailable",
        ],
    ),
    (Server, &["server_error", "internal_error", "internal_server_error", "internal"]),
    (Timeout, &["timeout", "request_timeout", "vector_store_timeout", "deadline_exceeded"]),
    (
        InvalidRequest,
        &[
            "unsupported_parameter",
            "unsupported_value",
            "invalid_value",
            "invalid_type",
            "missing_required_parameter",
            "unknown_parameter",
            "previous_response_not_found",
        ],
    ),
];

/// Types that decide. `invalid_request_error` is not among them: OpenAI gives it to wrong keys and missing models too.
const TYPES: &[(ErrorKind, &[&str])] = &[
    (ContextTooLong, &["exceed_context_size_error"]),
    // Mistral says it with a 400.
    (ModelNotFound, &["invalid_model"]),
    (QuotaExceeded, &["insufficient_quota", "billing_error"]),
    (Authentication, &["authentication_error", "unauthenticated", "invalid_authentication_error"]),
    (Permission, &["permission_error", "request_forbidden", "permission_denied"]),
    (RateLimited, &["rate_limit_error", "rate_limit_exceeded", "requests", "tokens", "resource_exhausted"]),
    (Overloaded, &["service_unavailable_error", "overloaded_error", "unavailable", "unavailable_error"]),
    (Server, &["server_error", "internal_server_error", "internalservererror", "internal"]),
    (Timeout, &["timeout_error", "deadline_exceeded"]),
    (Unsupported, &["not_supported_error", "unimplemented"]),
];

/// Wordings of servers that give no code that says it: each line is one kind and all words that must occur.
const WORDINGS: &[(ErrorKind, &[&str])] = &[
    // OpenAI, vLLM, OpenRouter, DeepSeek.
    (ContextTooLong, &["maximum context length"]),
    // xAI.
    (ContextTooLong, &["maximum prompt length"]),
    // llama.cpp.
    (ContextTooLong, &["exceeds the available context size"]),
    // Ollama.
    (ContextTooLong, &["longer than the context length"]),
    (ContextTooLong, &["exceeds the context length"]),
    // Gemini.
    (ContextTooLong, &["input token count", "exceeds the maximum"]),
    // LM Studio, Groq, Together.
    (ContextTooLong, &["context window"]),
    (ContextTooLong, &["context length", "exceed"]),
    (ContextTooLong, &["prompt is too long"]),
    (ContextTooLong, &["reduce the length of the messages"]),
    (Authentication, &["incorrect api key"]),
    (Authentication, &["invalid api key"]),
    (Authentication, &["api key not valid"]),
    (Authentication, &["no api key"]),
    (QuotaExceeded, &["exceeded your current quota"]),
    (QuotaExceeded, &["insufficient balance"]),
    (QuotaExceeded, &["insufficient credits"]),
    (QuotaExceeded, &["requires more credits"]),
    (QuotaExceeded, &["credit balance is too low"]),
    // Azure.
    (ContentFiltered, &["content management policy"]),
    (ContentFiltered, &["rejected as a result of our safety system"]),
    (ContentFiltered, &["violates usage guidelines"]),
    (Overloaded, &["at capacity"]),
    (Overloaded, &["overloaded"]),
    (Overloaded, &["server busy"]),
    // OpenRouter and DeepSeek say it with a 400.
    (ModelNotFound, &["not a valid model id"]),
    (ModelNotFound, &["model not exist"]),
    (RateLimited, &["too many requests"]),
    (RateLimited, &["rate limit reached"]),
];

/// Wordings of a 404 that means the model and not the path: OpenAI and vLLM, Ollama, LM Studio.
const MISSING: [&str; 4] = ["does not exist", "not found", "no such", "not loaded"];

impl OpenAiError {
    /// The class that code, type, message and HTTP status stand for, in that order.
    pub(super) fn class(&self, status: u16) -> ErrorKind {
        let code = self.code.as_deref().and_then(|code| look_up(CODES, code));
        let kind = || self.kind.as_deref().and_then(|kind| look_up(TYPES, kind));
        // Inside an answer no status tells what this type means, and its other meanings have codes or wordings.
        let refused = || {
            let refused =
                (200..300).contains(&status) && self.kind.as_deref() == Some("invalid_request_error");
            refused.then_some(InvalidRequest)
        };
        code.or_else(kind)
            .or_else(|| self.by_wording(status))
            .or_else(refused)
            .unwrap_or_else(|| by_status(status))
    }

    /// The request alone is over the limit per minute: OpenAI says "Request too large", or asks for more than the limit.
    pub(super) fn is_too_large(&self) -> bool {
        let number = |name: &str| {
            let (_, after) = self.message.split_once(name)?;
            let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            after.get(..end)?.parse::<u64>().ok()
        };
        self.message.contains("Request too large")
            || number("Requested ").zip(number("Limit ")).is_some_and(|(requested, limit)| requested > limit)
    }

    /// The tier that was asked for is full; the standard one may not be.
    pub(super) fn is_tier_full(&self) -> bool {
        matches!(self.code.as_deref(), Some("flex_unavailable" | "resource_unavailable"))
    }

    fn by_wording(&self, status: u16) -> Option<ErrorKind> {
        let message = self.message.to_ascii_lowercase();
        let all = |words: &[&str]| words.iter().all(|word| message.contains(word));
        if let Some((kind, _)) = WORDINGS.iter().find(|(_, words)| all(words)) {
            return Some(*kind);
        }
        let missing =
            status == 404 && message.contains("model") && MISSING.iter().any(|word| message.contains(word));
        missing.then_some(ModelNotFound)
    }
}

fn look_up(table: &[(ErrorKind, &[&str])], word: &str) -> Option<ErrorKind> {
    // xAI and others write `rate-limit-exceeded`, Google capitals.
    let word = word.to_ascii_lowercase().replace('-', "_");
    table.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(kind, _)| *kind)
}

/// As vendors use statuses when body and status are all there is (OpenAI's guide to error codes).
fn by_status(status: u16) -> ErrorKind {
    match status {
        401 => Authentication,
        402 => QuotaExceeded,
        403 | 451 => Permission,
        408 => Timeout,
        409 | 425 => Server,
        429 => RateLimited,
        400..=499 => InvalidRequest,
        501 => Unsupported,
        503 | 529 => Overloaded,
        500..=599 => Server,
        _ => Unknown,
    }
}
