use std::time::Duration;

use ai_config::{Config, Environment, EnvironmentTable, KnownDriver, LogLevel, Severity};
use serde::Deserialize;

use crate::drivers::{Acme, AcmeKeys, Local, config, table};

/// Every name that the five documents of the predecessor use, with a value that fits.
const PREDECESSOR: [(&str, &str); 31] = [
    ("OPENAI_API_KEY", "sk-test"),
    ("OPENAI_ORGANIZATION", "org"),
    ("OPENAI_PROJECT", "proj"),
    ("OPENAI_BASE_URL", "https://api.openai.com/v1"),
    ("OPENAI_TIMEOUT", "30"),
    ("OPENAI_RETRY_ATTEMPTS", "3"),
    ("OPENAI_RETRY_DELAY", "1000"),
    ("OPENAI_MAX_RETRY_DELAY", "30000"),
    ("OPENAI_RPM_LIMIT", "3500"),
    ("OPENAI_TPM_LIMIT", "90000"),
    ("AI_LOGGING_ENABLED", "true"),
    ("AI_LOG_CHANNEL", "default"),
    ("AI_LOG_LEVEL", "info"),
    ("AI_LOG_INCLUDE_CONTENT", "false"),
    ("AI_RATE_LIMITING_ENABLED", "true"),
    ("CUSTOM_AI_API_KEY", "test"),
    ("CUSTOM_AI_BASE_URL", "https://api.custom-ai.com/v1"),
    ("CUSTOM_AI_TIMEOUT", "30"),
    ("CUSTOM_AI_RETRY_ATTEMPTS", "3"),
    ("CUSTOM_AI_RETRY_DELAY", "1000"),
    ("CUSTOM_AI_MAX_RETRY_DELAY", "30000"),
    ("CUSTOM_AI_DEFAULT_MODEL", "custom-model-v1"),
    ("CUSTOMAI_API_KEY", "test"),
    ("CUSTOMAI_BASE_URL", "https://api.customai.com/v1"),
    ("CUSTOMAI_TIMEOUT", "30"),
    ("CUSTOMAI_RETRY_ATTEMPTS", "3"),
    ("AI_OPENAI_API_KEY", "sk-test"),
    ("AI_OPENAI_ORG", "org"),
    ("AI_XAI_API_KEY", "test"),
    ("OPENAI_MODEL", "gpt-test"),
    ("AI_DEFAULT_PROVIDER", "openai"),
];

#[derive(Debug, Deserialize)]
struct OpenAiKeys {
    api_key: String,
    organization: Option<String>,
    project: Option<String>,
    base_url: Option<String>,
}

#[test]
fn every_name_of_the_predecessor_reaches_its_key() {
    let table = table();
    for (name, _) in PREDECESSOR {
        assert!(table.names().any(|known| known == name), "{name} is not in the table");
    }
    let config = Config::from_environment(&table, Environment::of(PREDECESSOR));
    let openai = config.default_connection().unwrap();
    let keys = openai.config::<OpenAiKeys>().unwrap();
    assert_eq!(keys.api_key, "sk-test");
    assert_eq!(keys.organization.as_deref(), Some("org"));
    assert_eq!(keys.project.as_deref(), Some("proj"));
    assert_eq!(keys.base_url.as_deref(), Some("https://api.openai.com/v1"));
    let settings = openai.settings();
    assert_eq!(settings.timeout, Some(Duration::from_secs(30)));
    assert_eq!(settings.retry.attempts.unwrap().get(), 3);
    assert_eq!(settings.retry.delay, Some(Duration::from_millis(1000)));
    assert_eq!(settings.retry.max_delay, Some(Duration::from_secs(30)));
    assert_eq!(settings.rate_limiting.enabled, Some(true));
    assert_eq!(settings.rate_limiting.requests_per_minute.unwrap().get(), 3500);
    assert_eq!(settings.rate_limiting.tokens_per_minute.unwrap().get(), 90_000);
    assert_eq!(settings.logging.enabled, Some(true));
    assert_eq!(settings.logging.channel.as_deref(), Some("default"));
    assert_eq!(settings.logging.level, Some(LogLevel::Info));
    assert_eq!(settings.logging.include_content, Some(false));

    let custom = config.connection("custom-ai").unwrap();
    assert_eq!(custom.settings().retry, settings.retry);
    assert_eq!(custom.settings().timeout, Some(Duration::from_secs(30)));
    assert_eq!(config.resolve_model_of("custom-ai", None).unwrap().model, "custom-model-v1");
    let custom = config.connection("customai").unwrap();
    assert_eq!(custom.settings().retry.attempts.unwrap().get(), 3);
    assert_eq!(custom.config::<AcmeKeys>().unwrap().base_url.unwrap(), "https://api.customai.com/v1");
    assert_eq!(config.connection("xai").unwrap().config::<AcmeKeys>().unwrap().api_key.expose(), "test");
}

#[test]
fn a_vendor_without_its_variables_has_no_connection() {
    let names = |variables: &[(&str, &str)]| -> Vec<String> {
        let environment = Environment::of(variables.iter().copied());
        Config::from_environment(&table(), environment).connection_names().map(str::to_owned).collect()
    };
    assert_eq!(names(&[("OPENAI_TIMEOUT", "3"), ("XAI_API_KEY", "")]), ["local"], "neither opens anything");
    assert_eq!(names(&[("XAI_API_KEY", "k")]), ["xai", "local"]);
    assert_eq!(
        Config::from_environment(&EnvironmentTable::new(), Environment::of(PREDECESSOR))
            .connection_names()
            .count(),
        0
    );
}

#[test]
fn the_first_name_wins_and_a_difference_is_a_warning() {
    let check = |variables: [(&'static str, &'static str); 2]| {
        let config = Config::from_environment(&table(), Environment::of(variables));
        let key = config.connection("openai").unwrap().config::<OpenAiKeys>().unwrap().api_key;
        (key, config.check(&[KnownDriver::of::<Acme>(), KnownDriver::of::<Local>()]))
    };
    let (key, problems) = check([("OPENAI_API_KEY", "first"), ("AI_OPENAI_API_KEY", "second")]);
    assert_eq!(key, "first");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].severity, Severity::Warning);
    assert_eq!(
        problems[0].to_string(),
        "environment variable AI_OPENAI_API_KEY: differs from OPENAI_API_KEY, which means the same and was taken"
    );
    let (key, problems) = check([("OPENAI_API_KEY", ""), ("AI_OPENAI_API_KEY", "second")]);
    assert_eq!((key.as_str(), problems.len()), ("second", 0), "a blank variable is none");
    assert!(check([("OPENAI_API_KEY", "x"), ("AI_OPENAI_API_KEY", "x")]).1.is_empty());
}

#[test]
fn the_file_comes_before_the_environment() {
    let text = r#"
[retry]
delay = 7
[connections.openai]
driver = "acme"
base_url = "https://proxy.example.com"
retry_attempts = 9
rate_limiting = { requests_per_minute = 1 }
"#;
    let config = config(text).with_environment(&table(), Environment::of(PREDECESSOR));
    let openai = config.connection("openai").unwrap();
    let keys = openai.config::<OpenAiKeys>().unwrap();
    assert_eq!(keys.base_url.as_deref(), Some("https://proxy.example.com"));
    assert_eq!(keys.api_key, "sk-test", "completed by its vendor's variables");
    let settings = openai.settings();
    assert_eq!(settings.retry.attempts.unwrap().get(), 9, "flat in the file over flat in the environment");
    assert_eq!(
        settings.retry.delay,
        Some(Duration::from_secs(7)),
        "nested in the file over flat in the environment"
    );
    assert_eq!(settings.retry.max_delay, Some(Duration::from_secs(30)), "from the environment");
    assert_eq!(settings.rate_limiting.requests_per_minute.unwrap().get(), 1);
    assert_eq!(settings.rate_limiting.tokens_per_minute.unwrap().get(), 90_000);
    assert_eq!(settings.rate_limiting.enabled, Some(true));
    let xai = config.connection("xai").unwrap();
    assert_eq!(xai.settings().retry.delay, Some(Duration::from_secs(7)), "for all connections");
}

#[test]
fn a_connection_of_another_name_or_driver_gets_no_key_from_the_environment() {
    let config = config("[connections.work]\ndriver = \"acme\"\n[connections.openai]\ndriver = \"other\"")
        .with_environment(&table(), Environment::of(PREDECESSOR));
    for name in ["work", "openai"] {
        let error = config.connection(name).unwrap().config::<OpenAiKeys>().unwrap_err();
        assert!(error.message().contains("missing key `api_key`"), "{error}");
    }
    assert_eq!(config.connection("openai").unwrap().settings().timeout, None);
}

#[test]
fn a_missing_key_of_a_vendor_names_its_variable() {
    let config =
        config("[connections.openai]\ndriver = \"acme\"").with_environment(&table(), Environment::empty());
    let error = config.connection("openai").unwrap().config::<AcmeKeys>().unwrap_err();
    assert_eq!(
        error.message(),
        "ai.toml:1:14: missing key `api_key` in [connections.openai] (driver acme): set it, or the environment variable OPENAI_API_KEY"
    );
}

#[test]
fn a_bad_variable_stops_only_the_connection_that_uses_it() {
    let variables = [("OPENAI_API_KEY", "k"), ("OPENAI_RPM_LIMIT", "many"), ("XAI_API_KEY", "k")];
    let config = Config::from_environment(&table(), Environment::of(variables));
    assert!(config.connection("xai").is_ok());
    assert_eq!(
        config.connection("openai").unwrap_err().message(),
        "environment variable OPENAI_RPM_LIMIT: `rate_limiting.requests_per_minute` in connection `openai`: expected an integer, found other text"
    );
    let bad = Environment::of([("XAI_API_KEY", "k"), ("AI_LOG_INCLUDE_CONTENT", "maybe")]);
    let config = Config::from_environment(&table(), bad);
    assert!(config.connection("xai").unwrap_err().message().contains("AI_LOG_INCLUDE_CONTENT"));
    let problems = config.check(&[KnownDriver::of::<Acme>(), KnownDriver::of::<Local>()]);
    assert_eq!(problems.len(), 1, "said once, not once for each connection: {problems:?}");
}

#[test]
fn a_vendors_own_value_holds_where_nothing_else_is_said() {
    let table = EnvironmentTable::new().with_vendor(
        ai_config::VendorVariables::new("acme", "acme")
            .opened_by("api_key", &["ACME_KEY"])
            .with("base_url", &["ACME_URL"])
            .with_value("base_url", "https://built.in"),
    );
    let url = |text: &str, variables: &[(&'static str, &'static str)]| {
        let config = config(text).with_environment(&table, Environment::of(variables.iter().copied()));
        config.connection("acme").unwrap().config::<AcmeKeys>().unwrap().base_url.unwrap()
    };
    let (key, file) =
        (("ACME_KEY", "k"), "[connections.acme]\ndriver = \"acme\"\nbase_url = \"https://file\"");
    assert_eq!(url("", &[key]), "https://built.in");
    assert_eq!(url("", &[key, ("ACME_URL", "https://variable")]), "https://variable");
    assert_eq!(url(file, &[key, ("ACME_URL", "https://variable")]), "https://file");
}
