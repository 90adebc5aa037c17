//! A body in the caller's own words.

use std::collections::BTreeMap;

use bytes::Bytes;
use laravel_ai_core::{ChatRequest, RawJson, Result, Target, Warning, WarningKind, Warnings};
use provider_http::wire::{Key, Verbatim};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::encode::invalid;

/// Writes a [`raw`](ChatRequest::raw) body: as it is, with the model of `target`, whether to stream, `defaults` where the body
/// does not have them, and the `extra_body` of the request.
///
/// # Errors
/// [`InvalidRequest`](laravel_ai_core::ErrorKind::InvalidRequest) when `raw` is no object; what `warnings` says when they
/// are strict.
pub fn encode_raw(
    target: &Target,
    raw: &RawJson,
    request: &ChatRequest,
    stream: bool,
    defaults: impl IntoIterator<Item = (&'static str, Value)>,
    warnings: &mut Warnings,
) -> Result<Bytes> {
    let text = raw.as_str().trim_start();
    if !text.starts_with('{') {
        return Err(invalid("a raw body is a JSON object"));
    }
    let Verbatim(members) =
        serde_json::from_str(text).map_err(|e| invalid(format!("the raw body is no JSON: {e}")))?;
    let model = json_text(target.model())?;
    check(&members, &model, stream, warnings)?;
    let mut written: BTreeMap<&str, String> = BTreeMap::new();
    written.insert("model", model);
    if stream {
        written.insert("stream", "true".into());
    }
    for (name, value) in defaults {
        if !members.iter().any(|(key, _)| key.as_str() == name) {
            written.insert(name, value.to_string());
        }
    }
    for (name, value) in &request.extra_body {
        written.insert(name, value.to_string());
    }

    let mut body = String::with_capacity(text.len() + 256);
    let kept = members.iter().filter(|(key, _)| {
        // A unary call must not be answered with a stream.
        !written.contains_key(key.as_str())
            && (stream || !matches!(key.as_str(), "stream" | "stream_options"))
    });
    for (key, value) in kept {
        push(&mut body, &json_text(key.as_str())?, value.get());
    }
    for (name, value) in &written {
        push(&mut body, &json_text(name)?, value);
    }
    body.push('}');
    Ok(body.into())
}

fn check(members: &[(Key<'_>, &RawValue)], model: &str, stream: bool, warnings: &mut Warnings) -> Result<()> {
    for (key, value) in members {
        let changed = match key.as_str() {
            "model" => value.get() != model,
            "stream" => value.get() != if stream { "true" } else { "false" },
            _ => false,
        };
        if changed {
            let message = "the raw body says otherwise than the call, which holds";
            warnings.push(Warning::new(WarningKind::OptionChanged, key.as_str(), message))?;
        }
    }
    Ok(())
}

fn push(body: &mut String, key: &str, value: &str) {
    body.push(if body.is_empty() { '{' } else { ',' });
    body.push_str(key);
    body.push(':');
    body.push_str(value);
}

fn json_text(text: &str) -> Result<String> {
    serde_json::to_string(text).map_err(|e| invalid(format!("a text has no JSON form: {e}")))
}
