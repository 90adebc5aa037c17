//! `cargo xtask e2e`: end-to-end tests against real endpoints.

use anyhow::Result;

use crate::test;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    // `--workspace` although one package is meant: the feature set, and so the build, stays that of `test`.
    test::runner(workspace)
        .args(["--workspace", "--all-features", "--test", "e2e"])
        .env("AI_E2E", "1")
        // What was skipped and what it took is told by tests that pass.
        .env("NEXTEST_SUCCESS_OUTPUT", "immediate")
        .env("RUST_TEST_NOCAPTURE", "1")
        .run()
}
