//! `cargo xtask test`: unit and integration tests of every crate, with every feature.

use anyhow::Result;

use crate::command::Command;
use crate::conform;
use crate::workspace::Workspace;

// One feature set for tests, clippy and docs, so that no dependency is built twice. Benchmarks are left out: building
// them costs an optimised profile. Doc tests belong to `ci`: nextest can't run them.
const SELECTION: [&str; 6] = ["--workspace", "--all-features", "--lib", "--bins", "--tests", "--examples"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Passed to the test runner, for example a part of a test's name.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if let conform::Specs::Absent = conform::specs() {
        println!("skipped: the conformance tests, because AI_SPECS names no folder of vendor specifications");
    }
    // The runner hides what a passing test prints, so a test that skips itself is announced here.
    if workspace.root.join("tests/tests/e2e.rs").exists() && std::env::var_os("AI_E2E").is_none() {
        println!("skipped: the end-to-end tests, because AI_E2E is not set (`cargo xtask e2e` sets it)");
    }
    if Command::new("valgrind", &workspace.root).args(["--version"]).output().is_err() {
        println!(
            "skipped: counting instructions, because valgrind is not installed; allocations are counted"
        );
    }
    runner(workspace).args(SELECTION).args(&arguments.rest).run()
}

/// `cargo nextest run` where nextest is present, otherwise `cargo test`; both take the same selection flags.
pub(crate) fn runner(workspace: &Workspace) -> Command {
    let cargo = || Command::cargo(&workspace.root);
    if cargo().args(["nextest", "--version"]).output().is_ok() {
        cargo().args(["nextest", "run", "--no-fail-fast", "--no-tests=warn"])
    } else {
        println!("cargo-nextest is not installed: running the same tests with `cargo test`");
        cargo().args(["test", "--no-fail-fast"])
    }
}
