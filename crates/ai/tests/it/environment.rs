//! Every environment name of the predecessor's documents is understood.

use ai::{Ai, Config, Error, ErrorKind};
use ai_config::{Environment, EnvironmentTable};

// The table is private to the crate, so the test reads it where it is.
#[path = "../../src/environment.rs"]
#[expect(dead_code, reason = "only the table is tested; the process's own environment is not touched")]
mod table;

/// What a variable must do: the dotted key that `ai config show` reports for it.
const NAMES: &[(&str, &str, &str)] = &[
    ("OPENAI_API_KEY", "sk-test", "connections.openai.api_key"),
    ("OPENAI_ORGANIZATION", "org", "connections.openai.organization"),
    ("OPENAI_PROJECT", "proj", "connections.openai.project"),
    ("AI_OPENAI_API", "chat", "connections.openai.api"),
    ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1", "connections.openai.base_url"),
    ("OPENAI_TIMEOUT", "30", "connections.openai.timeout"),
    ("OPENAI_RETRY_ATTEMPTS", "3", "connections.openai.retry_attempts"),
    ("OPENAI_RETRY_DELAY", "1000", "connections.openai.retry_delay"),
    ("OPENAI_MAX_RETRY_DELAY", "30000", "connections.openai.max_retry_delay"),
    ("OPENAI_RPM_LIMIT", "3500", "connections.openai.rate_limiting.requests_per_minute"),
    ("OPENAI_TPM_LIMIT", "90000", "connections.openai.rate_limiting.tokens_per_minute"),
    ("AI_OPENAI_API_KEY", "sk-test", "connections.openai.api_key"),
    ("AI_OPENAI_ORG", "org", "connections.openai.organization"),
    ("AI_XAI_API_KEY", "xai-test", "connections.xai.api_key"),
    ("GEMINI_API_KEY", "test", "connections.gemini.api_key"),
    ("GOOGLE_API_KEY", "test", "connections.gemini.api_key"),
    ("AI_GEMINI_API_KEY", "test", "connections.gemini.api_key"),
    ("XAI_API_KEY", "xai-test", "connections.xai.api_key"),
    ("AI_LOGGING_ENABLED", "true", "connections.openai.logging.enabled"),
    ("AI_LOG_CHANNEL", "default", "connections.openai.logging.channel"),
    ("AI_LOG_LEVEL", "info", "connections.openai.logging.level"),
    ("AI_LOG_INCLUDE_CONTENT", "false", "connections.openai.logging.include_content"),
    ("AI_RATE_LIMITING_ENABLED", "true", "connections.openai.rate_limiting.enabled"),
    ("CUSTOM_AI_API_KEY", "test", "connections.custom.api_key"),
    ("CUSTOM_AI_BASE_URL", "http://127.0.0.1:1/v1", "connections.custom.base_url"),
    ("CUSTOM_AI_TIMEOUT", "30", "connections.custom.timeout"),
    ("CUSTOM_AI_RETRY_ATTEMPTS", "3", "connections.custom.retry_attempts"),
    ("CUSTOM_AI_RETRY_DELAY", "1000", "connections.custom.retry_delay"),
    ("CUSTOM_AI_MAX_RETRY_DELAY", "30000", "connections.custom.max_retry_delay"),
    ("CUSTOM_AI_DEFAULT_MODEL", "custom-model-v1", "connections.custom.default_model"),
    ("CUSTOMAI_API_KEY", "test", "connections.custom.api_key"),
    ("CUSTOMAI_BASE_URL", "http://127.0.0.1:1/v1", "connections.custom.base_url"),
    ("CUSTOMAI_TIMEOUT", "30", "connections.custom.timeout"),
    ("CUSTOMAI_RETRY_ATTEMPTS", "3", "connections.custom.retry_attempts"),
];

fn config(variables: &[(&str, &str)]) -> Config {
    Config::from_environment(&table::table(), Environment::of(variables.iter().copied()))
}

#[test]
fn every_name_of_the_five_documents_has_its_effect() {
    // Enough for both connections to be there, under names that the tested one does not double.
    for (name, value, key) in NAMES {
        let openers: &[(&str, &str)] = match *name {
            "OPENAI_API_KEY" | "AI_OPENAI_API_KEY" => &[],
            "CUSTOM_AI_API_KEY" | "CUSTOMAI_API_KEY" => &[],
            "CUSTOM_AI_BASE_URL" | "CUSTOMAI_BASE_URL" => &[],
            _ => &[("OPENAI_API_KEY", "sk-test"), ("CUSTOM_AI_API_KEY", "test")],
        };
        let config = config(&[openers, &[(*name, *value)]].concat());
        let shown = config.show(&Ai::builder().build().unwrap().known_drivers());
        let found = shown.iter().find(|it| it.key == *key);
        let origin = found.unwrap_or_else(|| panic!("{name} gives no {key}: {shown:?}")).origin.to_string();
        assert_eq!(origin, format!("environment variable {name}"));
        assert_eq!(
            config
                .check(&Ai::builder().build().unwrap().known_drivers())
                .iter()
                .map(ToString::to_string)
                .filter(|it| it.contains(name))
                .collect::<Vec<_>>(),
            Vec::<String>::new()
        );
    }
}

#[test]
fn a_value_that_does_not_fit_names_the_variable_and_not_the_value() {
    let config = config(&[("OPENAI_API_KEY", "sk-test"), ("OPENAI_TIMEOUT", "canary")]);
    let error: Error = config.connection("openai").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("OPENAI_TIMEOUT") && !error.to_string().contains("canary"), "{error}");
}

#[test]
fn nothing_set_is_an_error_that_names_the_variables() {
    let error = config(&[]).default_connection().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error.to_string().contains("OPENAI_API_KEY") && error.to_string().contains("XAI_API_KEY"),
        "{error}"
    );
}

#[test]
fn no_model_anywhere_says_how_to_list_models() {
    let error = config(&[("OPENAI_API_KEY", "sk-test")]).resolve_model(None).unwrap_err();
    assert!(error.to_string().contains("ai models"), "{error}");
    let named = config(&[("OPENAI_API_KEY", "sk-test"), ("AI_DEFAULT_MODEL", "gpt-test")]);
    assert_eq!(named.resolve_model(None).unwrap().to_string(), "openai/gpt-test");
}

#[test]
fn the_mock_is_only_used_when_it_is_asked_for() {
    assert!(config(&[]).resolve_model(None).is_err());
    let asked = config(&[("AI_DEFAULT_PROVIDER", "mock")]);
    assert_eq!(asked.resolve_model(None).unwrap().to_string(), "mock/mock");
}

#[test]
fn no_name_is_listened_to_twice() {
    let table: EnvironmentTable = table::table();
    let mut names: Vec<_> = table.names().collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn a_vendor_without_its_key_names_the_variable_to_set() {
    for variables in [("AI_DEFAULT_PROVIDER", "openai"), ("AI_DEFAULT_MODEL", "openai/gpt-test")] {
        let error = config(&[variables]).default_connection().unwrap_err();
        assert!(error.message().contains("set the environment variable OPENAI_API_KEY"), "{error}");
    }
    let error = config(&[]).connection("custom").unwrap_err();
    assert!(error.message().contains("CUSTOM_AI_API_KEY or CUSTOM_AI_BASE_URL"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_key_that_is_no_text_is_said_to_be_left_out() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let key = OsString::from_vec(b"sk-test-CANARY-\xff".to_vec());
    let config = Config::from_environment(&table::table(), Environment::of([("OPENAI_API_KEY", key)]));
    let error = config.default_connection().unwrap_err();
    assert!(error.message().contains("OPENAI_API_KEY: is not Unicode text"), "{error}");
    assert!(!error.message().contains("CANARY"), "{error}");
    assert!(config.check(&[]).iter().any(|problem| problem.to_string().contains("OPENAI_API_KEY")));
}
