//! A value that fits a JSON Schema.

use laravel_ai_core::{Error, ErrorKind, Result};
use serde_json::{Map, Number, Value};

use crate::seed::Seed;

/// From this depth on only what is required is made, so that recursive schemas come to an end.
const SPARSE: usize = 4;
/// Where a schema that requires itself is given up.
const DEEPEST: usize = 24;
/// Keywords that would need a search for a fitting value. To ignore them would be to break the schema in silence.
const BEYOND: [&str; 6] = ["pattern", "not", "if", "contains", "dependentSchemas", "unevaluatedProperties"];

/// A value for `schema`, the same for the same seed.
///
/// Understands `type`, `const`, `enum`, `properties`, `required`, `items`, `prefixItems`, `anyOf`, `oneOf`, `allOf`
/// of objects, local `$ref`, `format`, and the limits of texts, numbers and arrays.
///
/// # Errors
/// [`ErrorKind::Unsupported`] that names the keyword and where it stands.
pub(crate) fn value(schema: &Value, seed: Seed) -> Result<Value> {
    Invention { root: schema, seed }.value(schema, "#", 0)
}

struct Invention<'a> {
    root: &'a Value,
    seed: Seed,
}

impl Invention<'_> {
    fn value(&mut self, schema: &Value, at: &str, depth: usize) -> Result<Value> {
        let Some(schema) = schema.as_object() else {
            return match schema {
                Value::Bool(true) => Ok(Value::String("mock".into())),
                _ => Err(beyond(at, "a schema that nothing fits")),
            };
        };
        if depth > DEEPEST {
            return Err(beyond(at, "a schema that requires itself"));
        }
        if let Some(keyword) = BEYOND.iter().find(|keyword| schema.contains_key(**keyword)) {
            return Err(beyond(at, &format!("`{keyword}`")));
        }
        if let Some(value) = schema.get("const") {
            return Ok(value.clone());
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let choice = self.choose(values.len());
            return values.get(choice).cloned().ok_or_else(|| beyond(at, "an empty `enum`"));
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let local = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            let target = local.ok_or_else(|| beyond(at, &format!("`$ref` to `{reference}`")))?.clone();
            return self.value(&target, at, depth + 1);
        }
        if ["anyOf", "oneOf", "allOf"].iter().any(|keyword| schema.contains_key(*keyword)) {
            return self.composed(schema, at, depth);
        }
        self.plain(schema, at, depth)
    }

    /// One option of each choice and every member of `allOf`, together with what stands beside them.
    fn composed(&mut self, schema: &Map<String, Value>, at: &str, depth: usize) -> Result<Value> {
        let mut members: Vec<(&str, &Value)> = Vec::new();
        for keyword in ["anyOf", "oneOf"] {
            let options = list(schema, keyword);
            let null = options.iter().find(|option| option.get("type").is_some_and(|it| it == "null"));
            match null.filter(|_| depth >= SPARSE).or(options.first()) {
                Some(option) => members.push((keyword, option)),
                None if schema.contains_key(keyword) => {
                    return Err(beyond(at, &format!("an empty `{keyword}`")));
                }
                None => {}
            }
        }
        members.extend(list(schema, "allOf").iter().map(|member| ("allOf", member)));
        let mut values = Vec::with_capacity(members.len() + 1);
        for (keyword, member) in members {
            values.push(self.value(member, &format!("{at}/{keyword}"), depth + 1)?);
        }
        if schema.contains_key("properties") || schema.contains_key("required") {
            values.push(self.plain(schema, at, depth)?);
        }
        let joined = values.into_iter().try_fold(None, |joined, value| match (joined, value) {
            (None, value) => Some(Some(value)),
            (Some(Value::Object(mut joined)), Value::Object(value)) => {
                joined.extend(value);
                Some(Some(Value::Object(joined)))
            }
            (Some(joined), value) => (joined == value).then_some(Some(joined)),
        });
        joined.flatten().ok_or_else(|| beyond(at, "members that have to be joined and aren't objects"))
    }

    fn plain(&mut self, schema: &Map<String, Value>, at: &str, depth: usize) -> Result<Value> {
        match kind(schema) {
            "object" => self.object(schema, at, depth),
            "array" => self.array(schema, at, depth),
            "string" => self.text(schema, at),
            "integer" => self.number(schema, at, true),
            "number" => self.number(schema, at, false),
            "boolean" => Ok(Value::Bool(self.choose(2) == 1)),
            "null" => Ok(Value::Null),
            other => Err(beyond(at, &format!("the type `{other}`"))),
        }
    }

    fn object(&mut self, schema: &Map<String, Value>, at: &str, depth: usize) -> Result<Value> {
        let required: Vec<&str> = list(schema, "required").iter().filter_map(Value::as_str).collect();
        let mut object = Map::new();
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                if depth < SPARSE || required.contains(&name.as_str()) {
                    let value = self.value(property, &format!("{at}/properties/{name}"), depth + 1)?;
                    object.insert(name.clone(), value);
                }
            }
        }
        for name in required {
            if !object.contains_key(name) {
                let additional = schema.get("additionalProperties").unwrap_or(&Value::Bool(true));
                let value = self.value(additional, &format!("{at}/required/{name}"), depth + 1)?;
                object.insert(name.to_owned(), value);
            }
        }
        if limit(schema, "minProperties").is_some_and(|least| object.len() < least) {
            return Err(beyond(at, "`minProperties` above the named properties"));
        }
        Ok(Value::Object(object))
    }

    fn array(&mut self, schema: &Map<String, Value>, at: &str, depth: usize) -> Result<Value> {
        let fixed = list(schema, "prefixItems");
        let usual = if depth < SPARSE { fixed.len().max(1) } else { 0 };
        let length = limit(schema, "minItems").unwrap_or(0).max(usual);
        let length = length.min(limit(schema, "maxItems").unwrap_or(usize::MAX));
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) && length > 1 {
            return Err(beyond(at, "`uniqueItems` with more than one item"));
        }
        let items = schema.get("items").unwrap_or(&Value::Bool(true));
        let item = |index| fixed.get(index).unwrap_or(items);
        (0..length).map(|index| self.value(item(index), &format!("{at}/items"), depth + 1)).collect()
    }

    fn text(&mut self, schema: &Map<String, Value>, at: &str) -> Result<Value> {
        let day = self.choose(28) + 1;
        let text = match schema.get("format").and_then(Value::as_str) {
            Some("date") => format!("2026-01-{day:02}"),
            Some("date-time") => format!("2026-01-{day:02}T12:00:00Z"),
            Some("time") => "12:00:00Z".into(),
            Some("email") => "mock@example.com".into(),
            Some("uri" | "url") => "https://example.com/mock".into(),
            Some("uuid") => format!("00000000-0000-4000-8000-{:012x}", self.seed.next() & 0xffff_ffff_ffff),
            _ => at
                .rsplit('/')
                .next()
                .filter(|name| *name != "#")
                .map_or("mock".into(), |name| format!("mock {name}")),
        };
        let least = limit(schema, "minLength").unwrap_or(0);
        let most = limit(schema, "maxLength").unwrap_or(usize::MAX);
        let length = text.chars().count();
        let text: String =
            text.chars().chain(std::iter::repeat_n('x', least.saturating_sub(length))).take(most).collect();
        Ok(Value::String(text))
    }

    fn number(&mut self, schema: &Map<String, Value>, at: &str, integer: bool) -> Result<Value> {
        let bound = |keyword| schema.get(keyword).and_then(Value::as_f64);
        let (minimum, above) = (bound("minimum"), bound("exclusiveMinimum"));
        let (maximum, below) = (bound("maximum"), bound("exclusiveMaximum"));
        let fits = |number: &f64| {
            minimum.is_none_or(|it| *number >= it)
                && above.is_none_or(|it| *number > it)
                && maximum.is_none_or(|it| *number <= it)
                && below.is_none_or(|it| *number < it)
        };
        let least = minimum.into_iter().chain(above).reduce(f64::max);
        let most = maximum.into_iter().chain(below).reduce(f64::min);
        // Away from both ends, which may be exclusive.
        let wished = f64::from(u8::try_from(self.choose(100)).unwrap_or(0)) + 1.0;
        let number = match (least, most) {
            (Some(least), Some(most)) => least + (most - least).min(102.0) * wished / 102.0,
            (Some(least), None) => least + wished,
            (None, Some(most)) => most - wished,
            (None, None) => wished,
        };
        let candidates = match bound("multipleOf").filter(|step| *step > 0.0).or(integer.then_some(1.0)) {
            Some(step) => {
                let down = (number / step).floor();
                [down * step, (down + 1.0) * step, (down - 1.0) * step]
            }
            None => [number; 3],
        };
        let impossible = || beyond(at, "limits that no number fits");
        let number = candidates.into_iter().find(fits).ok_or_else(impossible)?;
        let whole = number.fract() == 0.0 && number.abs() < 9e15;
        let number = if whole { Some(Number::from(number as i64)) } else { Number::from_f64(number) };
        number.map(Value::Number).ok_or_else(impossible)
    }

    fn choose(&mut self, among: usize) -> usize {
        usize::try_from(self.seed.below(among as u64)).unwrap_or(0)
    }
}

/// The type, the first that is not `null` where there are several, or what the other keywords speak of.
fn kind(schema: &Map<String, Value>) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let kinds = || kinds.iter().filter_map(Value::as_str);
            kinds().find(|kind| *kind != "null").or(kinds().next()).unwrap_or("null")
        }
        _ if schema.contains_key("properties") || schema.contains_key("required") => "object",
        _ if schema.contains_key("items") || schema.contains_key("prefixItems") => "array",
        _ if schema.contains_key("minimum") || schema.contains_key("maximum") => "number",
        _ => "string",
    }
}

fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn limit(schema: &Map<String, Value>, keyword: &str) -> Option<usize> {
    schema.get(keyword).and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok())
}

fn beyond(at: &str, what: &str) -> Error {
    let message =
        format!("the mock can't make up a value for {what} at {at} of the schema: script the reply");
    Error::new(ErrorKind::Unsupported, message)
}
