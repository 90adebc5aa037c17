//! Tools and the choice among them: flat in Responses.

use laravel_ai_core::{ChatRequest, FunctionTool, Result, Tool, ToolChoice, ToolMode, WarningKind};
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
    Function(&'a FunctionTool),
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
                    section.tools.push(WireTool::Function(tool));
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
        let tool = match self {
            Self::Provider(value) => return value.serialize(serializer),
            Self::Function(tool) => *tool,
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
            parameters: &tool.parameters,
            strict: tool.strict.unwrap_or(false),
        };
        function.serialize(serializer)
    }
}
