//! What configuration says of a connection.

use std::collections::BTreeMap;

use laravel_ai_core::{Capabilities, Secret};
use serde::Deserialize;

/// The root of xAI's API.
pub(crate) const BASE_URL: &str = "https://api.x.ai/v1";

/// The configuration of a connection with the driver `xai`.
///
/// ```
/// # use provider_xai::{Api, Config};
/// let config: Config = toml::from_str(r#"
/// api_key = "test-key"
/// base_url = "https://eu-west-1.api.x.ai/v1"
/// api = "chat"
/// "#)?;
/// assert_eq!(config.api, Api::Chat);
/// # Ok::<_, toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The key, which belongs to one team. May only be left out where a [`Credentials`](laravel_ai_core::Credentials) port
    /// gives one for each call.
    pub api_key: Option<Secret>,
    /// The root of the API, `https://api.x.ai/v1` if nothing is said; xAI has others for its regions.
    pub base_url: Option<String>,
    /// Which API chat models speak.
    pub api: Api,
    /// Headers on every request. Their values are treated as secrets.
    pub headers: BTreeMap<String, Secret>,
    /// What is known of the models behind this connection, over what this crate knows.
    pub capabilities: Capabilities,
}

/// Which API chat models speak.
///
/// Responses, unless something else is asked for: xAI builds what is new there (its own tools, encrypted reasoning,
/// stored answers) and calls Chat Completions its legacy. With [`deferred`](crate::Deferred) answers and models that show their
/// reasoning as text, Chat Completions have things of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Api {
    /// Responses: every model, xAI's own tools, reasoning that goes back encrypted.
    #[default]
    Responses,
    /// Chat Completions, which have no tools of xAI's own and which `multi-agent` models don't have.
    Chat,
}

impl Config {
    /// xAI itself with this key.
    pub fn new(api_key: Secret) -> Self {
        Self { api_key: Some(api_key), ..Self::default() }
    }

    /// With another root of the API.
    pub fn with_base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// With the API that chat models speak.
    pub fn with_api(mut self, api: Api) -> Self {
        self.api = api;
        self
    }
}
