//! `cargo xtask deny`: licences, bans, sources and advisories of all dependencies, as `deny.toml` says.

use anyhow::Result;

use crate::command::Command;
use crate::tools::Tool;
use crate::workspace::Workspace;

const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let program = CARGO_DENY.ensure(workspace)?;
    let deny = || {
        Command::new(&program, &workspace.root).args(["--offline", "--workspace", "--all-features", "check"])
    };
    // A skip that has nothing left to skip would hide the next duplicate.
    let stale = ["--deny", "unnecessary-skip", "--deny", "unmatched-skip"];
    deny().args(stale).args(["licenses", "bans", "sources"]).run()?;
    // Offline throughout: the check gives the same answer for the same commit. Whoever wants fresh advisories fetches
    // them first, with `cargo deny fetch`.
    if database_is_present() {
        deny().args(["advisories"]).run()
    } else {
        println!(
            "skipped: advisories, because their database is not on this machine (`cargo deny fetch` gets it)"
        );
        Ok(())
    }
}

fn database_is_present() -> bool {
    let home = std::env::var_os("CARGO_HOME")
        .map(std::path::PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let databases = home.map(|home| home.join("advisory-dbs"));
    // Only the lock file is there after a fetch that failed.
    databases
        .and_then(|folder| folder.read_dir().ok())
        .is_some_and(|entries| entries.flatten().any(|entry| entry.path().is_dir()))
}
