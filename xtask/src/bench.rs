//! `cargo xtask bench`: the benchmarks, a package outside the workspace because its peers are heavy to build.

use anyhow::{Result, bail};

use crate::command::Command;
use crate::workspace::Workspace;

const MANIFEST: &str = "benches/Cargo.toml";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Passed to `cargo bench`, for example a part of a benchmark's name.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if !workspace.root.join(MANIFEST).is_file() {
        bail!("{MANIFEST} does not exist yet: there is nothing to measure");
    }
    Command::cargo(&workspace.root).args(["bench", "--manifest-path", MANIFEST]).args(&arguments.rest).run()
}
