//! Drivers as the application would have them.

use std::collections::BTreeMap;
use std::sync::Arc;

use ai_config::{Config, Environment, EnvironmentTable, VendorVariables};
use laravel_ai_core::{Driver, ErrorKind, Provider, Resources, Result, Secret};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct AcmeKeys {
    pub(crate) api_key: Secret,
    pub(crate) base_url: Option<String>,
    pub(crate) organization: Option<String>,
    pub(crate) headers: Option<BTreeMap<String, Secret>>,
    pub(crate) region: Option<Region>,
    pub(crate) retries: Option<u16>,
    pub(crate) pool: Option<Pool>,
    pub(crate) models: Option<Vec<String>>,
    pub(crate) verbose: Option<bool>,
    pub(crate) ratio: Option<f64>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Region {
    Europe,
    America,
    Zone { name: String },
}

#[derive(Debug, Deserialize)]
pub(crate) struct Pool {
    pub(crate) size: u8,
    pub(crate) idle_seconds: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Acme;

impl Driver for Acme {
    const NAME: &'static str = "acme";
    type Config = AcmeKeys;

    fn connect(_: &str, _: AcmeKeys, _: &Resources) -> Result<Arc<dyn Provider>> {
        Err(ErrorKind::Unsupported.into())
    }
}

/// A driver that needs no key.
#[derive(Debug)]
pub(crate) struct Local;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LocalKeys {
    #[expect(dead_code, reason = "only its presence is tested")]
    base_url: Option<String>,
}

impl Driver for Local {
    const NAME: &'static str = "local";
    type Config = LocalKeys;

    fn connect(_: &str, _: LocalKeys, _: &Resources) -> Result<Arc<dyn Provider>> {
        Err(ErrorKind::Unsupported.into())
    }
}

pub(crate) fn table() -> EnvironmentTable {
    EnvironmentTable::new()
        .with("default", &["AI_DEFAULT_PROVIDER"])
        .with("default_model", &["AI_DEFAULT_MODEL"])
        .with("logging.enabled", &["AI_LOGGING_ENABLED"])
        .with("logging.channel", &["AI_LOG_CHANNEL"])
        .with("logging.level", &["AI_LOG_LEVEL"])
        .with("logging.include_content", &["AI_LOG_INCLUDE_CONTENT"])
        .with("rate_limiting.enabled", &["AI_RATE_LIMITING_ENABLED"])
        .with_vendor(
            VendorVariables::new("openai", "acme")
                .opened_by("api_key", &["OPENAI_API_KEY", "AI_OPENAI_API_KEY"])
                .with("organization", &["OPENAI_ORGANIZATION", "OPENAI_ORG_ID", "AI_OPENAI_ORG"])
                .with("project", &["OPENAI_PROJECT", "OPENAI_PROJECT_ID"])
                .with("base_url", &["OPENAI_BASE_URL"])
                .with("default_model", &["OPENAI_MODEL"])
                .with("timeout", &["OPENAI_TIMEOUT"])
                .with("retry_attempts", &["OPENAI_RETRY_ATTEMPTS"])
                .with("retry_delay", &["OPENAI_RETRY_DELAY"])
                .with("max_retry_delay", &["OPENAI_MAX_RETRY_DELAY"])
                .with("rate_limiting.requests_per_minute", &["OPENAI_RPM_LIMIT"])
                .with("rate_limiting.tokens_per_minute", &["OPENAI_TPM_LIMIT"]),
        )
        .with_vendor(
            VendorVariables::new("xai", "acme").opened_by("api_key", &["XAI_API_KEY", "AI_XAI_API_KEY"]),
        )
        .with_vendor(
            VendorVariables::new("custom-ai", "acme")
                .opened_by("api_key", &["CUSTOM_AI_API_KEY"])
                .opened_by("base_url", &["CUSTOM_AI_BASE_URL"])
                .with("timeout", &["CUSTOM_AI_TIMEOUT"])
                .with("retry_attempts", &["CUSTOM_AI_RETRY_ATTEMPTS"])
                .with("retry_delay", &["CUSTOM_AI_RETRY_DELAY"])
                .with("max_retry_delay", &["CUSTOM_AI_MAX_RETRY_DELAY"])
                .with("default_model", &["CUSTOM_AI_DEFAULT_MODEL"]),
        )
        .with_vendor(
            VendorVariables::new("customai", "acme")
                .opened_by("api_key", &["CUSTOMAI_API_KEY"])
                .opened_by("base_url", &["CUSTOMAI_BASE_URL"])
                .with("timeout", &["CUSTOMAI_TIMEOUT"])
                .with("retry_attempts", &["CUSTOMAI_RETRY_ATTEMPTS"]),
        )
        .with_vendor(VendorVariables::new("local", "local").opened_by("base_url", &["OLLAMA_HOST"]).always())
}

pub(crate) fn config(text: &str) -> Config {
    Config::parse("ai.toml", text).unwrap()
}

/// The connection `work` of the driver `acme` with these further lines; the first is line 3.
pub(crate) fn work(lines: &str) -> Config {
    config(&format!("[connections.work]\ndriver = \"acme\"\n{lines}"))
}

/// The keys of `work`, or the error's message.
pub(crate) fn keys(lines: &str) -> Result<AcmeKeys, String> {
    keys_with(lines, Environment::empty())
}

pub(crate) fn keys_with(lines: &str, environment: Environment) -> Result<AcmeKeys, String> {
    let config = work(lines).with_environment(&EnvironmentTable::new(), environment);
    let keys = config.connection("work").and_then(|connection| connection.config());
    keys.map_err(|error| error.message().to_owned())
}
