//! What is wrong with a configuration, and where.

use std::fmt;
use std::sync::Arc;

use laravel_ai_core::{Error, ErrorKind};

/// Where a key or value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// Written in a file.
    File {
        /// The file as it was named.
        file: Arc<str>,
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
    },
    /// The value of an environment variable.
    Variable(String),
    /// Neither: implied by the library.
    BuiltIn,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::BuiltIn => f.write_str("built in"),
        }
    }
}

/// How much a [`Problem`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// The connection can't be used.
    Error,
    /// It can be used, but probably not as intended.
    Warning,
    /// Worth knowing.
    Note,
}

/// One thing that is wrong, or worth knowing, about a configuration. It holds no secret and no line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// Where it was written.
    pub origin: Origin,
    /// The dotted key that it is about, such as `connections.work.api_key`.
    pub key: Option<String>,
    /// One line for people: what is wrong and what to do.
    pub message: String,
}

impl Problem {
    pub(crate) fn error(origin: Origin, key: Option<String>, message: String) -> Self {
        Self { severity: Severity::Error, origin, key, message }
    }

    /// As the error of an operation that it prevented.
    pub fn into_error(self) -> Error {
        into_error(vec![self])
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::BuiltIn => f.write_str(&self.message),
            _ => write!(f, "{}: {}", self.origin, self.message),
        }
    }
}

/// All problems behind one [`Error`]: `error.vendor::<Problems>()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems in the order in which they were found; at least one.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

pub(crate) fn into_error(problems: Vec<Problem>) -> Error {
    let problems = Problems(problems);
    Error::new(ErrorKind::Configuration, problems.to_string()).with_source(problems)
}
