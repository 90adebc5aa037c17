//! The error object in all the shapes that servers give it.

use std::fmt;

use provider_http::words::is_name;
use serde_json::Value;

/// A server's own words for a failure; [`Error::vendor`](laravel_ai_core::Error::vendor) finds it.
///
/// `Display` and `Debug` leave the message out, because servers quote prompts and parts of keys in it.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenAiError {
    /// The class, such as `invalid_request_error`. Google's `status` (`RESOURCE_EXHAUSTED`) is read as one.
    pub kind: Option<String>,
    /// The exact cause, such as `context_length_exceeded`; a number at servers that repeat the status.
    pub code: Option<String>,
    /// The field of the request that is wrong.
    pub param: Option<String>,
    /// The explanation. May hold parts of the request.
    pub message: String,
}

/// More than any explanation; what is longer is a page or a stack trace.
const LONGEST_MESSAGE: usize = 4096;

impl OpenAiError {
    /// Reads an error body: `{"error": {…}}`, the same in a list, `{"code", "error": "text"}`, `{"message", …}`,
    /// `{"detail": …}`, a text as JSON, or plain text. `None` for an empty body, a web page, or JSON that says nothing.
    pub fn read(body: &[u8]) -> Option<Self> {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::of(&value),
            Err(_) => {
                let text = std::str::from_utf8(body).ok()?.trim();
                let plain = !text.is_empty() && !text.starts_with(['<', '{', '[']);
                plain.then(|| Self::plain(text))
            }
        }
    }

    fn of(value: &Value) -> Option<Self> {
        let found = match value {
            Value::Array(list) => return list.first().and_then(Self::of),
            Value::String(text) => return (!text.trim().is_empty()).then(|| Self::plain(text)),
            Value::Object(_) => match value.get("error") {
                Some(error @ Value::Object(_)) => Self::object(error),
                Some(Value::String(text)) => Self { message: shorten(text), ..Self::object(value) },
                Some(Value::Array(list)) => return list.first().and_then(Self::of),
                // OpenRouter's, where the model of another vendor broke off.
                _ => match value.pointer("/choices/0/error") {
                    Some(error @ Value::Object(_)) => Self::object(error),
                    _ => Self::object(value),
                },
            },
            _ => return None,
        };
        (found != Self::default()).then_some(found)
    }

    fn object(value: &Value) -> Self {
        let text = |name: &str| match value.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let message = text("message").or_else(|| text("detail")).or_else(|| text("msg")).or_else(|| {
            // FastAPI's validation errors: a list of objects with `msg`.
            value.get("detail")?.get(0)?.get("msg")?.as_str().map(str::to_owned)
        });
        let kind = text("type").filter(|kind| kind != "error").or_else(|| text("status"));
        Self {
            kind,
            code: text("code"),
            param: text("param"),
            message: shorten(&message.unwrap_or_default()),
        }
    }

    fn plain(text: &str) -> Self {
        Self { message: shorten(text.trim()), ..Self::default() }
    }

    /// The HTTP status, where code or type repeat it.
    pub(super) fn status(&self) -> Option<u16> {
        [&self.code, &self.kind]
            .into_iter()
            .find_map(|text| text.as_deref()?.parse().ok())
            .filter(|status| (400..600).contains(status))
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(LONGEST_MESSAGE).collect()
}

impl fmt::Display for OpenAiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the provider's error")?;
        for (name, value) in [("type", &self.kind), ("code", &self.code), ("param", &self.param)] {
            if let Some(value) = value.as_deref().filter(|value| is_name(value)) {
                write!(f, ", {name} {value}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for OpenAiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiError")
            .field("kind", &self.kind)
            .field("code", &self.code)
            .field("param", &self.param)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for OpenAiError {}
