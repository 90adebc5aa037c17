//! Options that only Chat Completions know.

use std::collections::BTreeMap;

use laravel_ai_core::ProviderOptions;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::driver::OpenAiCompatible;

/// Options of the driver `openai-compatible`: fields of Chat Completions that requests of this library don't have.
///
/// What is not here goes into `extra_body` of the request. `n` is left out on purpose: only the first choice is read, and
/// the others would be paid for.
///
/// ```
/// use laravel_ai_core::ChatRequest;
/// use provider_openai_compat::CompatibleOptions;
///
/// let mut options = CompatibleOptions::default();
/// options.logprobs = Some(true);
/// options.top_logprobs = Some(2);
/// let request = ChatRequest::user("Name a colour").with_options(&options)?;
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CompatibleOptions {
    /// Whether to report how likely each token was; it arrives in the metadata of the answer as `logprobs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// How many alternatives to report for each token, 0 to 20; needs `logprobs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u8>,
    /// What to add to the likelihood of tokens, by token id, -100 to 100.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub logit_bias: BTreeMap<String, f64>,
    /// Whether the server keeps the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,
    /// The service tier to ask for; the answer says which one served it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// How wordy the answer is: `low`, `medium` or `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<String>,
    /// Names and values that the server stores with the answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Text that the answer will probably repeat, `{"type": "content", "content": …}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Value>,
    /// Web search of search models, `{"search_context_size": …, "user_location": …}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_search_options: Option<Value>,
    /// The end user as OpenAI called it before 2025; over `end_user` of the request where the field is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The end user for abuse detection; over `end_user` of the request where the field is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety_identifier: Option<String>,
    /// The least likelihood of a token against the likeliest, 0 to 1 (vLLM, llama.cpp).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f64>,
    /// Discourages tokens that occurred, 1 for not at all (vLLM and others).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f64>,
}

impl ProviderOptions for CompatibleOptions {
    const DRIVER: &'static str = OpenAiCompatible::DRIVER;
}
