//! Options that only xAI knows.

use laravel_ai_core::{ChatRequest, Error, ErrorKind, ProviderOptions, Result};
use provider_http::Pinned;
use provider_http::wire::Verbatim;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::driver::Xai;
use crate::error::LIVE_SEARCH;

/// Options of the driver `xai`. What is not here goes into `extra_body` of the request.
///
/// Those for Responses only are refused by Chat Completions with a clear error.
///
/// ```
/// use laravel_ai_core::ChatRequest;
/// use provider_xai::{WebSearch, XaiOptions};
///
/// let mut options = XaiOptions::default();
/// options.max_turns = Some(3);
/// let request =
///     ChatRequest::user("What is new on Titan?").with_tool(WebSearch::new()).with_options(&options)?;
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct XaiOptions {
    /// The service tier to ask for (`auto`, `default`, `priority`, `fast`); the answer says which one served it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Whether to report how likely each token was; models from grok-4.20 on ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// How many alternatives to report for each token, 0 to 8; means `logprobs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u8>,

    /// Responses: whether xAI keeps the answer, for 30 days. Not if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,
    /// Responses: what the answer shall contain besides. Encrypted reasoning where answers are not stored if nothing is
    /// said, so that nothing is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<String>>,
    /// Responses: the stored answer that the messages go on from. It was made with `store`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_response: Option<Pinned>,
    /// Responses: how often the model may turn to xAI's own tools before it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_turns: Option<u32>,
    /// Responses: the least likelihood of a token in proportion to the likeliest, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f64>,
    /// Responses: how xAI shortens a context that grows, in xAI's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub context_management: Vec<Value>,
    /// Responses: items added behind the messages in xAI's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub input_items: Vec<Value>,
}

impl ProviderOptions for XaiOptions {
    const DRIVER: &'static str = Xai::DRIVER;
}

/// Options that Chat Completions lack.
const ONLY_RESPONSES: [&str; 7] =
    ["store", "include", "previous_response", "max_turns", "min_p", "context_management", "input_items"];

/// The options of a request, for Chat Completions.
pub(crate) fn for_chat(request: &ChatRequest) -> Result<XaiOptions> {
    let options = request.provider_options.of::<XaiOptions>()?.unwrap_or_default();
    let set =
        serde_json::to_value(&options).map_err(|e| invalid(format!("the options have no JSON form: {e}")))?;
    match ONLY_RESPONSES.iter().find(|name| set.get(**name).is_some()) {
        None => Ok(options),
        Some(name) => Err(invalid(format!(
            "the option `{name}` belongs to Responses: leave it out, or set `api` of the connection"
        ))),
    }
}

/// The most tools that xAI takes.
const MOST_TOOLS: usize = 350;

/// Refuses what no API of xAI takes, and what would come to nothing, before it is sent.
pub(crate) fn check(request: &ChatRequest) -> Result<()> {
    if request.tools.len() > MOST_TOOLS {
        let found = request.tools.len();
        return Err(invalid(format!("{found} tools are given, xAI takes {MOST_TOOLS}")));
    }
    if says(request, "search_parameters") {
        return Err(invalid(LIVE_SEARCH));
    }
    if says(request, "deferred") {
        return Err(invalid(
            "`deferred` is answered with an id alone: ask for such an answer with `Account::deferred`",
        ));
    }
    Ok(())
}

/// Whether the caller's own words have a member of this name, `null` and `false` aside.
fn says(request: &ChatRequest, name: &str) -> bool {
    let raw = request.raw.as_ref().is_some_and(|raw| {
        let members = serde_json::from_str::<Verbatim<'_>>(raw.as_str()).unwrap_or_default().0;
        members.iter().any(|(key, value)| key.as_str() == name && !matches!(value.get(), "null" | "false"))
    });
    raw || request.extra_body.get(name).is_some_and(|value| !value.is_null() && *value != false)
}

pub(crate) fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
