use ai_config::{Environment, KnownDriver};

use crate::drivers::{Acme, Local, config, table};

#[test]
fn the_configuration_in_effect_is_shown_without_its_secrets() {
    let text = r#"
default = "work"
timeout = "30s"
[connections.work]
driver = "acme"
api_key = "sk-test-SECRET-1234567890"
base_url = "https://me:SECRET@example.com/v1?key=SECRET"
retries = 3
models = ["a", { env = "MISSING" }]
headers = { x-team = "SECRET-VALUE", x-number = 5 }
[connections.home]
driver = "acme"
api_key = { env = "HOME_KEY" }
organization = { file = "no/such/file" }
"#;
    let variables = [
        ("HOME_KEY", "SECRET"),
        ("OPENAI_API_KEY", "SECRET"),
        ("AI_LOG_LEVEL", "info"),
        ("OPENAI_TPM_LIMIT", "90"),
    ];
    let shown: Vec<_> = config(text)
        .with_environment(&table(), Environment::of(variables))
        .show(&[KnownDriver::of::<Acme>(), KnownDriver::of::<Local>()])
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = r#"default = "work"  # ai.toml:2:11
connections.work.driver = "acme"  # ai.toml:5:10
connections.work.api_key = "***7890"  # ai.toml:6:11
connections.work.base_url = "https://***@example.com/v1?***"  # ai.toml:7:12
connections.work.retries = 3  # ai.toml:8:11
connections.work.models = ["a", { env = "MISSING" } (not set)]  # ai.toml:9:10
connections.work.headers.x-team = "***"  # ai.toml:10:22
connections.work.headers.x-number = "***"  # ai.toml:10:49
connections.work.timeout = "30s"  # ai.toml:3:11
connections.work.logging.level = "info"  # environment variable AI_LOG_LEVEL
connections.home.driver = "acme"  # ai.toml:12:10
connections.home.api_key = { env = "HOME_KEY" } (set)  # ai.toml:13:11
connections.home.organization = { file = "no/such/file" } (not readable)  # ai.toml:14:16
connections.home.timeout = "30s"  # ai.toml:3:11
connections.home.logging.level = "info"  # environment variable AI_LOG_LEVEL
connections.openai.timeout = "30s"  # ai.toml:3:11
connections.openai.api_key = "***"  # environment variable OPENAI_API_KEY
connections.openai.rate_limiting.tokens_per_minute = "90"  # environment variable OPENAI_TPM_LIMIT
connections.openai.driver = "acme"  # built in
connections.openai.logging.level = "info"  # environment variable AI_LOG_LEVEL
connections.local.timeout = "30s"  # ai.toml:3:11
connections.local.driver = "local"  # built in
connections.local.logging.level = "info"  # environment variable AI_LOG_LEVEL"#;
    assert_eq!(shown.join("\n"), expected);
}
