//! What configuration says of a connection.

use std::collections::BTreeMap;

use laravel_ai_core::{Capabilities, Error, ErrorKind, Result, Secret};
use serde::Deserialize;

/// Where Google serves the Gemini API.
pub(crate) const BASE_URL: &str = "https://generativelanguage.googleapis.com";
/// The version that has everything that this driver sends.
const API_VERSION: &str = "v1beta";

/// The configuration of a connection with the driver `gemini`.
///
/// ```
/// # use provider_gemini::Config;
/// let config: Config = toml::from_str(r#"
/// api_key = "test-key"
/// api_version = "v1"
/// "#)?;
/// assert_eq!(config.api_version.as_deref(), Some("v1"));
/// # Ok::<_, toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The key. May only be left out where a [`Credentials`](laravel_ai_core::Credentials) port gives one for each call. It
    /// goes in the header `x-goog-api-key` and never into a URL.
    pub api_key: Option<Secret>,
    /// The root of the API, `https://generativelanguage.googleapis.com` if nothing is said. It may end with the version.
    pub base_url: Option<String>,
    /// The version of the API, `v1beta` if nothing is said; empty for a gateway without one.
    pub api_version: Option<String>,
    /// Headers on every request. Their values are treated as secrets.
    pub headers: BTreeMap<String, Secret>,
    /// What is known of the models behind this connection, over what this crate knows.
    pub capabilities: Capabilities,
}

impl Config {
    /// Google itself with this key.
    pub fn new(api_key: Secret) -> Self {
        Self { api_key: Some(api_key), ..Self::default() }
    }

    /// With another root of the API.
    pub fn with_base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// With another version of the API.
    pub fn with_api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = Some(version.into());
        self
    }

    /// The version that goes in front of every path; empty where the base URL has it.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when both have one.
    pub(crate) fn version(&self) -> Result<&str> {
        let base_url = self.base_url.as_deref().unwrap_or(BASE_URL);
        let path = base_url.split(['?', '#']).next().unwrap_or_default();
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let versioned =
            last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        match (&self.api_version, versioned) {
            (Some(version), true) if !version.is_empty() => Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "`base_url` ends with the version `{last}`, and `api_version` is given too: leave one out"
                ),
            )),
            (_, true) => Ok(""),
            (Some(version), false) => Ok(version),
            (None, false) => Ok(API_VERSION),
        }
    }
}
