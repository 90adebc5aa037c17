//! Compiling a schema for a vendor's strict mode.

use std::collections::{BTreeMap, BTreeSet};

use laravel_ai_core::{Error, ErrorKind, Result, Warning, WarningKind};
use serde_json::{Value, json};

use crate::change::{Change, ChangeKind, Report, Violation};
use crate::emit::Emitter;
use crate::keyword::Object;
use crate::normal::Normaliser;
use crate::profile::Profile;
use crate::restore::Normal;

/// Whether the vendor has to hold the model to a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strict {
    /// If the schema has a strict form; otherwise it is sent without strict mode, with a warning that says why.
    #[default]
    Auto,
    /// Always; a schema without a strict form is an error.
    Required,
    /// Never: the schema stays as it is.
    Off,
}

impl From<Option<bool>> for Strict {
    /// `None` is [`Auto`](Self::Auto).
    fn from(strict: Option<bool>) -> Self {
        match strict {
            None => Self::Auto,
            Some(true) => Self::Required,
            Some(false) => Self::Off,
        }
    }
}

/// Compiles a schema for a vendor's strict mode.
///
/// The result is the same for the same input, and compiling it again changes nothing. It costs a
/// few microseconds for each property, so it can be done for each request.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`], with the place and the reason, when strict mode is required and the schema has
/// no strict form.
pub fn compile(schema: &Value, profile: &Profile, strict: Strict) -> Result<Compiled> {
    if strict == Strict::Off {
        return Ok(Compiled::plain(schema.clone(), false));
    }
    if *profile == Profile::new(profile.name) {
        return Ok(Compiled::plain(schema.clone(), true));
    }
    let mut normaliser = Normaliser::new(schema, profile);
    let root = normaliser.schema(schema.clone());
    let mut report = std::mem::take(&mut normaliser.report);
    let origins: BTreeMap<&str, &str> =
        normaliser.names.iter().map(|(pointer, name)| (name.as_str(), pointer.as_str())).collect();
    let mut sent = Normal { root, definitions: std::mem::take(&mut normaliser.definitions) };
    let wrapped = profile.object_root && !sent.is_object(&sent.root);
    // What is restored has no wrapper; what is sent may have one.
    let inner = wrapped.then(|| sent.clone());
    if wrapped {
        wrap(&mut sent, &normaliser, &mut report);
    } else if profile.object_root {
        write_root_out(&mut sent, &mut report);
    }
    forget_unnamed(&mut sent);
    let before = (report.changes.len(), report.obstacles.len());
    let mut emitter = Emitter::new(profile, &sent, report);
    emitter.origins = origins;
    let compiled = emitter.document();
    let Report { mut changes, mut obstacles } = emitter.report;
    if obstacles.is_empty() {
        obstacles = profile.check(&compiled);
    }
    if wrapped {
        // Paths are those of the given schema, which has no wrapper.
        let written = changes.iter_mut().skip(before.0).map(|change| &mut change.path);
        let paths = written.chain(obstacles.iter_mut().skip(before.1).map(|obstacle| &mut obstacle.path));
        for path in paths {
            if let Some(inner) = path.strip_prefix("/properties/value") {
                *path = inner.to_owned();
            }
        }
    }
    let normal = inner.unwrap_or(sent);
    let Some(first) = obstacles.first() else {
        let restores = changes.iter().any(|change| change.kind == ChangeKind::MadeNullable);
        let restoration = (wrapped || restores).then_some(Restoration { normal, wrapped });
        return Ok(Compiled { schema: compiled, strict: true, changes, fallback: None, restoration });
    };
    if strict == Strict::Required {
        let more = match obstacles.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            format!("the schema has no form for the strict mode of {}: {first}{more}", profile.name),
        ));
    }
    let fallback = Some(first.clone());
    if !wrapped {
        return Ok(Compiled { fallback, ..Compiled::plain(schema.clone(), false) });
    }
    let change = Change {
        path: String::new(),
        kind: ChangeKind::RootWrapped,
        message: WRAPPED.to_owned(),
        lossy: false,
    };
    Ok(Compiled {
        schema: json!({
            "type": "object",
            "properties": {"value": moved(schema)},
            "required": ["value"],
        }),
        strict: false,
        changes: vec![change],
        fallback,
        // The vendor makes no nulls of absent properties without strict mode, and dropping them would do no harm.
        restoration: Some(Restoration { normal, wrapped }),
    })
}

const WRAPPED: &str =
    "the root became the property `value` of an object, since it has to be an object and no union";

/// A compiled schema, and the way back for answers.
#[derive(Clone, Debug)]
pub struct Compiled {
    schema: Value,
    strict: bool,
    changes: Vec<Change>,
    fallback: Option<Violation>,
    restoration: Option<Restoration>,
}

#[derive(Clone, Debug)]
struct Restoration {
    normal: Normal,
    wrapped: bool,
}

impl Compiled {
    fn plain(schema: Value, strict: bool) -> Self {
        Self { schema, strict, changes: Vec::new(), fallback: None, restoration: None }
    }

    /// The schema to send.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// The schema to send, without a copy.
    pub fn into_schema(self) -> Value {
        self.schema
    }

    /// Whether strict mode can be turned on.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Every change, in the order in which the schema was walked.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Why the schema is sent without strict mode although it was wanted.
    pub fn fallback(&self) -> Option<&Violation> {
        self.fallback.as_ref()
    }

    /// Whether each restored answer that fits the compiled schema fits the given one.
    pub fn is_lossless(&self) -> bool {
        self.strict && !self.changes.iter().any(|change| change.lossy)
    }

    /// Whether answers have to be [restored](Self::restore) to fit the given schema.
    pub fn needs_restore(&self) -> bool {
        self.restoration.is_some()
    }

    /// What the caller has to know: that strict mode is off, what the vendor no longer guards, and what changes the
    /// form of the answer. `subject` says whose schema it is, such as `format` or `tools.weather`.
    pub fn warnings(&self, subject: &str) -> Vec<Warning> {
        let warning = |message: String| Warning::new(WarningKind::SchemaChanged, subject, message);
        let fallback = self.fallback.iter().map(|why| warning(format!("sent without strict mode: {why}")));
        let noted = self.changes.iter().filter(|change| {
            change.lossy || matches!(change.kind, ChangeKind::MadeNullable | ChangeKind::RootWrapped)
        });
        fallback.chain(noted.map(|change| warning(change.to_string()))).collect()
    }

    /// Brings an answer to the compiled schema into the form of the given one: nulls that stand for absent
    /// properties are left out, the wrapper of the root is taken off. What does not fit stays as it is.
    pub fn restore(&self, value: Value) -> Value {
        match &self.restoration {
            Some(restoration) => restoration.normal.restore(value, restoration.wrapped),
            None => value,
        }
    }
}

/// Makes the root the property `value` of an object.
fn wrap(sent: &mut Normal, normaliser: &Normaliser<'_>, report: &mut Report) {
    report.change(String::new(), ChangeKind::RootWrapped, false, WRAPPED);
    let mut root = std::mem::take(&mut sent.root);
    let mut root_used = false;
    let name = normaliser.free_name("root".to_owned());
    let reference = Value::String(format!("#/$defs/{name}"));
    let mut point = |schema: &mut Value| {
        rewrite(schema, 0, &mut |text| {
            if text == "#" {
                root_used = true;
                *text = format!("#/$defs/{name}");
            }
        })
    };
    point(&mut root);
    sent.definitions.values_mut().for_each(&mut point);
    if root_used {
        sent.definitions.insert(name, root);
        root = json!({"$ref": reference});
    }
    sent.root = json!({
        "type": "object",
        "properties": {"value": root},
        "required": ["value"],
        "additionalProperties": false,
    });
}

/// Replaces a root that is a reference by what it names.
fn write_root_out(normal: &mut Normal, report: &mut Report) {
    let Some(own) = normal.root.as_object().filter(|root| root.contains_key("$ref")) else { return };
    let mut written = normal.target(&normal.root).cloned().unwrap_or_default();
    written.extend(own.iter().filter(|(keyword, _)| *keyword != "$ref").map(|(k, v)| (k.clone(), v.clone())));
    report.change(
        String::new(),
        ChangeKind::ReferenceWrittenOut,
        false,
        "the root was a reference and became what it names",
    );
    normal.root = Value::Object(written);
}

/// Drops definitions that nothing names any more, such as one that became the root.
fn forget_unnamed(sent: &mut Normal) {
    let mut named = BTreeSet::new();
    let mut fresh = vec![&sent.root];
    while let Some(schema) = fresh.pop() {
        match schema {
            Value::Object(members) => {
                if let Some(name) =
                    members.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/"))
                    && named.insert(name.to_owned())
                {
                    fresh.extend(sent.definitions.get(name));
                }
                fresh.extend(members.values());
            }
            Value::Array(items) => fresh.extend(items),
            _ => {}
        }
    }
    sent.definitions.retain(|name, _| named.contains(name));
}

/// The schema for another place: one property down.
fn moved(schema: &Value) -> Value {
    let mut schema = schema.clone();
    rewrite(&mut schema, 0, &mut |text| {
        if let Some(rest) = text.strip_prefix('#').filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            *text = format!("#/properties/value{rest}");
        }
    });
    schema
}

/// Visits each reference in a schema, but nothing in values that only look like one.
fn rewrite(schema: &mut Value, depth: usize, visit: &mut impl FnMut(&mut String)) {
    if depth > 256 {
        return;
    }
    match schema {
        Value::Object(members) => visit_members(members, depth, visit),
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, depth + 1, visit)),
        _ => {}
    }
}

fn visit_members(members: &mut Object, depth: usize, visit: &mut impl FnMut(&mut String)) {
    for (keyword, value) in members {
        match value {
            Value::String(text) if keyword == "$ref" => visit(text),
            _ if matches!(keyword.as_str(), "const" | "enum" | "default" | "examples") => {}
            value => rewrite(value, depth + 1, visit),
        }
    }
}
