//! The environment variables that the library listens to. Only this file reads the process's environment, and only
//! this crate knows vendors.

#[cfg(any(
    feature = "mock",
    feature = "openai",
    feature = "xai",
    feature = "openai-compatible",
    feature = "gemini",
    feature = "ollama"
))]
use ai_config::VendorVariables;
use ai_config::{Environment, EnvironmentTable};

/// The environment of the process, read at the moment when a variable is needed.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(crate) fn of_the_process() -> Environment {
    Environment::new(|name| std::env::var_os(name))
}

/// Whether this is a run of continuous integration, as its services say it.
#[cfg(feature = "cassettes")]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// Every name that is listened to: the vendors' own, and those of the Laravel predecessor. The first of several
/// names wins.
pub(crate) fn table() -> EnvironmentTable {
    let table = EnvironmentTable::new()
        .with("default", &["AI_DEFAULT_PROVIDER"])
        .with("default_model", &["AI_DEFAULT_MODEL"])
        .with("database.url", &["AI_DATABASE_URL"])
        .with("logging.enabled", &["AI_LOGGING_ENABLED"])
        .with("logging.channel", &["AI_LOG_CHANNEL"])
        .with("logging.level", &["AI_LOG_LEVEL"])
        .with("logging.include_content", &["AI_LOG_INCLUDE_CONTENT"])
        .with("rate_limiting.enabled", &["AI_RATE_LIMITING_ENABLED"]);
    #[cfg(any(feature = "openai", feature = "openai-compatible"))]
    let table = table.with_vendor(openai());
    #[cfg(any(feature = "gemini", feature = "openai-compatible"))]
    let table = table.with_vendor(gemini());
    #[cfg(any(feature = "xai", feature = "openai-compatible"))]
    let table = table.with_vendor(xai());
    #[cfg(feature = "openai-compatible")]
    let table = table.with_vendor(custom());
    #[cfg(feature = "ollama")]
    let table = table.with_vendor(
        VendorVariables::new("ollama", "ollama")
            .opened_by("base_url", &["OLLAMA_HOST"])
            .with("api_key", &["OLLAMA_API_KEY"])
            .with("default_model", &["OLLAMA_MODEL"]),
    );
    #[cfg(feature = "mock")]
    let table =
        table.with_vendor(VendorVariables::new("mock", "mock").with_value("default_model", "mock").always());
    table
}

/// The settings that the library keeps of a connection, named after its vendor.
#[cfg(any(feature = "openai", feature = "xai", feature = "gemini", feature = "openai-compatible"))]
macro_rules! with_settings {
    ($variables:expr, $vendor:literal) => {
        $variables
            .with("timeout", &[concat!($vendor, "_TIMEOUT")])
            .with("retry_attempts", &[concat!($vendor, "_RETRY_ATTEMPTS")])
            .with("retry_delay", &[concat!($vendor, "_RETRY_DELAY")])
            .with("max_retry_delay", &[concat!($vendor, "_MAX_RETRY_DELAY")])
            .with("rate_limiting.requests_per_minute", &[concat!($vendor, "_RPM_LIMIT")])
            .with("rate_limiting.tokens_per_minute", &[concat!($vendor, "_TPM_LIMIT")])
    };
}

/// OpenAI by its own driver, and where that is left out by the one for Chat Completions.
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
fn openai() -> VendorVariables {
    const ORGANIZATION: &[&str] = &["OPENAI_ORG_ID", "OPENAI_ORGANIZATION", "AI_OPENAI_ORG"];
    const PROJECT: &[&str] = &["OPENAI_PROJECT_ID", "OPENAI_PROJECT"];
    #[cfg(feature = "openai")]
    let openai = VendorVariables::new("openai", "openai")
        .with("organization", ORGANIZATION)
        .with("project", PROJECT)
        .with("api", &["AI_OPENAI_API"]);
    #[cfg(not(feature = "openai"))]
    let openai = VendorVariables::new("openai", "openai-compatible")
        .with_value("base_url", "https://api.openai.com/v1")
        .with("headers.OpenAI-Organization", ORGANIZATION)
        .with("headers.OpenAI-Project", PROJECT);
    let openai = openai
        .opened_by("api_key", &["OPENAI_API_KEY", "AI_OPENAI_API_KEY"])
        .with("base_url", &["OPENAI_BASE_URL"])
        .with("default_model", &["OPENAI_MODEL"]);
    with_settings!(openai, "OPENAI")
}

/// Gemini by its own driver, and where that is left out by its endpoint for Chat Completions.
#[cfg(any(feature = "gemini", feature = "openai-compatible"))]
fn gemini() -> VendorVariables {
    #[cfg(feature = "gemini")]
    let gemini = VendorVariables::new("gemini", "gemini")
        .with("base_url", &["GEMINI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"]);
    #[cfg(not(feature = "gemini"))]
    let gemini = VendorVariables::new("gemini", "openai-compatible")
        .with_value("base_url", "https://generativelanguage.googleapis.com/v1beta/openai");
    let gemini = gemini
        .opened_by("api_key", &["GEMINI_API_KEY", "GOOGLE_API_KEY", "AI_GEMINI_API_KEY"])
        .with("default_model", &["GEMINI_MODEL"]);
    with_settings!(gemini, "GEMINI")
}

/// xAI by its own driver, and where that is left out by the one for Chat Completions.
#[cfg(any(feature = "xai", feature = "openai-compatible"))]
fn xai() -> VendorVariables {
    #[cfg(feature = "xai")]
    let xai = VendorVariables::new("xai", "xai").with("api", &["AI_XAI_API"]);
    #[cfg(not(feature = "xai"))]
    let xai = VendorVariables::new("xai", "openai-compatible").with_value("base_url", "https://api.x.ai/v1");
    let xai = xai
        .opened_by("api_key", &["XAI_API_KEY", "AI_XAI_API_KEY"])
        .with("base_url", &["XAI_BASE_URL"])
        .with("default_model", &["XAI_MODEL"]);
    with_settings!(xai, "XAI")
}

/// A server of one's own that speaks Chat Completions.
#[cfg(feature = "openai-compatible")]
fn custom() -> VendorVariables {
    VendorVariables::new("custom", "openai-compatible")
        .opened_by("api_key", &["CUSTOM_AI_API_KEY", "CUSTOMAI_API_KEY"])
        .opened_by("base_url", &["CUSTOM_AI_BASE_URL", "CUSTOMAI_BASE_URL"])
        .with("default_model", &["CUSTOM_AI_DEFAULT_MODEL"])
        .with("timeout", &["CUSTOM_AI_TIMEOUT", "CUSTOMAI_TIMEOUT"])
        .with("retry_attempts", &["CUSTOM_AI_RETRY_ATTEMPTS", "CUSTOMAI_RETRY_ATTEMPTS"])
        .with("retry_delay", &["CUSTOM_AI_RETRY_DELAY"])
        .with("max_retry_delay", &["CUSTOM_AI_MAX_RETRY_DELAY"])
}

#[cfg(test)]
#[cfg(all(
    feature = "mock",
    feature = "openai",
    feature = "xai",
    feature = "openai-compatible",
    feature = "gemini",
    feature = "ollama"
))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_book_names_every_variable_and_no_other() {
        let page = include_str!("../../../docs/guide/configuration.md");
        let section =
            page.split("\n## ").find(|section| section.starts_with("The environment")).unwrap_or_default();
        let is_name =
            |word: &&str| word.contains('_') && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        let named: BTreeSet<&str> = section.split('`').skip(1).step_by(2).filter(is_name).collect();
        let read: BTreeSet<&str> = table().names().collect();
        assert_eq!(named, read);
    }
}
