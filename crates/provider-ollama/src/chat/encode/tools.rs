//! Tools. Ollama has no choice among them, so a choice becomes the list that is sent.

use laravel_ai_core::{ChatRequest, FunctionTool, Result, Tool, ToolChoice, ToolMode, WarningKind};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use super::Encoder;
use crate::driver::Ollama;

pub(super) enum WireTool<'a> {
    Function(&'a FunctionTool),
    Provider(&'a Value),
}

impl Encoder<'_> {
    pub(super) fn tools<'a>(&mut self, request: &'a ChatRequest) -> Result<Vec<WireTool<'a>>> {
        let mut tools = Vec::with_capacity(request.tools.len());
        for tool in &request.tools {
            match tool {
                Tool::Function(tool) => {
                    if tool.strict == Some(true) {
                        let name = format!("tools.{}.strict", tool.name);
                        self.dropped_option(&name, "Ollama holds no call to a schema, so it was left out")?;
                    }
                    self.size += 512;
                    tools.push(WireTool::Function(tool));
                }
                Tool::Provider(tool) if tool.driver == Ollama::DRIVER => {
                    tools.push(WireTool::Provider(&tool.value));
                }
                Tool::Provider(tool) => {
                    let message = format!("the tool runs at `{}` only, so it was left out", tool.driver);
                    self.warn(WarningKind::ForeignOptions, "tools", message)?;
                }
                _ => return Err(self.unsupported("does not know this kind of tool")),
            }
        }
        match &request.tool_choice {
            Some(choice) if !tools.is_empty() => self.choose(choice, &mut tools)?,
            _ => {}
        }
        Ok(tools)
    }

    fn choose(&mut self, choice: &ToolChoice, tools: &mut Vec<WireTool<'_>>) -> Result<()> {
        let names: &[String] = match choice {
            ToolChoice::Auto => return Ok(()),
            ToolChoice::Required => {
                return self.dropped_option(
                    "tool_choice",
                    "Ollama can't make a model call a tool, so the choice was left out",
                );
            }
            ToolChoice::None => &[],
            ToolChoice::Named(name) => std::slice::from_ref(name),
            ToolChoice::Allowed { names, .. } => names,
            _ => return Err(self.unsupported("does not know this choice of tools")),
        };
        tools.retain(|tool| match tool {
            WireTool::Function(tool) => names.contains(&tool.name),
            WireTool::Provider(_) => false,
        });
        let must =
            matches!(choice, ToolChoice::Named(_) | ToolChoice::Allowed { mode: ToolMode::Required, .. });
        let message = match must {
            true => "only the chosen tools were sent, and Ollama can't make a model call one",
            false => "only the allowed tools were sent, because Ollama knows no choice among them",
        };
        self.warn(WarningKind::OptionChanged, "tool_choice", message)
    }
}

impl Serialize for WireTool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Function<'a> {
            name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            description: Option<&'a str>,
            parameters: &'a Value,
        }
        let FunctionTool { name, description, parameters, .. } = match self {
            Self::Provider(value) => return value.serialize(serializer),
            Self::Function(tool) => *tool,
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", "function")?;
        let function = Function { name, description: description.as_deref(), parameters };
        map.serialize_entry("function", &function)?;
        map.end()
    }
}
