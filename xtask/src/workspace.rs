//! What cargo and git know about this repository, asked once.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand, Package};

use crate::command::Command;

/// The workspace: its packages, its dependency graph with every feature on, and its files.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) metadata: Metadata,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let metadata = MetadataCommand::new()
            .features(CargoOpt::AllFeatures)
            .exec()
            .context("cargo metadata could not read the workspace")?;
        Ok(Self { root: metadata.workspace_root.clone().into_std_path_buf(), metadata })
    }

    /// The packages of the workspace, by name.
    pub(crate) fn packages(&self) -> Vec<&Package> {
        let mut packages = self.metadata.workspace_packages();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        packages
    }

    /// Those packages that live in `crates/`: the ones others may depend on.
    pub(crate) fn crates(&self) -> Vec<&Package> {
        let folder = self.root.join("crates");
        self.packages().into_iter().filter(|package| package.manifest_path.starts_with(&folder)).collect()
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages().into_iter().find(|package| package.name.as_str() == name)
    }

    /// A folder for what xtask itself builds or installs, never committed.
    pub(crate) fn target(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// Every file git tracks or would track, relative to the root, sorted.
    ///
    /// Outside a git checkout (an unpacked archive) it is every file except those in `target` folders.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = if self.root.join(".git").exists() {
            Command::new("git", &self.root)
                .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
                .output()?
                .split('\0')
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
                // git still lists a file that was just deleted
                .filter(|path| self.root.join(path).is_file())
                .collect()
        } else {
            println!("not a git checkout: reading every file outside target folders");
            let mut found = Vec::new();
            walk(&self.root, &self.root, &mut found)?;
            found
        };
        files.sort();
        files.dedup();
        Ok(files)
    }
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                walk(root, &path, found)?;
            }
        } else {
            found.push(path.strip_prefix(root)?.to_path_buf());
        }
    }
    Ok(())
}
