//! The live tier of the testkit against real endpoints: cheap models, short prompts, a cap on calls and tokens.
//!
//! Run by `cargo xtask e2e` with `tests/credentials/e2e-credentials.json`; the example beside it shows the form. What has
//! no credentials is skipped and named; a file that can't be read is a failure.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod cap;
mod credentials;
#[path = "../served/mod.rs"]
mod served;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ai::TokioClock;
use laravel_ai_core::{Driver as _, Provider, Resources, Secret};
use provider_http::ReqwestTransport;
use provider_testkit::live::{LIVE_LAWS, LiveSubject, check};

use self::cap::{Cap, Capped};
use self::credentials::{Entry, PROVIDERS, parse, read};

const MAX_CALLS: u64 = 20;
const MAX_TOKENS: u64 = 20_000;

/// Opens a provider; the model is the cheapest that keeps the laws, unless the file names one.
fn open(name: &str, entry: &Entry, resources: &Resources) -> Result<(Arc<dyn Provider>, String), String> {
    let key = || entry.api_key.clone().ok_or(format!("{name}: `api_key` is missing: add it to the file"));
    let needed = |what: &Option<String>, field| {
        what.clone().ok_or(format!("{name}: `{field}` is missing: add it to the file"))
    };
    let model = |default: &str| entry.model.clone().unwrap_or_else(|| default.to_owned());
    let (provider, model) = match name {
        "openai" => {
            let mut config = provider_openai::Config::new(key()?);
            config.base_url = entry.base_url.clone();
            (provider_openai::OpenAi::connect(name, config, resources), model("gpt-4.1-nano"))
        }
        "gemini" => {
            let mut config = provider_gemini::Config::new(key()?);
            config.base_url = entry.base_url.clone();
            (provider_gemini::Gemini::connect(name, config, resources), model("gemini-2.5-flash-lite"))
        }
        "xai" => {
            let mut config = provider_xai::Config::new(key()?);
            config.base_url = entry.base_url.clone();
            (provider_xai::Xai::connect(name, config, resources), model("grok-4.20-non-reasoning"))
        }
        "ollama" => {
            let mut config = provider_ollama::Config::new();
            (config.base_url, config.api_key) = (entry.base_url.clone(), entry.api_key.clone());
            (provider_ollama::Ollama::connect(name, config, resources), needed(&entry.model, "model")?)
        }
        _ => {
            let mut config = provider_openai_compat::Config::new(needed(&entry.base_url, "base_url")?);
            config.api_key = entry.api_key.clone();
            let opened = provider_openai_compat::OpenAiCompatible::connect(name, config, resources);
            (opened, needed(&entry.model, "model")?)
        }
    };
    Ok((provider.map_err(|error| format!("{name}: {error}"))?, model))
}

/// Every provider of the file through every law. What was done, line by line, and what went wrong.
async fn run(entries: &BTreeMap<String, Entry>) -> (Vec<String>, Result<(), String>) {
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    let resources = Resources::new(transport, Arc::new(TokioClock::default()));
    let (mut told, mut wrong) = (Vec::new(), Vec::new());
    for name in PROVIDERS {
        let Some(entry) = entries.get(name) else {
            told.push(format!("{name}: skipped, there are no credentials for it"));
            continue;
        };
        let cap = Cap::new(entry.max_calls.unwrap_or(MAX_CALLS), entry.max_tokens.unwrap_or(MAX_TOKENS));
        let opened = open(name, entry, &resources).and_then(|(provider, model)| {
            provider.chat_model(&model).map_err(|error| format!("{name}: {error}"))
        });
        let model = match opened {
            Ok(model) => model,
            Err(problem) => return (told, Err(problem)),
        };
        let mut subject = LiveSubject::new(Arc::new(Capped(model, Arc::clone(&cap))));
        for (law, reason) in &entry.without {
            subject = subject.without(law, reason);
        }
        for law in LIVE_LAWS {
            let outcome = check(&subject, law).await;
            if cap.reached.load(Ordering::Relaxed) {
                let (calls, tokens) = (cap.max_calls, cap.max_tokens);
                let problem = format!(
                    "{name}, {}: the cap of {calls} calls and {tokens} tokens is reached: raise `max_calls` or \
                     `max_tokens` in the file if that is meant",
                    law.name
                );
                return (told, Err(problem));
            }
            if let Err(violation) = outcome {
                wrong.push(format!("{name}, {}: {violation}", law.name));
            }
        }
        told.push(format!(
            "{name}: asked, {} of at most {} calls, {} of at most {} tokens",
            cap.calls.load(Ordering::Relaxed),
            cap.max_calls,
            cap.tokens.load(Ordering::Relaxed),
            cap.max_tokens
        ));
    }
    (told, if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) })
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test binary has no front door that could read it")]
async fn every_provider_with_credentials_keeps_the_live_laws() {
    if std::env::var_os("AI_E2E").is_none() {
        println!("skipped: AI_E2E is not set (`cargo xtask e2e` sets it)");
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("credentials/e2e-credentials.json");
    let entries = read(&file).unwrap_or_else(|problem| panic!("{problem}"));
    let (told, outcome) = run(&entries).await;
    println!("{}", told.join("\n"));
    outcome.unwrap_or_else(|problem| panic!("{problem}"));
}

fn local(more: &str) -> BTreeMap<String, Entry> {
    let url = served::url();
    let entry = format!(r#"{{"base_url": "{url}", "api_key": "test-secret", "model": "any"{more}}}"#);
    parse(&format!(r#"{{"openai-compatible": {entry}}}"#)).unwrap()
}

#[tokio::test]
async fn a_local_server_passes_and_the_others_are_named_as_skipped() {
    let (told, outcome) = run(&local("")).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(told.iter().filter(|line| line.contains("skipped")).count(), 4, "{told:?}");
    assert!(told[4].starts_with("openai-compatible: asked, 11 of at most 20 calls"), "{told:?}");
    assert!(!told.join("").contains("test-secret"));
}

#[tokio::test]
async fn every_provider_is_asked_in_its_own_language() {
    let root = served::root();
    let file = serde_json::json!({
        "openai": {"api_key": "test-secret", "base_url": format!("{root}/v1")},
        "gemini": {"api_key": "test-secret", "base_url": root},
        "xai": {"api_key": "test-secret", "base_url": format!("{root}/xai/v1")},
        "ollama": {"base_url": root, "model": "any"},
        "openai-compatible": {"base_url": format!("{root}/v1"), "model": "any"},
    });
    let (told, outcome) = run(&parse(&file.to_string()).unwrap()).await;
    assert_eq!(outcome, Ok(()));
    for (line, name) in told.iter().zip(PROVIDERS) {
        assert!(line.starts_with(&format!("{name}: asked, 11 of at most 20 calls")), "{line}");
    }
    assert_eq!(told.len(), PROVIDERS.len());
}

#[tokio::test]
async fn a_key_or_model_that_is_missing_is_named() {
    for (file, says) in [
        (r#"{"openai": {}}"#, "openai: `api_key` is missing"),
        (r#"{"gemini": {}}"#, "gemini: `api_key` is missing"),
        (r#"{"xai": {}}"#, "xai: `api_key` is missing"),
        (r#"{"ollama": {}}"#, "ollama: `model` is missing"),
        (r#"{"openai-compatible": {}}"#, "openai-compatible: `base_url` is missing"),
    ] {
        let problem = run(&parse(file).unwrap()).await.1.unwrap_err();
        assert!(problem.contains(says), "{problem}");
    }
    let (told, outcome) = run(&BTreeMap::new()).await;
    assert_eq!((told.iter().filter(|line| line.contains("skipped")).count(), outcome), (5, Ok(())));
}

#[tokio::test]
async fn the_run_stops_at_the_cap() {
    for more in [r#", "max_calls": 2"#, r#", "max_tokens": 1500"#] {
        let problem = run(&local(more)).await.1.unwrap_err();
        assert!(problem.contains("the cap of") && problem.contains("raise"), "{problem}");
    }
}

#[test]
fn a_bad_file_is_refused_without_its_values() {
    for (text, says) in [
        ("{", "line 1"),
        (r#"["test-secret"]"#, "object of providers"),
        (r#"{"opnai": {}}"#, "no provider is called `opnai`"),
        (r#"{"openai": "test-secret"}"#, "openai must be an object"),
        (r#"{"openai": {"key": "test-secret"}}"#, "`key` is no setting"),
        (r#"{"openai": {"api_key": ["test-secret"]}}"#, "openai.api_key must be a string"),
    ] {
        let problem = parse(text).unwrap_err();
        assert!(problem.contains(says) && !problem.contains("test-secret"), "{problem}");
    }
    assert!(read(Path::new("no/such/file.json")).unwrap().is_empty());
    let entry = Entry { api_key: Some(Secret::new("test-secret")), ..Entry::default() };
    assert!(!format!("{entry:?}").contains("test-secret"));
}

#[test]
fn the_example_has_the_form_that_is_read() {
    let example = parse(include_str!("../../credentials/e2e-credentials.example.json")).unwrap();
    assert_eq!(example.len(), PROVIDERS.len());
}
