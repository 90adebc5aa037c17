//! The keywords of JSON Schema, and small questions about schemas.

use serde_json::{Map, Value};

/// A schema that is not a boolean.
pub(crate) type Object = Map<String, Value>;

/// Keywords that hold for values; every other one only describes.
const ASSERTIONS: &[&str] = &[
    "$dynamicRef",
    "$ref",
    "$recursiveRef",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "required",
    "then",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
];

/// Keywords whose value is one schema.
pub(crate) const ONE: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords whose value is a list of schemas.
pub(crate) const LIST: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems"];

/// Keywords whose value is schemas by name.
pub(crate) const NAMED: &[&str] = &["dependentSchemas", "patternProperties", "properties"];

/// Keywords whose members are collected from the whole document and written once.
pub(crate) const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];

pub(crate) fn asserts(keyword: &str) -> bool {
    ASSERTIONS.contains(&keyword)
}

/// The names in `type`.
pub(crate) fn types(schema: &Object) -> impl Iterator<Item = &str> {
    let (one, several) = match schema.get("type") {
        Some(Value::String(name)) => (Some(name.as_str()), None),
        Some(Value::Array(names)) => (None, Some(names.iter().filter_map(Value::as_str))),
        _ => (None, None),
    };
    one.into_iter().chain(several.into_iter().flatten())
}

/// Whether the schema says in `type` that it takes `name`, perhaps among others.
pub(crate) fn has_type(schema: &Object, name: &str) -> bool {
    types(schema).any(|given| given == name)
}

/// The values the schema names in `const` or `enum`.
pub(crate) fn values(schema: &Object) -> Option<&[Value]> {
    match schema.get("const") {
        Some(value) => Some(std::slice::from_ref(value)),
        None => schema.get("enum").and_then(Value::as_array).map(Vec::as_slice),
    }
}

/// The narrowest type of a value.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a schema of type `name` takes values whose narrowest type is `narrowest`.
pub(crate) fn covers(name: &str, narrowest: &str) -> bool {
    name == narrowest || (name == "number" && narrowest == "integer")
}

pub(crate) fn required(schema: &Object) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

pub(crate) fn property<'a>(schema: &'a Object, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.as_object()?.get(name)
}

/// Equality as JSON Schema has it: 1 and 1.0 are one number.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            x == y || (x.as_f64() == y.as_f64() && (x.is_f64() || y.is_f64()))
        }
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len()
                && x.iter().all(|(name, value)| y.get(name).is_some_and(|other| equal(value, other)))
        }
        _ => a == b,
    }
}

/// What a keyword that is left out asks for, in words for the model; `None` when words would not help.
pub(crate) fn words(keyword: &str, value: &Value) -> Option<String> {
    Some(match (keyword, value) {
        ("minLength", n) => format!("At least {n} characters."),
        ("maxLength", n) => format!("At most {n} characters."),
        ("minItems", n) => format!("At least {n} items."),
        ("maxItems", n) => format!("At most {n} items."),
        ("minProperties", n) => format!("At least {n} properties."),
        ("maxProperties", n) => format!("At most {n} properties."),
        ("minimum", n) => format!("At least {n}."),
        ("maximum", n) => format!("At most {n}."),
        ("exclusiveMinimum", n) => format!("More than {n}."),
        ("exclusiveMaximum", n) => format!("Less than {n}."),
        ("multipleOf", n) => format!("A multiple of {n}."),
        ("uniqueItems", _) => "No item twice.".to_owned(),
        ("pattern", Value::String(pattern)) => format!("Matches the regular expression {pattern}"),
        ("format", Value::String(format)) => format!("In the format {format}."),
        ("default", value) => format!("Default: {value}"),
        ("examples", Value::Array(examples)) if !examples.is_empty() => {
            let examples: Vec<_> = examples.iter().map(Value::to_string).collect();
            format!("Examples: {}", examples.join(", "))
        }
        (keyword, value) if asserts(keyword) => {
            format!("Also holds, as in JSON Schema: \"{keyword}\": {value}")
        }
        _ => return None,
    })
}

/// Whether leaving a keyword out changes nothing about which values fit.
pub(crate) fn vacuous(keyword: &str, value: &Value) -> bool {
    match (keyword, value) {
        ("uniqueItems", Value::Bool(false)) => true,
        ("minLength" | "minItems" | "minProperties", Value::Number(number)) => number.as_u64() == Some(0),
        // They say how a number is kept in memory, and every JSON number can be read that way or nearly.
        ("format", Value::String(format)) => {
            matches!(
                format.as_str(),
                "double" | "float" | "int64" | "uint64" | "int" | "uint" | "int128" | "uint128"
            )
        }
        _ => false,
    }
}
