//! Recordings and documents must not carry a key that could be real.

use std::path::Path;
use std::sync::LazyLock;

use regex_lite::Regex;

use super::finding::Finding;

/// Shapes of keys, tokens and certificates, as their issuers print them.
static SHAPES: LazyLock<Vec<(&str, Option<Regex>)>> = LazyLock::new(|| {
    [
        ("an OpenAI or Anthropic key", r"(?:^|[^A-Za-z0-9_-])(sk-[A-Za-z0-9_-]{20,})"),
        ("an xAI key", r"xai-[A-Za-z0-9]{20,}"),
        ("a Google key", r"AIza[A-Za-z0-9_-]{30,}"),
        ("a Google access token", r"ya29\.[A-Za-z0-9_-]{20,}"),
        ("a GitHub token", r"(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})"),
        ("a Groq or Hugging Face key", r"(?:gsk|hf)_[A-Za-z0-9]{30,}"),
        ("an AWS key", r"AKIA[0-9A-Z]{16}"),
        ("a bearer token", r"[Bb]earer\s+[A-Za-z0-9._~+/=-]{20,}"),
        ("a JSON web token", r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
        ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    ]
    .map(|(what, shape)| (what, Regex::new(shape).ok()))
    .into()
});

/// Words that make a key an obvious fake.
const FAKES: [&str; 8] = ["test", "example", "canary", "fake", "dummy", "xxxx", "placeholder", "redacted"];

pub(crate) fn check(path: &Path, text: &str) -> Vec<Finding> {
    if !is_scanned(path) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        // One finding a line: a bearer token is often a key as well.
        if let Some(what) =
            SHAPES.iter().find_map(|(what, shape)| holds(line, shape.as_ref()?).then_some(what))
        {
            let advice =
                format!("this looks like {what}: revoke it if it is real, and write one with `test` in it");
            findings.push(Finding::new(path, number, "secrets", advice));
        }
    }
    findings
}

/// Fixtures, cassettes, snapshots, documents and examples, in any folder.
fn is_scanned(path: &Path) -> bool {
    let parts: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
    let name = parts.last().copied().unwrap_or_default();
    let fixture = parts.windows(2).any(|pair| pair == ["tests", "fixtures"]);
    let folder = parts.iter().any(|part| ["docs", "examples"].contains(part));
    let file =
        name.contains(".cassette") || [".snap", ".md", ".env", ".toml"].iter().any(|end| name.ends_with(end));
    fixture || folder || file
}

fn holds(line: &str, shape: &Regex) -> bool {
    shape.captures_iter(line).any(|found| {
        let found = found.get(1).or(found.get(0)).map_or("", |found| found.as_str());
        let random =
            found.contains(|character: char| character.is_ascii_digit() || character.is_ascii_uppercase());
        let lower = found.to_lowercase();
        random && !FAKES.iter().any(|fake| lower.contains(fake))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(Path::new(path), text).len()
    }

    // Put together here, so that no scanner takes this file for a leak.
    fn keys() -> Vec<String> {
        let random = "Q7w3Er9Ty1Ui5Op2As8Df4Gh6Jk0LzXc";
        vec![
            format!("sk-{random}"),
            format!("sk-proj-{random}"),
            format!("xai-{random}"),
            format!("AIza{random}"),
            format!("ya29.{random}"),
            format!("ghp_{random}"),
            format!("gsk_{random}"),
            format!("AKIA{}", "ABCDEFGH12345678"),
            format!("Bearer {random}"),
            format!("eyJ{random}.eyJ{random}.{random}"),
            format!("-----BEGIN RSA {} KEY-----", "PRIVATE"),
        ]
    }

    #[test]
    fn each_shape_is_found() {
        assert!(SHAPES.iter().all(|(_, shape)| shape.is_some()), "a pattern does not compile");
        for key in keys() {
            assert_eq!(found("crates/x/tests/fixtures/a.json", &format!("{{\"k\": \"{key}\"}}")), 1, "{key}");
        }
    }

    #[test]
    fn obvious_fakes_and_words_pass() {
        for text in
            ["sk-test-Q7w3Er9Ty1Ui5Op2As8D", "Bearer canary-4f9a2b7c1d3e5f60", "sk-xxxxxxxxxxxxxxxxxxxxxxxx"]
        {
            assert_eq!(found("docs/a.md", text), 0, "{text}");
        }
        for text in [
            "disk-Management-in-2026-explained-well",
            "sk-the-name-of-a-long-anchor",
            "Bearer $OPENAI_API_KEY",
        ] {
            assert_eq!(found("docs/a.md", text), 0, "{text}");
        }
    }

    #[test]
    fn every_place_that_holds_recordings_is_read() {
        let key = keys().swap_remove(0);
        for path in [
            "a/tests/fixtures/b/c.txt",
            "a/b.cassette.json",
            "docs/a.html",
            "examples/a.rs",
            "a/b.snap",
            "README.md",
        ] {
            assert_eq!(found(path, &key), 1, "{path}");
        }
        assert_eq!(found("crates/x/src/lib.rs", &key), 0);
    }
}
