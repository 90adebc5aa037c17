//! How a law was broken.

use std::fmt;

/// A broken law: which one, what it wants, and what came instead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The law's name, once it is known.
    pub law: Option<String>,
    /// What the law wants.
    pub expected: String,
    /// What came.
    pub got: String,
}

impl Violation {
    /// A law that wants `expected` and got `got`.
    pub fn new(expected: impl fmt::Display, got: impl fmt::Display) -> Self {
        Self { law: None, expected: expected.to_string(), got: got.to_string() }
    }

    /// With the name of the law.
    pub fn of(mut self, law: &str) -> Self {
        self.law.get_or_insert_with(|| law.to_owned());
        self
    }

    /// With where it happened in front of what came.
    pub(crate) fn at(mut self, place: impl fmt::Display) -> Self {
        self.got = format!("{place}: {}", self.got);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let law = self.law.as_deref().unwrap_or("of the kit");
        write!(f, "the law `{law}` is broken\n  expected: {}\n  got:      {}", self.expected, self.got)
    }
}

impl std::error::Error for Violation {}

/// `Err` with what was expected and what came, unless `holds`.
pub(crate) fn ensure(
    holds: bool,
    expected: impl fmt::Display,
    got: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation::new(expected, got())) }
}

/// `Err` with both values when they differ.
pub(crate) fn same<T: PartialEq + fmt::Debug>(what: &str, expected: &T, got: &T) -> Result<(), Violation> {
    ensure(expected == got, format_args!("{what}: {expected:?}"), || format!("{got:?}"))
}
