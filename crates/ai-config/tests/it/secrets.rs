//! No secret leaves through an error or a debug print.

use ai_config::{Config, Environment};
use proptest::prelude::*;
use serde::Deserialize;

use crate::drivers::{AcmeKeys, keys, keys_with, table, work};

const KEY: &str = "sk-test-SECRET-1234567890";

#[test]
fn a_broken_line_is_not_shown() {
    for text in [
        format!("[connections.work]\napi_key = \"{KEY}"),
        format!("[connections.work]\napi_key = {KEY}"),
        format!("[connections.work]\napi_key = '{KEY}' trailing"),
        format!("api_key \"{KEY}\""),
    ] {
        let error = Config::parse("ai.toml", &text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
        assert!(error.message().contains("ai.toml:"), "{error}");
    }
}

#[test]
fn a_value_of_the_wrong_type_is_not_shown() {
    for line in
        [format!("api_key = [\"{KEY}\"]"), format!("retries = \"{KEY}\""), format!("region = \"{KEY}\"")]
    {
        let message = keys(&line).unwrap_err();
        assert!(!message.contains("SECRET"), "{message}");
    }
}

#[test]
fn debug_prints_hold_no_values() {
    let config = work(&format!("api_key = \"{KEY}\"\nheaders = {{ x = \"{KEY}\" }}"))
        .with_environment(&table(), Environment::of([("OPENAI_API_KEY", KEY)]));
    let connection = config.connection("work").unwrap();
    let keys = connection.config::<AcmeKeys>().unwrap();
    assert_eq!(keys.api_key.expose(), KEY);
    for text in
        [format!("{config:?}"), format!("{connection:?}"), format!("{keys:?}"), format!("{config:#?}")]
    {
        assert!(!text.contains("SECRET"), "{text}");
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Talkative;

impl TryFrom<String> for Talkative {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Err(format!("I don't like `{text}`\nat all"))
    }
}

#[derive(Debug, Deserialize)]
struct TalkativeKeys {
    #[expect(dead_code, reason = "never read: its decoding always fails")]
    api_key: Option<Talkative>,
    #[expect(dead_code, reason = "never read: its decoding always fails")]
    base_url: Option<Talkative>,
}

#[test]
fn a_drivers_own_message_is_cleaned_of_secrets() {
    let message = |lines: &str| {
        let config = work(lines).with_environment(&table(), Environment::of([("VARIABLE", KEY)]));
        config.connection("work").unwrap().config::<TalkativeKeys>().unwrap_err().message().to_owned()
    };
    assert_eq!(
        message(&format!("api_key = \"{KEY}\"")),
        "ai.toml:3:11: `api_key` in [connections.work] (driver acme): I don't like `***` at all"
    );
    assert!(message("base_url = \"ftp://me:pass@x\"").contains("I don't like `***` at all"));
    assert!(message("base_url = { env = \"VARIABLE\" }").contains("I don't like `***` at all"));
    assert!(
        message("base_url = \"ftp://x\"").contains("I don't like `ftp://x` at all"),
        "no secret, so it helps"
    );
}

#[test]
fn a_variable_that_does_not_fit_is_named_without_its_value() {
    let environment = Environment::of([("OPENAI_API_KEY", KEY), ("OPENAI_TIMEOUT", KEY)]);
    let config = Config::from_environment(&table(), environment);
    let error = config.connection("openai").unwrap_err();
    assert!(
        error
            .message()
            .starts_with("environment variable OPENAI_TIMEOUT: `timeout` in connection `openai`: expected")
    );
    assert!(!error.message().contains("SECRET"));
    let message = keys_with("retries = { env = \"N\" }", Environment::of([("N", KEY)])).unwrap_err();
    assert!(message.contains("`retries`") && !message.contains("SECRET"), "{message}");
}

proptest! {
    /// Whatever stands in a file, no error repeats the key in it.
    #[test]
    fn no_mutation_of_a_file_makes_an_error_that_shows_the_key(at in 0usize..120, junk in "[\\x20-\\x7e\n]{0,3}") {
        let mut text = format!("[connections.work]\ndriver = \"acme\"\nretries = 3\napi_key = \"{KEY}\"\nbase_url = \"https://example.com\"\n");
        let at = at.min(text.len());
        text.insert_str(at, &junk);
        let result = Config::parse("ai.toml", &text).and_then(|config| {
            config.connection("work").and_then(|connection| connection.config::<AcmeKeys>())
        });
        if let Err(error) = result {
            // Half of the key can become a key of TOML's own, which is shown: that is a name, not a value.
            prop_assert!(!format!("{error} {error:?}").contains(KEY), "{}", error);
        }
    }

    #[test]
    fn reading_never_panics(text in "\\PC{0,80}") {
        let _ = Config::parse("ai.toml", &text);
    }
}
