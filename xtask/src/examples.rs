//! `cargo xtask examples`: the crates in docs/examples, which stand outside the workspace as a stranger's do.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::command::Command;
use crate::workspace::Workspace;

const FOLDER: &str = "docs/examples";

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut found = 0;
    for entry in fs::read_dir(workspace.root.join(FOLDER)).context(FOLDER)? {
        let folder = entry?.path();
        if !folder.join("Cargo.toml").is_file() {
            continue;
        }
        found += 1;
        // They take the versions of our lock file: nothing is downloaded, nothing is built twice that both need alike,
        // and no second lock file has to be kept in step. Cargo drops what they don't need.
        fs::copy(workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let cargo = || Command::cargo(&folder).env("CARGO_TARGET_DIR", workspace.target());
        let wanted = "the examples take only dependencies that the workspace has too, in its versions";
        cargo().args(["metadata", "--offline", "--format-version", "1"]).output().context(wanted)?;
        cargo().args(["fmt", "--all", "--check"]).run()?;
        cargo().args(["clippy", "--locked", "--offline", "--all-targets", "--", "-D", "warnings"]).run()?;
        cargo().args(["test", "--locked", "--offline"]).run()?;
    }
    ensure!(found > 0, "{FOLDER} holds no example");
    Ok(())
}
