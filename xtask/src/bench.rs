//! `cargo xtask bench`: the benchmarks, a package outside the workspace because its peers are heavy to build.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::command::Command;
use crate::test;
use crate::workspace::Workspace;

const PACKAGE: &str = "benches";
/// The packages in `benches/peers`.
const PEERS: [&str; 3] = ["async-openai", "genai", "rig"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Measures the peers of `benches/peers` too; they take minutes to build.
    #[arg(long)]
    peers: bool,
    /// Writes the table to docs/performance.md.
    #[arg(long)]
    page: bool,
    /// Writes the numbers that the tests hold calls and chunks to, and does nothing else.
    #[arg(long)]
    bless: bool,
    /// Passed to the benchmark: `--quick`, `--check`, `--save`, `--counts`, `--size`, `--build`, `--only <scenario>`,
    /// `--rounds <number>`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if arguments.bless {
        // With the features of `cargo xtask test`, so that the numbers are those of the same build.
        return test::runner(workspace)
            .args(["--workspace", "--all-features", "--test", "speed"])
            .quiet_env("AI_BLESS_SPEED", "1")
            .run();
    }
    let package = workspace.root.join(PACKAGE);
    // Named here, so that the program is found wherever the environment puts other builds.
    let target = package.join("target");
    Command::cargo(&package).args(["build", "--release", "--bins", "--target-dir"]).args([&target]).run()?;
    let program = target.join("release").join(format!("bench{}", std::env::consts::EXE_SUFFIX));
    let mut run = Command::new(program, &package);
    if arguments.peers {
        for peer in PEERS {
            run = run.args(["--peer"]).args([build(&package, peer)?]);
        }
    }
    if arguments.page {
        run = run.args(["--page"]).args([workspace.root.join("docs/performance.md")]);
    }
    run.args(&arguments.rest).run()
}

/// Builds a peer where its features reach nobody else, and gives its program.
fn build(package: &Path, peer: &str) -> Result<PathBuf> {
    let target = package.join("target/peers").join(peer);
    Command::cargo(&package.join("peers").join(peer))
        // One of them declares a newer Rust than it needs.
        .args(["build", "--release", "--bins", "--ignore-rust-version", "--target-dir"])
        .args([&target])
        .run()?;
    Ok(target.join("release").join(format!("peer-{peer}{}", std::env::consts::EXE_SUFFIX)))
}
