//! One tree over another.

use super::{Entry, Table, Value};

/// Keys that say the same: a flat name of the predecessor, and the table and key that hold it here.
pub(crate) const ALIASES: [(&str, [&str; 2]); 3] = [
    ("retry_attempts", ["retry", "attempts"]),
    ("retry_delay", ["retry", "delay"]),
    ("max_retry_delay", ["retry", "max_delay"]),
];

/// Fills `upper` with what only `lower` has. The tables named in `groups` are filled key by key, every other
/// value is taken whole or not at all.
pub(crate) fn overlay(upper: &mut Table, lower: &Table, groups: &[&str]) {
    for entry in &lower.entries {
        let spoken_for =
            ALIASES.iter().any(|(flat, nested)| *flat == entry.key && upper.at(nested).is_some());
        if spoken_for {
            continue;
        }
        let is_group = groups.contains(&entry.key.as_str());
        let entry = if is_group { without_aliased(upper, entry) } else { entry.clone() };
        match upper.entry_mut(&entry.key) {
            None => upper.entries.push(entry),
            Some(there) if is_group => {
                if let (Value::Table(there), Value::Table(table)) = (&mut there.node.value, &entry.node.value)
                {
                    overlay(there, table, &[]);
                }
            }
            Some(_) => {}
        }
    }
}

/// The group without the keys that `upper` says by their flat name.
fn without_aliased(upper: &Table, group: &Entry) -> Entry {
    let mut group = group.clone();
    if let Value::Table(table) = &mut group.node.value {
        let said = |key: &str| {
            ALIASES
                .iter()
                .any(|(flat, nested)| *nested == [group.key.as_str(), key] && upper.entry(flat).is_some())
        };
        *table = table.filtered(|key| !said(key));
    }
    group
}
