//! Requests that are right are found right: those of the vendors' own SDKs, and examples of their documentation.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use tests::SentRequest;
use tests::conformance::{Definition, OPENAI};

use crate::specs;

/// What an SDK sent.
#[derive(Deserialize)]
pub(crate) struct Capture {
    pub(crate) requests: Vec<SentRequest>,
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
    let Some(definition) = specs::definition(&OPENAI) else { return };
    let mut found = Vec::new();
    for (name, capture) in json_files("captures") {
        let capture: Capture = serde_json::from_value(capture).unwrap();
        assert!(!capture.requests.is_empty(), "{name}");
        found.extend(capture.requests.iter().flat_map(|request| problems(&definition, &name, request)));
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn documented_examples_are_right() {
    let Some(definition) = specs::definition(&OPENAI) else { return };
    let mut found = Vec::new();
    for (name, body) in json_files("requests") {
        let path = match name.as_str() {
            name if name.starts_with("openai_chat_") => "/v1/chat/completions",
            name if name.starts_with("openai_responses_") => "/v1/responses",
            name if name.starts_with("openai_embeddings_") => "/v1/embeddings",
            other => panic!("whose request is {other}?"),
        };
        found.extend(problems(&definition, &name, &SentRequest::post(path, body)));
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
        for name in names.iter().filter(|name| name.starts_with("openai") || name.starts_with("xai")) {
            assert!(fixtures.contains(name), "{name} has neither a test nor a reason");
        }
    }
}

fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}
