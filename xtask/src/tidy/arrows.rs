//! Which crate may depend on which: the table of ARCHITECTURE.md as data. An arrow that is not here is an error; a new
//! one needs a page in docs/decisions.

use super::finding::Finding;
use super::graph::Edge;

const RULE: &str = "arrows";
const SELF: &str = "xtask/src/tidy/arrows.rs";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wing {
    Foundation,
    /// Speaks the vendors' languages; knows nothing of the living wing.
    Provider,
    /// Does what is the same for all vendors; has never heard of one.
    Living,
    /// Stands above both wings.
    Front,
}

#[derive(Debug)]
struct Room {
    name: &'static str,
    wing: Wing,
    level: u8,
    may: &'static [&'static str],
}

const fn room(name: &'static str, wing: Wing, level: u8, may: &'static [&'static str]) -> Room {
    Room { name, wing, level, may }
}

const CORE: &str = "laravel-ai-core";
/// Test doubles, which everyone above level 1 may use in tests, the living wing too.
const DOUBLES: [&str; 2] = ["provider-mock", "provider-testkit"];

const DIALECT: &[&str] = &[CORE, "provider-http", "provider-schema", "provider-openai-compat"];
const NATIVE: &[&str] = &[CORE, "provider-http", "provider-schema"];
const BELOW_AI: &[&str] = &[
    CORE,
    "provider-http",
    "provider-schema",
    "provider-openai-compat",
    "provider-openai",
    "provider-xai",
    "provider-gemini",
    "provider-ollama",
    "provider-mock",
    "provider-testkit",
    "ai-events",
    "ai-costs",
    "ai-layers",
    "ai-tools",
    "ai-mcp",
    "ai-runs",
    "ai-conversations",
    "ai-models",
    "ai-persistence",
    "ai-jobs",
    "ai-config",
];

const ROOMS: &[Room] = &[
    room(CORE, Wing::Foundation, 0, &[]),
    room("provider-http", Wing::Provider, 1, &[CORE]),
    room("provider-schema", Wing::Provider, 1, &[CORE]),
    room("provider-mock", Wing::Provider, 1, &[CORE]),
    room("provider-testkit", Wing::Provider, 1, &[CORE]),
    // The testkit behind a feature, for tests of drivers that speak its wire.
    room(
        "provider-openai-compat",
        Wing::Provider,
        2,
        &[CORE, "provider-http", "provider-schema", "provider-testkit"],
    ),
    room("provider-gemini", Wing::Provider, 2, NATIVE),
    room("provider-ollama", Wing::Provider, 2, NATIVE),
    room("provider-openai", Wing::Provider, 3, DIALECT),
    room("provider-xai", Wing::Provider, 3, DIALECT),
    room("ai-events", Wing::Living, 1, &[CORE]),
    room("ai-costs", Wing::Living, 1, &[CORE]),
    room("ai-config", Wing::Living, 1, &[CORE]),
    room("ai-conversations", Wing::Living, 1, &[CORE, "ai-events"]),
    room("ai-models", Wing::Living, 1, &[CORE, "ai-events"]),
    room("ai-runs", Wing::Living, 1, &[CORE, "ai-events"]),
    room("ai-layers", Wing::Living, 2, &[CORE, "ai-events", "ai-costs"]),
    room("ai-tools", Wing::Living, 2, &[CORE, "ai-events"]),
    room(
        "ai-persistence",
        Wing::Living,
        2,
        &[CORE, "ai-events", "ai-costs", "ai-conversations", "ai-models", "ai-runs"],
    ),
    room("ai-mcp", Wing::Living, 3, &[CORE, "ai-tools"]),
    room("ai-jobs", Wing::Living, 3, &[CORE, "ai-events", "ai-persistence"]),
    room("ai", Wing::Front, 4, BELOW_AI),
    room("ai-cli", Wing::Front, 5, &["ai"]),
    room("xtask", Wing::Front, 5, &[]),
    // The end-to-end tests may look into every room.
    room("tests", Wing::Front, 5, EVERYTHING),
];

const EVERYTHING: &[&str] = &["*"];

fn find(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}

/// Packages that have no place in the table.
pub(crate) fn unknown<'a>(packages: impl Iterator<Item = &'a str>) -> Vec<Finding> {
    packages
        .filter(|name| find(name).is_none())
        .map(|name| {
            let advice = format!("the crate `{name}` is not in the table: add it to {SELF} with its wing");
            Finding::new(format!("crates/{name}/Cargo.toml"), 1, RULE, advice)
        })
        .collect()
}

pub(crate) fn check(edge: &Edge) -> Option<Finding> {
    if !edge.internal {
        return None;
    }
    // An unknown end is reported once, by `unknown`.
    let (from, to) = (find(&edge.from)?, find(&edge.to)?);
    let reason = refusal(from, to, edge.dev)?;
    let kind = if edge.dev { "dev-dependency" } else { "dependency" };
    let advice = format!("{kind} `{}` of `{}`: {reason}", to.name, from.name);
    Some(Finding::new(&edge.manifest, edge.line, RULE, advice))
}

fn refusal(from: &Room, to: &Room, dev: bool) -> Option<String> {
    if from.may.contains(&to.name) || from.may == EVERYTHING {
        return None;
    }
    if from.wing == Wing::Foundation {
        return Some(
            "the foundation stands on nothing of ours, in tests neither; move the code or the test up".into(),
        );
    }
    if DOUBLES.contains(&to.name) && dev {
        return (from.level <= 1).then(|| {
            "test doubles are for levels above 1; test this crate with what it holds itself".into()
        });
    }
    if matches!((from.wing, to.wing), (Wing::Provider, Wing::Living) | (Wing::Living, Wing::Provider)) {
        return Some(
            "provider-* and ai-* never depend on each other; meet in laravel-ai-core or in `ai`".into(),
        );
    }
    let may = if from.may.is_empty() { "nothing of ours".into() } else { from.may.join(", ") };
    Some(format!("arrows run downward and only where the table of section 3 has one; it may depend on {may}"))
}

#[cfg(test)]
mod tests {
    use super::super::graph::{dev_edge, edge};
    use super::*;

    #[test]
    fn an_arrow_in_the_table_passes() {
        for (from, to) in [
            ("provider-http", CORE),
            ("provider-xai", "provider-openai-compat"),
            ("ai-runs", "ai-events"),
            ("ai", "ai-jobs"),
            ("tests", "ai"),
        ] {
            assert_eq!(check(&edge(from, to)), None, "{from} -> {to}");
        }
    }

    #[test]
    fn an_arrow_outside_the_table_fails() {
        for (from, to, why) in [
            ("provider-http", "ai-events", "never depend on each other"),
            ("ai-layers", "provider-http", "never depend on each other"),
            ("provider-openai-compat", "provider-openai", "arrows run downward"),
            ("provider-gemini", "provider-openai-compat", "arrows run downward"),
            ("ai-tools", "ai-costs", "arrows run downward"),
            ("xtask", CORE, "nothing of ours"),
            (CORE, "provider-http", "the foundation"),
        ] {
            let finding = check(&edge(from, to)).unwrap().to_string();
            assert!(finding.contains(why), "{finding}");
        }
    }

    #[test]
    fn test_doubles_are_for_tests_above_level_one() {
        assert_eq!(check(&dev_edge("ai-layers", "provider-mock")), None);
        assert_eq!(check(&dev_edge("provider-openai", "provider-testkit")), None);
        assert!(check(&edge("ai-layers", "provider-mock")).is_some());
        assert!(check(&dev_edge("provider-http", "provider-testkit")).is_some());
        assert!(check(&dev_edge(CORE, "provider-mock")).is_some());
    }

    #[test]
    fn a_new_crate_must_be_given_a_wing() {
        let findings = unknown(["ai", "ai-weather"].into_iter());
        assert_eq!(findings.len(), 1);
        assert!(findings[0].to_string().contains("add it to xtask/src/tidy/arrows.rs with its wing"));
    }

    #[test]
    fn the_table_agrees_with_its_own_rules() {
        for room in ROOMS.iter().filter(|room| room.may != EVERYTHING) {
            for name in room.may {
                let below = find(name).unwrap();
                // Within level 1, conversations, models and runs stand on events.
                assert!(below.level < room.level || below.name == "ai-events", "{} -> {name}", room.name);
                let across = room.wing != below.wing && below.wing != Wing::Foundation;
                assert!(!across || room.wing == Wing::Front, "{} -> {name}", room.name);
            }
        }
    }
}
