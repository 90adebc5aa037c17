//! The form of the answer, and how it is thought out.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The form of the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResponseFormat {
    /// Free text.
    Text,
    /// Some JSON value. Vendors want the word JSON in a message.
    Json,
    /// JSON by a schema.
    JsonSchema(JsonSchemaFormat),
}

/// An answer as JSON by a schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JsonSchemaFormat {
    /// A name of letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What it is for, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema.
    pub schema: Value,
    /// Whether the vendor must hold the model to the schema; `None` leaves it to the driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl JsonSchemaFormat {
    /// A named schema.
    pub fn new(name: impl Into<String>, schema: Value) -> Self {
        Self { name: name.into(), description: None, schema, strict: None }
    }

    /// With a description for the model.
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// With the vendor's strict mode on or off.
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = Some(strict);
        self
    }
}

impl From<JsonSchemaFormat> for ResponseFormat {
    fn from(format: JsonSchemaFormat) -> Self {
        Self::JsonSchema(format)
    }
}

/// How much to reason and what to show of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReasoningOptions {
    /// How much, in words.
    pub effort: Option<ReasoningEffort>,
    /// How much at most, in tokens, for vendors that take a number.
    pub budget_tokens: Option<u32>,
    /// What to show.
    pub summary: Option<ReasoningSummary>,
}

impl ReasoningOptions {
    /// Reasoning with this effort.
    pub fn effort(effort: ReasoningEffort) -> Self {
        Self { effort: Some(effort), ..Self::default() }
    }

    /// With a token budget.
    pub fn with_budget_tokens(mut self, tokens: u32) -> Self {
        self.budget_tokens = Some(tokens);
        self
    }

    /// With a summary.
    pub fn with_summary(mut self, summary: ReasoningSummary) -> Self {
        self.summary = Some(summary);
        self
    }
}

/// How much to reason. Not every model takes every word.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReasoningEffort {
    /// Not at all.
    None,
    /// As little as possible.
    Minimal,
    /// Little.
    Low,
    /// A fair amount.
    Medium,
    /// Much.
    High,
    /// Very much.
    XHigh,
    /// As much as possible.
    Max,
    /// A vendor's word that is not listed here.
    #[serde(untagged)]
    Other(String),
}

impl ReasoningEffort {
    /// The word as vendors write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
            Self::Other(word) => word,
        }
    }
}

/// What to show of the reasoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReasoningSummary {
    /// As the vendor sees fit.
    Auto,
    /// A short summary.
    Concise,
    /// A long summary.
    Detailed,
}
