//! What a program sets itself.

use ai_config::{Config, Environment};

use crate::drivers::{config, table};

#[test]
fn what_is_set_in_code_comes_before_file_and_environment() {
    let text = "default = \"b\"\ndefault_model = \"b/m\"\n[connections.a]\ndriver = \"acme\"\ndefault_model = \"x\"\n[connections.b]\ndriver = \"acme\"";
    let environment = Environment::of([("AI_DEFAULT_MODEL", "b/of-the-environment")]);
    let config = config(text).with_environment(&table(), environment);
    assert_eq!(config.resolve_model(None).unwrap().to_string(), "b/m");
    let config = config.with_connection("a", "other").with_default_model("a/in-code");
    assert_eq!(config.connection("a").unwrap().driver(), "other");
    assert_eq!(config.resolve_model(None).unwrap().to_string(), "a/in-code");
}

#[test]
fn an_empty_configuration_is_told_from_one_that_somebody_wrote() {
    assert!(Config::empty().is_unconfigured());
    assert!(Config::empty().connection("a").is_err());
    assert!(!Config::empty().with_connection("a", "acme").is_unconfigured());
    let of = |variables: &[(&'static str, &'static str)]| {
        Config::from_environment(&table(), Environment::of(variables.iter().copied()))
    };
    assert!(of(&[]).is_unconfigured(), "a local server is there without being asked for");
    assert!(!of(&[("XAI_API_KEY", "k")]).is_unconfigured());
    assert!(!of(&[("AI_DEFAULT_PROVIDER", "local")]).is_unconfigured());
}
