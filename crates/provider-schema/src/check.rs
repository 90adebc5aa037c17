//! Whether a schema keeps a vendor's rules.

use serde_json::Value;

use crate::change::Violation;
use crate::keyword::{DEFINITIONS, LIST, NAMED, ONE, Object, has_type, property, required, type_of, types};
use crate::pointer::{self, Pointer};
use crate::profile::{NullForm, Profile, References};

const TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];
/// Deeper than any vendor takes, shallow enough for any stack.
const DEPTH: usize = 256;

impl Profile {
    /// What in `schema` the vendor's strict mode does not take. A compiled schema gives none.
    ///
    /// ```
    /// use provider_schema::Profile;
    /// use serde_json::json;
    ///
    /// let violations = Profile::openai().check(&json!({"type": "array", "items": {"type": "string"}}));
    /// assert_eq!(violations[0].to_string(), "the root: the root has to be an object and no union");
    /// ```
    pub fn check(&self, schema: &Value) -> Vec<Violation> {
        let mut checker = Checker {
            profile: self,
            document: schema,
            violations: Vec::new(),
            path: Pointer::default(),
            properties: 0,
            enum_values: 0,
            characters: 0,
        };
        if self.object_root
            && (schema.get("type").and_then(Value::as_str) != Some("object") || schema.get("anyOf").is_some())
        {
            checker.violation("the root has to be an object and no union");
        }
        checker.schema(schema, 0, 0);
        checker.totals();
        checker.violations
    }
}

struct Checker<'a> {
    profile: &'a Profile,
    document: &'a Value,
    violations: Vec<Violation>,
    path: Pointer,
    properties: usize,
    enum_values: usize,
    characters: usize,
}

impl Checker<'_> {
    fn schema(&mut self, schema: &Value, level: usize, depth: usize) {
        if depth > DEPTH {
            return self.violation("the schema is too deep");
        }
        let Value::Object(schema) = schema else {
            if self.profile.plain || !schema.is_boolean() {
                self.violation(format!("a schema is an object, not of type {}", type_of(schema)));
            }
            return;
        };
        let level = level + usize::from(has_type(schema, "object") || has_type(schema, "array"));
        if self.profile.limits.depth.is_some_and(|most| level == most + 1) {
            self.violation(format!("deeper than {} levels", level - 1));
        }
        for keyword in schema.keys().filter(|keyword| !self.profile.takes(keyword)) {
            self.violation(format!("`{keyword}` is not taken"));
        }
        self.types(schema);
        self.values(schema);
        if self.profile.plain {
            self.plain(schema);
        }
        if self.profile.closed && (has_type(schema, "object") || schema.contains_key("properties")) {
            self.closed(schema);
        }
        self.strings(schema);
        self.reference(schema);
        self.children(schema, level, depth);
    }

    fn types(&mut self, schema: &Object) {
        let listed = match schema.get("type") {
            None => return,
            Some(Value::String(_)) => 1,
            Some(Value::Array(list)) => {
                if self.profile.null == NullForm::Keyword {
                    self.violation("`type` has to be one type");
                }
                list.len()
            }
            Some(_) => 0,
        };
        if listed == 0 || types(schema).filter(|name| TYPES.contains(name)).count() != listed {
            self.violation("`type` is not one of the types of JSON");
        }
    }

    fn values(&mut self, schema: &Object) {
        let Some(list) = schema.get("enum") else { return };
        let list = match list {
            Value::Array(list) if !list.is_empty() => list,
            _ => return self.violation("`enum` is not a list of values"),
        };
        self.enum_values += list.len();
        let characters = list.iter().map(length).sum::<usize>();
        self.characters += characters;
        if let Some((values, most)) = self.profile.limits.long_enum
            && list.len() > values
            && characters > most
        {
            self.violation(format!("an enum of more than {values} values has more than {most} characters"));
        }
    }

    fn plain(&mut self, schema: &Object) {
        let alone = |keyword: &str| {
            schema
                .keys()
                .all(|other| other == keyword || matches!(other.as_str(), "title" | "description" | "$defs"))
        };
        if schema.contains_key("$ref") {
            if schema.len() > 1 {
                self.violation("nothing may stand beside `$ref`");
            }
        } else if schema.contains_key("anyOf") {
            if !alone("anyOf") {
                self.violation("nothing that holds for values may stand beside `anyOf`");
            }
        } else if !schema.contains_key("type") {
            self.violation("a type is missing");
        } else if has_type(schema, "array") && !schema.get("items").is_some_and(Value::is_object) {
            self.violation("a list whose items are not described: give it `items`");
        }
    }

    fn closed(&mut self, schema: &Object) {
        if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            self.violation("`additionalProperties` has to be false");
        }
        let names = schema.get("properties").and_then(Value::as_object);
        for name in names.into_iter().flat_map(|names| names.keys()) {
            if self.profile.all_required && !required(schema).any(|required| required == name) {
                self.violation(format!("`{name}` has to be required"));
            }
        }
        if let Some(name) = required(schema).find(|name| property(schema, name).is_none()) {
            self.violation(format!("`{name}` is required, but not among the properties"));
        }
    }

    fn strings(&mut self, schema: &Object) {
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && self.profile.formats.is_some_and(|formats| !formats.contains(&format))
        {
            self.violation(format!("the format `{format}` is not taken"));
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && !self.profile.look_around
            && ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|group| pattern.contains(group))
        {
            self.violation("the pattern looks ahead or behind");
        }
        if let Some(constant) = schema.get("const") {
            self.characters += length(constant);
        }
    }

    fn reference(&mut self, schema: &Object) {
        let Some(reference) = schema.get("$ref") else { return };
        let found = reference.as_str().is_some_and(|text| pointer::resolve(self.document, text).is_some());
        if !found || self.profile.references == References::WrittenOut {
            self.violation("the reference is not taken or names nothing");
        }
    }

    fn children(&mut self, schema: &Object, level: usize, depth: usize) {
        for (keyword, value) in schema {
            let mark = self.path.enter(keyword);
            let definitions = DEFINITIONS.contains(&keyword.as_str());
            match value {
                Value::Array(list) if LIST.contains(&keyword.as_str()) => {
                    if list.is_empty() {
                        self.violation("a union of nothing");
                    }
                    for (index, item) in list.iter().enumerate() {
                        let mark = self.path.enter(&index.to_string());
                        self.schema(item, level, depth + 1);
                        self.path.leave(mark);
                    }
                }
                Value::Object(members) if definitions || NAMED.contains(&keyword.as_str()) => {
                    for (name, member) in members {
                        self.characters += name.chars().count();
                        self.properties += usize::from(keyword == "properties");
                        let mark = self.path.enter(name);
                        self.schema(member, if definitions { 0 } else { level }, depth + 1);
                        self.path.leave(mark);
                    }
                }
                value if ONE.contains(&keyword.as_str()) => {
                    let ends = keyword == "additionalProperties" && value.is_boolean();
                    if !ends {
                        self.schema(value, level, depth + 1);
                    }
                }
                _ if definitions || NAMED.contains(&keyword.as_str()) || LIST.contains(&keyword.as_str()) => {
                    self.violation(format!("`{keyword}` does not hold schemas"));
                }
                _ => {}
            }
            self.path.leave(mark);
        }
    }

    fn totals(&mut self) {
        let limits = &self.profile.limits;
        for (what, count, most) in [
            ("properties", self.properties, limits.properties),
            ("values of enums", self.enum_values, limits.enum_values),
            ("characters in names and values", self.characters, limits.characters),
        ] {
            if let Some(most) = most.filter(|most| count > *most) {
                self.violations.push(Violation {
                    path: String::new(),
                    message: format!("{count} {what}, at most {most} are taken"),
                });
            }
        }
    }

    fn violation(&mut self, message: impl Into<String>) {
        self.violations.push(Violation { path: self.path.text(), message: message.into() });
    }
}

/// The characters of a value of an enum.
fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        other => other.to_string().len(),
    }
}
