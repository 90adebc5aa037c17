//! The schema as the vendor takes it, written from the normal form.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::change::{ChangeKind, Report};
use crate::keyword::{LIST, NAMED, ONE, Object, asserts, has_type, required, vacuous, words};
use crate::normal::describe;
use crate::pointer::Pointer;
use crate::profile::{NullForm, Profile, References};
use crate::restore::Normal;

/// Schemas written; more only come from references that are written out.
const WRITTEN: usize = 50_000;

pub(crate) struct Emitter<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) normal: &'a Normal,
    /// Where in the given schema each definition is.
    pub(crate) origins: BTreeMap<&'a str, &'a str>,
    pub(crate) report: Report,
    pub(crate) path: Pointer,
    /// The definitions that are being written out.
    inside: Vec<String>,
    written: usize,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(profile: &'a Profile, normal: &'a Normal, report: Report) -> Self {
        Self {
            profile,
            normal,
            origins: BTreeMap::new(),
            report,
            path: Pointer::default(),
            inside: Vec::new(),
            written: 0,
        }
    }

    /// The whole document.
    pub(crate) fn document(&mut self) -> Value {
        let mut root = self.schema(&self.normal.root);
        if self.profile.references == References::WrittenOut || self.normal.definitions.is_empty() {
            return root;
        }
        let mut definitions = Object::new();
        for (name, definition) in &self.normal.definitions {
            self.path.jump(self.origins.get(name.as_str()).copied().unwrap_or_default());
            let definition = self.schema(definition);
            definitions.insert(name.clone(), definition);
        }
        if let Value::Object(root) = &mut root {
            root.insert("$defs".to_owned(), Value::Object(definitions));
        }
        root
    }

    fn schema(&mut self, normal: &Value) -> Value {
        let Value::Object(normal) = normal else { return normal.clone() };
        self.written += 1;
        if self.written > WRITTEN {
            if self.written == WRITTEN + 1 {
                self.obstacle("the schema is too large once its references are written out");
            }
            return json!({});
        }
        if let Some(Value::String(reference)) = normal.get("$ref")
            && (self.profile.plain || self.profile.references == References::WrittenOut)
        {
            return self.reference(normal, reference);
        }
        let mut out = Object::new();
        let mut notes = Vec::new();
        let closes = self.profile.closed && (has_type(normal, "object") || normal.contains_key("properties"));
        for (keyword, value) in normal {
            match keyword.as_str() {
                "additionalProperties" | "unevaluatedProperties" | "required" if closes => {}
                "format" if !self.format(value) => self.drop_format(normal, value, &mut out, &mut notes),
                "pattern" if !self.profile.look_around && looks_around(value) => {
                    self.drop(keyword, value, &mut notes);
                }
                "properties" if closes => self.properties(normal, value, &mut out),
                _ if self.profile.takes(keyword) => {
                    let value = self.child(keyword, value);
                    out.entry(keyword.as_str()).or_insert(value);
                }
                _ => self.drop(keyword, value, &mut notes),
            }
        }
        if closes {
            self.close(normal, &mut out);
        }
        for note in notes {
            describe(&mut out, &note);
        }
        if self.profile.null == NullForm::Keyword {
            self.null_keyword(&mut out);
        }
        Value::Object(out)
    }

    fn child(&mut self, keyword: &str, value: &Value) -> Value {
        let mark = self.path.enter(keyword);
        let written = match value {
            Value::Array(list) if LIST.contains(&keyword) => {
                let mut schemas = Vec::with_capacity(list.len());
                for (index, item) in list.iter().enumerate() {
                    let mark = self.path.enter(&index.to_string());
                    schemas.push(self.schema(item));
                    self.path.leave(mark);
                }
                Value::Array(schemas)
            }
            Value::Object(members) if NAMED.contains(&keyword) => {
                let mut schemas = Object::new();
                for (name, member) in members {
                    let mark = self.path.enter(name);
                    schemas.insert(name.clone(), self.schema(member));
                    self.path.leave(mark);
                }
                Value::Object(schemas)
            }
            Value::Object(_) if ONE.contains(&keyword) => self.schema(value),
            other => other.clone(),
        };
        self.path.leave(mark);
        written
    }

    fn reference(&mut self, normal: &Object, reference: &str) -> Value {
        let mut out = Object::new();
        let mut notes = Vec::new();
        for (keyword, value) in normal.iter().filter(|(keyword, _)| *keyword != "$ref") {
            if self.profile.takes(keyword) && !asserts(keyword) {
                out.insert(keyword.clone(), value.clone());
            } else {
                self.drop(keyword, value, &mut notes);
            }
        }
        for note in notes {
            describe(&mut out, &note);
        }
        if self.profile.references == References::Kept {
            let pure = json!({"$ref": reference});
            if out.is_empty() {
                return pure;
            }
            self.change(ChangeKind::Rewritten, "a reference with a description became a union of one, since nothing may stand beside a reference");
            out.insert("anyOf".to_owned(), json!([pure]));
            return Value::Object(out);
        }
        let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
        let Some(definition) = self.normal.definitions.get(&name).filter(|_| !self.inside.contains(&name))
        else {
            self.obstacle("a schema that holds itself can't be written without references");
            return json!({});
        };
        self.change(ChangeKind::ReferenceWrittenOut, "a reference was replaced by what it names");
        self.inside.push(name);
        let mut written = self.schema(definition);
        self.inside.pop();
        if let Value::Object(written) = &mut written {
            written.extend(out);
        }
        written
    }

    /// Writes the properties of a closed object, the optional ones with null for "absent".
    fn properties(&mut self, normal: &Object, properties: &Value, out: &mut Object) {
        let mut written = Object::new();
        for (name, property) in properties.as_object().into_iter().flatten() {
            let outer = self.path.enter("properties");
            let inner = self.path.enter(name);
            let mut schema = self.schema(property);
            if self.profile.all_required && !required(normal).any(|required| required == name) {
                if self.normal.takes_null(property) {
                    self.change(
                        ChangeKind::MadeRequired,
                        "the optional property became required, with null for \"absent\"",
                    );
                } else {
                    self.change(
                        ChangeKind::MadeNullable,
                        "the optional property became required and takes null for \"absent\"",
                    );
                    schema = or_null(schema);
                }
            }
            written.insert(name.clone(), schema);
            self.path.leave(inner);
            self.path.leave(outer);
        }
        out.insert("properties".to_owned(), Value::Object(written));
    }

    fn close(&mut self, normal: &Object, out: &mut Object) {
        let rest = |keyword: &str| normal.get(keyword).filter(|rest| **rest != Value::Bool(false));
        if rest("additionalProperties").or_else(|| rest("unevaluatedProperties")).is_some()
            || normal.contains_key("patternProperties")
        {
            self.obstacle("an object with names that are not known beforehand: use a list of objects with a name and a value, or turn strict mode off");
        }
        let ends = ["additionalProperties", "unevaluatedProperties"]
            .iter()
            .any(|keyword| normal.contains_key(*keyword));
        if !normal.contains_key("properties") {
            if !ends {
                self.obstacle(
                    "an object whose properties are not described: give it `properties`, which may be empty",
                );
            }
            out.insert("properties".to_owned(), json!({}));
        }
        if normal.get("additionalProperties").is_none() {
            self.change(ChangeKind::Closed, "the object takes no other properties than the described ones");
        }
        out.insert("additionalProperties".to_owned(), Value::Bool(false));
        let described = |name: &str| crate::keyword::property(normal, name).is_some();
        if let Some(missing) = required(normal).find(|name| !described(name)) {
            let message = format!("`{missing}` is required, but not among the properties");
            self.obstacle(message);
        }
        let names: Vec<Value> = match out.get("properties") {
            Some(Value::Object(properties)) if self.profile.all_required => {
                properties.keys().cloned().map(Value::String).collect()
            }
            _ => required(normal).map(Value::from).collect(),
        };
        if !names.is_empty() || self.profile.all_required {
            out.insert("required".to_owned(), Value::Array(names));
        }
    }

    /// Leaves a keyword out, and tells the model in words what it said.
    fn drop(&mut self, keyword: &str, value: &Value, notes: &mut Vec<String>) {
        let lossy = asserts(keyword) && !vacuous(keyword, value);
        let kind = if asserts(keyword) { ChangeKind::KeywordDropped } else { ChangeKind::AnnotationDropped };
        let words = if vacuous(keyword, value) { None } else { words(keyword, value) };
        let message = match &words {
            Some(_) => {
                format!("`{keyword}`, which {} does not take, moved into the description", self.profile.name)
            }
            None => format!("`{keyword}`, which {} does not take, was left out", self.profile.name),
        };
        notes.extend(words);
        self.report.change(self.path.text(), kind, lossy, message);
    }

    fn format(&self, format: &Value) -> bool {
        self.profile.takes("format")
            && self
                .profile
                .formats
                .is_none_or(|formats| format.as_str().is_some_and(|f| formats.contains(&f)))
    }

    /// Formats of whole numbers become bounds, which vendors hold the model to.
    fn drop_format(&mut self, normal: &Object, format: &Value, out: &mut Object, notes: &mut Vec<String>) {
        let (low, high) = match format.as_str().unwrap_or_default() {
            "int8" => (i64::from(i8::MIN), i64::from(i8::MAX)),
            "int16" => (i64::from(i16::MIN), i64::from(i16::MAX)),
            "int32" => (i64::from(i32::MIN), i64::from(i32::MAX)),
            "uint8" => (0, i64::from(u8::MAX)),
            "uint16" => (0, i64::from(u16::MAX)),
            "uint32" => (0, i64::from(u32::MAX)),
            _ => return self.drop("format", format, notes),
        };
        for (bound, limit) in [("minimum", low), ("maximum", high)] {
            if !normal.contains_key(bound) {
                out.insert(bound.to_owned(), json!(limit));
            }
        }
        self.change(ChangeKind::Rewritten, "the format of a whole number became bounds");
    }

    /// Says with a keyword that null fits.
    fn null_keyword(&mut self, out: &mut Object) {
        let mut nullable = false;
        if let Some(Value::Array(list)) = out.get_mut("type") {
            let before = list.len();
            list.retain(|name| name != "null");
            nullable = list.len() < before;
            if let [only] = list.as_slice() {
                let only = only.clone();
                out.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(list)) = out.get_mut("anyOf") {
            let before = list.len();
            list.retain(|schema| schema.get("type") != Some(&json!("null")));
            nullable |= list.len() < before;
        }
        if nullable {
            out.insert("nullable".to_owned(), Value::Bool(true));
            self.change(ChangeKind::Rewritten, "the type null became `nullable`");
        }
    }

    fn change(&mut self, kind: ChangeKind, message: &str) {
        self.report.change(self.path.text(), kind, false, message);
    }

    fn obstacle(&mut self, message: impl Into<String>) {
        self.report.obstacle(self.path.text(), message);
    }
}

/// The schema that also takes null.
fn or_null(schema: Value) -> Value {
    let mut schema = match schema {
        Value::Object(schema) => schema,
        other => return other,
    };
    if let Some(Value::Array(list)) = schema.get_mut("anyOf") {
        list.push(json!({"type": "null"}));
        return Value::Object(schema);
    }
    let scalar = !has_type(&schema, "object") && !has_type(&schema, "array") && !schema.contains_key("const");
    if scalar && let Some(given) = schema.remove("type") {
        let mut list = match given {
            Value::Array(list) => list,
            one => vec![one],
        };
        if !list.iter().any(|name| name == "null") {
            list.push(json!("null"));
        }
        schema.insert("type".to_owned(), Value::Array(list));
        if let Some(Value::Array(values)) = schema.get_mut("enum") {
            values.push(Value::Null);
        }
        return Value::Object(schema);
    }
    let mut outer = Object::new();
    for keyword in ["title", "description"] {
        if let Some(text) = schema.remove(keyword) {
            outer.insert(keyword.to_owned(), text);
        }
    }
    outer.insert("anyOf".to_owned(), json!([schema, {"type": "null"}]));
    Value::Object(outer)
}

fn looks_around(pattern: &Value) -> bool {
    let pattern = pattern.as_str().unwrap_or_default();
    ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|group| pattern.contains(group))
}
