//! `cargo xtask soak`: thousands of calls at once against a vendor that fails at random.

use anyhow::Result;

use crate::command::Command;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How long calls are made.
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// Passed on: `--calls <how many at once>`, `--seed <number>`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    Command::cargo(&workspace.root)
        .args(["run", "--package", "tests", "--all-features", "--example", "soak", "--", "--minutes"])
        .args([arguments.minutes.to_string()])
        .args(&arguments.rest)
        .run()
}
