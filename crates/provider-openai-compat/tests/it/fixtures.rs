//! The index and the folder say the same.

use crate::support::recordings;

#[test]
fn every_fixture_has_a_test_or_a_reason() {
    let tests = ["decode", "stream", "request", "error", "embedding", "embedding_request", "models", "model"];
    recordings().assert_complete(&tests);
}
