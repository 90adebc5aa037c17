//! `cargo xtask tidy`: the house rules that a compiler does not check. One module per rule, each with an example that
//! breaks it.

mod arrows;
mod examples;
mod finding;
mod graph;
mod layout;
mod machine;
mod names;
mod outsiders;
mod purity;
mod reasons;
mod secrets;
mod sizes;
mod source;
mod toolchain;

use anyhow::{Result, bail};

use self::finding::Finding;
use self::source::Source;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut findings = Vec::new();
    let edges = graph::edges(workspace)?;
    let packages = workspace.packages();
    findings.extend(arrows::unknown(packages.iter().map(|package| package.name.as_str())));
    findings.extend(edges.iter().filter_map(arrows::check));
    findings.extend(edges.iter().filter_map(outsiders::check));
    findings.extend(purity::run(workspace)?);
    findings.extend(toolchain::run(workspace));
    for package in workspace.crates() {
        findings.extend(layout::check(workspace, package)?);
    }

    let mut sources = Vec::new();
    let files = workspace.files()?;
    for path in &files {
        // Anything that isn't text has no line to point at.
        let Ok(text) = String::from_utf8(std::fs::read(workspace.root.join(path))?) else { continue };
        findings.extend(secrets::check(path, &text));
        findings.extend(machine::check(path, &text));
        if path.extension().is_some_and(|extension| extension == "rs") {
            match Source::parse(path, &text) {
                Ok(source) => sources.push(source),
                Err(finding) => findings.push(finding),
            }
        }
    }
    for source in &sources {
        findings.extend(reasons::check(source));
        findings.extend(names::check(source));
    }
    findings.extend(sizes::check(&sources));
    findings.extend(examples::check(&sources));
    report(findings, files.len())
}

fn report(mut findings: Vec<Finding>, files: usize) -> Result<()> {
    findings.sort();
    findings.dedup();
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("tidy: {} findings in {files} files", findings.len());
    }
    println!("tidy: {files} files, no findings");
    Ok(())
}
