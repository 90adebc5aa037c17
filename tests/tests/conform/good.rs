//! Requests that are right are found right: those of the vendors' own SDKs, and examples of their documentation.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use tests::SentRequest;
use tests::conformance::{Definition, GEMINI, OLLAMA, OPENAI};

use crate::specs;

/// What an SDK sent.
#[derive(Deserialize)]
pub(crate) struct Capture {
    pub(crate) requests: Vec<SentRequest>,
}

impl Capture {
    /// A capture in the words of the definitions: Google takes names in snake case too, which its SDK for Python sends to the
    /// same paths of version 1.
    pub(crate) fn read(capture: Value) -> Self {
        let mut read: Self = serde_json::from_value(capture).unwrap();
        for request in read.requests.iter_mut().filter(|request| request.header("x-goog-api-key").is_some()) {
            request.body = in_camel_case(request.body.take());
            if let Some(path) = request.path.strip_prefix("/v1/") {
                request.path = format!("/v1beta/{path}");
            }
        }
        read
    }
}

fn in_camel_case(value: Value) -> Value {
    let member = |(name, value): (String, Value)| match (name.as_str(), value) {
        // What is in there are the caller's names.
        ("args" | "response", value) => (name, value),
        ("properties", Value::Object(named)) => {
            let named = named.into_iter().map(|(name, value)| (name, in_camel_case(value)));
            (name, named.collect())
        }
        // Both alphabets of base64 are taken.
        ("data", Value::String(text)) => (name, text.replace('-', "+").replace('_', "/").into()),
        (_, value) => (camel_case(&name), in_camel_case(value)),
    };
    match value {
        Value::Object(members) => members.into_iter().map(member).collect(),
        Value::Array(items) => items.into_iter().map(in_camel_case).collect(),
        other => other,
    }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |made, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        made + &capital.into_iter().chain(letters).collect::<String>()
    })
}

/// The fixtures in a folder, by name.
pub(crate) fn json_files(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            (path.file_name().unwrap().to_string_lossy().into_owned(), value)
        })
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!files.is_empty(), "no files in {}", folder.display());
    files
}

fn problems(definition: &Definition, name: &str, request: &SentRequest) -> Vec<String> {
    definition.check(request).iter().map(|finding| format!("{name}: {finding}")).collect()
}

#[test]
fn what_the_official_sdks_send_is_right() {
    let [Some(openai), Some(gemini), Some(ollama)] = [&OPENAI, &GEMINI, &OLLAMA].map(specs::definition)
    else {
        return;
    };
    let mut found = Vec::new();
    for (name, capture) in json_files("captures") {
        let capture = Capture::read(capture);
        assert!(!capture.requests.is_empty(), "{name}");
        let definition = match name.as_str() {
            name if name.starts_with("google-genai") => &gemini,
            name if name.starts_with("ollama-") => &ollama,
            _ => &openai,
        };
        found.extend(capture.requests.iter().flat_map(|request| problems(definition, &name, request)));
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn documented_examples_are_right() {
    let [Some(openai), Some(gemini), Some(ollama)] = [&OPENAI, &GEMINI, &OLLAMA].map(specs::definition)
    else {
        return;
    };
    let mut found = Vec::new();
    for (name, body) in json_files("requests") {
        let definition = match name.as_str() {
            name if name.starts_with("gemini_") => &gemini,
            name if name.starts_with("ollama_") => &ollama,
            _ => &openai,
        };
        let path = match name.as_str() {
            "gemini_count_tokens_request.json" => "/v1beta/models/m:countTokens",
            "gemini_embed_request.json" => "/v1beta/models/m:embedContent",
            "gemini_batch_embed_request.json" => "/v1beta/models/m:batchEmbedContents",
            name if name.starts_with("gemini_request_") => "/v1beta/models/m:generateContent",
            name if name.starts_with("ollama_chat_") => "/api/chat",
            name if name.starts_with("ollama_embed_") => "/api/embed",
            name if name.starts_with("openai_chat_") => "/v1/chat/completions",
            name if name.starts_with("openai_responses_") => "/v1/responses",
            name if name.starts_with("openai_embeddings_") => "/v1/embeddings",
            other => panic!("whose request is {other}?"),
        };
        found.extend(problems(definition, &name, &SentRequest::post(path, body)));
    }
    assert_eq!(found, [""; 0]);
}

/// Beside the definitions lie examples of what the vendors send and captures of their SDKs. What concerns a driver that we
/// have is committed as a fixture, whose index gives it a test or a reason.
#[test]
fn every_example_and_capture_is_a_fixture() {
    let Some(specs) = specs::folder() else { return };
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures: Vec<_> = [
        tests.join("fixtures/captures"),
        tests.join("../crates/provider-gemini/tests/fixtures"),
        tests.join("../crates/provider-ollama/tests/fixtures"),
        tests.join("../crates/provider-openai/tests/fixtures"),
        tests.join("../crates/provider-openai-compat/tests/fixtures"),
        tests.join("../crates/provider-xai/tests/fixtures"),
    ]
    .iter()
    .flat_map(|folder| names(folder).unwrap())
    .collect();
    for beside in ["../examples", "../../captures"] {
        let folder = specs.join(beside);
        let Ok(names) = names(&folder) else {
            println!("skipped: there are no files beside the definitions, in {beside}");
            continue;
        };
        for name in names.iter().filter(|name| OURS.iter().any(|ours| name.starts_with(ours))) {
            assert!(fixtures.contains(name), "{name} has neither a test nor a reason");
        }
    }
}

/// How the names begin of what concerns a driver that we have.
const OURS: [&str; 5] = ["openai", "xai", "gemini", "google-genai", "ollama"];

fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}
