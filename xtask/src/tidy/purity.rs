//! The foundation has ports but no adapters: what its dependency tree must not contain.

use anyhow::Result;

use super::finding::Finding;
use crate::command::Command;
use crate::workspace::Workspace;

const CORE: &str = "laravel-ai-core";

/// Runtimes, transports, TLS, databases and queues, each with its companions (`tokio-util`, `sqlx-core` …).
const ADAPTERS: &[&str] = &[
    "apalis",
    "async-std",
    "axum",
    "curl",
    "diesel",
    "h2",
    "hyper",
    "isahc",
    "libsqlite3",
    "native-tls",
    "openssl",
    "quinn",
    "redis",
    "reqwest",
    "rusqlite",
    "rustls",
    "sea-orm",
    "sea-query",
    "smol",
    "sqlx",
    "tokio",
    "ureq",
];

pub(crate) fn run(workspace: &Workspace) -> Result<Vec<Finding>> {
    if workspace.package(CORE).is_none() {
        println!("skipped: purity, because {CORE} does not exist yet");
        return Ok(Vec::new());
    }
    let tree = Command::cargo(&workspace.root)
        .args(["tree", "--package", CORE, "--edges", "normal", "--all-features", "--target", "all"])
        .args(["--prefix", "none", "--format", "{p}"])
        .output()?;
    Ok(check(&tree))
}

fn check(tree: &str) -> Vec<Finding> {
    let mut found: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| ADAPTERS.iter().any(|adapter| is_of(name, adapter)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .map(|name| {
            let advice = format!(
                "{CORE} pulls in `{name}` (`cargo tree -p {CORE} -e normal -i {name}`): keep the port, move the adapter up"
            );
            Finding::new(format!("crates/{CORE}/Cargo.toml"), 1, "purity", advice)
        })
        .collect()
}

fn is_of(name: &str, adapter: &str) -> bool {
    name == adapter || name.strip_prefix(adapter).is_some_and(|rest| rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vocabulary_passes() {
        assert_eq!(check("laravel-ai-core v0.1.0 (path)\nhttp v1.3.1\nbytes v1.11.0\nhttp v1.3.1 (*)"), []);
    }

    #[test]
    fn an_adapter_is_found_once() {
        let findings = check(
            "laravel-ai-core v0.1.0\nserde v1.0.0\ntokio-util v0.7.0\ntokio-util v0.7.0 (*)\nsqlx v0.9.0",
        );
        assert_eq!(findings.len(), 2);
        assert!(findings[0].to_string().contains("`sqlx`"));
    }
}
