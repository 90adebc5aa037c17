//! Tools and the choice among them: flat in Responses.

use std::borrow::Cow;

use laravel_ai_core::{ChatRequest, FunctionTool, Result, Tool, ToolChoice, ToolMode, WarningKind};
use provider_schema::{Profile, Strict, compile};
use serde::ser::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Encoder, invalid};
use crate::driver::OpenAi;

/// The part of a body that is about tools; all empty without tools, since a choice without tools is refused.
#[derive(Default)]
pub(super) struct ToolsSection<'a> {
    pub(super) tools: Vec<WireTool<'a>>,
    pub(super) choice: Option<Value>,
    pub(super) parallel: Option<bool>,
}

pub(super) enum WireTool<'a> {
    Function { tool: &'a FunctionTool, parameters: Cow<'a, Value>, strict: bool },
    Provider(&'a Value),
}

impl<'a> Encoder<'a> {
    pub(super) fn tools(&mut self, request: &'a ChatRequest) -> Result<ToolsSection<'a>> {
        let mut section = ToolsSection::default();
        for tool in &request.tools {
            self.size += 512;
            match tool {
                Tool::Function(tool) => {
                    check_name(&tool.name)?;
                    let (parameters, strict) = self.parameters(tool)?;
                    section.tools.push(WireTool::Function { tool, parameters, strict });
                }
                Tool::Provider(tool) if tool.driver == OpenAi::DRIVER => {
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
            section.parallel = request.parallel_tool_calls;
            section.choice = request.tool_choice.as_ref().map(|choice| self.choice(choice)).transpose()?;
        }
        Ok(section)
    }

    /// The schema of the arguments as it is sent, and whether in strict mode. Without a word about it there is none: what
    /// decodes arguments does not restore them.
    fn parameters(&mut self, tool: &'a FunctionTool) -> Result<(Cow<'a, Value>, bool)> {
        if tool.strict != Some(true) {
            return Ok((Cow::Borrowed(&tool.parameters), false));
        }
        let compiled = compile(&tool.parameters, &Profile::openai(), Strict::Required)?;
        self.warnings.extend(compiled.warnings(&format!("tools.{}", tool.name)))?;
        Ok((Cow::Owned(compiled.into_schema()), true))
    }

    fn choice(&self, choice: &ToolChoice) -> Result<Value> {
        let named = |name: &String| json!({"type": "function", "name": name});
        Ok(match choice {
            ToolChoice::Auto => json!("auto"),
            ToolChoice::None => json!("none"),
            ToolChoice::Required => json!("required"),
            ToolChoice::Named(name) => named(name),
            ToolChoice::Allowed { mode, names } => {
                let mode = match mode {
                    ToolMode::Required => "required",
                    _ => "auto",
                };
                let tools: Vec<_> = names.iter().map(named).collect();
                json!({"type": "allowed_tools", "mode": mode, "tools": tools})
            }
            _ => return Err(self.unsupported("does not know this choice of tools")),
        })
    }
}

fn check_name(name: &str) -> Result<()> {
    let fits = name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if fits {
        return Ok(());
    }
    Err(invalid(format!(
        "the tool name `{}` is refused by OpenAI: at most 64 letters, digits, `_` and `-`",
        name.chars().take(80).collect::<String>()
    )))
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
            /// Always said: OpenAI makes a schema strict, and so changes the arguments, where this is left out.
            strict: bool,
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
