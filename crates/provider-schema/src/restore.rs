//! The way back: from an answer that fits the compiled schema to one that fits the given schema.

use std::cell::Cell;
use std::ptr;

use serde_json::{Number, Value};

use crate::keyword::{Object, required, values};
use crate::merge::{less, names_value, takes_type};
use crate::normal::Normaliser;
use crate::profile::Profile;

/// Levels of values that are looked into; what is deeper stays as it is.
const DEPTH: usize = 128;
/// Steps of one answer. Unions that name each other can ask for more than any machine has; then the rest stays as it is.
const STEPS: u32 = 1_000_000;

/// Brings an answer into the form that `schema` asks for: nulls of absent optional properties are left out, and the
/// value is taken out of the object `{"value": …}` when the schema's root is not an object.
///
/// It needs nothing but the schema that was asked with, so it serves answers of any vendor, streamed ones too. What
/// fits the schema already is given back as it is, and what does not fit for other reasons keeps them.
///
/// ```
/// use provider_schema::restore;
/// use serde_json::json;
///
/// let schema = json!({"type": "object", "properties": {"unit": {"type": "string"}}});
/// assert_eq!(restore(&schema, json!({"unit": null})), json!({}));
/// ```
pub fn restore(schema: &Value, value: Value) -> Value {
    let profile = Profile::openai();
    let mut normaliser = Normaliser::new(schema, &profile);
    let root = normaliser.schema(schema.clone());
    let normal = Normal { root, definitions: normaliser.definitions };
    let wrapped = !normal.is_object(&normal.root) && !normal.fits(&normal.root, &value, &Cell::new(STEPS));
    normal.restore(value, wrapped)
}

/// A schema in the form that [`Normaliser`] gives it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Normal {
    pub(crate) root: Value,
    pub(crate) definitions: Object,
}

impl Normal {
    pub(crate) fn restore(&self, value: Value, wrapped: bool) -> Value {
        let mut value = match value {
            Value::Object(mut members) if wrapped && members.len() == 1 && members.contains_key("value") => {
                members.remove("value").unwrap_or_default()
            }
            other => other,
        };
        self.apply(&self.root, &mut value, Place { depth: DEPTH, steps: &Cell::new(STEPS), asked: None });
        value
    }

    /// Whether the schema describes objects and nothing else, without being a union.
    pub(crate) fn is_object(&self, schema: &Value) -> bool {
        self.target(schema).is_some_and(|schema| {
            schema.get("type").and_then(Value::as_str) == Some("object") && !schema.contains_key("anyOf")
        })
    }

    /// The schema behind references.
    pub(crate) fn target<'a>(&'a self, schema: &'a Value) -> Option<&'a Object> {
        let mut schema = schema.as_object()?;
        for _ in 0..32 {
            let Some(reference) = schema.get("$ref") else { return Some(schema) };
            let reference = reference.as_str()?;
            schema = match reference.strip_prefix("#/$defs/") {
                Some(name) => self.definitions.get(name)?.as_object()?,
                None => self.root.as_object()?,
            };
        }
        None
    }

    pub(crate) fn takes_null(&self, schema: &Value) -> bool {
        self.fits(schema, &Value::Null, &Cell::new(STEPS))
    }

    /// Leaves out the nulls that stand for absent properties.
    fn apply(&self, schema: &Value, value: &mut Value, place: Place<'_>) {
        if !matches!(value, Value::Object(_) | Value::Array(_)) {
            return;
        }
        let (Some(schema), Some(inside)) = (self.target(schema), place.inside()) else { return };
        let asked = Asked { schema, before: place.asked };
        let same_value = Place { asked: Some(&asked), ..inside };
        for union in ["anyOf", "oneOf"] {
            if let Some(Value::Array(schemas)) = schema.get(union) {
                let fitting = schemas.iter().find(|schema| self.fits_at(schema, value, same_value));
                // An answer that fits nowhere goes by the only schema of its type, if there is one.
                let mut alike = schemas
                    .iter()
                    .filter(|schema| self.target(schema).is_some_and(|schema| takes_type(schema, value)));
                let only = match (alike.next(), alike.next()) {
                    (Some(only), None) => Some(only),
                    _ => None,
                };
                if let Some(chosen) = fitting.or(only) {
                    self.apply(chosen, value, same_value);
                }
            }
        }
        match value {
            Value::Object(members) => {
                let Some(Value::Object(properties)) = schema.get("properties") else { return };
                members.retain(|name, member| {
                    !member.is_null()
                        || required(schema).any(|required| required == name)
                        || properties.get(name).is_none_or(|property| self.takes_null(property))
                });
                for (name, member) in members {
                    if let Some(property) = properties.get(name) {
                        self.apply(property, member, inside);
                    }
                }
            }
            Value::Array(items) => {
                let Some(schema) = schema.get("items") else { return };
                for item in items {
                    self.apply(schema, item, inside);
                }
            }
            _ => {}
        }
    }

    /// Whether the value, restored, fits. Patterns and formats are taken to fit.
    fn fits(&self, schema: &Value, value: &Value, steps: &Cell<u32>) -> bool {
        self.fits_at(schema, value, Place { depth: DEPTH, steps, asked: None })
    }

    fn fits_at(&self, schema: &Value, value: &Value, place: Place<'_>) -> bool {
        let Some(schema) = self.target(schema) else { return false };
        let Some(inside) = place.inside() else { return false };
        // A union that comes back to itself says nothing new about the same value.
        if place.asked(schema)
            || !takes_type(schema, value)
            || (values(schema).is_some() && !names_value(schema, value))
        {
            return false;
        }
        let in_bounds = match value {
            Value::Number(number) => number_fits(schema, number),
            Value::String(text) => count_fits(schema, "minLength", "maxLength", || text.chars().count()),
            Value::Array(items) => {
                count_fits(schema, "minItems", "maxItems", || items.len())
                    && schema
                        .get("items")
                        .is_none_or(|s| items.iter().all(|item| self.fits_at(s, item, inside)))
            }
            Value::Object(members) => self.members_fit(schema, members, inside),
            _ => true,
        };
        let asked = Asked { schema, before: place.asked };
        let same_value = Place { asked: Some(&asked), ..inside };
        in_bounds
            && ["anyOf", "oneOf"].iter().all(|union| {
                let schemas = schema.get(*union).and_then(Value::as_array);
                schemas.is_none_or(|schemas| {
                    schemas.iter().any(|schema| self.fits_at(schema, value, same_value))
                })
            })
    }

    fn members_fit(&self, schema: &Object, members: &Object, place: Place<'_>) -> bool {
        let needed = |name: &str| required(schema).any(|required| required == name);
        let complete = required(schema).all(|name| members.contains_key(name));
        let Some(Value::Object(properties)) = schema.get("properties") else {
            return complete;
        };
        // Objects are closed when they are compiled, so a name that is not described belongs to another schema.
        complete
            && members.iter().all(|(name, member)| {
                properties.get(name).is_some_and(|property| {
                    (member.is_null() && !needed(name)) || self.fits_at(property, member, place)
                })
            })
    }
}

/// Where a value is looked at.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Levels that are left.
    depth: usize,
    /// Steps that are left.
    steps: &'a Cell<u32>,
    /// The schemas that this very value is being held against, from the inside out.
    asked: Option<&'a Asked<'a>>,
}

struct Asked<'a> {
    schema: &'a Object,
    before: Option<&'a Self>,
}

impl Place<'_> {
    /// One step further in, unless there are none left.
    fn inside(self) -> Option<Self> {
        self.steps.set(self.steps.get().checked_sub(1)?);
        Some(Self { depth: self.depth.checked_sub(1)?, asked: None, ..self })
    }

    fn asked(&self, schema: &Object) -> bool {
        std::iter::successors(self.asked, |asked| asked.before).any(|asked| ptr::eq(asked.schema, schema))
    }
}

fn number_fits(schema: &Object, number: &Number) -> bool {
    let bound = |keyword: &str| {
        schema.get(keyword).and_then(|bound| match bound {
            Value::Number(bound) => Some(bound),
            _ => None,
        })
    };
    bound("minimum").is_none_or(|bound| !less(number, bound))
        && bound("maximum").is_none_or(|bound| !less(bound, number))
        && bound("exclusiveMinimum").is_none_or(|bound| less(bound, number))
        && bound("exclusiveMaximum").is_none_or(|bound| less(number, bound))
        && bound("multipleOf").and_then(Number::as_f64).zip(number.as_f64()).is_none_or(|(step, number)| {
            let times = number / step;
            (times - times.round()).abs() < 1e-9
        })
}

fn count_fits(schema: &Object, least: &str, most: &str, count: impl FnOnce() -> usize) -> bool {
    let limit = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    let (least, most) = (limit(least), limit(most));
    if least.is_none() && most.is_none() {
        return true;
    }
    let count = count() as u64;
    least.is_none_or(|least| count >= least) && most.is_none_or(|most| count <= most)
}
