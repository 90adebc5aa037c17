//! Which operation of a definition a request is.

use std::sync::OnceLock;

use jsonschema::{Draft, Validator};
use serde_json::Value;

/// One method of one path.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    /// The schema of the JSON body, where the operation has one.
    pub(super) body: Option<Value>,
    /// Whether there must be a body.
    pub(super) body_required: bool,
    /// Made when the first body is judged: most operations never are.
    validator: OnceLock<Result<Validator, String>>,
}

impl Operation {
    /// All operations of an OpenAPI document.
    pub(super) fn all(document: &Value) -> Vec<Self> {
        let mut operations = Vec::new();
        let Some(paths) = document.get("paths").and_then(Value::as_object) else { return operations };
        for (path, item) in paths {
            let Some(item) = item.as_object() else { continue };
            for (method, operation) in item {
                if !matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                    continue;
                }
                let body = operation.get("requestBody");
                operations.push(Self {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    body: body.and_then(|body| body.pointer("/content/application~1json/schema")).cloned(),
                    body_required: body.and_then(|body| body.get("required")) == Some(&Value::Bool(true)),
                    validator: OnceLock::new(),
                });
            }
        }
        operations
    }

    /// The one operation for a request; the error names what is wrong.
    pub(super) fn find<'a>(all: &'a [Self], method: &str, path: &str) -> Result<&'a Self, String> {
        let mut matching: Vec<_> = all.iter().filter(|operation| operation.matches(path)).collect();
        // `/models/search` is itself before it is `/models/{model}`.
        matching.sort_by_key(|operation| operation.path.matches('{').count());
        if matching.is_empty() {
            return Err(format!("the path {path} is not in the definition"));
        }
        let methods = || matching.iter().map(|operation| operation.method.as_str()).collect::<Vec<_>>();
        matching
            .iter()
            .find(|operation| operation.method == method)
            .copied()
            .ok_or_else(|| format!("{path} takes {}, not {method}", methods().join(", ")))
    }

    /// What judges bodies of this operation by `schema`, which may refer to `components`.
    pub(super) fn validator(&self, schema: &Value, components: &Value) -> Result<&Validator, String> {
        let make = || {
            let mut schema = super::schema::closed(&super::schema::modern(schema, ""));
            let root = schema.as_object_mut().ok_or("the schema of the body is no object")?;
            root.insert("components".into(), components.clone());
            let options = jsonschema::options().with_draft(Draft::Draft202012);
            options.build(&schema).map_err(|error| format!("the definition itself is wrong: {error}"))
        };
        self.validator.get_or_init(make).as_ref().map_err(Clone::clone)
    }

    fn matches(&self, path: &str) -> bool {
        let mut wanted = self.path.split('/');
        let mut given = path.split('/');
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given)) if wanted == given => {}
                (Some(wanted), Some(given)) if fits(wanted, given) => {}
                _ => return false,
            }
        }
    }
}

/// Whether a segment is a parameter and nothing else, or one with a method behind it (`{model}:generateContent`).
fn fits(wanted: &str, given: &str) -> bool {
    let Some((_, method)) = wanted.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
        return false;
    };
    match method.is_empty() {
        true => !given.is_empty() && !given.contains(':'),
        false => given.strip_suffix(method).is_some_and(|value| !value.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_literal_path_wins_over_a_parameter() {
        let item = json!({"get": {}, "parameters": []});
        let all = Operation::all(&json!({"paths": {"/models/{model}": item, "/models/search": item}}));
        let found = |method, path| Operation::find(&all, method, path).map(|found| found.path.clone());
        assert_eq!(found("GET", "/models/search").unwrap(), "/models/search");
        assert_eq!(found("GET", "/models/m").unwrap(), "/models/{model}");
        assert_eq!(found("POST", "/models/m").unwrap_err(), "/models/m takes GET, not POST");
        for path in ["/models", "/models/", "/models/a/b", "/other"] {
            assert!(found("GET", path).is_err(), "{path}");
        }
    }
    #[test]
    fn a_method_stands_behind_a_parameter() {
        let item = json!({"get": {}});
        let all = Operation::all(&json!({"paths": {"/models/{model}": item, "/models/{model}:ask": item}}));
        let found = |path| Operation::find(&all, "GET", path).map(|found| found.path.clone());
        assert_eq!(found("/models/m:ask").unwrap(), "/models/{model}:ask");
        assert_eq!(found("/models/m").unwrap(), "/models/{model}");
        assert!(found("/models/m:tell").is_err() && found("/models/:ask").is_err());
    }
}
