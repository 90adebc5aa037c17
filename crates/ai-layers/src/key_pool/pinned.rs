//! Who made the state that a request carries.

use laravel_ai_core::{AssistantPart, ChatRequest, Message, Target};
use serde::Deserialize;
use serde_json::Value;

/// The targets that made state in the request, what binds most first: ids that a vendor stores, then the latest part of
/// the history.
pub(super) fn targets(request: &ChatRequest) -> Vec<Target> {
    let mut found = Vec::new();
    if !request.provider_options.is_empty()
        && let Ok(options) = serde_json::to_value(&request.provider_options)
    {
        stored(&options, &mut found);
    }
    let parts = request.messages.iter().rev().filter_map(|message| match message {
        Message::Assistant(parts) => Some(parts.iter().rev()),
        _ => None,
    });
    let opaque = parts.flatten().filter_map(AssistantPart::opaque);
    // The history of a long conversation was mostly made by few targets, and the latest decides.
    found.extend(opaque.map(|opaque| opaque.target.clone()).take(1));
    found
}

/// Options that only hold at one target name it beside the id.
fn stored(value: &Value, found: &mut Vec<Target>) {
    match value {
        Value::Object(members)
            if ["driver", "connection", "model"].iter().all(|name| members.contains_key(*name)) =>
        {
            found.extend(Target::deserialize(value).ok());
        }
        Value::Object(members) => members.values().for_each(|value| stored(value, found)),
        Value::Array(values) => values.iter().for_each(|value| stored(value, found)),
        _ => {}
    }
}
