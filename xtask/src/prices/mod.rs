//! `cargo xtask prices`: price list and model facts, generated from the committed data.

mod catalogue;
mod facts;
mod source;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use self::source::Source;
use crate::workspace::Workspace;

/// Where the data is kept, for every crate that something is made of it for.
const DATA: &str = "crates/ai-costs/data/pricing.json";

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Writes nothing, and fails when a generated file does not say what the data says.
    #[arg(long)]
    check: bool,
    /// A newer file, which takes the place of the committed data.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    from: Option<PathBuf>,
}

impl Arguments {
    pub(crate) fn check() -> Self {
        Self { check: true, from: None }
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let root = &workspace.root;
    let data = root.join(DATA);
    // It is read before it replaces anything: data that can't be used must not be kept.
    let path = arguments.from.as_deref().unwrap_or(&data);
    let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    let source = Source::parse(&text).with_context(|| format!("{} is no price data", path.display()))?;
    let files = generated(root, &source)?;
    if arguments.from.is_some() {
        fs::write(&data, text).with_context(|| format!("could not write {DATA}"))?;
        println!("{DATA}: replaced");
    }
    let stale = write(root, &files, arguments.check)?;
    if !stale.is_empty() {
        bail!("{} is stale: run `cargo xtask prices` and commit", stale.join(", "));
    }
    Ok(())
}

/// Writes the files that differ; with `check` none is written, and those that differ are given back.
fn write<'a>(root: &Path, files: &'a [(String, String)], check: bool) -> Result<Vec<&'a str>> {
    let mut stale = Vec::new();
    for (name, text) in files {
        let path = root.join(name);
        if fs::read_to_string(&path).is_ok_and(|now| now == *text) {
            println!("{name}: unchanged");
        } else if check {
            println!("{name}: differs from what {DATA} says");
            stale.push(name.as_str());
        } else {
            fs::write(&path, text).with_context(|| format!("could not write {name}"))?;
            println!("{name}: {} lines written", text.lines().count());
        }
    }
    Ok(stale)
}

/// Every generated file with its text: the price list, and the facts of each vendor that has a crate.
fn generated(root: &Path, source: &Source) -> Result<Vec<(String, String)>> {
    let mut files = vec![("crates/ai-costs/src/catalogue.json".to_owned(), catalogue::catalogue(source)?)];
    for provider in source.providers() {
        let folder = format!("crates/provider-{provider}/src");
        if root.join(&folder).is_dir() {
            let text = formatted(root, &facts::table(source, provider)?)?;
            files.push((format!("{folder}/facts.rs"), text));
        } else {
            println!("{provider}: no facts written, because there is no crate provider-{provider}");
        }
    }
    Ok(files)
}

/// The text as rustfmt writes it, so that `cargo fmt --check` agrees.
fn formatted(root: &Path, text: &str) -> Result<String> {
    let mut rustfmt = process::Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path"])
        .arg(root.join("rustfmt.toml"))
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start rustfmt")?;
    let mut input = rustfmt.stdin.take().context("rustfmt takes no input")?;
    // It reads all before it writes, so one after the other can't lock up.
    input.write_all(text.as_bytes()).context("rustfmt took no input")?;
    drop(input);
    let output = rustfmt.wait_with_output().context("rustfmt gave no output")?;
    ensure!(output.status.success(), "rustfmt failed ({})", output.status);
    String::from_utf8(output.stdout).context("rustfmt wrote something other than text")
}
