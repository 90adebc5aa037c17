//! What a dependency tree must not contain: adapters in the foundation, and in a slim application what it did not ask for.

use anyhow::Result;

use super::finding::Finding;
use crate::command::Command;
use crate::workspace::Workspace;

const CORE: &str = "laravel-ai-core";
const FRONT: &str = "ai";
/// What an application gets that asks for OpenAI alone; the driver shares the codec of the compatible one.
const OPENAI_ALONE: &[&str] =
    &["provider-http", "provider-schema", "provider-openai", "provider-openai-compat"];

const DATABASES: &[&str] =
    &["apalis", "diesel", "libsqlite3", "redis", "rusqlite", "sea-orm", "sea-query", "sqlx"];

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
    let mut findings =
        check(&tree(workspace, CORE, &["--all-features"])?, CORE, is_adapter, "move the adapter up");
    let slim = tree(workspace, FRONT, &["--no-default-features", "--features", "openai"])?;
    let advice = "put it behind a feature of its own";
    findings.extend(check(&slim, "ai --no-default-features --features openai", is_not_openai, advice));
    Ok(findings)
}

fn tree(workspace: &Workspace, package: &str, features: &[&str]) -> Result<String> {
    Command::cargo(&workspace.root)
        .args(["tree", "--package", package, "--edges", "normal", "--target", "all"])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(features.iter().copied())
        .output()
}

fn check(tree: &str, of: &str, forbidden: fn(&str) -> bool, advice: &str) -> Vec<Finding> {
    let mut found: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| forbidden(name))
        .collect();
    found.sort_unstable();
    found.dedup();
    let package = of.split_whitespace().next().unwrap_or(of);
    found
        .into_iter()
        .map(|name| {
            let what = format!("{of} pulls in `{name}` (`cargo tree -p {of} -e normal -i {name}`): {advice}");
            Finding::new(format!("crates/{package}/Cargo.toml"), 1, "purity", what)
        })
        .collect()
}

fn is_adapter(name: &str) -> bool {
    ADAPTERS.iter().any(|adapter| is_of(name, adapter))
}

fn is_not_openai(name: &str) -> bool {
    let other_driver = name.starts_with("provider-") && !OPENAI_ALONE.contains(&name);
    other_driver || DATABASES.iter().any(|database| is_of(name, database))
}

fn is_of(name: &str, adapter: &str) -> bool {
    name == adapter || name.strip_prefix(adapter).is_some_and(|rest| rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(tree: &str) -> Vec<Finding> {
        check(tree, CORE, is_adapter, "move it")
    }

    #[test]
    fn vocabulary_passes() {
        assert_eq!(core("laravel-ai-core v0.1.0 (path)\nhttp v1.3.1\nbytes v1.11.0\nhttp v1.3.1 (*)"), []);
    }

    #[test]
    fn an_adapter_is_found_once() {
        let findings = core(
            "laravel-ai-core v0.1.0\nserde v1.0.0\ntokio-util v0.7.0\ntokio-util v0.7.0 (*)\nsqlx v0.9.0",
        );
        assert_eq!(findings.len(), 2);
        assert!(findings[0].to_string().contains("`sqlx`"));
    }

    #[test]
    fn openai_alone_brings_no_other_driver_and_no_database() {
        let slim = |tree| check(tree, "ai --features openai", is_not_openai, "hide it");
        assert_eq!(
            slim("ai v0.1.0\nprovider-openai v0.1.0\nprovider-openai-compat v0.1.0\nreqwest v0.13.5"),
            []
        );
        let findings = slim("ai v0.1.0\nprovider-mock v0.1.0\nsqlx-core v0.9.0\nprovider-gemini v0.1.0");
        assert_eq!(findings.len(), 3);
        assert!(findings[0].to_string().contains("crates/ai/Cargo.toml"));
    }
}
