//! What configuration says of a connection.

use std::collections::BTreeMap;

use laravel_ai_core::{Capabilities, Secret};
use serde::Deserialize;

use crate::options::OllamaOptions;

/// The configuration of a connection with the driver `ollama`. Nothing of it is needed for a server on this machine.
///
/// ```
/// # use provider_ollama::Config;
/// let config: Config = toml::from_str(r#"
/// base_url = "gpu-box:11434"
/// options = { num_ctx = 16384, keep_alive = "30m" }
/// "#)?;
/// assert_eq!(config.options.num_ctx, Some(16_384));
/// # Ok::<_, toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Where the server is, `http://127.0.0.1:11434` if nothing is said. Taken in every form that Ollama's own programs take
    /// in `OLLAMA_HOST`: scheme and port may be left out, and `0.0.0.0` is this machine. `ollama.com` is the hosted service.
    pub base_url: Option<String>,
    /// The key, which only the hosted service wants.
    pub api_key: Option<Secret>,
    /// Headers on every request. Their values are treated as secrets.
    pub headers: BTreeMap<String, Secret>,
    /// Options of every request where the request has none of its own.
    pub options: OllamaOptions,
    /// What is known of the models behind this connection.
    pub capabilities: Capabilities,
}

impl Config {
    /// The server on this machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ollama's hosted service with this key.
    pub fn hosted(api_key: Secret) -> Self {
        Self { base_url: Some(crate::host::HOSTED.to_owned()), api_key: Some(api_key), ..Self::default() }
    }

    /// With another server.
    pub fn with_base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// With options for every request.
    pub fn with_options(mut self, options: OllamaOptions) -> Self {
        self.options = options;
        self
    }
}
