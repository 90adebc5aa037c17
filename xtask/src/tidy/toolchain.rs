//! A crate's `rust-version` is a promise, so no dependency of it may need a newer one.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::semver::Version;
use cargo_metadata::{DependencyKind, Package, PackageId};

use super::finding::Finding;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> Vec<Finding> {
    let packages: BTreeMap<&PackageId, &Package> =
        workspace.metadata.packages.iter().map(|package| (&package.id, package)).collect();
    let mut needs: BTreeMap<&PackageId, Vec<&PackageId>> = BTreeMap::new();
    for node in workspace.metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
        let built = node
            .deps
            .iter()
            .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development))
            .map(|dep| &dep.pkg);
        needs.insert(&node.id, built.collect());
    }

    let mut findings = Vec::new();
    for package in workspace.crates() {
        // Its absence is a finding of `layout`.
        let Some(promised) = &package.rust_version else { continue };
        let needed =
            reachable(&needs, &package.id).into_iter().filter_map(|id| packages.get(id)).map(|dependency| {
                (format!("{} {}", dependency.name, dependency.version), dependency.rust_version.as_ref())
            });
        findings.extend(check(package.name.as_str(), promised, needed));
    }
    findings
}

fn reachable<'a, T: Ord>(needs: &BTreeMap<&'a T, Vec<&'a T>>, start: &'a T) -> BTreeSet<&'a T> {
    let mut open = vec![start];
    let mut reached = BTreeSet::new();
    while let Some(next) = open.pop() {
        for dependency in needs.get(next).into_iter().flatten() {
            if reached.insert(*dependency) {
                open.push(dependency);
            }
        }
    }
    reached
}

fn check<'a>(
    name: &str,
    promised: &Version,
    needed: impl Iterator<Item = (String, Option<&'a Version>)>,
) -> Vec<Finding> {
    needed
        .filter_map(|(dependency, needs)| Some((dependency, needs.filter(|needs| *needs > promised)?)))
        .map(|(dependency, needs)| {
            let advice = format!(
                "`{name}` promises Rust {promised}, but {dependency} needs {needs}: take an older version of it, \
                 or raise `rust-version`"
            );
            Finding::new(format!("crates/{name}/Cargo.toml"), 1, "rust-version", advice)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equal_older_or_unstated_version_passes() {
        let (same, older) = (Version::new(1, 88, 0), Version::new(1, 71, 0));
        let needed = [("a".into(), Some(&same)), ("b".into(), Some(&older)), ("c".into(), None)];
        assert_eq!(check("x", &same, needed.into_iter()), []);
    }

    #[test]
    fn a_newer_version_fails() {
        let newer = Version::new(1, 94, 0);
        let findings = check("x", &Version::new(1, 88, 0), [("sqlx 0.9.0".into(), Some(&newer))].into_iter());
        assert!(findings[0].to_string().contains("sqlx 0.9.0 needs 1.94.0"));
    }

    #[test]
    fn dependencies_of_dependencies_count() {
        let needs = BTreeMap::from([(&1, vec![&2]), (&2, vec![&3]), (&4, vec![&5])]);
        assert_eq!(reachable(&needs, &1), BTreeSet::from([&2, &3]));
    }
}
