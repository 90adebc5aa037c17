//! Messages: each has one text, beside it images and calls.

use std::borrow::Cow;

use laravel_ai_core::{
    AssistantPart, Media, Message, Result, TextPart, ToolCall, ToolResult, ToolResultPart, UserPart,
    WarningKind,
};
use provider_http::calls::Arguments;
use provider_http::wire::Base64;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Encoder, image_type};

#[derive(Default)]
pub(super) struct WireMessage<'a> {
    role: &'static str,
    text: Cow<'a, str>,
    thinking: Cow<'a, str>,
    images: Vec<Base64<'a>>,
    calls: Vec<WireCall<'a>>,
    /// Of the result of a tool: the tool's name and the id of the call.
    result_of: Option<(Option<&'a str>, &'a str)>,
}

struct WireCall<'a> {
    call: &'a ToolCall,
    arguments: Arguments<'a>,
}

impl<'d> Encoder<'d> {
    pub(super) fn messages<'a>(&mut self, messages: &'a [Message]) -> Result<Vec<WireMessage<'a>>> {
        let results = messages.iter().map(|message| match message {
            Message::Tool(results) => results.len(),
            _ => 1,
        });
        let mut wire = Vec::with_capacity(results.sum());
        for (at, message) in messages.iter().enumerate() {
            match message {
                Message::System(parts) => {
                    let mut message = WireMessage::new("system");
                    parts.iter().for_each(|part| message.add_line(part));
                    wire.push(message);
                }
                Message::User(parts) => wire.push(self.user(parts)?),
                Message::Assistant(parts) => wire.push(self.assistant(parts)?),
                Message::Tool(results) => {
                    let before = messages.get(..at).unwrap_or_default();
                    for result in results {
                        wire.push(self.result(result, before)?);
                    }
                }
            }
            if let Some(message) = wire.last() {
                let bytes = message.text.len() + message.thinking.len();
                self.size += bytes + 64;
            }
        }
        // Thinking is not counted: templates leave that of earlier turns out.
        let bytes = wire.iter().map(|message| message.text.len() as u64).sum();
        self.prompt.bytes = bytes;
        Ok(wire)
    }

    fn user<'a>(&mut self, parts: &'a [UserPart]) -> Result<WireMessage<'a>> {
        let mut message = WireMessage::new("user");
        for part in parts {
            match part {
                UserPart::Text(text) => message.add_line(text),
                UserPart::Image(media) => message.images.push(Base64(self.image(media)?)),
                UserPart::Audio(_) => return Err(self.unsupported("takes no sounds")),
                UserPart::File(_) => {
                    return Err(self.unsupported("takes no files: put their text into the message"));
                }
                _ => self.dropped("unknown part")?,
            }
        }
        Ok(message)
    }

    fn assistant<'a>(&mut self, parts: &'a [AssistantPart]) -> Result<WireMessage<'a>> {
        let mut message = WireMessage::new("assistant");
        for part in parts {
            // Ollama gives no state, so all there is comes from others.
            if let Some(opaque) = part.opaque() {
                let text = format!("state made by {} was not sent to {}", opaque.target, self.target);
                self.warn(WarningKind::StateDropped, "assistant", text)?;
            }
            match part {
                AssistantPart::Text(part) => append(&mut message.text, &part.text),
                AssistantPart::Refusal(part) => append(&mut message.text, &part.text),
                AssistantPart::Reasoning(part) => append(&mut message.thinking, &part.text),
                AssistantPart::ToolCall(call) => message.calls.push(self.call(call)?),
                AssistantPart::Media(media) => self.shown(media, &mut message)?,
                AssistantPart::Native(_) => {}
                AssistantPart::ProviderCall(_) => self.dropped("provider call")?,
                AssistantPart::ProviderResult(_) => self.dropped("provider result")?,
                _ => self.dropped("unknown part")?,
            }
        }
        Ok(message)
    }

    /// An image that the model made. Other media have no form, and their absence does not change what was said.
    fn shown<'a>(&mut self, media: &'a Media, message: &mut WireMessage<'a>) -> Result<()> {
        if image_type(media).is_none() {
            return self.dropped("media");
        }
        message.images.push(Base64(self.image(media)?));
        Ok(())
    }

    fn call<'a>(&mut self, call: &'a ToolCall) -> Result<WireCall<'a>> {
        self.size += call.arguments.len() + call.name.len() + call.id.len() + 96;
        let (arguments, repaired) = Arguments::of(call);
        self.warnings.extend(repaired)?;
        Ok(WireCall { call, arguments })
    }

    fn result<'a>(&mut self, result: &'a ToolResult, before: &'a [Message]) -> Result<WireMessage<'a>> {
        let mut message = WireMessage::new("tool");
        let name = result.name.as_deref().or_else(|| name_of(before, &result.call_id));
        message.result_of = Some((name, &result.call_id));
        for part in &result.content {
            match part {
                ToolResultPart::Text(text) => message.add_line(text),
                ToolResultPart::Json { value } => message.add_text(&value.to_string()),
                ToolResultPart::Image(media) => message.images.push(Base64(self.image(media)?)),
                ToolResultPart::File(_) => {
                    return Err(self.unsupported("takes no files as the result of a tool"));
                }
                _ => self.dropped("unknown part of a tool result")?,
            }
        }
        Ok(message)
    }

    fn dropped(&mut self, what: &str) -> Result<()> {
        self.warn(WarningKind::PartDropped, what, "Ollama has no form for it, so it was left out")
    }
}

/// The name in the call that a result answers.
fn name_of<'a>(messages: &'a [Message], id: &str) -> Option<&'a str> {
    let calls = messages.iter().rev().filter_map(|message| match message {
        Message::Assistant(parts) => Some(parts.iter().filter_map(AssistantPart::as_tool_call)),
        _ => None,
    });
    calls.flatten().find(|call| call.id == id).map(|call| call.name.as_str())
}

fn append<'a>(to: &mut Cow<'a, str>, text: &'a str) {
    if to.is_empty() {
        *to = Cow::Borrowed(text);
    } else {
        to.to_mut().push_str(text);
    }
}

impl<'a> WireMessage<'a> {
    fn new(role: &'static str) -> Self {
        Self { role, ..Self::default() }
    }

    /// A message has one text, so several are its paragraphs.
    fn add_line(&mut self, part: &'a TextPart) {
        match self.text.is_empty() {
            true => self.text = Cow::Borrowed(&part.text),
            false => self.add_text(&part.text),
        }
    }

    fn add_text(&mut self, text: &str) {
        let joined = self.text.to_mut();
        if !joined.is_empty() {
            joined.push('\n');
        }
        joined.push_str(text);
    }
}

impl Serialize for WireMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", self.role)?;
        map.serialize_entry("content", &*self.text)?;
        if !self.thinking.is_empty() {
            map.serialize_entry("thinking", &*self.thinking)?;
        }
        if !self.images.is_empty() {
            map.serialize_entry("images", &self.images)?;
        }
        if !self.calls.is_empty() {
            map.serialize_entry("tool_calls", &self.calls)?;
        }
        if let Some((name, id)) = self.result_of {
            if let Some(name) = name {
                map.serialize_entry("tool_name", name)?;
            }
            map.serialize_entry("tool_call_id", id)?;
        }
        map.end()
    }
}

impl Serialize for WireCall<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Function<'a> {
            name: &'a str,
            arguments: &'a Arguments<'a>,
        }
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("id", &self.call.id)?;
        let function = Function { name: &self.call.name, arguments: &self.arguments };
        map.serialize_entry("function", &function)?;
        map.end()
    }
}
