//! What a model said before, part by part as it came.

use laravel_ai_core::{AssistantPart, Opaque, Result, ToolCall};
use provider_http::calls::Arguments;
use provider_http::wire::{Members, Verbatim, member};
use serde_json::value::RawValue;

use super::Encoder;
use super::part::{Call, Media, Part};
use super::results::inner;
use crate::chat::part::is_told;

impl<'a> Encoder<'a> {
    pub(super) fn said(&mut self, parts: &'a [AssistantPart]) -> Result<Vec<Part<'a>>> {
        let mut wire = Vec::with_capacity(parts.len());
        // Google wants the signature of the first call of a turn.
        let mut is_first = self.family.is_third_generation;
        for part in parts {
            let state = self.state(part.opaque())?;
            self.size += 64 + state.map_or(0, |state| state.data.as_str().len());
            match (part, state) {
                (AssistantPart::Text(text), state) => {
                    self.size += text.text.len();
                    if state.is_some() || !text.text.is_empty() {
                        wire.push(Part::Text { text: &text.text, shell: members(state) });
                    }
                }
                (AssistantPart::Refusal(refusal), _) if refusal.text.is_empty() => {}
                (AssistantPart::Refusal(refusal), _) => wire.push(Part::text(&refusal.text)),
                (AssistantPart::Reasoning(thought), Some(_)) => {
                    self.size += thought.text.len();
                    wire.push(Part::Text { text: &thought.text, shell: members(state) });
                }
                (AssistantPart::ToolCall(call), state) => {
                    wire.push(self.call(call, state, std::mem::take(&mut is_first))?);
                }
                (AssistantPart::ProviderCall(_) | AssistantPart::ProviderResult(_), Some(state))
                    if is_told(state) => {}
                (
                    AssistantPart::ProviderCall(_)
                    | AssistantPart::ProviderResult(_)
                    | AssistantPart::Native(_),
                    Some(state),
                ) => wire.extend(raw(state).map(Part::Verbatim)),
                (AssistantPart::Media(media), state) => {
                    let mut part = Verbatim(members(state));
                    let own = inner(&part, "inlineData");
                    part.0.retain(|(key, _)| key.as_str() != "inlineData");
                    let mut media = self.media(media)?;
                    if let (Media::Inline { inner, .. }, Some(own)) = (&mut media, own) {
                        *inner = own.0;
                    }
                    wire.push(Part::Media { media, shell: part.0, resolution: None });
                }
                (AssistantPart::Native(_), None) => {}
                // Of hidden reasoning there was the state only, which is told.
                (AssistantPart::Reasoning(thought), None) if thought.text.is_empty() => {}
                (AssistantPart::Reasoning(_), None) => self.dropped("reasoning")?,
                (AssistantPart::ProviderCall(_), None) => self.dropped("provider call")?,
                // It is told with its call.
                (AssistantPart::ProviderResult(_), None) => {}
                _ => self.dropped("unknown part")?,
            }
        }
        Ok(wire)
    }

    fn call(&mut self, call: &'a ToolCall, state: Option<&'a Opaque>, is_first: bool) -> Result<Part<'a>> {
        self.size += call.name.len() + call.arguments.len() + 64;
        let (arguments, repaired) = Arguments::of(call);
        self.warnings.extend(repaired)?;
        let mut shell = Verbatim(members(state));
        let own = inner(&shell, "functionCall").unwrap_or_default().0;
        shell.0.retain(|(key, _)| key.as_str() != "functionCall");
        // Google's own call may have lost its signature on the way, at a gateway or with an alias whose model has changed.
        let is_foreign = is_first && member(&shell.0, "thoughtSignature").is_none();
        Ok(Part::Call(Call { call, arguments, shell: shell.0, inner: own, is_foreign }))
    }
}

fn members(state: Option<&Opaque>) -> Members<'_> {
    let state = state.and_then(|state| serde_json::from_str::<Verbatim<'_>>(state.data.as_str()).ok());
    state.unwrap_or_default().0
}

fn raw(state: &Opaque) -> Option<&RawValue> {
    serde_json::from_str(state.data.as_str()).ok()
}
