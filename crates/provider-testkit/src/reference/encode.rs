//! Requests as JSON.

use std::sync::Arc;

use laravel_ai_core::{
    AssistantPart, ChatRequest, Message, Opaque, RawJson, Reasoning, Result, Target, ToolResult,
    ToolResultPart, UserPart, Warning, WarningKind, Warnings,
};
use serde_json::{Value, json};

use super::http::Wire;
use super::{DRIVER, Fault};

pub(super) fn encode(
    wire: &Wire,
    target: &Target,
    request: &ChatRequest,
    stream: bool,
) -> Result<(Value, Vec<Warning>)> {
    request.validate()?;
    let mut warnings = Warnings::new(request.strict);
    let mut request = Arc::new(request.clone());
    if !wire.is(Fault::SendsForeignState) {
        let (portable, dropped) = request.portable_to(target);
        warnings.extend(dropped)?;
        request = portable;
    }
    warnings.extend(request.provider_options.foreign_to(DRIVER))?;
    let mut messages = Vec::new();
    for message in &request.messages {
        let parts = match message {
            Message::System(_) if wire.is(Fault::DropsInstructions) => continue,
            Message::System(parts) => parts.iter().map(|part| text(&part.text)).collect(),
            Message::User(parts) => each(parts, |part| user(wire, part, &mut warnings))?,
            Message::Assistant(parts) => each(parts, |part| assistant(wire, part, &mut warnings))?,
            Message::Tool(results) => each(results, |result| tool(wire, result, &mut warnings))?,
        };
        messages.push(json!({"role": message.role(), "parts": parts}));
    }
    let mut body = json!({"model": target.model(), "stream": stream, "messages": messages});
    if let (Some(body), Ok(Value::Object(asked))) = (body.as_object_mut(), serde_json::to_value(&*request)) {
        let own = ["messages", "extra_body", "provider_options", "raw", "strict"];
        body.extend(asked.into_iter().filter(|(name, value)| {
            let ignored = name != "tools" && wire.is(Fault::IgnoresOptions);
            !own.contains(&name.as_str()) && !value.is_null() && !ignored
        }));
        body.extend(request.extra_body.clone());
    }
    Ok((body, warnings.into_vec()))
}

fn each<T>(parts: &[T], encode: impl FnMut(&T) -> Result<Option<Value>>) -> Result<Vec<Value>> {
    parts.iter().map(encode).filter_map(Result::transpose).collect()
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn user(wire: &Wire, part: &UserPart, warnings: &mut Warnings) -> Result<Option<Value>> {
    match part {
        UserPart::Text(part) => Ok(Some(text(&part.text))),
        UserPart::Image(image) if image.base64().is_some() => {
            Ok(Some(json!({"type": "image", "data": image.base64()})))
        }
        _ => leave_out(wire, "user", warnings),
    }
}

fn tool(wire: &Wire, result: &ToolResult, warnings: &mut Warnings) -> Result<Option<Value>> {
    let mut texts = Vec::new();
    for part in &result.content {
        match part {
            ToolResultPart::Text(part) => texts.push(part.text.clone()),
            ToolResultPart::Json { value } => texts.push(value.to_string()),
            _ => drop(leave_out(wire, "tool", warnings)?),
        }
    }
    Ok(Some(json!({"type": "result", "id": result.call_id, "texts": texts, "error": result.is_error})))
}

fn leave_out(wire: &Wire, what: &str, warnings: &mut Warnings) -> Result<Option<Value>> {
    if !wire.is(Fault::DropsPartsSilently) {
        let message = "the vendor has no form for it, so it was left out";
        warnings.push(Warning::new(WarningKind::PartDropped, what, message))?;
    }
    Ok(None)
}

fn assistant(wire: &Wire, part: &AssistantPart, warnings: &mut Warnings) -> Result<Option<Value>> {
    let state = |opaque: &Option<Opaque>| {
        let opaque = opaque.as_ref().filter(|_| !wire.is(Fault::LosesState));
        opaque.and_then(|opaque| opaque.data.decode::<Value>().ok())
    };
    Ok(match part {
        AssistantPart::Text(part) => Some(text(&part.text)),
        AssistantPart::Reasoning(Reasoning { text, opaque, .. }) => {
            Some(json!({"type": "thought", "text": text, "signature": state(opaque)}))
        }
        AssistantPart::ToolCall(call) => {
            let arguments = RawJson::parse(call.arguments.as_str()).map(|json| json.as_str().to_owned());
            Some(json!({"type": "call", "id": call.id, "name": call.name, "text": arguments.ok()}))
        }
        AssistantPart::Native(opaque) => Some(opaque.data.decode()?),
        _ => leave_out(wire, "assistant", warnings)?,
    })
}
