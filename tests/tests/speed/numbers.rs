//! The committed numbers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How many times the committed number may be reached.
pub(crate) const TOLERANCE: f64 = 1.10;

/// For each call or chunk, by its name.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Numbers {
    pub(crate) allocations: BTreeMap<String, f64>,
    pub(crate) instructions: BTreeMap<String, f64>,
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/speed/numbers.json")
}

/// Whether the numbers are to be written and not compared, as `cargo xtask bench --bless` says.
pub(crate) fn is_blessing() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a switch of this test")]
    std::env::var_os("AI_BLESS_SPEED").is_some()
}

impl Numbers {
    pub(crate) fn committed() -> Self {
        serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap()
    }

    /// Writes the numbers; instructions stay as they are where none were counted.
    pub(crate) fn save(mut self) {
        if self.instructions.is_empty() {
            self.instructions = Self::committed().instructions;
        }
        for number in self.allocations.values_mut().chain(self.instructions.values_mut()) {
            *number = (*number * 100.0).round() / 100.0;
        }
        std::fs::write(path(), serde_json::to_string_pretty(&self).unwrap() + "\n").unwrap();
    }

    /// What is worse in `now`, or is in one of the two only.
    pub(crate) fn compare(&self, now: &Self) -> Vec<String> {
        let mut findings = worse("allocations", &self.allocations, &now.allocations);
        if !now.instructions.is_empty() {
            findings.extend(worse("instructions", &self.instructions, &now.instructions));
        }
        findings
    }
}

fn worse(what: &str, before: &BTreeMap<String, f64>, now: &BTreeMap<String, f64>) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, now) in now {
        match before.get(name) {
            Some(before) if *now > before * TOLERANCE => {
                findings.push(format!("{what} of {name}: {now:.2}, it was {before:.2}"));
            }
            Some(_) => {}
            None => findings.push(format!("{what} of {name}: {now:.2}, and no number is committed")),
        }
    }
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    findings.extend(gone.map(|name| format!("{what} of {name}: committed and not measured")));
    findings
}
