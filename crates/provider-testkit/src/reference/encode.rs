//! Requests as JSON.

use std::sync::Arc;

use laravel_ai_core::{
    AssistantPart, ChatRequest, Message, Opaque, RawJson, Reasoning, Result, Target, Warning, WarningKind,
    Warnings,
};
use serde_json::{Value, json};

use super::Fault;
use super::http::Wire;

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
    let mut messages = Vec::new();
    for message in &request.messages {
        let parts = match message {
            Message::Assistant(parts) => parts
                .iter()
                .filter_map(|part| assistant(wire, part, &mut warnings).transpose())
                .collect::<Result<Vec<_>>>()?,
            other => vec![json!({"type": "text", "text": other.text()})],
        };
        messages.push(json!({"role": message.role(), "parts": parts}));
    }
    let tools: Vec<_> = request.tools.iter().map(|tool| format!("{tool:?}")).collect();
    let body = json!({"model": target.model(), "stream": stream, "messages": messages, "tools": tools});
    Ok((body, warnings.into_vec()))
}

fn assistant(wire: &Wire, part: &AssistantPart, warnings: &mut Warnings) -> Result<Option<Value>> {
    let state = |opaque: &Option<Opaque>| {
        let opaque = opaque.as_ref().filter(|_| !wire.is(Fault::LosesState));
        opaque.and_then(|opaque| opaque.data.decode::<Value>().ok())
    };
    Ok(match part {
        AssistantPart::Text(text) => Some(json!({"type": "text", "text": text.text})),
        AssistantPart::Reasoning(Reasoning { text, opaque, .. }) => {
            Some(json!({"type": "thought", "text": text, "signature": state(opaque)}))
        }
        AssistantPart::ToolCall(call) => {
            let arguments = RawJson::parse(call.arguments.as_str()).map(|json| json.as_str().to_owned());
            Some(json!({"type": "call", "id": call.id, "name": call.name, "text": arguments.ok()}))
        }
        AssistantPart::Native(opaque) => Some(opaque.data.decode()?),
        _ => {
            if !wire.is(Fault::DropsPartsSilently) {
                let message = "the vendor has no form for it, so it was left out";
                warnings.push(Warning::new(WarningKind::PartDropped, "assistant", message))?;
            }
            None
        }
    })
}
