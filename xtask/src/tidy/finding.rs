//! What a rule reports.

use std::fmt;
use std::path::{Path, PathBuf};

/// A broken rule: where, which, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: PathBuf,
    line: usize,
    rule: &'static str,
    advice: String,
}

impl Finding {
    /// `line` counts from 1; a finding about a whole file or a missing one says 1.
    pub(crate) fn new(
        path: impl AsRef<Path>,
        line: usize,
        rule: &'static str,
        advice: impl Into<String>,
    ) -> Self {
        Self { path: path.as_ref().to_path_buf(), line, rule, advice: advice.into() }
    }

    #[cfg(test)]
    pub(crate) fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: [{}] {}", self.path.display(), self.line, self.rule, self.advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where_which_and_what_to_do() {
        let finding = Finding::new("src/lib.rs", 3, "names", "rename it");
        assert_eq!(finding.to_string(), "src/lib.rs:3: [names] rename it");
    }
}
