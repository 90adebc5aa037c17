//! Makes published schemas checkable: leftovers of OpenAPI 3.0 become JSON Schema 2020-12, and objects are closed.

use serde_json::{Map, Value, json};

/// Where the schemas are in a document, as references write it.
const NAMED: &str = "#/components/schemas/";
/// Where their open twins are put: the same schemas, with members they don't name allowed.
const OPEN: &str = "#/components/open/";

/// The schema called `name` in JSON Schema 2020-12, without annotations.
pub(super) fn modern(schema: &Value, name: &str) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let mut made = Map::new();
    for (keyword, value) in members {
        match keyword.as_str() {
            "description" | "title" | "default" | "example" | "examples" | "deprecated" | "discriminator"
            | "nullable" | "$recursiveAnchor" => {}
            "$recursiveRef" => _ = made.insert("$ref".into(), format!("{NAMED}{name}").into()),
            // Branches of published unions overlap, so that what is valid often is so twice.
            "oneOf" if !members.contains_key("anyOf") => {
                made.insert("anyOf".into(), each_schema(keyword, value, |schema| modern(schema, name)));
            }
            _ => {
                made.insert(keyword.clone(), each_schema(keyword, value, |schema| modern(schema, name)));
            }
        }
    }
    if members.get("nullable") == Some(&Value::Bool(true)) {
        return json!({"anyOf": [made, {"type": "null"}]});
    }
    Value::Object(made)
}

/// The schema with every object closed: members it does not name are errors.
pub(super) fn closed(schema: &Value) -> Value {
    close(schema, false)
}

/// As [`closed`], but the outermost object stays open, for a place where other schemas add members to it.
pub(super) fn open(schema: &Value) -> Value {
    close(schema, true)
}

fn close(schema: &Value, open: bool) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let has = |keyword| members.contains_key(keyword);
    // Several schemas describe one object together. None of them can be closed alone, only their sum.
    let composed = has("allOf") || has("anyOf") && (has("properties") || has("$ref"));
    let mut made: Map<String, Value> = members
        .iter()
        .map(|(keyword, value)| {
            let part_is_open = match keyword.as_str() {
                "allOf" => true,
                "anyOf" | "oneOf" => open || composed,
                _ => false,
            };
            let value = match (keyword.as_str(), value) {
                ("$ref", Value::String(target)) if open || composed => target.replace(NAMED, OPEN).into(),
                _ => each_schema(keyword, value, |schema| close(schema, part_is_open)),
            };
            (keyword.clone(), value)
        })
        .collect();
    if !open && !has("additionalProperties") {
        if composed {
            made.insert("unevaluatedProperties".into(), false.into());
        } else if has("properties") {
            made.insert("additionalProperties".into(), false.into());
        }
    }
    Value::Object(made)
}

/// Applies `edit` to each schema directly under a keyword. What isn't a schema, such as a member that happens to be
/// called `items`, or a list of allowed values, is left as it is.
fn each_schema(keyword: &str, value: &Value, edit: impl Fn(&Value) -> Value) -> Value {
    match (keyword, value) {
        ("properties" | "patternProperties" | "$defs", Value::Object(members)) => {
            Value::Object(members.iter().map(|(name, schema)| (name.clone(), edit(schema))).collect())
        }
        ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
            Value::Array(schemas.iter().map(edit).collect())
        }
        (
            "items" | "additionalProperties" | "propertyNames" | "contains" | "not" | "if" | "then" | "else",
            _,
        ) => edit(value),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_of_3_0_are_mended_and_annotations_go() {
        let old = json!({
            "type": "object",
            "description": "text",
            "properties": {
                "description": {"type": "string", "nullable": true, "default": null},
                "self": {"$recursiveRef": "#"},
                "one": {"oneOf": [{"type": "string"}, {"enum": ["a"], "nullable": true}], "discriminator": {}},
            },
        });
        let new = json!({
            "type": "object",
            "properties": {
                "description": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "self": {"$ref": "#/components/schemas/Tree"},
                "one": {"anyOf": [{"type": "string"}, {"anyOf": [{"enum": ["a"]}, {"type": "null"}]}]},
            },
        });
        assert_eq!(modern(&old, "Tree"), new);
    }

    #[test]
    fn plain_objects_are_closed_at_every_depth() {
        let schema = json!({
            "properties": {"a": {"properties": {"b": {}}}, "c": {"items": {"properties": {"d": {}}}},
                "free": {"properties": {}, "additionalProperties": true}},
        });
        let closed = closed(&schema);
        for place in ["", "/properties/a", "/properties/c/items"] {
            assert_eq!(
                closed.pointer(&format!("{place}/additionalProperties")),
                Some(&json!(false)),
                "{place}"
            );
        }
        assert_eq!(closed.pointer("/properties/free/additionalProperties"), Some(&json!(true)));
    }

    #[test]
    fn parts_of_one_object_are_closed_together() {
        let part = json!({"$ref": "#/components/schemas/Part"});
        let schema = json!({"allOf": [part, {"properties": {"own": part}}]});
        let opened = json!({"$ref": "#/components/open/Part"});
        assert_eq!(
            closed(&schema),
            json!({"allOf": [opened, {"properties": {"own": part}}], "unevaluatedProperties": false}),
        );
        assert_eq!(open(&schema), json!({"allOf": [opened, {"properties": {"own": part}}]}));
        let union = json!({"anyOf": [part, {"type": "null"}]});
        assert_eq!(closed(&union), union);
        assert_eq!(open(&union), json!({"anyOf": [opened, {"type": "null"}]}));
    }
}
