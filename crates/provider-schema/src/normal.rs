//! The given schema in the form that compiling and restoring work on: references into one place, `allOf` merged,
//! `oneOf` replaced, types written down. It takes what the given one takes, but for the reported losses.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::change::{ChangeKind, Report};
use crate::keyword::{DEFINITIONS, LIST, NAMED, ONE, Object, asserts, type_of, types, values};
use crate::pointer::{self, Pointer};
use crate::profile::{NullForm, Profile};
use crate::union;

/// Levels of schemas in each other; far more than a vendor takes, few enough for any stack.
const DEPTH: usize = 64;
/// Schemas visited, references written out again and again included.
const VISITS: usize = 20_000;

pub(crate) struct Normaliser<'a> {
    pub(crate) document: &'a Value,
    pub(crate) profile: &'a Profile,
    pub(crate) report: Report,
    /// What references name, by the name they get.
    pub(crate) definitions: Object,
    /// The name for each pointer that a reference names.
    pub(crate) names: BTreeMap<String, String>,
    pub(crate) path: Pointer,
    depth: usize,
    visits: usize,
    exhausted: bool,
    /// References that are being merged into what stands beside them.
    pub(crate) merging: Vec<String>,
}

impl<'a> Normaliser<'a> {
    pub(crate) fn new(document: &'a Value, profile: &'a Profile) -> Self {
        Self {
            document,
            profile,
            report: Report::default(),
            definitions: Object::new(),
            names: BTreeMap::new(),
            path: Pointer::default(),
            depth: 0,
            visits: 0,
            exhausted: false,
            merging: Vec::new(),
        }
    }

    pub(crate) fn schema(&mut self, schema: Value) -> Value {
        if !self.descend() {
            return json!({});
        }
        let result = match schema {
            Value::Object(object) => self.object(object),
            Value::Bool(true) => self.object(Object::new()),
            Value::Bool(false) => {
                self.obstacle("no value fits `false`");
                json!({})
            }
            other => {
                self.obstacle(format!("a schema is an object, not of type {}", type_of(&other)));
                json!({})
            }
        };
        self.ascend();
        result
    }

    /// Steps into a schema; `false`, with an obstacle, when there have been too many.
    pub(crate) fn descend(&mut self) -> bool {
        self.visits += 1;
        if self.depth < DEPTH && self.visits <= VISITS {
            self.depth += 1;
            return true;
        }
        // Once is enough: a schema that explodes would be reported thousands of times.
        if !self.exhausted {
            self.exhausted = true;
            self.obstacle("the schema is too deep, too large or holds itself without end");
        }
        self.visits = VISITS + 1;
        false
    }

    pub(crate) fn ascend(&mut self) {
        self.depth -= 1;
    }

    fn object(&mut self, mut schema: Object) -> Value {
        for keyword in DEFINITIONS {
            schema.remove(keyword);
        }
        let conjunction = schema.contains_key("allOf") && !self.profile.takes("allOf");
        let beside = self.profile.plain
            && schema.contains_key("$ref")
            && schema.keys().any(|keyword| keyword != "$ref" && asserts(keyword));
        if conjunction || beside {
            self.change(
                ChangeKind::Merged,
                false,
                "`allOf` and references became one schema with what stands beside them",
            );
            let mark = self.merging.len();
            let merged = self.flatten(schema);
            self.merging.truncate(mark);
            return match merged {
                Some(merged) => self.schema(Value::Object(merged)),
                None => json!({}),
            };
        }
        if let Some(reference) = schema.remove("$ref") {
            let reference = self.reference(&reference);
            schema.insert("$ref".to_owned(), reference);
            if self.profile.plain {
                return Value::Object(schema);
            }
        }
        self.modernise(&mut schema);
        self.exclusive_union(&mut schema);
        if self.profile.plain
            && schema.contains_key("anyOf")
            && schema.keys().any(|keyword| keyword != "anyOf" && asserts(keyword))
        {
            return self.distribute(schema);
        }
        self.prefix(&mut schema);
        if self.profile.plain && !schema.contains_key("anyOf") && !schema.contains_key("type") {
            self.add_type(&mut schema);
        }
        self.children(&mut schema);
        Value::Object(schema)
    }

    /// The reference to the definition that `reference` names, which is brought along.
    fn reference(&mut self, reference: &Value) -> Value {
        let text = reference.as_str().unwrap_or_default();
        let Some(pointer) = pointer::local(text) else {
            self.obstacle("a reference names another document or an anchor: write the schema into `$defs`");
            return reference.clone();
        };
        if pointer.is_empty() {
            return json!("#");
        }
        let Some(target) = self.document.pointer(&pointer) else {
            self.obstacle("a reference names nothing");
            return reference.clone();
        };
        if let Some(name) = self.names.get(&pointer) {
            return json!(format!("#/$defs/{name}"));
        }
        let name = self.free_name(pointer::name(&pointer));
        self.definitions.insert(name.clone(), Value::Null);
        self.names.insert(pointer.clone(), name.clone());
        let back = self.path.jump(&pointer);
        let target = self.schema(target.clone());
        self.path = back;
        self.definitions.insert(name.clone(), target);
        json!(format!("#/$defs/{name}"))
    }

    /// `name`, or that with a number when it is taken.
    pub(crate) fn free_name(&self, name: String) -> String {
        (2..)
            .map(|number| format!("{name}_{number}"))
            .find(|numbered| !self.definitions.contains_key(numbered))
            .filter(|_| self.definitions.contains_key(&name))
            .unwrap_or(name)
    }

    /// What older drafts and OpenAPI write in another way.
    pub(crate) fn modernise(&mut self, schema: &mut Object) {
        let mut rewritten = false;
        if let Some(Value::Array(_)) = schema.get("items") {
            let rest = schema.remove("additionalItems");
            if let Some(items) = schema.remove("items") {
                schema.insert("prefixItems".to_owned(), items);
            }
            if let Some(rest) = rest {
                schema.insert("items".to_owned(), rest);
            }
            rewritten = true;
        }
        for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if let Some(Value::Bool(is)) = schema.get(exclusive) {
                let is = *is;
                schema.remove(exclusive);
                if is && let Some(limit) = schema.remove(bound) {
                    schema.insert(exclusive.to_owned(), limit);
                }
                rewritten = true;
            }
        }
        if self.profile.null == NullForm::Type && schema.contains_key("nullable") {
            if schema.remove("nullable") == Some(Value::Bool(true)) {
                let list: Vec<Value> = types(schema)
                    .filter(|name| *name != "null")
                    .map(Value::from)
                    .chain([json!("null")])
                    .collect();
                if list.len() > 1 {
                    schema.insert("type".to_owned(), Value::Array(list));
                }
                if let Some(Value::Array(values)) = schema.get_mut("enum") {
                    values.push(Value::Null);
                }
            }
            rewritten = true;
        }
        if let Some(Value::Array(list)) = schema.get("type")
            && let [only] = list.as_slice()
        {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
            rewritten = true;
        }
        if schema.contains_key("const") && !self.profile.takes("const") && self.profile.takes("enum") {
            if let Some(value) = schema.remove("const") {
                schema.insert("enum".to_owned(), json!([value]));
            }
            rewritten = true;
        }
        if rewritten {
            self.change(
                ChangeKind::Rewritten,
                false,
                "keywords of older drafts, or ones that the vendor lacks, were written in another way",
            );
        }
    }

    fn exclusive_union(&mut self, schema: &mut Object) {
        if self.profile.takes("oneOf") {
            return;
        }
        let Some(Value::Array(schemas)) = schema.remove("oneOf") else { return };
        if union::exclusive(self.document, &schemas) {
            self.change(ChangeKind::OneOfReplaced, false, "`oneOf` became `anyOf`, which is the same here");
        } else {
            self.change(
                ChangeKind::OneOfReplaced,
                true,
                "`oneOf` became `anyOf`: an answer may fit more than one of its schemas",
            );
        }
        let both = match schema.remove("anyOf") {
            Some(others) => json!([{"allOf": [{"anyOf": others}, {"anyOf": schemas}]}]),
            None => Value::Array(schemas),
        };
        schema.insert("anyOf".to_owned(), both);
    }

    /// Moves what stands beside a union into each of its schemas.
    fn distribute(&mut self, mut schema: Object) -> Value {
        self.change(
            ChangeKind::Distributed,
            false,
            "what stands beside `anyOf` moved into each of its schemas",
        );
        let union = schema.remove("anyOf").unwrap_or_default();
        let (base, mut outer): (Object, Object) =
            schema.into_iter().partition(|(keyword, _)| asserts(keyword));
        let mut fitting = Vec::new();
        for branch in union.as_array().into_iter().flatten() {
            let mark = self.merging.len();
            let mut both = base.clone();
            both.insert("allOf".to_owned(), json!([branch]));
            // A branch that contradicts what stands beside the union takes no value.
            if let Some(merged) = self.flatten(both) {
                fitting.push(Value::Object(merged));
            }
            self.merging.truncate(mark);
        }
        if fitting.is_empty() {
            self.obstacle("no value fits both the union and what stands beside it");
        }
        outer.insert("anyOf".to_owned(), Value::Array(fitting));
        self.children(&mut outer);
        Value::Object(outer)
    }

    /// Writes a tuple as a list for vendors without tuples.
    pub(crate) fn prefix(&mut self, schema: &mut Object) {
        if self.profile.takes("prefixItems") {
            return;
        }
        let Some(Value::Array(prefix)) = schema.remove("prefixItems") else { return };
        let at_most = schema.get("maxItems").and_then(Value::as_u64);
        let fixed = at_most.is_some_and(|most| usize::try_from(most).is_ok_and(|most| most <= prefix.len()));
        let mut kinds: Vec<Value> = Vec::new();
        let rest = if fixed { Some(Value::Bool(false)) } else { schema.get("items").cloned() };
        match rest {
            Some(Value::Bool(false)) => {
                schema.insert(
                    "maxItems".to_owned(),
                    json!(at_most.unwrap_or(u64::MAX).min(prefix.len() as u64)),
                );
            }
            Some(rest) => kinds.push(rest),
            None => self.obstacle("a tuple that may go on with anything: add `items` or `maxItems`"),
        }
        for kind in &prefix {
            if !kinds.contains(kind) {
                kinds.push(kind.clone());
            }
        }
        let lossy = kinds.len() > 1;
        self.change(
            ChangeKind::Rewritten,
            lossy,
            "a tuple became a list, since the vendor has no `prefixItems`",
        );
        if lossy && let Some(words) = crate::keyword::words("prefixItems", &Value::Array(prefix)) {
            describe(schema, &words);
        }
        let items = match kinds.as_slice() {
            [only] => only.clone(),
            _ => json!({"anyOf": kinds}),
        };
        schema.insert("items".to_owned(), items);
    }

    fn add_type(&mut self, schema: &mut Object) {
        let mut found: Vec<&str> = Vec::new();
        if let Some(values) = values(schema) {
            for name in values.iter().map(type_of) {
                if !found.contains(&name) {
                    found.push(name);
                }
            }
        } else {
            let implied: [(&str, &[&str]); 4] = [
                ("object", &["properties", "required", "additionalProperties", "patternProperties"]),
                ("array", &["items", "minItems", "maxItems"]),
                ("string", &["pattern", "minLength", "maxLength"]),
                ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
            ];
            let by_keyword =
                implied.iter().find(|(_, keywords)| keywords.iter().any(|k| schema.contains_key(*k)));
            found.extend(by_keyword.map(|(name, _)| *name));
        }
        let value = match found.as_slice() {
            [] => return self.obstacle("any JSON is allowed here, which strict mode has no form for: describe the value, or take a string that holds JSON"),
            [one] => json!(one),
            several => json!(several),
        };
        schema.insert("type".to_owned(), value);
        self.change(ChangeKind::TypeAdded, false, "the type was added from the other keywords");
    }

    /// Normalises the schemas within.
    fn children(&mut self, schema: &mut Object) {
        for (keyword, value) in schema.iter_mut() {
            // What is going to be left out keeps its words.
            if !self.profile.takes(keyword) {
                continue;
            }
            let mark = self.path.enter(keyword);
            match value {
                Value::Array(list) if LIST.contains(&keyword.as_str()) => {
                    for (index, item) in list.iter_mut().enumerate() {
                        let mark = self.path.enter(&index.to_string());
                        *item = self.schema(item.take());
                        self.path.leave(mark);
                    }
                }
                Value::Object(members) if NAMED.contains(&keyword.as_str()) => {
                    for (name, member) in members.iter_mut() {
                        let mark = self.path.enter(name);
                        *member = self.schema(member.take());
                        self.path.leave(mark);
                    }
                }
                Value::Object(_) if ONE.contains(&keyword.as_str()) => *value = self.schema(value.take()),
                // `items: true`, which is a list of anything.
                Value::Bool(true) if keyword == "items" && self.profile.plain => {
                    *value = self.schema(value.take())
                }
                _ => {}
            }
            self.path.leave(mark);
        }
    }

    pub(crate) fn change(&mut self, kind: ChangeKind, lossy: bool, message: &str) {
        self.report.change(self.path.text(), kind, lossy, message);
    }

    pub(crate) fn obstacle(&mut self, message: impl Into<String>) {
        self.report.obstacle(self.path.text(), message);
    }
}

/// Adds words to a description.
pub(crate) fn describe(schema: &mut Object, words: &str) {
    let description = match schema.get("description").and_then(Value::as_str) {
        Some(text) if !text.is_empty() => format!("{text} {words}"),
        _ => words.to_owned(),
    };
    schema.insert("description".to_owned(), Value::String(description));
}
