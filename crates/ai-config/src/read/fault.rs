//! What stops one pass of reading.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use crate::Origin;
use crate::nearest::nearest;
use crate::tree::Node;

#[derive(Debug)]
pub(super) struct Fault {
    pub(super) cause: Cause,
    /// The innermost value that is wrong, once it is known. Boxed, since every result of reading has room for it.
    place: Option<Box<Place>>,
}

#[derive(Debug)]
struct Place {
    /// Dotted, below what is read.
    path: String,
    origin: Origin,
    /// The places of its keys, if it is a table.
    keys: Vec<(String, Origin)>,
}

#[derive(Debug)]
pub(super) enum Cause {
    Missing(&'static str),
    Unknown(String, &'static [&'static str]),
    Other(String),
}

impl Fault {
    fn new(cause: Cause) -> Self {
        Self { cause, place: None }
    }

    /// With the place, unless a value further inside has set its own.
    pub(super) fn within(mut self, node: &Node, path: &str) -> Self {
        self.place.get_or_insert_with(|| {
            let entries = node.as_table().map(|table| table.entries.as_slice()).unwrap_or_default();
            let keys = entries.iter().map(|entry| (entry.key.clone(), entry.origin.clone())).collect();
            Box::new(Place { path: path.to_owned(), origin: node.origin.clone(), keys })
        });
        self
    }

    pub(super) fn path(&self) -> &str {
        self.place.as_ref().map_or("", |place| &place.path)
    }

    pub(super) fn origin(&self) -> Option<&Origin> {
        self.place.as_ref().map(|place| &place.origin)
    }

    pub(super) fn child(&self, key: &str) -> String {
        match self.path() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    pub(super) fn at(&self, key: &str) -> Option<Origin> {
        let place = self.place.as_ref()?;
        place.keys.iter().find(|(name, _)| name == key).map(|(_, origin)| origin.clone())
    }

    pub(super) fn expected(what: impl fmt::Display, found: &str) -> Self {
        Self::custom(format_args!("expected {what}, found {found}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Missing(key) => write!(f, "missing key `{key}`"),
            Cause::Unknown(key, _) => write!(f, "unknown key `{key}`"),
            Cause::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Fault {}

/// The words of serde, without the value that it would repeat: it may be a secret.
impl Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        // Some libraries explain themselves over several lines.
        let message = message.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        Self::new(Cause::Other(message))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(words(expected), kind(found))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("the value does not fit: expected {}", words(expected)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("it has {length} elements, expected {expected}"))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let all = expected.join(", ");
        Self::custom(match nearest(found, expected) {
            Some(name) => format!("unknown value: did you mean `{name}`? (one of: {all})"),
            None => format!("unknown value; it is one of: {all}"),
        })
    }

    fn unknown_field(key: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Cause::Unknown(key.to_owned(), expected))
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Cause::Missing(key))
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::custom(format_args!("`{key}` is given twice, once by another name"))
    }
}

fn words(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" => "an integer from 0 to 255".into(),
        "u16" => "an integer from 0 to 65535".into(),
        "u32" => "an integer from 0 to 4294967295".into(),
        "u64" | "u128" | "usize" => "an integer of at least 0".into(),
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "an integer".into(),
        "f32" | "f64" => "a number".into(),
        "a map" => "a table".into(),
        "a sequence" => "an array".into(),
        text if text.starts_with("a nonzero u") => "an integer of at least 1".into(),
        text if text.starts_with("struct ") => "a table".into(),
        text if text.starts_with("enum ") || text.starts_with("variant ") => "the name of a variant".into(),
        _ => text,
    }
}

fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a number with a fraction",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "a string",
        Unexpected::Seq => "an array",
        Unexpected::Map => "a table",
        // serde describes integers beyond 64 bits this way.
        Unexpected::Other("integer `i128`" | "integer `u128`" | "i128" | "u128") => "an integer",
        _ => "something else",
    }
}
