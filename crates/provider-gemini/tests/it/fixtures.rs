//! The index and the folder say the same.

use std::collections::BTreeSet;

use crate::support::{folder, index};

#[test]
fn every_fixture_has_a_test_or_a_reason() {
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "index.toml")
        .collect();
    let listed: BTreeSet<String> = index().into_keys().collect();
    assert_eq!(files, listed);
    let known = ["decode", "stream", "request", "error", "failed", "driver", "none"];
    for (name, row) in index() {
        assert!(known.contains(&row.read_by.as_str()), "{name} is read by an unknown test `{}`", row.read_by);
        assert_eq!(row.read_by == "none", row.reason.is_some(), "{name} needs a test or a reason");
    }
}
