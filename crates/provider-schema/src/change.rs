//! What compiling did to a schema, and what a schema does that a vendor's strict mode does not take.

use std::fmt;

/// Something that compiling changed in a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Where in the given schema, as a JSON pointer; empty for the root.
    pub path: String,
    /// What was done.
    pub kind: ChangeKind,
    /// What was done and why, in one line for people.
    pub message: String,
    /// Whether the vendor no longer guards something that the given schema asks for, so that an answer can fit the
    /// compiled schema and, restored, not the given one. Validate the answer.
    pub lossy: bool,
}

/// What was done to a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The root is not an object and became the property `value` of one. Undone by restoring.
    RootWrapped,
    /// An optional property became required and takes null for "absent". Undone by restoring.
    MadeNullable,
    /// An optional property that takes null anyway became required.
    MadeRequired,
    /// An object takes no other properties than those that are described.
    Closed,
    /// A missing `type` was added from the other keywords.
    TypeAdded,
    /// `allOf`, or a reference with other keywords beside it, became one schema.
    Merged,
    /// Keywords beside `anyOf` moved into each of its schemas.
    Distributed,
    /// `oneOf` became `anyOf`.
    OneOfReplaced,
    /// A keyword was written in another way with the same meaning.
    Rewritten,
    /// A reference was replaced by what it names.
    ReferenceWrittenOut,
    /// A keyword that holds for answers was left out.
    KeywordDropped,
    /// A keyword that only describes was left out.
    AnnotationDropped,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", place(&self.path), self.message)
    }
}

/// Something in a schema that a vendor's strict mode does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Where in the schema, as a JSON pointer; empty for the root.
    pub path: String,
    /// What is wrong and, where there is one, the way out, in one line for people.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", place(&self.path), self.message)
    }
}

fn place(path: &str) -> &str {
    if path.is_empty() { "the root" } else { path }
}

/// What the steps of compiling report.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) changes: Vec<Change>,
    /// What makes strict mode impossible.
    pub(crate) obstacles: Vec<Violation>,
}

impl Report {
    pub(crate) fn change(&mut self, path: String, kind: ChangeKind, lossy: bool, message: impl Into<String>) {
        self.changes.push(Change { path, kind, message: message.into(), lossy });
    }

    pub(crate) fn obstacle(&mut self, path: String, message: impl Into<String>) {
        self.obstacles.push(Violation { path, message: message.into() });
    }
}
