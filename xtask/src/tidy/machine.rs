//! Nothing in the repository may depend on the machine it was written on.

use std::path::Path;
use std::sync::LazyLock;

use regex_lite::Regex;

use super::finding::Finding;

// Every pattern carries a bracket that its own text does not match, so that this file passes too.
static PATTERNS: LazyLock<Vec<(&str, Option<Regex>)>> = LazyLock::new(|| {
    [
        // Only from a path's beginning: `https://host/work/` and `connections/work/` are nobody's machine.
        ("an absolute path of one machine", r#"(?:^|file://|[\s"'`(\[{=:,<>|])/(?:[w]ork|[r]oot|[f]arm)/"#),
        ("an absolute path of one machine", r"/[t]mp/bash_jobs"),
        (
            "the host of a package registry",
            r"(?:index|static)\.[c]rates\.io|registry\.[n]pmjs\.org|[p]ypi\.org/simple",
        ),
    ]
    .map(|(what, pattern)| (what, Regex::new(pattern).ok()))
    .into()
});

pub(crate) fn check(path: &Path, text: &str) -> Vec<Finding> {
    // Cargo writes the registry into the lock file itself.
    if path.file_name().is_some_and(|name| name == "Cargo.lock") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let found = |(what, pattern): &(&'static str, Option<Regex>)| {
            pattern.as_ref()?.is_match(line).then_some(*what)
        };
        if let Some(what) = PATTERNS.iter().find_map(found) {
            let advice =
                format!("{what}: use a path relative to the repository, or take it from the environment");
            findings.push(Finding::new(path, number, "machine", advice));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(Path::new("a.toml"), text).len()
    }

    #[test]
    fn paths_and_registries_of_this_machine_are_found() {
        assert!(PATTERNS.iter().all(|(_, pattern)| pattern.is_some()), "a pattern does not compile");
        for text in [
            concat!("path = \"/wo", "rk/main/x\""),
            concat!("see /ro", "ot/.cargo"),
            concat!("file:///fa", "rm/x"),
            concat!("/tm", "p/bash_jobs.0/1"),
            concat!("https://static.cra", "tes.io/crates"),
        ] {
            assert_eq!(found(text), 1, "{text}");
        }
    }

    #[test]
    fn addresses_and_names_pass() {
        for text in [
            "https://host.example/work/x",
            "connections/work/gpt",
            "model(\"work/gpt\")",
            "/tmp/x",
            "crates.io",
        ] {
            assert_eq!(found(text), 0, "{text}");
        }
        assert!(check(Path::new("Cargo.lock"), concat!("https://index.cra", "tes.io")).is_empty());
    }
}
