//! Schemas in Gemini's two dialects.

use laravel_ai_core::{Result, WarningKind};
use provider_schema::{Profile, compile};
use serde_json::{Map, Value};

use super::Encoder;

impl Encoder<'_> {
    /// The schema as it is sent; every change that matters is told.
    pub(super) fn schema(&mut self, schema: &Value, strict: Option<bool>, subject: &str) -> Result<Value> {
        if !self.options.legacy_schemas {
            let compiled = compile(schema, &Profile::gemini(), strict.into())?;
            self.warnings.extend(compiled.warnings(subject))?;
            return Ok(compiled.into_schema());
        }
        let compiled = compile(schema, &Profile::gemini_openapi(), strict.into())?;
        self.warnings.extend(compiled.warnings(subject))?;
        if !compiled.is_strict() {
            return Ok(compiled.into_schema());
        }
        let mut numbers = false;
        let schema = openapi(compiled.into_schema(), &mut numbers);
        if numbers {
            let message = "values that are no texts can't be listed in this form, so the lists were left out";
            self.warn(WarningKind::SchemaChanged, subject, message)?;
        }
        Ok(schema)
    }
}

/// Limits that are 64-bit numbers, which JSON of protocol buffers writes as texts.
const LIMITS: [&str; 6] =
    ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];

/// Types in capitals, limits and values as texts.
fn openapi(schema: Value, numbers: &mut bool) -> Value {
    let Value::Object(members) = schema else { return schema };
    let mut out = Map::new();
    for (name, value) in members {
        let value = match (name.as_str(), value) {
            ("type", Value::String(word)) => word.to_ascii_uppercase().into(),
            ("properties", Value::Object(named)) => {
                named.into_iter().map(|(name, schema)| (name, openapi(schema, numbers))).collect()
            }
            ("anyOf", Value::Array(list)) => {
                list.into_iter().map(|schema| openapi(schema, numbers)).collect()
            }
            ("items", schema) => openapi(schema, numbers),
            ("enum", Value::Array(list)) => {
                if !list.iter().all(|value| value.is_string() || value.is_null()) {
                    *numbers = true;
                    continue;
                }
                // Values need a type here, which constants don't have.
                out.entry("type").or_insert_with(|| "STRING".into());
                list.into_iter().filter(Value::is_string).collect()
            }
            (name, Value::Number(limit)) if LIMITS.contains(&name) => limit.to_string().into(),
            (_, other) => other,
        };
        out.insert(name, value);
    }
    // An order is only kept where it is said: properties are a map there.
    let names: Option<Vec<Value>> = out
        .get("properties")
        .and_then(Value::as_object)
        .filter(|named| named.len() > 1)
        .map(|named| named.keys().cloned().map(Value::from).collect());
    if let Some(names) = names {
        out.entry("propertyOrdering").or_insert(names.into());
    }
    Value::Object(out)
}
