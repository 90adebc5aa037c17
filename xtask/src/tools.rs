//! Tools that are not part of the toolchain: pinned, installed once into the target folder.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::command::Command;
use crate::workspace::Workspace;

/// A cargo tool at one exact version.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Tool {
    /// The program to start: from PATH if the version matches, otherwise from `target/tools`, built when missing.
    pub(crate) fn ensure(&self, workspace: &Workspace) -> Result<PathBuf> {
        let on_path = PathBuf::from(self.name);
        let folder = workspace.target().join("tools");
        let installed = folder.join("bin").join(format!("{}{}", self.name, std::env::consts::EXE_SUFFIX));
        for candidate in [on_path, installed.clone()] {
            let answer = Command::new(&candidate, &workspace.root).args(["--version"]).output();
            if answer.is_ok_and(|answer| self.matches(&answer)) {
                return Ok(candidate);
            }
        }
        println!("{} {} is missing: building it once into {}", self.name, self.version, folder.display());
        Command::cargo(&workspace.root)
            .args(["install", "--locked", &format!("{}@{}", self.name, self.version), "--root"])
            .args([&folder])
            // It runs for a second and builds for a minute: half the optimisation halves the minute.
            .quiet_env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .quiet_env("CARGO_PROFILE_RELEASE_LTO", "off")
            .quiet_env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .quiet_env("CARGO_PROFILE_RELEASE_DEBUG", "false")
            .run()
            .with_context(|| format!("could not install {}", self.name))?;
        Ok(installed)
    }

    fn matches(&self, answer: &str) -> bool {
        answer.split_whitespace().nth(1) == Some(self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pinned_version_is_used() {
        let tool = Tool { name: "cargo-deny", version: "0.20.2" };
        assert!(tool.matches("cargo-deny 0.20.2\n"));
        assert!(!tool.matches("cargo-deny 0.20.20"));
        assert!(!tool.matches("cargo-deny"));
    }
}
