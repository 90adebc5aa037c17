//! The index and the folder say the same.

use std::collections::BTreeSet;

use crate::support::{folder, index};

const READERS: [&str; 11] = [
    "chat",
    "responses",
    "chat_stream",
    "responses_stream",
    "chat_request",
    "responses_request",
    "error",
    "deferred",
    "models",
    "embedding",
    "tokens",
];

#[test]
fn every_fixture_has_a_test_or_a_reason() {
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "index.toml")
        .collect();
    let listed: BTreeSet<String> = index().into_keys().collect();
    assert_eq!(files, listed);
    for (name, row) in index() {
        let known = READERS.contains(&row.read_by.as_str()) || row.read_by == "none";
        assert!(known, "{name} is read by an unknown test `{}`", row.read_by);
        assert_eq!(row.read_by == "none", row.reason.is_some(), "{name} needs a test or a reason");
    }
}
