//! `cargo xtask bench`: the benchmarks, a package outside the workspace because its peers are heavy to build.

use anyhow::Result;

use crate::command::Command;
use crate::workspace::Workspace;

const PACKAGE: &str = "benches";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Passed to the benchmark: `--quick`, `--check`, `--save`, `--only <scenario>`, `--rounds <number>`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let package = workspace.root.join(PACKAGE);
    // Named here, so that the program is found wherever the environment puts other builds.
    let target = package.join("target");
    Command::cargo(&package).args(["build", "--release", "--bins", "--target-dir"]).args([&target]).run()?;
    let program = target.join("release").join(format!("bench{}", std::env::consts::EXE_SUFFIX));
    Command::new(program, &package).args(&arguments.rest).run()
}
