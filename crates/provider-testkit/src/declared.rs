//! Laws that are declared not to hold.

use std::collections::BTreeMap;

use crate::Violation;

/// Names of laws, and why each does not hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared(BTreeMap<String, String>);

impl Declared {
    pub(crate) fn add(&mut self, law: impl Into<String>, reason: impl Into<String>) {
        self.0.insert(law.into(), reason.into());
    }

    pub(crate) fn reasons(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// What an outcome means: a declared law may not hold, and every declared name is that of a law.
    pub(crate) fn judge(
        &self,
        law: &str,
        known: impl Fn(&str) -> bool,
        outcome: Result<(), Violation>,
    ) -> Result<(), Violation> {
        if let Some(unknown) = self.0.keys().find(|name| !known(name)) {
            let got = format!("`{unknown}`, which no law is called");
            return Err(Violation::new("names of laws in `without`", got).of(law));
        }
        match (outcome, self.0.get(law)) {
            (outcome, None) => outcome.map_err(|violation| violation.of(law)),
            (Err(_), Some(_)) => Ok(()),
            (Ok(()), Some(reason)) => {
                let got = format!("it holds: take the declaration away (its reason was: {reason})");
                Err(Violation::new("a law that does not hold, as declared", got).of(law))
            }
        }
    }

    /// Prints why a law does not hold, if it is declared.
    pub(crate) fn tell(&self, law: &str) {
        if let Some(reason) = self.0.get(law) {
            println!("declared not to hold: {reason}");
        }
    }
}
