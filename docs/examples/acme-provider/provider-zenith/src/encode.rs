//! From a request to Zenith's body.

use std::collections::BTreeMap;

use laravel_ai_core::{
    AssistantPart, ChatRequest, Driver as _, Error, ErrorKind, Message, ProviderOptions, Result, Tool,
    ToolResult, ToolResultPart, Warning, WarningKind, Warnings,
};
use provider_http::{Ask, ChatCodec, EncodedRequest, Form, Framer, Head};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Zenith;
use crate::decode::Decoder;

/// What only Zenith takes.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ZenithOptions {
    /// How the engine speaks, such as `dry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
}

impl ProviderOptions for ZenithOptions {
    const DRIVER: &'static str = Zenith::NAME;
}

/// Zenith's language.
#[derive(Debug)]
pub(crate) struct Codec;

impl ChatCodec for Codec {
    type Decoder = Decoder;

    fn encode(&self, ask: &mut Ask<'_>) -> Result<EncodedRequest> {
        let mut body = match &ask.request.raw {
            Some(raw) => Value::Object(raw.decode()?),
            None => asked(ask.request, &mut ask.warnings)?,
        };
        body["engine"] = json!(ask.target.model());
        body["live"] = json!(ask.form == Form::Streamed);
        ask.request.extra_body.iter().for_each(|(name, value)| body[name] = value.clone());
        Ok(EncodedRequest::new("talk", body.to_string()))
    }

    fn decoder(&self, head: Head) -> Decoder {
        Decoder { head, open: BTreeMap::new() }
    }

    fn framer(&self) -> Framer {
        Framer::ndjson()
    }
}

fn asked(request: &ChatRequest, warnings: &mut Warnings) -> Result<Value> {
    if request.format.is_some() || request.tool_choice.is_some() {
        let message = "Zenith can be held to no form of answer and to no choice of tools";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let taken = ["temperature", "top_p", "max_output_tokens", "stop", "tools"];
    for name in request.options().filter(|name| !taken.contains(name)) {
        warnings.push(left_out(WarningKind::OptionDropped, name))?;
    }
    let turns = request.messages.iter().map(|message| turn(message, warnings)).collect::<Result<Vec<_>>>()?;
    let tools = request.tools.iter().map(tool).collect::<Result<Vec<_>>>()?;
    let options = request.provider_options.of::<ZenithOptions>()?.unwrap_or_default();
    Ok(json!({"turns": turns, "tools": tools, "tone": options.tone, "heat": request.temperature,
        "share": request.top_p, "limit": request.max_output_tokens, "until": request.stop}))
}

fn left_out(kind: WarningKind, what: &str) -> Warning {
    Warning::new(kind, what, "Zenith has no form for it, so it was left out")
}

fn tool(tool: &Tool) -> Result<Value> {
    let Tool::Function(tool) = tool else {
        return Err(Error::new(ErrorKind::Unsupported, "Zenith runs no tools itself"));
    };
    Ok(json!({"tool": tool.name, "about": tool.description, "takes": tool.parameters}))
}

fn turn(message: &Message, warnings: &mut Warnings) -> Result<Value> {
    let say = |text: &str| json!({"say": text});
    let (from, parts): (_, Vec<_>) = match message {
        Message::System(parts) => ("rules", parts.iter().map(|part| Some(say(&part.text))).collect()),
        Message::User(parts) => ("human", parts.iter().map(|part| part.as_text().map(say)).collect()),
        Message::Assistant(parts) => ("engine", parts.iter().map(assistant).collect()),
        Message::Tool(results) => ("tools", results.iter().map(outcome).collect()),
    };
    for _ in parts.iter().filter(|part| part.is_none()) {
        warnings.push(left_out(WarningKind::PartDropped, from))?;
    }
    Ok(json!({"from": from, "parts": parts.into_iter().flatten().collect::<Vec<Value>>()}))
}

fn assistant(part: &AssistantPart) -> Option<Value> {
    let seal = part.opaque().and_then(|opaque| opaque.data.decode::<Value>().ok());
    match part {
        AssistantPart::Text(part) => Some(json!({"say": part.text, "seal": seal})),
        AssistantPart::ToolCall(call) => {
            Some(json!({"use": {"ref": call.id, "tool": call.name, "with": call.arguments}, "seal": seal}))
        }
        AssistantPart::Native(_) => seal,
        _ => None,
    }
}

fn outcome(result: &ToolResult) -> Option<Value> {
    let text = |part: &ToolResultPart| match part {
        ToolResultPart::Text(part) => Some(part.text.clone()),
        ToolResultPart::Json { value } => Some(value.to_string()),
        _ => None,
    };
    let texts: Option<Vec<_>> = result.content.iter().map(text).collect();
    Some(json!({"outcome": {"ref": result.call_id, "texts": texts?, "failed": result.is_error}}))
}
