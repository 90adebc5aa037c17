//! Tools and the choice among them.

use std::borrow::Cow;

use laravel_ai_core::{ChatRequest, FunctionTool, Result, Tool, ToolChoice, ToolMode, WarningKind};
use provider_schema::Strict;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use super::{Encoder, Subject, invalid};
use crate::dialect::Parameter;

/// Where the definition of a function stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// In a member of its own: Chat Completions.
    Nested,
    /// Among the others: Responses.
    Flat,
}

/// The part of a body that is about tools; all empty without tools, since a choice without tools is refused.
#[derive(Default)]
pub(crate) struct ToolsSection<'a> {
    pub(crate) tools: Vec<WireTool<'a>>,
    pub(crate) choice: Option<Value>,
    pub(crate) parallel: Option<bool>,
}

pub(crate) enum WireTool<'a> {
    Function { tool: &'a FunctionTool, parameters: Cow<'a, Value>, strict: Option<bool>, shape: Shape },
    Provider(&'a Value),
}

impl<S> Encoder<'_, S> {
    pub(crate) fn tools<'a>(&mut self, request: &'a ChatRequest, shape: Shape) -> Result<ToolsSection<'a>> {
        if request.tools.is_empty() {
            return Ok(ToolsSection::default());
        }
        if self.dialect.unsupported.contains(Parameter::Tools) {
            return Err(self.unsupported("takes no tools"));
        }
        let mut section =
            ToolsSection { tools: Vec::with_capacity(request.tools.len()), ..ToolsSection::default() };
        for tool in &request.tools {
            match tool {
                Tool::Function(tool) => {
                    self.check_name(&tool.name)?;
                    self.size += 512;
                    let strict = if tool.strict == Some(true) { Strict::Required } else { Strict::Off };
                    let (parameters, strict) =
                        self.schema(Subject::Tool(&tool.name), &tool.parameters, tool.strict, strict)?;
                    // OpenAI makes a schema strict, and so changes the arguments, where nothing is said in Responses.
                    let says = shape == Shape::Flat && self.dialect.responses.says_strict;
                    let strict = strict.or(says.then_some(false));
                    section.tools.push(WireTool::Function { tool, parameters, strict, shape });
                }
                Tool::Provider(tool) if tool.driver == self.dialect.driver => {
                    section.tools.push(WireTool::Provider(&tool.value));
                }
                Tool::Provider(tool) => {
                    let message = format!("the tool runs at `{}` only, so it was left out", tool.driver);
                    self.warn(WarningKind::ForeignOptions, "tools", message)?;
                }
                _ => return Err(self.unsupported("does not know this kind of tool")),
            }
        }
        if section.tools.is_empty() {
            return Ok(section);
        }
        section.parallel = self.take(Parameter::ParallelToolCalls, request.parallel_tool_calls)?;
        if let Some(choice) = self.take(Parameter::ToolChoice, request.tool_choice.as_ref())? {
            section.choice = Some(self.choice(choice, &mut section.tools, shape)?);
        }
        Ok(section)
    }

    fn choice(&mut self, choice: &ToolChoice, tools: &mut Vec<WireTool<'_>>, shape: Shape) -> Result<Value> {
        let word = |mode: &ToolMode| match mode {
            ToolMode::Required => "required",
            _ => "auto",
        };
        let named = |name: &String| match shape {
            Shape::Nested => json!({"type": "function", "function": {"name": name}}),
            Shape::Flat => json!({"type": "function", "name": name}),
        };
        Ok(match choice {
            ToolChoice::Auto => json!("auto"),
            ToolChoice::None => json!("none"),
            ToolChoice::Required => json!("required"),
            ToolChoice::Named(name) => named(name),
            ToolChoice::Allowed { mode, names } if self.dialect.allowed_tools => {
                let tools: Vec<_> = names.iter().map(named).collect();
                match shape {
                    Shape::Nested => {
                        json!({"type": "allowed_tools", "allowed_tools": {"mode": word(mode), "tools": tools}})
                    }
                    Shape::Flat => json!({"type": "allowed_tools", "mode": word(mode), "tools": tools}),
                }
            }
            ToolChoice::Allowed { mode, names } => {
                tools.retain(|tool| match tool {
                    WireTool::Function { tool, .. } => names.contains(&tool.name),
                    WireTool::Provider(_) => false,
                });
                let message =
                    "only the allowed tools were sent, because the server knows no set of allowed ones";
                self.warn(WarningKind::OptionChanged, "tool_choice", message)?;
                json!(word(mode))
            }
            _ => return Err(self.unsupported("does not know this choice of tools")),
        })
    }

    fn check_name(&self, name: &str) -> Result<()> {
        let fits = name.len() <= 64
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if fits || !self.dialect.limits_tool_names {
            return Ok(());
        }
        Err(invalid(format!(
            "the tool name `{}` is refused there: at most 64 letters, digits, `_` and `-`",
            name.chars().take(80).collect::<String>()
        )))
    }
}

impl Serialize for WireTool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (tool, parameters, strict, shape) = match self {
            Self::Provider(value) => return value.serialize(serializer),
            Self::Function { tool, parameters, strict, shape } => (*tool, &**parameters, *strict, *shape),
        };
        #[derive(serde::Serialize)]
        struct Function<'a> {
            name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            description: Option<&'a str>,
            parameters: &'a Value,
            #[serde(skip_serializing_if = "Option::is_none")]
            strict: Option<bool>,
        }
        #[derive(serde::Serialize)]
        struct Flat<'a> {
            r#type: &'static str,
            #[serde(flatten)]
            function: Function<'a>,
        }
        let function =
            Function { name: &tool.name, description: tool.description.as_deref(), parameters, strict };
        match shape {
            Shape::Flat => Flat { r#type: "function", function }.serialize(serializer),
            Shape::Nested => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("type", "function")?;
                map.serialize_entry("function", &function)?;
                map.end()
            }
        }
    }
}
