//! `cargo xtask api`: the public API of the stable crates as text, so that a change of it is seen in review.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process;

use anyhow::{Context as _, Result, anyhow, bail};

use crate::command::Command;
use crate::workspace::Workspace;

/// Crates that others build on, so whose every change counts.
const CRATES: [&str; 3] = ["laravel-ai-core", "provider-http", "ai"];

/// The releases whose rustdoc writes the JSON format that our `public-api` reads.
const TOOLCHAIN: &str = "1.93 to 1.95";

/// Set for the child cargo, which then calls this program where it would call rustdoc.
const STAND_IN: &str = "XTASK_STANDS_IN_FOR_RUSTDOC";

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Writes docs/api anew instead of comparing.
    #[arg(long)]
    bless: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let mut stale = Vec::new();
    for name in CRATES {
        if workspace.package(name).is_none() {
            println!("skipped: {name}, because the crate does not exist yet");
            continue;
        }
        // One crate that does not build must not hide what changed in the others.
        match compare(workspace, name, arguments.bless) {
            Ok(true) => {}
            Ok(false) => stale.push(name),
            Err(error) => {
                println!("{name}: {error:#}");
                stale.push(name);
            }
        }
    }
    if !stale.is_empty() {
        bail!(
            "docs/api does not say what {} offer: if the change is meant, run `cargo xtask api --bless` and commit",
            stale.join(", ")
        );
    }
    Ok(())
}

/// Whether docs/api says what the code offers; with `bless` it does afterwards.
fn compare(workspace: &Workspace, name: &str, bless: bool) -> Result<bool> {
    let now = listing(workspace, name)?;
    let folder = workspace.root.join("docs/api");
    let path = folder.join(format!("{name}.txt"));
    if bless {
        fs::create_dir_all(&folder)?;
        fs::write(&path, &now).with_context(|| format!("could not write {}", path.display()))?;
        println!("docs/api/{name}.txt: {} lines written", now.lines().count());
        return Ok(true);
    }
    if !path.exists() {
        println!("docs/api/{name}.txt is missing");
        return Ok(false);
    }
    let changes = difference(&fs::read_to_string(&path)?, &now);
    if changes.is_empty() {
        println!("docs/api/{name}.txt: unchanged");
    } else {
        println!("docs/api/{name}.txt differs from the code:\n{}", changes.join("\n"));
    }
    Ok(changes.is_empty())
}

/// One line per public item. Left out: blanket impls (the same for every type) and auto traits (seven lines a type).
fn listing(workspace: &Workspace, name: &str) -> Result<String> {
    Command::cargo(&workspace.root)
        .args(["rustdoc", "--quiet", "--package", name, "--lib", "--all-features", "--"])
        .args(["-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"])
        .quiet_env("RUSTDOC", std::env::current_exe()?)
        .quiet_env(STAND_IN, "1")
        .run()?;
    let json: PathBuf = workspace.target().join("doc").join(format!("{}.json", name.replace('-', "_")));
    let api = public_api::Builder::from_rustdoc_json(&json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("can't read rustdoc's JSON; it takes Rust {TOOLCHAIN}"))?;
    Ok(api.to_string())
}

/// rustdoc writes JSON only with `RUSTC_BOOTSTRAP=1`. Given to cargo, that variable would build every dependency
/// again whose build script looks at it; so cargo calls this program, and only rustdoc gets to see the variable.
pub(crate) fn stand_in_for_rustdoc() -> Option<Result<()>> {
    std::env::var_os(STAND_IN)?;
    let status = process::Command::new("rustdoc")
        .args(std::env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove(STAND_IN)
        .status();
    Some(match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(anyhow!("rustdoc failed ({status})")),
        Err(error) => Err(anyhow!("could not start rustdoc: {error}")),
    })
}

fn difference(before: &str, now: &str) -> Vec<String> {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (before.lines().collect(), now.lines().collect());
    let gone = old.difference(&new).map(|line| format!("- {line}"));
    let come = new.difference(&old).map(|line| format!("+ {line}"));
    gone.chain(come).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_signature_is_one_line_gone_and_one_come() {
        assert_eq!(
            difference("pub fn a()\npub fn b()", "pub fn a()\npub fn b(u8)"),
            ["- pub fn b()", "+ pub fn b(u8)"]
        );
        assert!(difference("pub fn a()", "pub fn a()\n").is_empty());
    }
}
