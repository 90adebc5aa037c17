//! Tools and the choice among them.

use laravel_ai_core::{ChatRequest, FunctionTool, Result, Tool, ToolChoice, ToolMode, WarningKind};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Encoder, invalid};
use crate::driver::Gemini;

/// The part of a body that is about tools.
#[derive(Default)]
pub(super) struct ToolsSection<'a> {
    pub(super) tools: Vec<WireTool<'a>>,
    calling: Option<Value>,
    /// Whether calls of Google's tools come as parts.
    shows_hosted: bool,
    retrieval: Option<&'a Value>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum WireTool<'a> {
    Functions {
        #[serde(rename = "functionDeclarations")]
        functions: Vec<Function<'a>>,
    },
    Provider(&'a Value),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Function<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters_json_schema: Option<Value>,
}

impl ToolsSection<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.tools.is_empty() && self.calling.is_none() && self.retrieval.is_none()
    }

    /// The member `toolConfig`.
    pub(super) fn config(&self) -> Map<String, Value> {
        let mut members = Map::new();
        members.extend(self.calling.clone().map(|calling| ("functionCallingConfig".into(), calling)));
        if self.shows_hosted {
            members.insert("includeServerSideToolInvocations".into(), true.into());
        }
        members.extend(self.retrieval.map(|retrieval| ("retrievalConfig".into(), retrieval.clone())));
        members
    }
}

impl<'a> Encoder<'a> {
    pub(super) fn tools(&mut self, request: &'a ChatRequest) -> Result<ToolsSection<'a>> {
        let mut functions = Vec::new();
        let mut hosted = Vec::new();
        let mut is_strict = false;
        for tool in &request.tools {
            self.size += 512;
            match tool {
                Tool::Function(tool) => {
                    is_strict |= tool.strict == Some(true);
                    functions.push(self.function(tool)?);
                }
                Tool::Provider(tool) if tool.driver == Gemini::DRIVER => {
                    hosted.push(WireTool::Provider(&tool.value));
                }
                Tool::Provider(tool) => {
                    let message = format!("the tool runs at `{}` only, so it was left out", tool.driver);
                    self.warn(WarningKind::ForeignOptions, "tools", message)?;
                }
                _ => return Err(self.unsupported("does not know this kind of tool")),
            }
        }
        let mut section =
            ToolsSection { retrieval: self.options.retrieval_config.as_ref(), ..Default::default() };
        let mixed = !functions.is_empty() && !hosted.is_empty();
        if mixed && !self.family.is_third_generation {
            let message = format!("`{}` refuses Google's tools together with functions", self.target);
            self.warn(WarningKind::Other, "tools", message)?;
        }
        // Only so are both taken, and their calls have to go back as they came.
        section.shows_hosted = mixed && self.family.is_third_generation;
        if !functions.is_empty() {
            let choice = request.tool_choice.as_ref();
            section.calling = self.calling(choice, is_strict || section.shows_hosted)?;
            section.tools.push(WireTool::Functions { functions });
        }
        section.tools.extend(hosted);
        Ok(section)
    }

    fn function(&mut self, tool: &'a FunctionTool) -> Result<Function<'a>> {
        check_name(&tool.name)?;
        let none =
            tool.parameters.get("properties").is_none_or(|it| it.as_object().is_some_and(Map::is_empty))
                && ["$ref", "anyOf", "oneOf", "allOf", "additionalProperties", "patternProperties"]
                    .iter()
                    .all(|keyword| matches!(tool.parameters.get(keyword), None | Some(Value::Bool(false))));
        let (mut parameters, mut parameters_json_schema) = (None, None);
        // An object without properties was refused once, and says nothing.
        if !none {
            let schema = self.schema(&tool.parameters, tool.strict, &format!("tools.{}", tool.name))?;
            match self.options.legacy_schemas {
                true => parameters = Some(schema),
                false => parameters_json_schema = Some(schema),
            }
        }
        Ok(Function {
            name: &tool.name,
            description: tool.description.as_deref(),
            parameters,
            parameters_json_schema,
        })
    }

    fn calling(&self, choice: Option<&ToolChoice>, validated: bool) -> Result<Option<Value>> {
        let (mode, names): (&str, &[String]) = match choice {
            None if validated => ("VALIDATED", &[]),
            None => ("", &[]),
            Some(ToolChoice::Auto) if validated => ("VALIDATED", &[]),
            Some(ToolChoice::Auto) => ("AUTO", &[]),
            Some(ToolChoice::None) => ("NONE", &[]),
            Some(ToolChoice::Required) => ("ANY", &[]),
            Some(ToolChoice::Named(name)) => ("ANY", std::slice::from_ref(name)),
            Some(ToolChoice::Allowed { mode: ToolMode::Required, names }) => ("ANY", names),
            // Names are taken in no other mode that also lets the model speak.
            Some(ToolChoice::Allowed { names, .. }) => ("VALIDATED", names),
            Some(_) => return Err(self.unsupported("does not know this choice of tools")),
        };
        let mode = self.options.function_calling_mode.as_deref().unwrap_or(mode);
        Ok(match (mode.is_empty(), names.is_empty()) {
            (true, _) => None,
            (false, true) => Some(json!({"mode": mode.to_ascii_uppercase()})),
            (false, false) => Some(json!({"mode": mode.to_ascii_uppercase(), "allowedFunctionNames": names})),
        })
    }
}

fn check_name(name: &str) -> Result<()> {
    let fits = name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':'));
    if fits {
        return Ok(());
    }
    Err(invalid(format!(
        "the tool name `{}` is refused by Gemini: at most 128 letters, digits, `_`, `.`, `:` and `-`, a letter or `_` first",
        name.chars().take(80).collect::<String>()
    )))
}
