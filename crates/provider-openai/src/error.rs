//! Errors that only OpenAI words like this; the rest of its table is the shared one.

use laravel_ai_core::ErrorKind::{self, *};
use provider_openai_compat::OpenAiError;

/// Codes of failed responses that the shared table does not know (`ResponseError` of OpenAI's SDK of Nov 2026). They come
/// with HTTP 200, so no status helps.
const CODES: &[(ErrorKind, &[&str])] = &[
    (
        InvalidRequest,
        &[
            "invalid_image",
            "invalid_image_format",
            "invalid_base64_image",
            "invalid_image_url",
            "invalid_image_mode",
            "image_too_large",
            "image_too_small",
            "image_parse_error",
            "image_file_too_large",
            "image_file_not_found",
            "unsupported_image_media_type",
            "empty_image_file",
            "failed_to_download_image",
            "string_above_max_length",
            "array_above_max_length",
            "unknown_url",
        ],
    ),
    (Permission, &["data_residency_mismatch", "ip_not_authorized", "model_access_denied"]),
    (Authentication, &["invalid_organization", "mismatched_organization", "mismatched_project"]),
];

/// The kind of an error that OpenAI words in its own way.
pub(crate) fn classify(said: &OpenAiError, status: u16) -> Option<ErrorKind> {
    let code = said.code.as_deref();
    if let Some((kind, _)) = CODES.iter().find(|(_, codes)| code.is_some_and(|code| codes.contains(&code))) {
        return Some(*kind);
    }
    // The wording of a flex tier that has no room, from before it had a code.
    let message = said.message.as_str();
    (status == 429 && code.is_none() && message.starts_with("Resource unavailable")).then_some(Overloaded)
}
