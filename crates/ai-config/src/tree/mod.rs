//! Configuration as a tree in which every key and value knows where it was written.

mod overlay;
mod parse;

pub(crate) use self::overlay::{ALIASES, overlay};
pub(crate) use self::parse::parse;
use crate::Origin;

#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

#[derive(Clone)]
pub(crate) enum Value {
    String(String),
    Integer(i128),
    Float(f64),
    Boolean(bool),
    Datetime(String),
    Array(Vec<Node>),
    Table(Table),
}

/// Entries in the order of the document.
#[derive(Clone, Default)]
pub(crate) struct Table {
    pub(crate) entries: Vec<Entry>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) origin: Origin,
    pub(crate) node: Node,
}

/// A value that stands elsewhere: `{ env = "NAME" }` or `{ file = "path" }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference<'a> {
    Variable(&'a str),
    File(&'a str),
}

impl Node {
    pub(crate) fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(crate) fn as_reference(&self) -> Option<Reference<'_>> {
        let [entry] = self.as_table()?.entries.as_slice() else { return None };
        match (entry.key.as_str(), &entry.node.value) {
            ("env", Value::String(name)) => Some(Reference::Variable(name)),
            ("file", Value::String(path)) => Some(Reference::File(path)),
            _ => None,
        }
    }
}

impl Value {
    /// What it is, in the words of TOML.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a number with a fraction",
            Self::Boolean(_) => "a boolean",
            Self::Datetime(_) => "a date",
            Self::Array(_) => "an array",
            Self::Table(_) => "a table",
        }
    }
}

impl Table {
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn entry_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.key == key)
    }

    pub(crate) fn at(&self, path: &[&str]) -> Option<&Entry> {
        let (key, rest) = path.split_first()?;
        let entry = self.entry(key)?;
        if rest.is_empty() { Some(entry) } else { entry.node.as_table()?.at(rest) }
    }

    /// Puts a value that was written at `origin` under a dotted key. What is there already stays.
    pub(crate) fn insert(&mut self, path: &[&str], value: Value, origin: &Origin) {
        let Some((key, rest)) = path.split_first() else { return };
        let value = match (self.entry_mut(key), rest.is_empty()) {
            (Some(Entry { node: Node { value: Value::Table(table), .. }, .. }), false) => {
                return table.insert(rest, value, origin);
            }
            (Some(_), _) => return,
            (None, true) => value,
            (None, false) => {
                let mut table = Table::default();
                table.insert(rest, value, origin);
                Value::Table(table)
            }
        };
        let node = Node { value, origin: origin.clone() };
        self.entries.push(Entry { key: (*key).to_owned(), origin: origin.clone(), node });
    }

    /// The entries whose key passes, in a table of their own.
    pub(crate) fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self { entries: self.entries.iter().filter(|entry| keep(&entry.key)).cloned().collect() }
    }
}
