//! The rules of the vendors' strict modes, as data.

/// The rules that a vendor's strict mode has for schemas.
///
/// A profile is data: start from [`Profile::new`], which allows everything, and set what the vendor wants.
///
/// ```
/// use provider_schema::{Profile, Strict, compile};
/// use serde_json::json;
///
/// let mut profile = Profile::new("acme");
/// profile.closed = true;
///
/// let compiled = compile(&json!({"type": "object", "properties": {}}), &profile, Strict::Auto)?;
/// assert_eq!(compiled.schema()["additionalProperties"], false);
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The vendor, for messages.
    pub name: &'static str,
    /// The keywords it takes; `None` for all.
    pub keywords: Option<&'static [&'static str]>,
    /// Keywords it refuses, of those above.
    pub refused: &'static [&'static str],
    /// The values of `format` it takes; `None` for all.
    pub formats: Option<&'static [&'static str]>,
    /// Whether patterns may look ahead and behind.
    pub look_around: bool,
    /// Whether each object has to say `additionalProperties: false`.
    pub closed: bool,
    /// Whether each property has to be required, so that an optional one takes null for "absent".
    pub all_required: bool,
    /// Whether each schema needs a type, unless it is a reference or a union and nothing else.
    pub plain: bool,
    /// Whether the root has to be an object that is no union.
    pub object_root: bool,
    /// What becomes of `$ref`.
    pub references: References,
    /// How a schema says that it takes null.
    pub null: NullForm,
    /// How large a schema may be.
    pub limits: Limits,
}

/// What becomes of references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum References {
    /// They stay, into `$defs` or to the root.
    Kept,
    /// Each is replaced by what it names; a schema that holds itself can't be compiled.
    WrittenOut,
}

/// How a schema says that it takes null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NullForm {
    /// The type `null`, in a list of types or a union.
    Type,
    /// `nullable: true`, as in OpenAPI 3.0.
    Keyword,
}

/// How large a schema may be; `None` is without a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Levels of objects and arrays in each other, references not followed.
    pub depth: Option<usize>,
    /// Properties of all objects together.
    pub properties: Option<usize>,
    /// Values of all enums together.
    pub enum_values: Option<usize>,
    /// Characters of all names of properties and definitions and all values of enums and constants together.
    pub characters: Option<usize>,
    /// For an enum of more values than the first number, the characters of its values together.
    pub long_enum: Option<(usize, usize)>,
}

impl Profile {
    /// A vendor that takes any schema.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            keywords: None,
            refused: &[],
            formats: None,
            look_around: true,
            closed: false,
            all_required: false,
            plain: false,
            object_root: false,
            references: References::Kept,
            null: NullForm::Type,
            limits: Limits {
                depth: None,
                properties: None,
                enum_values: None,
                characters: None,
                long_enum: None,
            },
        }
    }

    /// OpenAI's strict mode, of answers and of function tools, as its guide to structured outputs describes it
    /// in 2026.
    pub const fn openai() -> Self {
        Self {
            keywords: Some(&[
                "$defs",
                "$ref",
                "additionalProperties",
                "anyOf",
                "const",
                "description",
                "enum",
                "exclusiveMaximum",
                "exclusiveMinimum",
                "format",
                "items",
                "maxItems",
                "maximum",
                "minItems",
                "minimum",
                "multipleOf",
                "pattern",
                "properties",
                "required",
                "title",
                "type",
            ]),
            formats: Some(&[
                "date-time",
                "time",
                "date",
                "duration",
                "email",
                "hostname",
                "ipv4",
                "ipv6",
                "uuid",
            ]),
            look_around: false,
            closed: true,
            all_required: true,
            plain: true,
            object_root: true,
            limits: Limits {
                depth: Some(10),
                properties: Some(5_000),
                enum_values: Some(1_000),
                characters: Some(120_000),
                long_enum: Some((250, 15_000)),
            },
            ..Self::new("openai")
        }
    }

    /// Gemini's `responseJsonSchema` and `parametersJsonSchema`: JSON Schema with few keywords and no constants.
    pub const fn gemini() -> Self {
        Self {
            keywords: Some(&[
                "$anchor",
                "$defs",
                "$id",
                "$ref",
                "additionalProperties",
                "anyOf",
                "description",
                "enum",
                "format",
                "items",
                "maxItems",
                "maximum",
                "minItems",
                "minimum",
                "oneOf",
                "prefixItems",
                "properties",
                "propertyOrdering",
                "required",
                "title",
                "type",
            ]),
            ..Self::new("gemini")
        }
    }

    /// Gemini's older `responseSchema` and `parameters`: the schemas of OpenAPI 3.0 without references. Types may
    /// be in lower case.
    pub const fn gemini_openapi() -> Self {
        Self {
            keywords: Some(&[
                "anyOf",
                "default",
                "description",
                "enum",
                "example",
                "format",
                "items",
                "maxItems",
                "maxLength",
                "maxProperties",
                "maximum",
                "minItems",
                "minLength",
                "minProperties",
                "minimum",
                "nullable",
                "pattern",
                "properties",
                "propertyOrdering",
                "required",
                "title",
                "type",
            ]),
            references: References::WrittenOut,
            null: NullForm::Keyword,
            ..Self::new("gemini (OpenAPI)")
        }
    }

    /// xAI's structured answers and tools: OpenAI's form without its strict rules, but no `allOf`.
    pub const fn xai() -> Self {
        Self { refused: &["allOf"], ..Self::new("xai") }
    }

    /// Ollama's `format`: any schema.
    pub const fn ollama() -> Self {
        Self::new("ollama")
    }

    /// Whether the vendor takes `keyword`.
    pub fn takes(&self, keyword: &str) -> bool {
        self.keywords.is_none_or(|keywords| keywords.contains(&keyword)) && !self.refused.contains(&keyword)
    }
}
