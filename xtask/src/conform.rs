//! `cargo xtask conform`: compares what we send with the vendors' own specifications.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::test;
use crate::workspace::Workspace;

/// Where the vendors' specifications are; they are too large, and not ours, to be committed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Specs {
    Present(PathBuf),
    Absent,
}

pub(crate) fn specs() -> Specs {
    match std::env::var_os("AI_SPECS") {
        Some(path) if !path.is_empty() => Specs::Present(path.into()),
        _ => Specs::Absent,
    }
}

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let in_ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
    match plan(specs(), in_ci)? {
        Some(folder) => test::runner(workspace)
            // `--workspace` although one package is meant: the feature set, and so the build, stays that of `test`.
            .args(["--workspace", "--all-features", "--test", "conform"])
            .env("AI_SPECS", folder)
            .run(),
        None => {
            println!(
                "skipped: the conformance tests, because AI_SPECS names no folder of vendor specifications"
            );
            Ok(())
        }
    }
}

fn plan(specs: Specs, in_ci: bool) -> Result<Option<PathBuf>> {
    match specs {
        Specs::Present(folder) if !folder.is_dir() => {
            bail!("AI_SPECS is {}, which is no folder", folder.display())
        }
        Specs::Present(folder) => Ok(Some(folder.canonicalize()?)),
        Specs::Absent if in_ci => {
            bail!("AI_SPECS is not set: name the folder of the vendors' specifications")
        }
        Specs::Absent => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_specifications_it_is_skipped_here_and_fails_in_ci() {
        assert_eq!(plan(Specs::Absent, false).unwrap(), None);
        assert!(plan(Specs::Absent, true).is_err());
    }

    #[test]
    fn a_folder_that_is_not_there_fails_everywhere() {
        assert!(plan(Specs::Present("no/such/folder".into()), false).is_err());
        assert!(plan(Specs::Present(".".into()), true).unwrap().is_some());
    }
}
