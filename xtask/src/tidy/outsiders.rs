//! Libraries that only one room may know, so that they can be exchanged there.

use super::finding::Finding;
use super::graph::Edge;

/// A library and its companions (`sqlx`, `sqlx-core` …), the rooms that may name it, and why.
const OWNERS: &[(&str, &[&str], &str)] = &[
    ("reqwest", &["provider-http"], "take a `Transport` instead"),
    ("sea-orm", &["ai-persistence", "ai-jobs"], "put a port in the crate that needs storage"),
    ("sqlx", &["ai-persistence", "ai-jobs"], "put a port in the crate that needs storage"),
    ("apalis", &["ai-persistence", "ai-jobs"], "hand the work to `ai-jobs`"),
];

pub(crate) fn check(edge: &Edge) -> Option<Finding> {
    let belongs =
        |name: &str| edge.to == name || edge.to.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    let (name, owners, advice) = OWNERS.iter().find(|(name, ..)| belongs(name))?;
    if owners.contains(&edge.from.as_str()) {
        return None;
    }
    let advice = format!(
        "`{}` depends on `{}`, but only {} know {name}: {advice}",
        edge.from,
        edge.to,
        owners.join(", ")
    );
    Some(Finding::new(&edge.manifest, edge.line, "outsiders", advice))
}

#[cfg(test)]
mod tests {
    use super::super::graph::{dev_edge, edge};
    use super::*;

    #[test]
    fn the_owner_may() {
        assert_eq!(check(&edge("provider-http", "reqwest")), None);
        assert_eq!(check(&edge("ai-persistence", "sea-orm-migration")), None);
        assert_eq!(check(&edge("ai", "sqlxish")), None);
    }

    #[test]
    fn nobody_else_may_even_in_tests() {
        assert!(check(&edge("provider-openai", "reqwest")).is_some());
        assert!(check(&dev_edge("ai-layers", "reqwest")).is_some());
        assert!(check(&edge("ai-conversations", "sqlx-core")).is_some());
        assert!(check(&edge("ai-runs", "apalis")).is_some());
    }
}
