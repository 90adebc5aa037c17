//! A type or schema as the form of an answer.

use std::fmt;

use jsonschema::Validator;
use laravel_ai_core::{
    ChatResponse, Error, ErrorKind, FinishReason, JsonSchemaFormat, Partial, ResponseFormat, Result,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{InvalidObject, ObjectProblem};

/// How many places an error names. A list of thousands that all lack a property says nothing new.
const PROBLEMS: usize = 20;
/// The longest name that vendors take.
const NAME: usize = 64;

/// An answer as a value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Object<T> {
    /// The answer, decoded.
    pub value: T,
    /// The answer as it came: usage, cost, warnings, the raw text.
    pub response: ChatResponse,
}

/// The form of an answer, for the request and for reading what came.
///
/// Making one costs some microseconds, since the schema is made and compiled: keep it where many answers of one form
/// are read.
pub struct ObjectFormat {
    format: JsonSchemaFormat,
    validator: Validator,
}

impl ObjectFormat {
    /// The form of the type `T`, named after it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the type's schema can't be used.
    pub fn of<T: JsonSchema>() -> Result<Self> {
        let schema = schemars::SchemaGenerator::default().into_root_schema_for::<T>();
        let description = schema.get("description").and_then(Value::as_str).map(str::to_owned);
        let mut format = JsonSchemaFormat::new(name(&T::schema_name()), schema.to_value());
        format.description = description;
        Self::new(format)
    }

    /// The form of a schema that was made elsewhere.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the schema is no JSON Schema, or points to another document: schemas are
    /// never fetched.
    pub fn new(format: JsonSchemaFormat) -> Result<Self> {
        let validator = jsonschema::validator_for(&format.schema).map_err(|error| {
            let message = format!("the schema `{}` can't be used: {error}", format.name);
            Error::new(ErrorKind::InvalidRequest, message).with_possibly_billed(false)
        })?;
        Ok(Self { format, validator })
    }

    /// With the vendor's strict mode demanded (`true`) or off (`false`). Without it, strict mode is used where the
    /// schema has a strict form.
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.format.strict = Some(strict);
        self
    }

    /// The schema and its name.
    pub fn schema(&self) -> &JsonSchemaFormat {
        &self.format
    }

    /// What a request asks for.
    pub fn response_format(&self) -> ResponseFormat {
        self.format.clone().into()
    }

    /// Reads the answer, validates it and decodes it.
    ///
    /// # Errors
    /// [`ErrorKind::ContentFiltered`] when the model refused, and [`ErrorKind::Decode`] when the answer is cut, no
    /// JSON, or does not fit; its source is [`InvalidObject`]. Both carry the answer and its usage as
    /// [`partial`](Error::partial).
    pub fn read<T: DeserializeOwned>(&self, response: ChatResponse) -> Result<Object<T>> {
        self.read_restored(response, |_, value| value)
    }

    /// As [`read`](Self::read), with the answer brought back into the form of the schema (the first argument) before it
    /// is validated.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_restored<T: DeserializeOwned>(
        &self,
        response: ChatResponse,
        restore: impl FnOnce(&Value, Value) -> Value,
    ) -> Result<Object<T>> {
        match self.value(&response, restore) {
            Ok(value) => Ok(Object { value, response }),
            Err(error) => {
                let partial = Partial::new(response.content).with_usage(response.usage);
                Err(error.with_target(&response.served_by).with_partial(partial))
            }
        }
    }

    fn value<T: DeserializeOwned>(
        &self,
        response: &ChatResponse,
        restore: impl FnOnce(&Value, Value) -> Value,
    ) -> Result<T> {
        let text = response.text();
        if response.refusal().is_some() {
            return Err(Error::new(ErrorKind::ContentFiltered, "the model refused to answer"));
        }
        let value = match serde_json::from_str(without_fence(&text)) {
            Ok(value) => restore(&self.format.schema, value),
            Err(cause) => {
                let what = format!("the answer is not the JSON that was asked for{}", why(response));
                return Err(Error::decode(what, &cause).with_source(InvalidObject::new(text, Vec::new())));
            }
        };
        let problems: Vec<_> = self.validator.iter_errors(&value).take(PROBLEMS).map(problem).collect();
        if !problems.is_empty() {
            let invalid = InvalidObject::new(text, problems);
            let message = format!("the answer does not fit the schema `{}`: {invalid}", self.format.name);
            return Err(Error::new(ErrorKind::Decode, message).with_source(invalid));
        }
        T::deserialize(value).map_err(|cause| {
            let what = format!("the answer fits the schema `{}` and not its type", self.format.name);
            Error::decode(what, &cause).with_source(InvalidObject::new(text, Vec::new()))
        })
    }
}

impl fmt::Debug for ObjectFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectFormat").field("format", &self.format).finish_non_exhaustive()
    }
}

fn problem(error: jsonschema::ValidationError<'_>) -> ObjectProblem {
    ObjectProblem::new(error.instance_path().as_str(), error.masked_with("the value").to_string())
}

/// What else is known of an answer that is no JSON.
fn why(response: &ChatResponse) -> &'static str {
    match response.finish.reason {
        FinishReason::Length => " and was cut at the token limit: raise `max_output_tokens`",
        FinishReason::ToolCalls => ", for the model calls tools first: run them and send their results",
        FinishReason::ContentFilter => " and was cut by the vendor's content filter",
        _ => "",
    }
}

/// The inside of a fenced code block, which models without a strict mode like to put around JSON.
fn without_fence(text: &str) -> &str {
    let text = text.trim();
    let inside = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let Some((info, json)) = inside.and_then(|inside| inside.split_once('\n')) else { return text };
    if info.trim().is_empty() || info.trim().eq_ignore_ascii_case("json") { json } else { text }
}

/// A type's name in the letters that vendors take.
fn name(of: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = of.chars().map(|c| if fits(c) { c } else { '_' }).take(NAME).collect();
    if name.is_empty() { "answer".into() } else { name }
}
