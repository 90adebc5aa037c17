//! What a model may call.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Something that a model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tool {
    /// A function that the application runs.
    Function(FunctionTool),
    /// A tool that one vendor runs, such as web search.
    Provider(ProviderTool),
}

/// A function that the application runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunctionTool {
    /// The name the model calls it by, unique in the request.
    pub name: String,
    /// What it does and when to use it, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of its arguments, an object.
    pub parameters: Value,
    /// Whether the vendor must hold the model to the schema; `None` leaves it to the vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl FunctionTool {
    /// A function without parameters.
    pub fn new(name: impl Into<String>) -> Self {
        let parameters = json!({"type": "object", "properties": {}});
        Self { name: name.into(), description: None, parameters, strict: None }
    }

    /// With a description for the model.
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// With the JSON Schema of the arguments.
    pub fn with_parameters(mut self, schema: Value) -> Self {
        self.parameters = schema;
        self
    }

    /// With the vendor's strict mode on or off.
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = Some(strict);
        self
    }
}

impl From<FunctionTool> for Tool {
    fn from(tool: FunctionTool) -> Self {
        Self::Function(tool)
    }
}

/// A tool that one vendor runs, in that vendor's own words. Provider crates have typed makers for theirs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderTool {
    /// The driver that understands it.
    pub driver: String,
    /// The tool's definition as it is sent.
    pub value: Value,
}

impl ProviderTool {
    /// A tool of `driver`.
    pub fn new(driver: impl Into<String>, value: Value) -> Self {
        Self { driver: driver.into(), value }
    }
}

impl From<ProviderTool> for Tool {
    fn from(tool: ProviderTool) -> Self {
        Self::Provider(tool)
    }
}

/// Whether the model may, must or must not call tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolChoice {
    /// As the model sees fit.
    Auto,
    /// No calls.
    None,
    /// At least one call.
    Required,
    /// This function.
    Named(String),
    /// Of the given tools only these, so that the list can stay the same for the prompt cache.
    Allowed {
        /// Whether one of them must be called.
        mode: ToolMode,
        /// Names of functions.
        names: Vec<String>,
    },
}

/// Whether one of the allowed tools must be called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolMode {
    /// As the model sees fit.
    #[default]
    Auto,
    /// At least one.
    Required,
}
