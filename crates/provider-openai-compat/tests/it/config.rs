//! Configuration.

use laravel_ai_core::{Driver, ErrorKind};
use provider_openai_compat::{Config, Dialect, MaxTokens, OpenAiCompatible, Parameter, Quirks};

use crate::support::{BASE, Script, provider};

fn refused(config: &str) -> String {
    let script = Script::new([]);
    let config: Config = toml::from_str(config).unwrap();
    let error = OpenAiCompatible::connect("work", config, &script.resources()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    error.message().to_owned()
}

#[test]
fn every_key_can_be_set() {
    let config: Config = toml::from_str(
        r#"
        base_url = "https://api.example.com/v1"
        api_key = "test-canary-key-0123"
        headers = { "X-Title" = "canary app" }
        query = { api-version = "2026 01" }
        capabilities = { tools = true, context_tokens = 4096 }
        [quirks]
        max_tokens = "max_completion_tokens"
        system_role = "developer"
        limits_tool_names = true
        allowed_tools = true
        stream_usage = false
        without_obfuscation = true
        reasoning = "reasoning"
        reasoning_replay = "with_tool_calls"
        reasoning_name = "reasoning"
        reasoning_tokens = "outside"
        images = "inline"
        tool_result_images = true
        arguments = "object"
        empty_content = "empty"
        refusal_parts = true
        joins_texts = true
        cache_breakpoints = true
        end_user = "safety_identifier"
        base64_embeddings = false
        unsupported = ["top_k", "seed"]
        max_stop_texts = 4
        max_embedding_inputs = 10
        "#,
    )
    .unwrap();
    let dialect = config.quirks.apply(Dialect::new("x"));
    assert_eq!(dialect.max_tokens, MaxTokens::MaxCompletionTokens);
    assert!(dialect.unsupported.contains(Parameter::Seed) && !dialect.unsupported.contains(Parameter::TopP));
    assert_eq!((dialect.max_stop_texts, dialect.max_embedding_inputs), (Some(4), Some(10)));
    assert_eq!(Quirks::default().apply(Dialect::new("x")).max_tokens, MaxTokens::MaxTokens);

    let script = Script::new([]);
    let provider = provider(&script, config.clone());
    let description = provider.describe();
    assert_eq!((description.connection.as_str(), description.driver.as_str()), ("work", "openai-compatible"));
    assert_eq!(description.endpoint, "https://api.example.com/v1");
    for text in [format!("{config:?}"), format!("{description:?}"), format!("{provider:?}")] {
        assert!(!text.contains("canary"), "{text}");
    }
    let model = provider.chat_model("m").unwrap();
    assert_eq!(model.capabilities().tools, Some(true));
    assert_eq!(model.capabilities().streaming, Some(true));
    assert!(!format!("{model:?}").contains("canary"));
}

#[test]
fn unknown_keys_and_words_are_found() {
    for (config, word) in [
        ("base_url = \"x\"\nbase_ur = 1", "base_ur"),
        ("base_url = \"x\"\n[quirks]\nmax_token = \"max_tokens\"", "max_token"),
        ("base_url = \"x\"\n[quirks]\nmax_tokens = \"tokens\"", "tokens"),
        ("base_url = \"x\"\n[quirks]\nunsupported = [\"heat\"]", "heat"),
        ("api_key = \"x\"", "base_url"),
    ] {
        let error = toml::from_str::<Config>(config).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_base_url_that_cannot_work_says_why() {
    for (url, word) in [
        ("localhost:8080/v1", "http://localhost:8080/v1"),
        ("http://localhost:8080/v1 ", "blanks"),
        ("http://localhost:8080/v1/chat/completions", "/chat/completions"),
        ("http://localhost:8080/v1/chat/completions/", "/chat/completions"),
        ("https://api.example.com/v1/embeddings?api-version=1", "/embeddings"),
        ("https://api.example.com/v1/models", "/models"),
        ("ftp://example.com", "neither http nor https"),
        ("http://", "can't be read"),
        ("", "no scheme"),
        ("https://user:canary@example.com/v1", "credentials"),
        ("https://example.com/v1?api-version=1&key=canary", "`query`"),
        ("https://example.com/v1?Subscription-Key=canary", "Subscription-Key"),
        ("https://example.com/v1?access_token=canary", "access_token"),
    ] {
        let message = refused(&format!("base_url = \"{url}\""));
        assert!(message.contains(word) && message.contains("`work`"), "{url}: {message}");
        assert!(!message.contains("canary"), "{message}");
    }
    let script = Script::new([]);
    for right in [BASE, "http://localhost:8080/v1/", "https://example.com", "https://example.com/api/v1?x=1"]
    {
        provider(&script, Config::new(right));
    }
}

#[test]
fn keys_and_headers_that_cannot_be_sent_are_told_without_showing_them() {
    for (line, word) in [
        ("api_key = \"canary\\n\"", "line break"),
        ("api_key = \"  \"", "empty"),
        ("headers = { \"X-Title\" = \"canary\\t\" }", "X-Title"),
        ("headers = { \"X Title\" = \"canary\" }", "X Title"),
        ("headers = { \"Content-Length\" = \"canary\" }", "content-length"),
    ] {
        let message = refused(&format!("base_url = \"{BASE}\"\n{line}"));
        assert!(message.contains("connection `work`") && message.contains(word), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
}
