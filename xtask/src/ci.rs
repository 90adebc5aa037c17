//! `cargo xtask ci`: everything a commit must pass. The tests run before it, by `cargo xtask test` (see `.ci/run`).

use anyhow::Result;

use crate::command::Command;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{api, deny, examples, matrix, prices, tidy};

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let cargo = || Command::cargo(&workspace.root);
    // RUSTFLAGS stays untouched throughout: a change of it builds every dependency again.
    let mut steps = Steps::default();
    steps.run("fmt", || cargo().args(["fmt", "--all", "--check"]).run());
    steps.run("tidy", || tidy::run(workspace));
    steps.run("prices", || prices::run(workspace, &prices::Arguments::check()));
    steps.run("clippy", || {
        cargo()
            .args(["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
            .run()
    });
    steps.run("doc tests", || cargo().args(["test", "--doc", "--workspace", "--all-features"]).run());
    steps.run("examples", || examples::run(workspace));
    steps.run("docs", || {
        cargo()
            .args(["doc", "--no-deps", "--workspace", "--all-features"])
            .env("RUSTDOCFLAGS", "-D warnings")
            .run()
    });
    steps.run("api", || api::run(workspace, &api::Arguments::default()));
    steps.run("deny", || deny::run(workspace));
    steps.run("feature matrix", || matrix::run(workspace));
    steps.finish()
}
