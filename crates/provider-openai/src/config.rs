//! What configuration says of a connection.

use std::collections::BTreeMap;

use laravel_ai_core::{Capabilities, Secret};
use serde::Deserialize;

/// The root of OpenAI's API.
pub(crate) const BASE_URL: &str = "https://api.openai.com/v1";

/// The configuration of a connection with the driver `openai`.
///
/// ```
/// # use provider_openai::{Api, Config};
/// let config: Config = toml::from_str(r#"
/// api_key = "test-key"
/// project = "proj-1"
/// api = "chat"
/// "#)?;
/// assert_eq!(config.api, Api::Chat);
/// # Ok::<_, toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The key. May only be left out where a [`Credentials`](laravel_ai_core::Credentials) port gives one for each call.
    pub api_key: Option<Secret>,
    /// The root of the API, `https://api.openai.com/v1` if nothing is said.
    pub base_url: Option<String>,
    /// Sent as `OpenAI-Organization`: who pays, for keys that belong to several.
    pub organization: Option<String>,
    /// Sent as `OpenAI-Project`.
    pub project: Option<String>,
    /// Which API chat models speak.
    pub api: Api,
    /// Headers on every request. Their values are treated as secrets.
    pub headers: BTreeMap<String, Secret>,
    /// What is known of the models behind this connection, over what this crate knows.
    pub capabilities: Capabilities,
}

/// Which API chat models speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Api {
    /// Responses: OpenAI's primary API, which every model has.
    #[default]
    Responses,
    /// Chat Completions, which `*-pro`, `*-codex` and deep-research models don't have.
    Chat,
}

impl Config {
    /// OpenAI itself with this key.
    pub fn new(api_key: Secret) -> Self {
        Self { api_key: Some(api_key), ..Self::default() }
    }

    /// With another root of the API.
    pub fn with_base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// With the organization that pays.
    pub fn with_organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// With a project.
    pub fn with_project(mut self, id: impl Into<String>) -> Self {
        self.project = Some(id.into());
        self
    }

    /// With the API that chat models speak.
    pub fn with_api(mut self, api: Api) -> Self {
        self.api = api;
        self
    }
}
