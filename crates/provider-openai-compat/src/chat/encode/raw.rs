//! A body in the caller's own words.

use std::collections::BTreeMap;

use bytes::Bytes;
use laravel_ai_core::{ChatRequest, RawJson, Result, WarningKind};
use serde_json::value::RawValue;

use super::{Encoder, invalid, stream_options};
use crate::wire::{Key, Verbatim};

impl Encoder<'_> {
    pub(super) fn raw(&mut self, raw: &RawJson, request: &ChatRequest, stream: bool) -> Result<Bytes> {
        let text = raw.as_str().trim_start();
        if !text.starts_with('{') {
            return Err(invalid("a raw body for Chat Completions is a JSON object"));
        }
        let Verbatim(members) =
            serde_json::from_str(text).map_err(|e| invalid(format!("the raw body is no JSON: {e}")))?;
        let mut written: BTreeMap<&str, String> = BTreeMap::new();
        written.insert("model", json_text(self.target.model())?);
        if stream {
            written.insert("stream", "true".into());
            let has_options = members.iter().any(|(key, _)| key.as_str() == "stream_options");
            if let (false, Some(options)) = (has_options, stream_options(self.dialect)) {
                written.insert("stream_options", options.to_string());
            }
        }
        for (name, value) in &request.extra_body {
            written.insert(name, value.to_string());
        }
        self.check_raw(&members, stream)?;

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

    fn check_raw(&mut self, members: &[(Key<'_>, &RawValue)], stream: bool) -> Result<()> {
        for (key, value) in members {
            let changed = match key.as_str() {
                "model" => value.get() != json_text(self.target.model())?,
                "stream" => value.get() != if stream { "true" } else { "false" },
                _ => false,
            };
            if changed {
                let message = "the raw body says otherwise than the call, which holds";
                self.warn(WarningKind::OptionChanged, key.as_str(), message)?;
            }
        }
        Ok(())
    }
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
