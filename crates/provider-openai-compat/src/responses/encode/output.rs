//! What a model said before, as the items that it came as.

use std::borrow::Cow;

use laravel_ai_core::{AssistantPart, Media, MediaSource, Opaque, Result, WarningKind};
use provider_http::wire::{Base64, Members, Raw, Verbatim, member, parse, wire};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::Encoder;
use super::content::Content;
use super::input::Item;

/// A part of a message of the model.
pub(super) struct Said<'a> {
    /// What it has besides its text.
    shell: Members<'a>,
    /// The name of its text, and the text.
    text: Option<(&'static str, &'a str)>,
}

wire! {
    /// The state of a part of a message.
    struct State<'a> {
        item: Raw<'a> = "item",
        part: Raw<'a> = "part",
    } ignoring _
}

impl<'a> Encoder<'a> {
    pub(super) fn assistant(&mut self, parts: &'a [AssistantPart], items: &mut Vec<Item<'a>>) -> Result<()> {
        let before = items.len();
        // The shell of the message that the last item is, as it is written.
        let mut open: Option<&'a str> = None;
        for part in parts {
            self.size += 256;
            let state = self.state(part.opaque())?;
            let said = match part {
                AssistantPart::Text(part) => Some(("text", part.text.as_str())),
                AssistantPart::Refusal(part) => Some(("refusal", part.text.as_str())),
                _ => None,
            };
            self.size +=
                said.map_or(0, |(_, text)| text.len()) + state.map_or(0, |state| state.data.as_str().len());
            if let Some(state) = state.and_then(message_state)
                && let Some(item) = state.item
            {
                let said = Said { shell: state.part.map(members).unwrap_or_default(), text: said };
                match items.last_mut() {
                    Some(Item::Output { said: sofar, .. }) if open == Some(item.get()) => sofar.push(said),
                    _ => items.push(Item::Output { shell: members(item), said: vec![said] }),
                }
                open = Some(item.get());
                continue;
            }
            open = None;
            match (part, state) {
                (AssistantPart::Text(_) | AssistantPart::Refusal(_), _) => {
                    let text = said.map_or("", |(_, text)| text);
                    if !text.is_empty() {
                        let content = Content::Text(Cow::Borrowed(text));
                        items.push(Item::Message { role: "assistant", content, phase: None });
                    }
                }
                (AssistantPart::ToolCall(call), state) => {
                    self.size += call.arguments.len() + call.name.len();
                    let shell = state.map(|state| document(state)).unwrap_or_default();
                    let boxed = self.boxed(call)?;
                    items.push(Item::Call { shell, call, boxed });
                }
                (AssistantPart::Reasoning(_), Some(state))
                    if !self.settings.store && !is_encrypted(state) => {}
                (AssistantPart::ProviderCall(_), Some(state)) => items.extend(hosted(state, parts)),
                (AssistantPart::Reasoning(_) | AssistantPart::Native(_), Some(state)) => {
                    items.extend(raw(state).map(Item::Verbatim));
                }
                // It is part of the call's item.
                (AssistantPart::ProviderResult(_), _) => {}
                (AssistantPart::Media(media), Some(_)) if result_of(media).is_some() => {}
                (AssistantPart::Native(_), None) => {}
                // Of hidden reasoning there was the state only, which is told.
                (AssistantPart::Reasoning(part), None) if part.text.is_empty() => {}
                (AssistantPart::Reasoning(_), None) => self.dropped("reasoning")?,
                (AssistantPart::ProviderCall(_), None) => self.dropped("provider call")?,
                (AssistantPart::Media(_), _) => self.dropped("media")?,
                _ => self.dropped("unknown part")?,
            }
        }
        if self.forgets(parts) {
            let made: Vec<_> = items.drain(before..).collect();
            made.into_iter().for_each(|item| forget(item, items));
            let message =
                "reasoning without its encrypted content was left out, since answers are not stored";
            self.warn(WarningKind::StateDropped, "reasoning", message)?;
        }
        Ok(())
    }

    /// Whether reasoning has to stay behind: the vendor knows it neither by its content nor, unless answers are stored, by its id.
    fn forgets(&self, parts: &[AssistantPart]) -> bool {
        !self.settings.store
            && parts.iter().any(|part| match part {
                AssistantPart::Reasoning(part) => part
                    .opaque
                    .as_ref()
                    .is_some_and(|state| self.target.accepts_state_of(&state.target) && !is_encrypted(state)),
                _ => false,
            })
    }
}

/// The item of a call that the vendor ran, with the image that it made.
fn hosted<'a>(state: &'a Opaque, parts: &'a [AssistantPart]) -> Option<Item<'a>> {
    let shell = document(state);
    let id = member(&shell, "id").map(RawValue::get);
    let image = parts.iter().find_map(|part| match part {
        AssistantPart::Media(media) if id.is_some() && result_of(media) == id => match &media.source {
            MediaSource::Bytes(bytes) => Some(Base64(bytes)),
            _ => None,
        },
        _ => None,
    });
    match image {
        Some(result) => Some(Item::Image { shell, result }),
        None => raw(state).map(Item::Verbatim),
    }
}

/// Takes the ids off: an item that its reasoning is missing for is only taken when the vendor
/// can't tell.
fn forget<'a>(item: Item<'a>, into: &mut Vec<Item<'a>>) {
    match item {
        Item::Call { mut shell, call, boxed } => {
            shell.retain(|(key, _)| key.as_str() != "id");
            into.push(Item::Call { shell, call, boxed });
        }
        Item::Output { shell, said } => {
            let phase = member(&shell, "phase");
            for (_, text) in said.iter().filter_map(|said| said.text).filter(|(_, text)| !text.is_empty()) {
                let content = Content::Text(Cow::Borrowed(text));
                into.push(Item::Message { role: "assistant", content, phase });
            }
        }
        item => into.push(item),
    }
}

/// The id, as JSON, of the call that made an image.
fn result_of(media: &Media) -> Option<&str> {
    let state = media.opaque.as_ref()?;
    member(&document(state), "result_of").map(RawValue::get)
}

fn is_encrypted(state: &Opaque) -> bool {
    member(&document(state), "encrypted_content").is_some_and(|content| content.get() != "\"\"")
}

/// The state of a part of a message; `None` for the state of any other item.
fn message_state(state: &Opaque) -> Option<State<'_>> {
    parse::<State<'_>>(state.data.as_str()).ok().filter(|state| state.item.is_some())
}

fn document(state: &Opaque) -> Members<'_> {
    serde_json::from_str::<Verbatim<'_>>(state.data.as_str()).unwrap_or_default().0
}

fn members(raw: &RawValue) -> Members<'_> {
    serde_json::from_str::<Verbatim<'_>>(raw.get()).unwrap_or_default().0
}

fn raw(state: &Opaque) -> Option<&RawValue> {
    serde_json::from_str(state.data.as_str()).ok()
}

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &self.shell {
            map.serialize_entry(key.as_str(), value)?;
        }
        if let Some((name, text)) = self.text {
            map.serialize_entry(name, text)?;
            let has = |name: &str| self.shell.iter().any(|(key, _)| key.as_str() == name);
            // Required, but what they held is in the metadata of the answer.
            if name == "text" && !has("logprobs") {
                map.serialize_entry("logprobs", &[(); 0])?;
            }
            if name == "text" && !has("annotations") {
                map.serialize_entry("annotations", &[(); 0])?;
            }
        }
        map.end()
    }
}
