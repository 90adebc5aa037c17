//! `cargo xtask matrix`: a feature adds and never alters, so each must build alone, with none and with all.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::command::Command;
use crate::steps::Steps;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::default();
    for package in workspace.crates() {
        let name = package.name.as_str();
        for features in selections(&package.features) {
            let shown = if features.is_empty() { "no feature".to_owned() } else { features.join(",") };
            steps.run(format!("{name}: {shown}"), || {
                let check = ["check", "--quiet", "--package", name, "--no-default-features"];
                let chosen = features.iter().flat_map(|feature| ["--features", feature]);
                Command::cargo(&workspace.root).args(check).args(chosen).run()
            });
        }
    }
    steps.finish()
}

/// None, each one alone, all; two selections that switch on the same features are one.
fn selections(features: &BTreeMap<String, Vec<String>>) -> Vec<Vec<String>> {
    if features.is_empty() {
        return Vec::new();
    }
    let mut wanted: Vec<Vec<String>> = vec![Vec::new()];
    wanted.extend(features.keys().map(|feature| vec![feature.clone()]));
    wanted.push(features.keys().filter(|feature| *feature != "default").cloned().collect());
    let mut seen = BTreeSet::new();
    wanted.retain(|selection| seen.insert(closure(features, selection)));
    wanted
}

/// Everything a selection switches on; `default` itself is only a name for others.
fn closure(features: &BTreeMap<String, Vec<String>>, selection: &[String]) -> BTreeSet<String> {
    let mut open = selection.to_vec();
    let mut reached = BTreeSet::new();
    while let Some(feature) = open.pop() {
        if reached.insert(feature.clone()) {
            open.extend(features.get(&feature).into_iter().flatten().cloned());
        }
    }
    reached.remove("default");
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        entries
            .iter()
            .map(|(name, implied)| (name.to_string(), implied.iter().map(ToString::to_string).collect()))
            .collect()
    }

    #[test]
    fn none_each_and_all() {
        let features = table(&[("a", &[]), ("b", &["dep:x"]), ("default", &["a"])]);
        assert_eq!(selections(&features), [vec![], vec!["a"], vec!["b"], vec!["a", "b"]]);
    }

    #[test]
    fn one_feature_is_checked_once() {
        assert_eq!(selections(&table(&[("a", &[]), ("default", &["a"])])), [vec![], vec!["a"]]);
        assert!(selections(&table(&[])).is_empty());
    }
}
