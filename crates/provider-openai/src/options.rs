//! Options that only OpenAI knows.

use std::collections::BTreeMap;

use laravel_ai_core::{Error, ErrorKind, ProviderOptions, Result};
use provider_http::Pinned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::driver::OpenAi;

/// Options of the driver `openai`. What is not here goes into `extra_body` of the request.
///
/// Those for one API only are refused by the other with a clear error.
///
/// ```
/// use laravel_ai_core::ChatRequest;
/// use provider_openai::OpenAiOptions;
///
/// let mut options = OpenAiOptions::default();
/// options.service_tier = Some("flex".into());
/// options.verbosity = Some("low".into());
/// let request = ChatRequest::user("Name a colour").with_options(&options)?;
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct OpenAiOptions {
    /// Whether OpenAI keeps the answer, at least 30 days. Not if nothing is said, but with `background`, which needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,
    /// The service tier to ask for (`auto`, `default`, `flex`, `priority` …); the answer says which one served it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// How wordy the answer is: `low`, `medium` or `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<String>,
    /// Whether to report how likely each token was; it arrives in the metadata of the answer as `logprobs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// How many alternatives to report for each token, 0 to 20; means `logprobs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u8>,
    /// Names and values that OpenAI stores with the answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// How the prompt cache works, `{"mode": "implicit" | "explicit", "ttl": "30m" | "12h"}` (GPT-5.6 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache_options: Option<Value>,
    /// `in_memory` or `24h`; deprecated, refused by GPT-6 and later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache_retention: Option<String>,
    /// What is moderated, in OpenAI's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moderation: Option<Value>,

    /// Responses: what the answer shall contain besides. What is needed to lose nothing if nothing is said: encrypted
    /// reasoning where answers are not stored, and the results of OpenAI's tools that are among the tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<String>>,
    /// Responses: the stored answer that the messages go on from. It was made with `store`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_response: Option<Pinned>,
    /// Responses: the stored conversation that the messages are added to; not with `previous_response`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Pinned>,
    /// Responses: whether OpenAI goes on when nobody reads. For streams only: a whole answer would come at once, before it
    /// has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<bool>,
    /// Responses: instructions of this call, over a first system message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Responses: a stored prompt, `{"id": …, "version": …, "variables": {…}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Value>,
    /// Responses: the most calls of OpenAI's tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tool_calls: Option<u32>,
    /// Responses: `auto` drops the middle of a conversation that is too long; deprecated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncation: Option<String>,
    /// Responses: how OpenAI shortens a context that grows, such as `{"type": "compaction", "compact_threshold": …}`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub context_management: Vec<Value>,
    /// Responses: `standard` or `pro`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_mode: Option<String>,
    /// Responses: which turns' reasoning the model sees, `auto`, `current_turn` or `all_turns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_context: Option<String>,
    /// Responses: items added behind the messages in OpenAI's words, such as the output of a tool that only OpenAI
    /// knows, or [`approve_mcp_call`](crate::approve_mcp_call).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub input_items: Vec<Value>,

    /// Chat Completions: what to add to the likelihood of tokens, by token id, -100 to 100.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub logit_bias: BTreeMap<String, f64>,
    /// Chat Completions: text that the answer will probably repeat, `{"type": "content", "content": …}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Value>,
    /// Chat Completions: web search of search models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_search_options: Option<Value>,
}

impl ProviderOptions for OpenAiOptions {
    const DRIVER: &'static str = OpenAi::DRIVER;
}

/// Options that the other API has.
pub(crate) const ONLY_RESPONSES: [&str; 12] = [
    "include",
    "previous_response",
    "conversation",
    "background",
    "instructions",
    "prompt",
    "max_tool_calls",
    "truncation",
    "context_management",
    "reasoning_mode",
    "reasoning_context",
    "input_items",
];
/// As [`ONLY_RESPONSES`].
pub(crate) const ONLY_CHAT: [&str; 3] = ["logit_bias", "prediction", "web_search_options"];

/// Fails for the first of `names` that is set.
pub(crate) fn refuse(options: &Value, names: &[&str], other: &str) -> Result<()> {
    match names.iter().find(|name| options.get(name).is_some()) {
        None => Ok(()),
        Some(name) => {
            let message = format!(
                "the option `{name}` belongs to {other}: leave it out, or set `api` of the connection"
            );
            Err(Error::new(ErrorKind::InvalidRequest, message))
        }
    }
}
