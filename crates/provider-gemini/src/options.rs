//! Options that only Gemini knows.

use std::collections::BTreeMap;

use laravel_ai_core::ProviderOptions;
use provider_http::Pinned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::driver::Gemini;

/// Options of the driver `gemini`. What is not here goes into `extra_body` of the request, whose `generationConfig` and
/// `toolConfig` are merged with ours member by member.
///
/// ```
/// use laravel_ai_core::ChatRequest;
/// use provider_gemini::{GeminiOptions, SafetySetting};
///
/// let mut options = GeminiOptions::default();
/// options.thinking_level = Some("low".into());
/// options.safety_settings.push(SafetySetting::new("HARM_CATEGORY_HARASSMENT", "BLOCK_ONLY_HIGH"));
/// let request = ChatRequest::user("Name a colour").with_options(&options)?;
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct GeminiOptions {
    /// What is blocked, one entry for each category.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub safety_settings: Vec<SafetySetting>,
    /// Content that Google keeps, by its name (`cachedContents/…`). Instructions, tools and the choice among them lie in it, so
    /// those of the request are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_content: Option<Pinned>,
    /// How much the model thinks (`minimal`, `low`, `medium`, `high` …), over `reasoning` of the request; Gemini 3 and later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<String>,
    /// How many tokens the model may think, 0 for none and -1 for as many as it likes, over `reasoning` of the request;
    /// Gemini 2.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_budget: Option<i32>,
    /// Whether the answer shows summaries of the thoughts, over `reasoning` of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_thoughts: Option<bool>,
    /// What the answer may hold: `TEXT`, `IMAGE`, `AUDIO`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_modalities: Vec<String>,
    /// How closely the model looks at media: `low`, `medium` or `high`. For one medium its `detail` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_resolution: Option<String>,
    /// How images are made, `{"aspectRatio": …, "imageSize": …}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_config: Option<Value>,
    /// How speech is made, in Google's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speech_config: Option<Value>,
    /// Whether to report how likely each token was; it arrives in the metadata of the answer as `logprobsResult`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// How many alternatives to report for each token, 0 to 20; means `logprobs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u8>,
    /// The calling mode (`AUTO`, `ANY`, `NONE`, `VALIDATED`) over what the choice of tools means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_calling_mode: Option<String>,
    /// Where the user is, for tools that search, `{"latLng": …, "languageCode": …}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrieval_config: Option<Value>,
    /// Sends schemas in the older form of OpenAPI (`parameters`, `responseSchema`), for models and gateways that know no other.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub legacy_schemas: bool,
    /// The service tier to ask for (`standard`, `flex`, `priority`); the answer says which one served it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Whether Google keeps request and answer in its logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,
    /// Names and values that Google bills by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Goes on with an answer that ended with `CONTINUATION`; its metadata has the token as `continuationToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuation_token: Option<String>,
    /// Embeddings: the title of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl ProviderOptions for GeminiOptions {
    const DRIVER: &'static str = Gemini::DRIVER;
}

/// From which probability on content of a category is blocked, in Google's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SafetySetting {
    /// Such as `HARM_CATEGORY_HARASSMENT`.
    pub category: String,
    /// Such as `BLOCK_ONLY_HIGH`, `BLOCK_NONE` or `OFF`.
    pub threshold: String,
}

impl SafetySetting {
    /// Blocks content of `category` from `threshold` on.
    pub fn new(category: impl Into<String>, threshold: impl Into<String>) -> Self {
        Self { category: category.into(), threshold: threshold.into() }
    }
}
