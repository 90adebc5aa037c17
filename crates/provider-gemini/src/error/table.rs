//! Which kind each reason, wording and status is.

use laravel_ai_core::ErrorKind::{self, *};

use super::GeminiError;

/// Reasons of `ErrorInfo` that decide. The kind of a status is often another one: a wrong key is a 400.
const REASONS: &[(ErrorKind, &[&str])] = &[
    (
        Authentication,
        &[
            "API_KEY_INVALID",
            "API_KEY_EXPIRED",
            "API_KEY_NOT_FOUND",
            "ACCESS_TOKEN_EXPIRED",
            "ACCESS_TOKEN_TYPE_UNSUPPORTED",
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "CREDENTIALS_MISSING",
            "ACCOUNT_STATE_INVALID",
        ],
    ),
    (
        Permission,
        &[
            "API_KEY_SERVICE_BLOCKED",
            "API_KEY_HTTP_REFERRER_BLOCKED",
            "API_KEY_IP_ADDRESS_BLOCKED",
            "API_KEY_ANDROID_APP_BLOCKED",
            "API_KEY_IOS_APP_BLOCKED",
            "SERVICE_DISABLED",
            "CONSUMER_SUSPENDED",
            "CONSUMER_INVALID",
            "BILLING_DISABLED",
            "USER_PROJECT_DENIED",
            "SERVICE_NOT_AVAILABLE",
            "IAM_PERMISSION_DENIED",
        ],
    ),
];

/// Wordings that decide where status and reason don't: all words of a row, in lower case.
const WORDINGS: &[(ErrorKind, &[&str])] = &[
    (ContextTooLong, &["token count", "exceeds the maximum number of tokens"]),
    (Authentication, &["unregistered callers"]),
    (Authentication, &["api key", "expired"]),
    (Authentication, &["api key not valid"]),
    (Authentication, &["api key", "leaked"]),
    (Permission, &["user location is not supported"]),
];

/// Wordings of a 429 that waiting does not help against.
const USED_UP: &[&[&str]] = &[
    &["prepayment", "depleted"],
    &["credits", "depleted"],
    &["spend", "cap"],
    &["spend", "limit"],
    &["limit: 0,"],
    &["limit: 0\n"],
    &["per day"],
];

impl GeminiError {
    /// The class that reason, wording and status stand for, in that order.
    pub(super) fn class(&self, status: u16) -> ErrorKind {
        let reason = self.reason.as_deref();
        if let Some((kind, _)) =
            REASONS.iter().find(|(_, reasons)| reason.is_some_and(|it| reasons.contains(&it)))
        {
            return *kind;
        }
        let message = self.message.to_ascii_lowercase() + "\n";
        let all = |words: &[&str]| words.iter().all(|word| message.contains(word));
        if let Some((kind, _)) = WORDINGS.iter().find(|(_, words)| all(words)) {
            return *kind;
        }
        match (status, self.status.as_deref()) {
            (429, _) | (200, Some("RESOURCE_EXHAUSTED")) => {
                let used_up = self.is_used_up() || USED_UP.iter().any(|words| all(words));
                if used_up { QuotaExceeded } else { RateLimited }
            }
            (400, Some("FAILED_PRECONDITION")) => Permission,
            // Files, caches and everything else that is asked for by name, but the model.
            (404, _) if ["cachedcontent", "file"].iter().any(|word| message.contains(word)) => InvalidRequest,
            (200..=299, Some(name)) => by_name(name),
            (status, _) => by_status(status),
        }
    }

    /// A limit that does not come back soon: one per day, or one of nothing.
    fn is_used_up(&self) -> bool {
        self.quota.iter().any(|limit| limit.id.contains("PerDay") || limit.value.as_deref() == Some("0"))
    }
}

/// As Google uses statuses.
fn by_status(status: u16) -> ErrorKind {
    match status {
        401 => Authentication,
        402 => QuotaExceeded,
        403 | 451 => Permission,
        404 => ModelNotFound,
        408 | 504 => Timeout,
        409 => Server,
        499 => Cancelled,
        400..=499 => InvalidRequest,
        501 => Unsupported,
        503 | 529 => Overloaded,
        500..=599 => Server,
        _ => Unknown,
    }
}

/// By the name of the status (`google.rpc.Code`), where an answer that had begun gives no number.
fn by_name(name: &str) -> ErrorKind {
    match name {
        "UNAUTHENTICATED" => Authentication,
        "PERMISSION_DENIED" | "FAILED_PRECONDITION" => Permission,
        "NOT_FOUND" => ModelNotFound,
        "INVALID_ARGUMENT" | "OUT_OF_RANGE" | "ALREADY_EXISTS" => InvalidRequest,
        "CANCELLED" => Cancelled,
        "UNAVAILABLE" => Overloaded,
        "DEADLINE_EXCEEDED" => Timeout,
        "UNIMPLEMENTED" => Unsupported,
        "INTERNAL" | "UNKNOWN" | "DATA_LOSS" | "ABORTED" => Server,
        _ => Unknown,
    }
}
