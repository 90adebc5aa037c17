//! Whether the schemas of a `oneOf` can't take the same value, so that `anyOf` means the same.

use serde_json::Value;

use crate::keyword::{Object, covers, equal, property, required, type_of, types, values};
use crate::pointer;

/// Levels of properties that are compared.
const DEPTH: usize = 4;

/// Whether no value fits two of the schemas. `false` when that can't be seen.
pub(crate) fn exclusive(document: &Value, schemas: &[Value]) -> bool {
    schemas
        .iter()
        .enumerate()
        .all(|(index, one)| schemas.iter().skip(index + 1).all(|other| disjoint(document, one, other, DEPTH)))
}

fn disjoint(document: &Value, a: &Value, b: &Value, depth: usize) -> bool {
    if *a == Value::Bool(false) || *b == Value::Bool(false) {
        return true;
    }
    let (Some(a), Some(b)) = (target(document, a), target(document, b)) else { return false };
    if depth == 0 {
        return false;
    }
    if let (Some(x), Some(y)) = (values(a), values(b)) {
        return !x.iter().any(|x| y.iter().any(|y| equal(x, y)));
    }
    let (x, y) = (shapes(a), shapes(b));
    if x.is_empty() || y.is_empty() {
        return false;
    }
    let both = |shape: &&str| y.iter().any(|other| covers(shape, other) || covers(other, shape));
    let shared: Vec<&str> = x.iter().copied().filter(both).collect();
    shared.iter().all(|shape| *shape == "object" && objects(document, a, b, depth))
}

/// Whether a property that one of them requires rules the other one out.
fn objects(document: &Value, a: &Object, b: &Object, depth: usize) -> bool {
    let rules_out = |a: &Object, b: &Object| {
        required(a).any(|name| match (property(a, name), property(b, name)) {
            (_, None) => b.get("additionalProperties") == Some(&Value::Bool(false)) && open_names(b),
            (Some(x), Some(y)) => disjoint(document, x, y, depth - 1),
            (None, Some(_)) => false,
        })
    };
    rules_out(a, b) || rules_out(b, a)
}

/// Whether `additionalProperties` speaks of all names that `properties` does not have.
fn open_names(schema: &Object) -> bool {
    !schema.contains_key("patternProperties")
}

/// The types of the values that fit; empty when unknown.
fn shapes(schema: &Object) -> Vec<&str> {
    match values(schema) {
        Some(values) => values.iter().map(type_of).collect(),
        None if schema.get("nullable") == Some(&Value::Bool(true)) => Vec::new(),
        None => types(schema).collect(),
    }
}

/// The schema behind a reference that stands alone or beside others.
fn target<'a>(document: &'a Value, schema: &'a Value) -> Option<&'a Object> {
    let mut schema = schema.as_object()?;
    // A reference narrows what stands beside it, so what it names alone is enough to tell schemas apart.
    for _ in 0..8 {
        match schema.get("$ref") {
            Some(reference) => schema = pointer::resolve(document, reference.as_str()?)?.as_object()?,
            None => return Some(schema),
        }
    }
    None
}
