//! What configuration says about a mock.

use laravel_ai_core::ErrorKind;
use serde::Deserialize;

/// A connection with the driver `mock`. Everything may be left out; an unknown key is an error.
///
/// ```
/// let config: provider_mock::MockConfig = serde_json::from_str(r#"{"reply": "Lima", "pace_ms": 20}"#)?;
/// assert_eq!(config.reply.as_deref(), Some("Lima"));
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MockConfig {
    /// The answer to everything. Without it the mock answers by itself.
    pub reply: Option<String>,
    /// One answer after the other, and then from the first again; with `reply` that comes after the last.
    pub replies: Vec<String>,
    /// Every call fails like this, such as `rate_limited`.
    pub error: Option<ErrorKind>,
    /// For everything that the mock makes up.
    pub seed: u64,
    /// Milliseconds before an answer begins.
    pub delay_ms: u64,
    /// Milliseconds before each word of an answer.
    pub pace_ms: u64,
    /// The list of models, by name; models outside the list answer too.
    pub models: Option<Vec<String>>,
}
