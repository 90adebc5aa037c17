//! From TOML text to the tree.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Entry, Node, Table, Value};
use crate::{Origin, Problem};

/// Reads a document as far as it can be read, and says what is wrong with the rest. The problems show no text of
/// the document, because a broken line may hold a key.
pub(crate) fn parse(file: &str, text: &str) -> (Table, Vec<Problem>) {
    let places = Places { file: file.into(), text };
    let (document, errors) = DeTable::parse_recoverable(text);
    let problem = |error: toml::de::Error| {
        let at = error.span().unwrap_or(0..0);
        Problem::error(places.origin(&at), None, format!("not TOML: {}", error.message()))
    };
    (places.table(document.into_inner()), errors.into_iter().map(problem).collect())
}

struct Places<'t> {
    file: Arc<str>,
    text: &'t str,
}

impl Places<'_> {
    fn table(&self, table: DeTable<'_>) -> Table {
        let mut entries: Vec<_> = table.into_iter().collect();
        // The parser sorts by name; people read by place.
        entries.sort_by_key(|(key, _)| key.span().start);
        let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| {
            let origin = self.origin(&key.span());
            let key: std::borrow::Cow<'_, str> = key.into_inner();
            Entry { key: key.into_owned(), origin, node: self.node(value) }
        };
        Table { entries: entries.into_iter().map(entry).collect() }
    }

    fn node(&self, node: Spanned<DeValue<'_>>) -> Node {
        let origin = self.origin(&node.span());
        let value = match node.into_inner() {
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Integer(number) => {
                // What does not even fit here is out of range for every key, and is reported there.
                Value::Integer(i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(i128::MAX))
            }
            DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Value::Boolean(flag),
            DeValue::Datetime(date) => Value::Datetime(date.to_string()),
            DeValue::Array(array) => Value::Array(array.into_iter().map(|node| self.node(node)).collect()),
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { value, origin }
    }

    fn origin(&self, span: &Range<usize>) -> Origin {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        Origin::File { file: self.file.clone(), line, column }
    }
}
