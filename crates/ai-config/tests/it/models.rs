use ai_config::{Config, Environment};

use crate::drivers::{config, table};

fn two() -> Config {
    config(
        r#"
default = "work"
[connections.work]
driver = "acme"
default_model = "vendor/large:free"
[connections.openrouter]
driver = "acme"
"#,
    )
}

fn resolved(config: &Config, model: Option<&str>) -> String {
    match config.resolve_model(model) {
        Ok(name) => format!("{} | {}", name.connection, name.model),
        Err(error) => error.message().to_owned(),
    }
}

#[test]
fn a_name_is_split_at_its_first_slash() {
    let config = two();
    for (name, expected) in [
        ("work/gpt-x", "work | gpt-x"),
        ("openrouter/meta-llama/llama-3:free", "openrouter | meta-llama/llama-3:free"),
        ("openrouter/openrouter/auto", "openrouter | openrouter/auto"),
        ("gpt-x", "work | gpt-x"),
        ("llama3:8b", "work | llama3:8b"),
        (" work/gpt-x ", "work | gpt-x"),
    ] {
        assert_eq!(resolved(&config, Some(name)), expected);
    }
}

#[test]
fn what_can_be_misunderstood_is_refused() {
    let config = two();
    for (name, message) in [
        (
            "wrok/gpt-x",
            "unknown connection `wrok`: did you mean `work`? (connections: work, openrouter); a model whose own name has a slash needs its connection in front: `<connection>/wrok/gpt-x`",
        ),
        ("work", "`work` is a connection: write `work/<model>`, or leave the model out"),
        ("work/", "`work/` names no model"),
        ("", "the model's name is empty"),
        ("  ", "the model's name is empty"),
    ] {
        assert_eq!(resolved(&config, Some(name)), message);
    }
}

#[test]
fn without_a_name_the_connection_then_the_file_then_the_environment_decides() {
    assert_eq!(resolved(&two(), None), "work | vendor/large:free");
    let file = "default_model = \"b/of-the-file\"\n[connections.a]\ndriver = \"acme\"\n[connections.b]\ndriver = \"acme\"";
    let environment =
        || Environment::of([("AI_DEFAULT_PROVIDER", "a"), ("AI_DEFAULT_MODEL", "a/of-the-environment")]);
    let with = |text: &str| config(text).with_environment(&table(), environment());
    assert_eq!(
        resolved(&with(file), None),
        "b | of-the-file",
        "the file's model before the environment's default"
    );
    assert_eq!(
        resolved(&with(&file.replace("default_model = \"b/of-the-file\"\n", "")), None),
        "a | of-the-environment"
    );
    assert_eq!(resolved(&with(&format!("default = \"a\"\n{file}")), None), no_model("a", ""));
    let bare = file.replace("b/of-the-file", "of-the-file");
    assert_eq!(resolved(&with(&bare), None), "a | of-the-file");
}

fn no_model(connection: &str, variable: &str) -> String {
    format!(
        "no model is named for connection `{connection}`: name one in the call, as `{connection}/<model>`, or write `default_model` in [connections.{connection}]{variable}; `ai models {connection}` lists what there is"
    )
}

#[test]
fn no_model_anywhere_says_how_to_find_one() {
    let config = two();
    let error = config.resolve_model_of("openrouter", None).unwrap_err();
    assert_eq!(error.message(), no_model("openrouter", ""));
    let config = Config::from_environment(&table(), Environment::of([("OPENAI_API_KEY", "k")]));
    assert_eq!(resolved(&config, None), no_model("openai", ", or set OPENAI_MODEL"));
    let of = config.resolve_model_of("openai", Some("openai/gpt")).unwrap();
    assert_eq!(of.to_string(), "openai/openai/gpt", "the model of a named connection is taken as it is");
}

#[test]
fn the_default_connection_is_never_a_guess() {
    let of = |variables: &[(&'static str, &'static str)]| {
        let config = Config::from_environment(&table(), Environment::of(variables.iter().copied()));
        match config.default_connection() {
            Ok(connection) => connection.name().to_owned(),
            Err(error) => error.message().to_owned(),
        }
    };
    assert_eq!(
        of(&[("XAI_API_KEY", "k")]),
        "xai",
        "the only one; a local server that may not run does not count"
    );
    assert_eq!(of(&[("XAI_API_KEY", "k"), ("AI_DEFAULT_MODEL", "local/llama")]), "local");
    assert_eq!(
        of(&[("XAI_API_KEY", "k"), ("OPENAI_API_KEY", "k")]),
        "no connection was named and none is the default: name one in the call, or set `default` in ai.toml (connections: openai, xai)"
    );
    assert_eq!(
        of(&[]),
        "no connection is configured; write [connections.<name>] in ai.toml, or set one of the environment variables OPENAI_API_KEY, XAI_API_KEY, CUSTOM_AI_API_KEY, CUSTOM_AI_BASE_URL, CUSTOMAI_API_KEY, CUSTOMAI_BASE_URL, OLLAMA_HOST"
    );
    assert_eq!(
        of(&[("XAI_API_KEY", "k"), ("AI_DEFAULT_PROVIDER", "xia")]),
        "environment variable AI_DEFAULT_PROVIDER: `default`: unknown connection `xia`: did you mean `xai`? (connections: xai, local)"
    );
}
