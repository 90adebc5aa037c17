//! A vendor's definition, ready to judge.

use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::explain::explain;
use super::operation::Operation;
use super::schema;
use super::vendor::{Edit, Vendor};
use crate::SentRequest;

/// A vendor's own definition of its API.
#[derive(Debug)]
pub struct Definition {
    vendor: &'static Vendor,
    components: Value,
    operations: Vec<Operation>,
}

/// Something in a request that the definition does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Where: a JSON pointer into the body, or a part of the request in parentheses.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

impl Definition {
    /// Reads the definition of `vendor` from the folder of the definitions.
    ///
    /// # Errors
    /// A text that names the file, when it can't be read or is not an OpenAPI document.
    pub fn load(folder: &Path, vendor: &'static Vendor) -> Result<Self, String> {
        let path = folder.join(vendor.file);
        let wrong = |problem: &dyn fmt::Display| format!("{}: {problem}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| wrong(&error))?;
        let document: Value = match path.extension() {
            Some(kind) if kind == "yaml" => serde_yaml_ng::from_str(&text).map_err(|error| wrong(&error))?,
            _ => serde_json::from_str(&text).map_err(|error| wrong(&error))?,
        };
        Self::new(&document, vendor).map_err(|problem| wrong(&problem))
    }

    /// The definition in an OpenAPI document.
    ///
    /// # Errors
    /// A text, when the document has no schemas or no paths, or an exception of the vendor names no schema in it.
    pub fn new(document: &Value, vendor: &'static Vendor) -> Result<Self, String> {
        let published = document
            .pointer("/components/schemas")
            .and_then(Value::as_object)
            .ok_or("no schemas: is this an OpenAPI document?")?;
        let mut modern: Map<String, Value> =
            published.iter().map(|(name, schema)| (name.clone(), schema::modern(schema, name))).collect();
        for exception in vendor.exceptions {
            let schema =
                modern.get_mut(exception.schema).and_then(Value::as_object_mut).ok_or_else(|| {
                    format!("an exception names the schema {}, which is not there", exception.schema)
                })?;
            match exception.edit {
                Edit::Required(members) => _ = schema.insert("required".into(), json!(members)),
                Edit::Members(members) => {
                    let properties = schema.entry("properties").or_insert_with(|| json!({}));
                    let properties =
                        properties.as_object_mut().ok_or("the members of a schema are no object")?;
                    properties.extend(members.iter().map(|member| ((*member).to_owned(), json!(true))));
                }
                Edit::OpenBranches => {
                    let branches = schema.get_mut("anyOf").and_then(Value::as_array_mut);
                    for branch in branches.into_iter().flatten().filter_map(Value::as_object_mut) {
                        let named = branch.get("properties").and_then(Value::as_object);
                        if named.is_some_and(|named| named.keys().eq(["type"])) {
                            branch.insert("additionalProperties".into(), true.into());
                        }
                    }
                }
            }
        }
        let each = |edit: fn(&Value) -> Value| -> Map<String, Value> {
            modern.iter().map(|(name, schema)| (name.clone(), edit(schema))).collect()
        };
        let components = json!({"schemas": each(schema::closed), "open": each(schema::open)});
        let operations = Operation::all(document);
        if operations.is_empty() {
            return Err("no paths: is this an OpenAPI document?".into());
        }
        Ok(Self { vendor, components, operations })
    }

    /// What of `request` the definition does not allow. An empty list is a good request.
    pub fn check(&self, request: &SentRequest) -> Vec<Finding> {
        let path = request.path.strip_prefix(self.vendor.prefix).unwrap_or(&request.path);
        let operation = match Operation::find(&self.operations, &request.method, path) {
            Ok(operation) => operation,
            Err(problem) => return vec![Finding::new("(path)", problem)],
        };
        let mut findings = Vec::new();
        let bearer = request.header("authorization").is_some_and(|value| value.starts_with("Bearer "));
        // Rendered requests have their secrets masked.
        if self.vendor.bearer && !bearer && request.header("authorization") != Some("***") {
            findings.push(Finding::new("(headers)", "authorization is not `Bearer …`"));
        }
        match (&operation.body, request.body.is_null()) {
            (None, true) => {}
            (None, false) => findings.push(Finding::new("(body)", "this operation takes none")),
            (Some(_), true) if !operation.body_required => {}
            (Some(_), true) => findings.push(Finding::new("(body)", "missing")),
            (Some(schema), false) => {
                let json =
                    request.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
                if !json {
                    findings.push(Finding::new("(headers)", "content-type is not application/json"));
                }
                match operation.validator(schema, &self.components) {
                    Ok(validator) => findings.extend(explain(validator.iter_errors(&request.body))),
                    Err(problem) => findings.push(Finding::new("(definition)", problem)),
                }
            }
        }
        findings
    }
}

impl Finding {
    pub(super) fn new(place: &str, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}
