//! Messages as items.

use std::borrow::Cow;

use laravel_ai_core::{
    AssistantPart, Message, Result, TextPart, ToolCall, ToolCallKind, ToolResult, ToolResultPart, UserPart,
};
use provider_http::wire::{Base64, Members};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Encoder;
use super::content::{Content, Part};
use super::output::Said;

/// An item of the input.
pub(super) enum Item<'a> {
    Message {
        role: &'static str,
        content: Content<'a>,
        phase: Option<&'a RawValue>,
    },
    /// A message of the model as it came: its members, and its parts.
    Output {
        shell: Members<'a>,
        said: Vec<Said<'a>>,
    },
    Call {
        shell: Members<'a>,
        call: &'a ToolCall,
        /// The arguments of a free-form call that goes as one of a function.
        boxed: Option<String>,
    },
    CallOutput {
        custom: bool,
        call_id: &'a str,
        output: Content<'a>,
    },
    /// As it came.
    Verbatim(&'a RawValue),
    /// As it came, with the image that it had.
    Image {
        shell: Members<'a>,
        result: Base64<'a>,
    },
    /// In the caller's words.
    Given(&'a Value),
}

impl<'a> Encoder<'a> {
    /// The instructions, and the messages without those that they are. A first system message of one text is instructions:
    /// they are of this call only, where a stored conversation goes on.
    pub(super) fn instructions(&self, messages: &'a [Message]) -> (Option<&'a str>, &'a [Message]) {
        if let Some(instructions) = self.settings.instructions {
            return (Some(instructions), messages);
        }
        match messages {
            [Message::System(parts), rest @ ..]
                if self.dialect.responses.instructions && !rest.is_empty() =>
            {
                match parts.as_slice() {
                    [TextPart { text, cache: None, .. }] => (Some(text), rest),
                    _ => (None, messages),
                }
            }
            _ => (None, messages),
        }
    }

    pub(super) fn input(&mut self, messages: &'a [Message]) -> Result<Vec<Item<'a>>> {
        let mut items = Vec::with_capacity(messages.len() + self.settings.input_items.len());
        let role = self.dialect.system_role.name();
        for message in messages {
            match message {
                Message::System(parts) => {
                    let parts = parts.iter().map(|part| self.text_part(part)).collect();
                    items.push(Item::Message { role, content: content(parts), phase: None });
                }
                Message::User(parts) => {
                    let content = self.user(parts)?;
                    items.push(Item::Message { role: "user", content, phase: None });
                }
                Message::Assistant(parts) => self.assistant(parts, &mut items)?,
                Message::Tool(results) => {
                    for result in results {
                        let output = self.tool_result(result)?;
                        let custom =
                            !self.dialect.responses.runs_custom_calls && is_custom(messages, &result.call_id);
                        items.push(Item::CallOutput { custom, call_id: &result.call_id, output });
                    }
                }
            }
        }
        items.extend(self.settings.input_items.iter().map(Item::Given));
        Ok(items)
    }

    fn text_part(&mut self, part: &'a TextPart) -> Part<'a> {
        self.size += part.text.len() + 64;
        Part::Text { text: Cow::Borrowed(&part.text), cache: self.cache(part.cache) }
    }

    fn user(&mut self, parts: &'a [UserPart]) -> Result<Content<'a>> {
        let mut wire = Vec::with_capacity(parts.len());
        for part in parts {
            wire.push(match part {
                UserPart::Text(text) => self.text_part(text),
                UserPart::Image(media) => self.image(media)?,
                UserPart::Audio(media) => self.audio(media)?,
                UserPart::File(media) => self.file(media)?,
                _ => {
                    self.dropped("unknown part")?;
                    continue;
                }
            });
        }
        Ok(content(wire))
    }

    fn tool_result(&mut self, result: &'a ToolResult) -> Result<Content<'a>> {
        let mut parts = Vec::with_capacity(result.content.len());
        for part in &result.content {
            parts.push(match part {
                ToolResultPart::Text(text) => self.text_part(text),
                ToolResultPart::Json { value } => {
                    let text = value.to_string();
                    self.size += text.len() + 64;
                    Part::Text { text: text.into(), cache: None }
                }
                ToolResultPart::Image(media) => self.image(media)?,
                ToolResultPart::File(media) => self.file(media)?,
                _ => {
                    self.dropped("unknown part of a tool result")?;
                    continue;
                }
            });
        }
        Ok(content(parts))
    }
}

/// One text without a mark is a string.
fn content(mut parts: Vec<Part<'_>>) -> Content<'_> {
    match (parts.pop(), parts.is_empty()) {
        (Some(Part::Text { text, cache: None }), true) => Content::Text(text),
        (Some(last), _) => {
            parts.push(last);
            Content::Parts(parts)
        }
        (None, _) => Content::Text(Cow::Borrowed("")),
    }
}

/// Whether a call of this id was one of a free-form tool, whose output is another item.
fn is_custom(messages: &[Message], id: &str) -> bool {
    let calls = messages.iter().rev().filter_map(|message| match message {
        Message::Assistant(parts) => Some(parts.iter().filter_map(AssistantPart::as_tool_call)),
        _ => None,
    });
    calls.flatten().find(|call| call.id == id).is_some_and(|call| call.kind == ToolCallKind::Custom)
}

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = match self {
            Self::Verbatim(raw) => return raw.serialize(serializer),
            Self::Given(value) => return value.serialize(serializer),
            Self::Output { shell, .. } | Self::Call { shell, .. } | Self::Image { shell, .. } => {
                shell.as_slice()
            }
            Self::Message { .. } | Self::CallOutput { .. } => &[],
        };
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in members {
            map.serialize_entry(key.as_str(), value)?;
        }
        match self {
            Self::Message { role, content, phase } => {
                map.serialize_entry("role", role)?;
                map.serialize_entry("content", content)?;
                if let Some(phase) = phase {
                    map.serialize_entry("phase", phase)?;
                }
            }
            Self::Output { said, .. } => map.serialize_entry("content", said)?,
            Self::Call { shell, call, boxed } => {
                let (kind, arguments) = match call.kind {
                    ToolCallKind::Custom if boxed.is_none() => ("custom_tool_call", "input"),
                    _ => ("function_call", "arguments"),
                };
                if !shell.iter().any(|(key, _)| key.as_str() == "type") {
                    map.serialize_entry("type", kind)?;
                }
                map.serialize_entry("call_id", &call.id)?;
                map.serialize_entry("name", &call.name)?;
                // Models call tools without parameters with nothing; the history has to be JSON.
                let empty = call.kind != ToolCallKind::Custom && call.arguments.trim().is_empty();
                let given = boxed.as_ref().unwrap_or(&call.arguments);
                map.serialize_entry(arguments, if empty { "{}" } else { given })?;
            }
            Self::CallOutput { custom, call_id, output } => {
                let kind = if *custom { "custom_tool_call_output" } else { "function_call_output" };
                map.serialize_entry("type", kind)?;
                map.serialize_entry("call_id", call_id)?;
                map.serialize_entry("output", output)?;
            }
            Self::Image { result, .. } => map.serialize_entry("result", result)?,
            Self::Verbatim(_) | Self::Given(_) => {}
        }
        map.end()
    }
}
