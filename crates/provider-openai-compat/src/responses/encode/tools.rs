//! Tools and the choice among them: flat in Responses.

use std::borrow::Cow;

use laravel_ai_core::{ChatRequest, FunctionTool, Result, Tool, ToolChoice, ToolMode, WarningKind};
use provider_schema::{Strict, compile};
use serde::ser::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Encoder, invalid};
use crate::dialect::Parameter;

/// The part of a body that is about tools; all empty without tools, since a choice without tools is refused.
#[derive(Default)]
pub(super) struct ToolsSection<'a> {
    pub(super) tools: Vec<WireTool<'a>>,
    pub(super) choice: Option<Value>,
    pub(super) parallel: Option<bool>,
}

pub(super) enum WireTool<'a> {
    Function { tool: &'a FunctionTool, parameters: Cow<'a, Value>, strict: Option<bool> },
    Provider(&'a Value),
}

impl<'a> Encoder<'a> {
    pub(super) fn tools(&mut self, request: &'a ChatRequest) -> Result<ToolsSection<'a>> {
        let mut section = ToolsSection::default();
        for tool in &request.tools {
            self.size += 512;
            match tool {
                Tool::Function(tool) => {
                    self.check_name(&tool.name)?;
                    let (parameters, strict) = self.parameters(tool)?;
                    section.tools.push(WireTool::Function { tool, parameters, strict });
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
        if !section.tools.is_empty() {
            section.parallel = self.take(Parameter::ParallelToolCalls, request.parallel_tool_calls)?;
            if let Some(choice) = self.take(Parameter::ToolChoice, request.tool_choice.as_ref())? {
                section.choice = Some(self.choice(choice, &mut section.tools)?);
            }
        }
        Ok(section)
    }

    /// The schema of the arguments as it is sent, and what is said of strict mode. Without a word about it there is none: what
    /// decodes arguments does not restore them.
    fn parameters(&mut self, tool: &'a FunctionTool) -> Result<(Cow<'a, Value>, Option<bool>)> {
        let says = !self.dialect.unsupported.contains(Parameter::Strict);
        let (parameters, strict) = match &self.dialect.schema {
            Some(profile) if tool.strict == Some(true) => {
                let compiled = compile(&tool.parameters, profile, Strict::Required)?;
                self.warnings.extend(compiled.warnings(&format!("tools.{}", tool.name)))?;
                (Cow::Owned(compiled.into_schema()), Some(true))
            }
            _ => (Cow::Borrowed(&tool.parameters), tool.strict),
        };
        let silent = self.dialect.responses.says_strict.then_some(false);
        Ok((parameters, strict.or(silent).filter(|_| says)))
    }

    fn choice(&mut self, choice: &ToolChoice, tools: &mut Vec<WireTool<'_>>) -> Result<Value> {
        let word = |mode: &ToolMode| match mode {
            ToolMode::Required => "required",
            _ => "auto",
        };
        let named = |name: &String| json!({"type": "function", "name": name});
        Ok(match choice {
            ToolChoice::Auto => json!("auto"),
            ToolChoice::None => json!("none"),
            ToolChoice::Required => json!("required"),
            ToolChoice::Named(name) => named(name),
            ToolChoice::Allowed { mode, names } if self.dialect.allowed_tools => {
                let tools: Vec<_> = names.iter().map(named).collect();
                json!({"type": "allowed_tools", "mode": word(mode), "tools": tools})
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
        let (tool, parameters, strict) = match self {
            Self::Provider(value) => return value.serialize(serializer),
            Self::Function { tool, parameters, strict } => (*tool, &**parameters, *strict),
        };
        #[derive(serde::Serialize)]
        struct Function<'a> {
            r#type: &'static str,
            name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            description: Option<&'a str>,
            parameters: &'a Value,
            /// OpenAI makes a schema strict, and so changes the arguments, where this is left out.
            #[serde(skip_serializing_if = "Option::is_none")]
            strict: Option<bool>,
        }
        let function = Function {
            r#type: "function",
            name: &tool.name,
            description: tool.description.as_deref(),
            parameters,
            strict,
        };
        function.serialize(serializer)
    }
}
