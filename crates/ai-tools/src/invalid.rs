//! What an answer that is no such object leaves behind.

use std::fmt;

/// Why an answer is not the object that was asked for: the source of an error of kind
/// [`Decode`](laravel_ai_core::ErrorKind::Decode), reached by [`Error::vendor`](laravel_ai_core::Error::vendor).
///
/// `Display` and `Debug` show places and rules, and never the answer.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidObject {
    text: String,
    problems: Vec<ObjectProblem>,
}

/// One place of an answer that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectProblem {
    /// The place in the answer, as a JSON Pointer; empty for the whole.
    pub pointer: String,
    /// The rule that it breaks; the answer's own values are left out.
    pub rule: String,
}

impl InvalidObject {
    pub(crate) fn new(text: String, problems: Vec<ObjectProblem>) -> Self {
        Self { text, problems }
    }

    /// The raw text of the answer: what the model said, unchanged.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What does not fit, at most the first twenty places. Empty when the text is no JSON, or fits the schema and not
    /// the type.
    pub fn problems(&self) -> &[ObjectProblem] {
        &self.problems
    }
}

impl ObjectProblem {
    pub(crate) fn new(pointer: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), rule: rule.into() }
    }
}

impl fmt::Display for ObjectProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => write!(f, "the whole answer: {}", self.rule),
            pointer => write!(f, "{pointer}: {}", self.rule),
        }
    }
}

impl fmt::Display for InvalidObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [] => write!(f, "{} bytes of text that do not decode", self.text.len()),
            [first] => first.fmt(f),
            [first, rest @ ..] => write!(f, "{first}, and {} more", rest.len()),
        }
    }
}

impl fmt::Debug for InvalidObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidObject").field("problems", &self.problems).finish_non_exhaustive()
    }
}

impl std::error::Error for InvalidObject {}
