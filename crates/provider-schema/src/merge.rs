//! Merging schemas that hold at once into one.

use serde_json::{Number, Value, json};

use crate::change::ChangeKind;
use crate::keyword::{Object, asserts, covers, equal, type_of, types};
use crate::normal::Normaliser;
use crate::pointer;

/// Schemas of a union that are multiplied with those of another.
const PRODUCT: usize = 64;
/// References merged into each other.
const CHAIN: usize = 32;

impl Normaliser<'_> {
    /// The schema without its `allOf` and without a reference that stands beside other keywords. `None` when the
    /// parts contradict each other.
    pub(crate) fn flatten(&mut self, schema: Object) -> Option<Object> {
        if !self.descend() {
            return Some(Object::new());
        }
        let flat = self.flatten_here(schema);
        self.ascend();
        flat
    }

    fn flatten_here(&mut self, mut schema: Object) -> Option<Object> {
        let reference = schema.remove("$ref").map(|reference| json!({"$ref": reference}));
        let list = match schema.remove("allOf") {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        let mut parts: Vec<Value> = reference.into_iter().chain(list).collect();
        if parts.len() == 1
            && !schema.keys().any(|keyword| asserts(keyword))
            && let Some(Value::Object(only)) = parts.pop_if(|only| pure_reference(only))
        {
            schema.extend(only);
            return Some(schema);
        }
        self.modernise(&mut schema);
        // `items` of a tuple speaks of what follows it, so it can't be merged with that of a list.
        self.prefix(&mut schema);
        for part in parts {
            let part = self.expand(part)?;
            schema = self.merge(schema, part)?;
        }
        Some(schema)
    }

    /// The part with its own references and `allOf` merged.
    fn expand(&mut self, part: Value) -> Option<Object> {
        let mut part = match part {
            Value::Object(part) => part,
            Value::Bool(true) => Object::new(),
            Value::Bool(false) => return None,
            _ => {
                self.obstacle("`allOf` or `anyOf` holds something that is no schema");
                return Some(Object::new());
            }
        };
        for keyword in crate::keyword::DEFINITIONS {
            part.remove(keyword);
        }
        self.modernise(&mut part);
        self.prefix(&mut part);
        if let Some(reference) = part.remove("$ref") {
            let reference = reference.as_str().unwrap_or_default().to_owned();
            if self.merging.contains(&reference) || self.merging.len() > CHAIN {
                self.obstacle("a schema refers to itself in `allOf` or beside other keywords");
                return Some(Object::new());
            }
            let document = self.document;
            let Some(target) = pointer::resolve(document, &reference) else {
                self.obstacle("a reference names nothing in this document");
                return Some(Object::new());
            };
            self.merging.push(reference);
            let target = self.expand(target.clone());
            part = self.merge(part, target?)?;
        }
        if part.contains_key("allOf") { self.flatten(part) } else { Some(part) }
    }

    fn merge(&mut self, mut into: Object, other: Object) -> Option<Object> {
        self.close(&mut into, &other);
        let mut other = other;
        self.close(&mut other, &into);
        for (keyword, theirs) in other {
            let Some(ours) = into.remove(&keyword) else {
                into.insert(keyword, theirs);
                continue;
            };
            let both = self.both(&keyword, ours, theirs)?;
            into.insert(keyword, both);
        }
        if into.contains_key("type") && into.contains_key("enum") {
            let shape = into.clone();
            if let Some(Value::Array(list)) = into.get_mut("enum") {
                list.retain(|value| takes_type(&shape, value));
                if list.is_empty() {
                    return None;
                }
            }
        }
        let closed = into.get("additionalProperties") == Some(&Value::Bool(false));
        let lacks = |name: &str| crate::keyword::property(&into, name).is_none();
        if closed && !into.contains_key("patternProperties") && crate::keyword::required(&into).any(lacks) {
            return None;
        }
        Some(into)
    }

    /// Takes the properties from `schema` that `other` has no room for.
    fn close(&mut self, schema: &mut Object, other: &Object) {
        let rest = match other.get("additionalProperties") {
            None | Some(Value::Bool(true)) => return,
            Some(rest) => rest.clone(),
        };
        if other.contains_key("patternProperties") {
            self.change(ChangeKind::KeywordDropped, true, "`patternProperties` was not merged");
            return;
        }
        let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
        properties.retain(|name, _| rest != false || crate::keyword::property(other, name).is_some());
        for (name, property) in properties.iter_mut() {
            if rest != false && crate::keyword::property(other, name).is_none() {
                *property = json!({"allOf": [property.take(), rest]});
            }
        }
    }

    /// What holds when both values of `keyword` hold; `None` when nothing can fit.
    fn both(&mut self, keyword: &str, ours: Value, theirs: Value) -> Option<Value> {
        if !asserts(keyword) || ours == theirs {
            return Some(ours);
        }
        Some(match (keyword, ours, theirs) {
            ("properties" | "dependentSchemas", Value::Object(mut ours), Value::Object(theirs)) => {
                for (name, theirs) in theirs {
                    let both = match ours.remove(&name) {
                        Some(ours) if ours != theirs => json!({"allOf": [ours, theirs]}),
                        _ => theirs,
                    };
                    ours.insert(name, both);
                }
                Value::Object(ours)
            }
            ("required", Value::Array(mut ours), Value::Array(theirs)) => {
                let new = theirs.into_iter().filter(|name| !ours.contains(name)).collect::<Vec<_>>();
                ours.extend(new);
                Value::Array(ours)
            }
            ("type", ours, theirs) => common_types(&ours, &theirs)?,
            ("enum", Value::Array(ours), Value::Array(theirs)) => {
                let common: Vec<_> =
                    ours.into_iter().filter(|value| theirs.iter().any(|other| equal(value, other))).collect();
                if common.is_empty() {
                    return None;
                }
                Value::Array(common)
            }
            ("const", ours, theirs) => {
                if !equal(&ours, &theirs) {
                    return None;
                }
                ours
            }
            ("minimum" | "exclusiveMinimum", Value::Number(ours), Value::Number(theirs))
            | ("minLength" | "minItems" | "minProperties", Value::Number(ours), Value::Number(theirs)) => {
                Value::Number(if less(&ours, &theirs) { theirs } else { ours })
            }
            ("maximum" | "exclusiveMaximum", Value::Number(ours), Value::Number(theirs))
            | ("maxLength" | "maxItems" | "maxProperties", Value::Number(ours), Value::Number(theirs)) => {
                Value::Number(if less(&ours, &theirs) { ours } else { theirs })
            }
            ("additionalProperties" | "items" | "additionalItems" | "contains", ours, theirs) => {
                match (ours, theirs) {
                    (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
                    (Value::Bool(true), other) | (other, Value::Bool(true)) => other,
                    (ours, theirs) => json!({"allOf": [ours, theirs]}),
                }
            }
            ("uniqueItems" | "nullable", ours, theirs) => {
                let is = |value: &Value| value == &Value::Bool(true);
                let either =
                    if keyword == "nullable" { is(&ours) && is(&theirs) } else { is(&ours) || is(&theirs) };
                Value::Bool(either)
            }
            ("anyOf" | "oneOf", Value::Array(ours), Value::Array(theirs)) => {
                if ours.len() * theirs.len() > PRODUCT {
                    self.obstacle("unions multiply into too many schemas: name the cases one by one");
                    return Some(Value::Array(ours));
                }
                let pairs = ours.iter().flat_map(|x| theirs.iter().map(move |y| json!({"allOf": [x, y]})));
                self.product(pairs.collect())
            }
            (_, ours, _) => {
                let message = format!("one of two values of `{keyword}` that hold at once was left out");
                self.change(ChangeKind::KeywordDropped, true, &message);
                ours
            }
        })
    }

    /// The schemas of a product of unions that take a value at all.
    fn product(&mut self, pairs: Vec<Value>) -> Value {
        let fitting = pairs.into_iter().filter(|pair| {
            let mark = self.merging.len();
            let fits = pair.as_object().is_some_and(|pair| self.flatten(pair.clone()).is_some());
            self.merging.truncate(mark);
            fits
        });
        Value::Array(fitting.collect())
    }
}

fn pure_reference(schema: &Value) -> bool {
    schema.as_object().is_some_and(|schema| {
        schema.contains_key("$ref") && !schema.keys().any(|keyword| keyword != "$ref" && asserts(keyword))
    })
}

fn common_types(ours: &Value, theirs: &Value) -> Option<Value> {
    let wrap = |value: &Value| Object::from_iter([("type".to_owned(), value.clone())]);
    let (ours, theirs) = (wrap(ours), wrap(theirs));
    let mut common: Vec<&str> = Vec::new();
    for x in types(&ours) {
        for y in types(&theirs) {
            let narrower = if covers(x, y) {
                y
            } else if covers(y, x) {
                x
            } else {
                continue;
            };
            if !common.contains(&narrower) {
                common.push(narrower);
            }
        }
    }
    match common.as_slice() {
        [] => None,
        [one] => Some(json!(one)),
        several => Some(json!(several)),
    }
}

/// Whole numbers are compared exactly.
pub(crate) fn less(a: &Number, b: &Number) -> bool {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => a < b,
        _ => a.as_f64() < b.as_f64(),
    }
}

/// Whether a constant or enum of the schema takes the value.
pub(crate) fn names_value(schema: &Object, value: &Value) -> bool {
    let constant = schema.get("const").is_none_or(|constant| equal(constant, value));
    let list = schema.get("enum").and_then(Value::as_array);
    constant && list.is_none_or(|list| list.iter().any(|listed| equal(listed, value)))
}

/// Whether the types of the schema take the value; without types, yes.
pub(crate) fn takes_type(schema: &Object, value: &Value) -> bool {
    let narrowest = type_of(value);
    !schema.contains_key("type") || types(schema).any(|name| covers(name, narrowest))
}
