//! Results of functions.

use std::borrow::Cow;

use laravel_ai_core::{AssistantPart, Message, Result, ToolCall, ToolResult, ToolResultPart};
use provider_http::wire::{Verbatim, member, speech};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::part::{Media, Part, Response};
use super::{Encoder, invalid};

/// What a function gave back; it goes as an object.
pub(super) enum Output<'a> {
    /// An object goes as it is.
    Object(&'a Value),
    /// All else is a member of one, whose name says whether it went wrong.
    Named { name: &'static str, values: Vec<Text<'a>> },
}

#[derive(serde::Serialize)]
#[serde(untagged)]
pub(super) enum Text<'a> {
    Text(&'a str),
    Json(&'a Value),
}

/// The turn of the model that results belong to.
pub(super) struct Turn<'a> {
    calls: Vec<&'a ToolCall>,
}

impl<'a> Turn<'a> {
    /// The last turn with calls among the messages before the results.
    pub(super) fn before(messages: &'a [Message]) -> Self {
        let calls = messages.iter().rev().find_map(|message| match message {
            Message::Assistant(parts) => Some(parts.iter().filter_map(AssistantPart::as_tool_call).collect()),
            _ => None,
        });
        Self { calls: calls.unwrap_or_default() }
    }

    /// The place of the call that a result is of. Where Google knows no ids it matches by name and order.
    fn place(&self, result: &ToolResult) -> Option<usize> {
        self.calls.iter().position(|call| call.id == result.call_id)
    }
}

impl<'a> Encoder<'a> {
    /// The results of one turn, in the order of its calls.
    pub(super) fn results(
        &mut self,
        turn: &Turn<'a>,
        mut results: Vec<&'a ToolResult>,
    ) -> Result<Vec<Part<'a>>> {
        results.sort_by_key(|result| turn.place(result).unwrap_or(usize::MAX));
        results.into_iter().map(|result| self.result(turn, result)).collect()
    }

    fn result(&mut self, turn: &Turn<'a>, result: &'a ToolResult) -> Result<Part<'a>> {
        let call = turn.place(result).and_then(|place| turn.calls.get(place)).copied();
        let name = call.map(|call| call.name.as_str()).or(result.name.as_deref()).ok_or_else(|| {
            invalid("the result of a tool has no name, and the call that it is of is not in the message before it")
        })?;
        self.size += name.len() + 64;
        let mut values = Vec::new();
        let mut media = Vec::new();
        for part in &result.content {
            match part {
                ToolResultPart::Text(text) => {
                    self.size += text.text.len();
                    values.push(Text::Text(&text.text));
                }
                ToolResultPart::Json { value } => {
                    self.size += 256;
                    values.push(Text::Json(value));
                }
                ToolResultPart::Image(given) | ToolResultPart::File(given) => {
                    let shown = self.media(given)?;
                    if matches!(shown, Media::File { .. }) {
                        return Err(self.unsupported("takes media of a tool's result as bytes only"));
                    }
                    media.push(shown);
                }
                _ => self.dropped("unknown part of a tool result")?,
            }
        }
        let response = match (values.as_slice(), result.is_error) {
            ([Text::Json(object)], false) if object.is_object() => Output::Object(object),
            (_, true) => Output::Named { name: "error", values },
            (_, false) => Output::Named { name: "result", values },
        };
        let id = call.and_then(|call| self.given_id(call));
        Ok(Part::Response(Response { id, name, response, media }))
    }

    /// The id that Google gave the call.
    fn given_id(&self, call: &'a ToolCall) -> Option<Cow<'a, str>> {
        let state = call.opaque.as_ref().filter(|state| self.target.accepts_state_of(&state.target))?;
        let part: Verbatim<'a> = serde_json::from_str(state.data.as_str()).ok()?;
        let inner: Verbatim<'a> = inner(&part, "functionCall")?;
        member(&inner.0, "id").and_then(speech)
    }
}

/// A member that is an object.
pub(super) fn inner<'a>(part: &Verbatim<'a>, name: &str) -> Option<Verbatim<'a>> {
    let raw: &'a RawValue = member(&part.0, name)?;
    serde_json::from_str(raw.get()).ok()
}

impl Serialize for Output<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, values) = match self {
            Self::Object(value) => return value.serialize(serializer),
            Self::Named { name, values } => (name, values),
        };
        let mut map = serializer.serialize_map(None)?;
        match values.as_slice() {
            [] => {}
            [only] => map.serialize_entry(name, only)?,
            several => map.serialize_entry(name, several)?,
        }
        map.end()
    }
}
