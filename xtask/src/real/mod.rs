//! `cargo xtask real`: drives the providers against servers and validators that nobody here wrote.
//!
//! Their start scripts are no part of the repository; AI_REAL names their folder. What they install goes to
//! `target/real`. The cases are in `tests/examples/real`.

mod servers;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use self::servers::Servers;
use crate::command::Command;
use crate::workspace::Workspace;

const BESIDE: &str = "../shared/real";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Runs only the cases whose name holds this.
    only: Option<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let scripts = scripts(std::env::var_os("AI_REAL").map(PathBuf::from), &workspace.root)?;
    let scratch = workspace.target().join("real");
    install(workspace, &scripts, &scratch)?;
    // Before anything is started, so that nothing waits for a build.
    Command::cargo(&workspace.root).args(["build", "--package", "tests", "--example", "real"]).run()?;

    let logs = scratch.join("run");
    fs::create_dir_all(&logs)?;
    let mut servers = Servers::new(&logs)?;
    let chat = servers.aimock(&scripts, &scratch, "aimock.json")?;
    let images = servers.aimock(&scripts, &scratch, "server.mjs")?;
    let chat = servers.validator(&scripts, &scratch, "chat", chat)?;
    let images = servers.validator(&scripts, &scratch, "images", images)?;
    servers.listen()?;

    let mut runner = std::process::Command::new(workspace.target().join("debug/examples/real"));
    runner.current_dir(&workspace.root);
    for (name, validator) in [("chat", &chat), ("images", &images)] {
        runner.arg(format!("--{name}")).arg(format!("http://127.0.0.1:{}/v1", validator.port));
        runner.arg(format!("--{name}-log")).arg(&validator.log);
    }
    runner.args(&arguments.only);
    let passed = servers.run_to_end("the cases", runner)?;
    ensure!(passed, "not everything is as expected; the servers' logs are in {}", logs.display());
    Ok(())
}

/// The folder of the start scripts.
fn scripts(named: Option<PathBuf>, root: &Path) -> Result<PathBuf> {
    let named = named.filter(|path| !path.as_os_str().is_empty());
    let folder = named.clone().unwrap_or_else(|| root.join(BESIDE));
    for file in ["setup.sh", "aimock/server.mjs", "conform/conform.py"] {
        match &named {
            _ if folder.join(file).is_file() => {}
            Some(named) => bail!("AI_REAL is {}, which has no {file}", named.display()),
            None => {
                bail!("AI_REAL is not set and {BESIDE} is not there: set it to the folder that holds {file}")
            }
        }
    }
    Ok(folder.canonicalize()?)
}

/// Installs the servers once.
fn install(workspace: &Workspace, scripts: &Path, scratch: &Path) -> Result<()> {
    let missing = |path: &str| !scratch.join(path).exists();
    if missing("npm/aimock/node_modules") || missing("venvs/genlang/bin/python") {
        println!("installing the servers once into {}; it takes about a minute", scratch.display());
        Command::new(scripts.join("setup.sh"), &workspace.root)
            .env("REAL", scratch)
            .run()
            .context("could not install the servers: they need node, npm and python 3 with venv")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_must_be_one_and_the_message_says_what_to_set() {
        let nowhere = Path::new("no/such/root");
        let unset = scripts(None, nowhere).unwrap_err().to_string();
        assert!(unset.starts_with("AI_REAL is not set"), "{unset}");
        assert_eq!(scripts(Some("".into()), nowhere).unwrap_err().to_string(), unset);
        let wrong = scripts(Some(".".into()), nowhere).unwrap_err().to_string();
        assert_eq!(wrong, "AI_REAL is ., which has no setup.sh");
    }
}
