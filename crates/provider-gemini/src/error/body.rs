//! The error object of Google's APIs.

use std::fmt;
use std::time::Duration;

use provider_http::parse_duration;
use provider_http::words::is_name;
use serde_json::Value;

/// Google's own words for a failure; [`Error::vendor`](laravel_ai_core::Error::vendor) finds it.
///
/// `Display` and `Debug` leave the message out, because it quotes parts of requests.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GeminiError {
    /// The HTTP status that the body says.
    pub code: Option<u16>,
    /// The name of the status, such as `RESOURCE_EXHAUSTED`.
    pub status: Option<String>,
    /// The exact cause, such as `API_KEY_INVALID`.
    pub reason: Option<String>,
    /// The limits that were met.
    pub quota: Vec<QuotaViolation>,
    /// The fields of the request that are wrong.
    pub fields: Vec<String>,
    /// After how long to try again, as Google says; of no use for a limit per day.
    pub retry_delay: Option<Duration>,
    /// The explanation. May hold parts of the request.
    pub message: String,
}

/// A limit that was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotaViolation {
    /// Which limit, such as `GenerateRequestsPerDayPerProjectPerModel-FreeTier`.
    pub id: String,
    /// What it counts.
    pub metric: Option<String>,
    /// How much it allows.
    pub value: Option<String>,
    /// The model that it is for.
    pub model: Option<String>,
}

/// More than any explanation; what is longer is a page or a stack trace.
const LONGEST_MESSAGE: usize = 4096;

impl GeminiError {
    /// Reads an error body: `{"error": {…}}`, alone or in a list. `None` for all else.
    pub fn read(body: &[u8]) -> Option<Self> {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let value: Value = serde_json::from_slice(body).ok()?;
        let outer = match &value {
            Value::Array(list) => list.iter().find(|item| item.get("error").is_some())?,
            other => other,
        };
        match outer.get("error")? {
            error @ Value::Object(_) => Some(Self::object(error)),
            Value::String(text) => Some(Self { message: shorten(text), ..Self::default() }),
            _ => None,
        }
    }

    fn object(error: &Value) -> Self {
        let mut read = Self {
            code: error.get("code").and_then(number),
            status: text(error, "status"),
            message: shorten(error.get("message").and_then(Value::as_str).unwrap_or_default()),
            ..Self::default()
        };
        for detail in error.get("details").and_then(Value::as_array).into_iter().flatten() {
            let kind = detail.get("@type").and_then(Value::as_str).unwrap_or_default();
            match kind.rsplit('.').next().unwrap_or_default() {
                "ErrorInfo" => read.reason = read.reason.or_else(|| text(detail, "reason")),
                "RetryInfo" => {
                    read.retry_delay = text(detail, "retryDelay").and_then(|text| parse_duration(&text))
                }
                "QuotaFailure" => {
                    read.quota.extend(list(detail, "violations").map(|violation| QuotaViolation {
                        id: text(violation, "quotaId").unwrap_or_default(),
                        metric: text(violation, "quotaMetric"),
                        value: text(violation, "quotaValue"),
                        model:
                            violation.get("quotaDimensions").and_then(|dimensions| text(dimensions, "model")),
                    }))
                }
                "BadRequest" => {
                    read.fields
                        .extend(list(detail, "fieldViolations").filter_map(|field| text(field, "field")));
                }
                _ => {}
            }
        }
        read.retry_delay = read.retry_delay.or_else(|| delay_in(&read.message));
        read
    }
}

fn number(value: &Value) -> Option<u16> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => u16::try_from(other.as_u64()?).ok(),
    }
}

/// A text, or a number as one.
fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn shorten(text: &str) -> String {
    text.chars().take(LONGEST_MESSAGE).collect()
}

/// The delay in "Please retry in 1h2m3.5s."
fn delay_in(message: &str) -> Option<Duration> {
    let (_, after) = message.split_once("retry in ")?;
    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(after.len());
    let delay = after.get(..end)?.trim_end_matches('.');
    // Without a unit it is no time, but something that is to be retried.
    if delay.ends_with(|c: char| c.is_ascii_digit()) { None } else { parse_duration(delay) }
}

impl fmt::Display for GeminiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the provider's error")?;
        for (name, value) in [("status", &self.status), ("reason", &self.reason)] {
            if let Some(value) = value.as_deref().filter(|value| is_name(value)) {
                write!(f, ", {name} {value}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for GeminiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeminiError")
            .field("code", &self.code)
            .field("status", &self.status)
            .field("reason", &self.reason)
            .field("quota", &self.quota)
            .field("fields", &self.fields)
            .field("retry_delay", &self.retry_delay)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for GeminiError {}
