//! Which laws each driver keeps. Its own tests try them all: one that is neither kept nor declared fails there, and so does one
//! that is declared and kept. What they declare is written down beside them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use provider_testkit::LAWS;

/// The driver, its crate, and the name of what it declares.
const DRIVERS: [(&str, &str, &str); 7] = [
    ("openai-compatible", "provider-openai-compat", "openai_compatible"),
    ("openai", "provider-openai", "openai"),
    ("openai, chat", "provider-openai", "openai_chat"),
    ("xai", "provider-xai", "xai"),
    ("xai, chat", "provider-xai", "xai_chat"),
    ("gemini", "provider-gemini", "gemini"),
    ("ollama", "provider-ollama", "ollama"),
];

/// Names of laws, and why each does not hold.
fn declared(package: &str, name: &str) -> BTreeMap<String, String> {
    let file = format!("crates/{package}/tests/it/snapshots/it__conformance__declared_{name}.snap");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&file);
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (_, json) = text.rsplit_once("---\n").unwrap();
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The section of the page.
pub(super) fn section() -> String {
    let all: Vec<_> = DRIVERS.iter().map(|(_, package, name)| declared(package, name)).collect();
    let mut page = String::from(include_str!("laws.md"));
    let names: Vec<_> = DRIVERS.iter().map(|(driver, ..)| *driver).collect();
    let _ = writeln!(page, "\n| Law | {} |\n|---{}|", names.join(" | "), "|---".repeat(names.len()));
    for law in LAWS {
        let cells: Vec<_> = all
            .iter()
            .map(|out| if out.contains_key(law.name) { "does not apply" } else { "kept" })
            .collect();
        let _ = writeln!(page, "| {} | {} |", law.name, cells.join(" | "));
    }
    page.push_str("\n### Why a law does not apply\n\n");
    for (driver, out) in names.iter().zip(&all) {
        for (law, why) in out {
            let _ = writeln!(page, "* {driver}, {law}: {why}");
        }
    }
    page
}
