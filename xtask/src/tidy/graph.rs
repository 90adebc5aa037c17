//! The direct dependencies of the workspace's packages, with the line that declares them.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use cargo_metadata::DependencyKind;

use crate::workspace::Workspace;

/// One package names another in its manifest.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Only tests, examples and benchmarks see it.
    pub(crate) dev: bool,
    /// Both ends are in this workspace.
    pub(crate) internal: bool,
    pub(crate) manifest: PathBuf,
    pub(crate) line: usize,
}

pub(crate) fn edges(workspace: &Workspace) -> Result<Vec<Edge>> {
    let mut edges = Vec::new();
    for package in workspace.packages() {
        let path = package.manifest_path.as_std_path();
        let text = fs::read_to_string(path)?;
        for dependency in &package.dependencies {
            let written = dependency.rename.as_ref().unwrap_or(&dependency.name);
            edges.push(Edge {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                dev: dependency.kind == DependencyKind::Development,
                internal: dependency.path.is_some(),
                manifest: path.strip_prefix(&workspace.root)?.to_path_buf(),
                line: line_of(&text, written),
            });
        }
    }
    Ok(edges)
}

/// The line of a manifest that declares a dependency: `name = …`, `name.workspace = …` or `[dependencies.name]`.
fn line_of(manifest: &str, name: &str) -> usize {
    let declares = |line: &str| {
        let line = line.trim();
        let key = line.split(['=', '.']).next().unwrap_or_default().trim();
        key == name || (line.starts_with('[') && line.ends_with(&format!(".{name}]")))
    };
    manifest.lines().position(declares).map_or(1, |index| index + 1)
}

#[cfg(test)]
pub(crate) fn edge(from: &str, to: &str) -> Edge {
    Edge {
        from: from.into(),
        to: to.into(),
        dev: false,
        internal: true,
        manifest: "Cargo.toml".into(),
        line: 1,
    }
}

#[cfg(test)]
pub(crate) fn dev_edge(from: &str, to: &str) -> Edge {
    Edge { dev: true, ..edge(from, to) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_found_however_it_is_written() {
        let manifest =
            "[package]\nname = \"x\"\n[dependencies]\na = \"1\"\nb.workspace = true\n[dependencies.c]\n";
        assert_eq!([4, 5, 6, 1], ["a", "b", "c", "d"].map(|name| line_of(manifest, name)));
    }
}
