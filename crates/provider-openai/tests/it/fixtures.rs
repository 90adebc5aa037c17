//! The index and the folder say the same.

use crate::support::recordings;

#[test]
fn every_fixture_has_a_test_or_a_reason() {
    recordings().assert_complete(&["decode", "stream", "request", "error", "failed"]);
}
