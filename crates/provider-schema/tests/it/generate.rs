//! Schemas and answers for property tests.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// Any JSON, with keywords of JSON Schema for names, so that it often looks like a schema.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(&["object", "array", "string", "#", "#/$defs/a", "#/%zz", "a/b~c", "http://a/b", "%", ""][..])
            .prop_map(Value::from),
        Just(json!({"$ref": "#"})),
        Just(json!({"$ref": "#/$defs/a"})),
    ];
    leaf.prop_recursive(6, 96, 6, |inner| {
        let name = select(
            &[
                "type",
                "properties",
                "required",
                "additionalProperties",
                "items",
                "prefixItems",
                "anyOf",
                "oneOf",
                "allOf",
                "$ref",
                "$defs",
                "definitions",
                "enum",
                "const",
                "minimum",
                "exclusiveMinimum",
                "maxItems",
                "minLength",
                "nullable",
                "format",
                "pattern",
                "description",
                "default",
                "examples",
                "not",
                "patternProperties",
                "unevaluatedProperties",
                "a",
                "a/b~c",
                "",
            ][..],
        );
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((name, inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

/// Schemas as people and generators write them, with definitions that may refer to each other.
pub(crate) fn schema() -> impl Strategy<Value = Value> {
    (node(), node(), node()).prop_map(|(root, first, second)| {
        let mut root = root;
        if let Value::Object(root) = &mut root {
            root.insert("$defs".to_owned(), json!({"First": first}));
            root.insert("definitions".to_owned(), json!({"Second <x>": second}));
        }
        root
    })
}

fn node() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 48, 4, |inner| {
        prop_oneof![
            5 => object(inner.clone()),
            2 => array(inner.clone()),
            2 => (select(&["anyOf", "oneOf", "allOf"][..]), vec(inner.clone(), 1..4))
                .prop_map(|(keyword, schemas)| json!({keyword: schemas})),
            1 => (select(&["anyOf", "oneOf", "allOf"][..]), vec(object(inner.clone()), 1..3), object(inner.clone()))
                .prop_map(|(keyword, schemas, mut base)| {
                    base[keyword] = json!(schemas);
                    base
                }),
            1 => tagged(inner.clone()),
            1 => vec(inner, 1..3).prop_map(|list| json!({"type": "array", "maxItems": list.len(), "prefixItems": list})),
        ]
    })
}

fn leaf() -> impl Strategy<Value = Value> {
    let bound = option::of(-5i64..5);
    prop_oneof![
        3 => option::weighted(0.2, 0u64..3).prop_map(|length| with(json!({"type": "string"}), "maxLength", length)),
        3 => (select(&["integer", "number"][..]), bound.clone(), option::of(5i64..9)).prop_map(|(name, low, high)| {
            with(with(json!({"type": name}), "minimum", low), "maximum", high)
        }),
        2 => Just(json!({"type": "boolean", "default": true})),
        2 => select(vec![
            json!({"type": ["string", "null"], "description": "a text"}),
            json!({"type": "integer", "format": "uint8"}),
            json!({"type": "string", "nullable": true}),
            json!({"type": "null"}),
            json!({"minimum": 3}),
            json!({"type": "number", "minimum": 1, "exclusiveMinimum": true}),
        ]),
        2 => subsequence(vec![json!("x"), json!("y"), json!(1), json!(2.5), json!(null), json!(true)], 1..4)
            .prop_map(|values| json!({"enum": values})),
        1 => select(&["x", "y"][..]).prop_map(|value| json!({"const": value})),
        2 => select(&["#/$defs/First", "#/definitions/Second%20%3Cx%3E", "#"][..])
            .prop_map(|reference| json!({"$ref": reference})),
        1 => Just(json!({"$ref": "#/$defs/First", "description": "one of them"})),
        1 => Just(json!({"$ref": "#/$defs/First", "type": "object"})),
    ]
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let names = select(&["a", "b", "kind", "a/b~c", "ü"][..]);
    let rest = prop_oneof![10 => Just(None), 6 => Just(Some(json!(false))), 1 => Just(Some(json!(true)))];
    (btree_map(names, inner, 0..4), any::<[bool; 4]>(), rest).prop_map(|(properties, needed, rest)| {
        let required: Vec<_> = properties
            .keys()
            .zip(needed.into_iter().cycle())
            .filter(|(_, needed)| *needed)
            .map(|(k, _)| *k)
            .collect();
        let mut object = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            object["required"] = json!(required);
        }
        with(object, "additionalProperties", rest)
    })
}

fn tagged(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    vec(object(inner), 2..4).prop_map(|mut cases| {
        for (index, case) in cases.iter_mut().enumerate() {
            case["properties"]["kind"] = json!({"type": "string", "const": format!("case {index}")});
            let mut required = case["required"].as_array().cloned().unwrap_or_default();
            required.retain(|name| name != "kind");
            required.push(json!("kind"));
            case["required"] = json!(required);
        }
        json!({"oneOf": cases})
    })
}

fn array(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    (inner, option::weighted(0.3, 0u64..2), option::weighted(0.3, 2u64..4)).prop_map(
        |(items, least, most)| {
            with(with(json!({"type": "array", "items": items}), "minItems", least), "maxItems", most)
        },
    )
}

fn with(mut schema: Value, keyword: &str, value: Option<impl Into<Value>>) -> Value {
    if let Some(value) = value {
        schema[keyword] = value.into();
    }
    schema
}

/// An answer that fits a compiled schema, picked by `seed`. `None` when it can't be finite within few levels.
pub(crate) fn answer(document: &Value, seed: u64) -> Option<Value> {
    Answers { document, state: seed | 1 }.value(document, 12)
}

struct Answers<'a> {
    document: &'a Value,
    state: u64,
}

impl Answers<'_> {
    fn below(&mut self, limit: usize) -> usize {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) as usize % limit
    }

    fn value(&mut self, schema: &Value, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.document.pointer(&reference[1..]).unwrap();
            return self.value(target, depth);
        }
        if let Some(schemas) = schema["anyOf"].as_array() {
            let start = self.below(schemas.len());
            return (0..schemas.len()).find_map(|i| self.value(&schemas[(start + i) % schemas.len()], depth));
        }
        if !schema["const"].is_null() || schema.get("const").is_some() {
            return Some(schema["const"].clone());
        }
        if let Some(values) = schema["enum"].as_array() {
            return Some(values[self.below(values.len())].clone());
        }
        let name = match &schema["type"] {
            Value::Array(names) => names[self.below(names.len())].as_str().unwrap().to_owned(),
            name => name.as_str().unwrap().to_owned(),
        };
        Some(match name.as_str() {
            "null" => Value::Null,
            "boolean" => json!(self.below(2) == 0),
            "string" => json!(["", "x", "y", "long text"][self.below(4)]),
            "integer" | "number" => {
                let low = schema["minimum"].as_i64().unwrap_or(-3);
                let low = schema["exclusiveMinimum"].as_i64().map_or(low, |bound| low.max(bound + 1));
                let high = schema["maximum"].as_i64().unwrap_or(low + 9);
                if high < low {
                    return None;
                }
                json!(low + self.below((high - low + 1).min(1000) as usize) as i64)
            }
            "array" => {
                let least = schema["minItems"].as_u64().unwrap_or(0) as usize;
                let most = schema["maxItems"].as_u64().map_or(least + 2, |most| most as usize);
                let count = least + self.below(most.checked_sub(least)? + 1);
                let items: Option<Vec<_>> = (0..count).map(|_| self.value(&schema["items"], depth)).collect();
                match items {
                    Some(items) => Value::Array(items),
                    None if least == 0 => json!([]),
                    None => return None,
                }
            }
            "object" => {
                let mut members = Map::new();
                for (name, property) in schema["properties"].as_object().unwrap() {
                    members.insert(name.clone(), self.value(property, depth)?);
                }
                Value::Object(members)
            }
            other => panic!("an unknown type {other}"),
        })
    }
}
