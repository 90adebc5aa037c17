//! What a status and a body without meaning stand for.

use std::borrow::Cow;

use http::{HeaderMap, StatusCode, Uri};
use laravel_ai_core::ErrorKind;
use serde::de::IgnoredAny;

use super::{BodyForm, Failure};

/// The kind for a status when nothing else is known. A 404 is not taken for a missing model: it may be a wrong path, and
/// only the driver can tell.
pub(super) fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        // A redirect that was not followed: the base URL is not the service's own.
        300..=399 => ErrorKind::Configuration,
        401 => ErrorKind::Authentication,
        402 => ErrorKind::QuotaExceeded,
        403 | 451 => ErrorKind::Permission,
        408 => ErrorKind::Timeout,
        // A conflict passes, as does "too early"; vendors' own clients repeat both.
        409 | 425 => ErrorKind::Server,
        429 => ErrorKind::RateLimited,
        400..=499 => ErrorKind::InvalidRequest,
        501 => ErrorKind::Unsupported,
        503 | 529 => ErrorKind::Overloaded,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Unknown,
    }
}

pub(super) fn describe(failure: &Failure) -> Cow<'static, str> {
    if let Some(origin) = &failure.redirect_to {
        return format!(
            "the endpoint redirects to {origin}, which is not followed: set that as the base URL"
        )
        .into();
    }
    match failure.form() {
        BodyForm::Html => "a web page came instead of an answer, from a proxy or a wrong base URL".into(),
        BodyForm::Empty => "the provider refused without saying why".into(),
        BodyForm::Json => "the provider refused in words that this driver does not know".into(),
        BodyForm::Text => "the provider refused with a text that is not JSON".into(),
    }
}

pub(super) fn form_of(body: &[u8]) -> BodyForm {
    let body = body.trim_ascii_start();
    match body.first() {
        None => BodyForm::Empty,
        Some(b'{' | b'[') if serde_json::from_slice::<IgnoredAny>(body).is_ok() => BodyForm::Json,
        Some(b'<') => BodyForm::Html,
        _ => BodyForm::Text,
    }
}

/// Scheme and authority of `Location`: its path and query may hold what must not be printed.
pub(super) fn location_origin(headers: &HeaderMap) -> Option<String> {
    let location = Uri::try_from(headers.get(http::header::LOCATION)?.as_bytes()).ok()?;
    let (scheme, host) = (location.scheme_str()?, location.host()?);
    let port = location.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{host}{port}"))
}
