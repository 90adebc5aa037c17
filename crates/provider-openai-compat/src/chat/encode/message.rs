//! Messages.

use std::borrow::Cow;

use laravel_ai_core::{
    AssistantPart, Message, Opaque, Result, TextPart, ToolCall, ToolCallKind, ToolResult, ToolResultPart,
    UserPart, WarningKind,
};
use provider_http::wire::{Members, Verbatim};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;
use serde_json::value::RawValue;

use super::Encoder;
use super::content::{Content, Part};
use crate::dialect::{ArgumentsForm, EmptyContent, ReasoningReplay};

pub(super) struct WireMessage<'a> {
    role: &'static str,
    content: Content<'a>,
    call_id: Option<&'a str>,
    calls: Vec<WireCall<'a>>,
    reasoning: Option<(&'static str, Cow<'a, str>)>,
    echoed: Members<'a>,
}

/// A call of an earlier answer.
struct WireCall<'a> {
    call: &'a ToolCall,
    /// The arguments as JSON, where they go back as such.
    object: Option<&'a RawValue>,
    /// The arguments of a free-form call that goes as one of a function.
    boxed: Option<String>,
    echoed: Members<'a>,
}

impl Encoder<'_> {
    pub(super) fn messages<'a>(&mut self, messages: &'a [Message]) -> Result<Vec<WireMessage<'a>>> {
        let results = messages.iter().map(|message| match message {
            Message::Tool(results) => results.len(),
            _ => 1,
        });
        let mut wire = Vec::with_capacity(results.sum());
        for message in messages {
            match message {
                Message::System(parts) => {
                    wire.push(WireMessage::new(self.dialect.system_role.name(), self.texts(parts)));
                }
                Message::User(parts) => wire.push(WireMessage::new("user", self.user(parts)?)),
                Message::Assistant(parts) => wire.push(self.assistant(parts)?),
                Message::Tool(results) => {
                    for result in results {
                        wire.push(self.tool_result(result)?);
                    }
                }
            }
        }
        Ok(wire)
    }

    fn texts<'a>(&mut self, parts: &'a [TextPart]) -> Content<'a> {
        if let [only] = parts {
            return self.lone(only);
        }
        let parts = parts.iter().map(|part| self.text(part)).collect();
        self.content(parts)
    }

    /// What nearly every message has: one text.
    fn lone<'a>(&mut self, part: &'a TextPart) -> Content<'a> {
        match self.text(part) {
            Part::Text { text, cache: None } => Content::Text(text),
            marked => Content::Parts(vec![marked]),
        }
    }

    fn text<'a>(&mut self, part: &'a TextPart) -> Part<'a> {
        self.size += part.text.len() + 64;
        Part::Text { text: Cow::Borrowed(&part.text), cache: self.cache(part.cache) }
    }

    /// One text without a mark is a string, which every server takes.
    fn content<'a>(&self, mut parts: Vec<Part<'a>>) -> Content<'a> {
        let only_texts = parts.iter().all(|part| matches!(part, Part::Text { cache: None, .. }));
        if !only_texts || (parts.len() > 1 && !self.dialect.joins_texts) {
            return Content::Parts(parts);
        }
        match (parts.pop(), parts.is_empty()) {
            (Some(Part::Text { text, .. }), true) => Content::Text(text),
            (Some(Part::Text { text: last, .. }), false) => {
                let mut joined = String::new();
                for part in &parts {
                    if let Part::Text { text, .. } = part {
                        joined.push_str(text);
                        joined.push('\n');
                    }
                }
                joined.push_str(&last);
                Content::Text(joined.into())
            }
            _ => Content::Text(Cow::Borrowed("")),
        }
    }

    fn user<'a>(&mut self, parts: &'a [UserPart]) -> Result<Content<'a>> {
        if let [UserPart::Text(only)] = parts {
            return Ok(self.lone(only));
        }
        let mut wire = Vec::with_capacity(parts.len());
        for part in parts {
            wire.push(match part {
                UserPart::Text(text) => self.text(text),
                UserPart::Image(media) => self.image(media)?,
                UserPart::Audio(media) => self.audio(media)?,
                UserPart::File(media) => self.file(media)?,
                _ => {
                    self.dropped("unknown part")?;
                    continue;
                }
            });
        }
        Ok(self.content(wire))
    }

    fn assistant<'a>(&mut self, parts: &'a [AssistantPart]) -> Result<WireMessage<'a>> {
        let mut message = WireMessage::new("assistant", Content::Absent);
        let mut text: Option<Cow<'a, str>> = None;
        let mut refusals = Vec::new();
        let mut reasoning: Option<Cow<'a, str>> = None;
        let mut is_foreign = false;
        for part in parts {
            let state = self.state(part)?;
            match part {
                AssistantPart::Text(part) => append(&mut text, &part.text),
                AssistantPart::Refusal(part) if self.dialect.refusal_parts => {
                    refusals.push(Part::Refusal(&part.text));
                }
                AssistantPart::Refusal(part) => append(&mut text, &part.text),
                AssistantPart::Reasoning(part) => {
                    append(&mut reasoning, &part.text);
                    let origin = part.opaque.as_ref().map(|state| &state.target);
                    is_foreign |= origin.is_some_and(|origin| !self.target.accepts_state_of(origin));
                }
                AssistantPart::ToolCall(call) => message.calls.push(self.call(call, state)?),
                AssistantPart::Native(_) => message.echoed.extend(state),
                AssistantPart::ProviderCall(_) => self.dropped("provider call")?,
                AssistantPart::ProviderResult(_) => self.dropped("provider result")?,
                AssistantPart::Media(_) => self.dropped("media")?,
                _ => self.dropped("unknown part")?,
            }
        }
        self.size += text.as_deref().map_or(0, str::len) + reasoning.as_deref().map_or(0, str::len) + 128;
        let replays = match self.dialect.reasoning_replay {
            ReasoningReplay::Never => false,
            ReasoningReplay::WithToolCalls => !message.calls.is_empty(),
            ReasoningReplay::Always => true,
        };
        // That the server's own reasoning stays behind is how its API works; that of another model is lost to it.
        if is_foreign && !replays && reasoning.as_deref().is_some_and(|text| !text.is_empty()) {
            self.dropped("reasoning")?;
        }
        let name = self.dialect.reasoning_name.name();
        message.reasoning = reasoning.filter(|text| replays && !text.is_empty()).map(|text| (name, text));
        message.content = match (text, refusals.is_empty()) {
            (Some(text), true) => Content::Text(text),
            (text, false) => {
                let text = text.map(|text| Part::Text { text, cache: None });
                Content::Parts(text.into_iter().chain(refusals).collect())
            }
            // `null` is refused where there are no calls to explain it.
            (None, true) if message.calls.is_empty() => Content::Text(Cow::Borrowed("")),
            (None, true) => match self.dialect.empty_content {
                EmptyContent::Null => Content::Null,
                EmptyContent::Empty => Content::Text(Cow::Borrowed("")),
                EmptyContent::Absent => Content::Absent,
            },
        };
        Ok(message)
    }

    fn call<'a>(&mut self, call: &'a ToolCall, echoed: Members<'a>) -> Result<WireCall<'a>> {
        self.size += call.arguments.len() + call.name.len() + call.id.len() + 128;
        let wants_object =
            self.dialect.arguments == ArgumentsForm::Object && call.kind == ToolCallKind::Function;
        let object = wants_object.then(|| serde_json::from_str(arguments(call)).ok()).flatten();
        Ok(WireCall { call, object, boxed: self.boxed(call)?, echoed })
    }

    /// The members that a part's state adds. State of another target stays behind.
    fn state<'a>(&mut self, part: &'a AssistantPart) -> Result<Members<'a>> {
        let Some(Opaque { target, data, .. }) = part.opaque() else { return Ok(Members::new()) };
        if !self.target.accepts_state_of(target) {
            let message = format!("state made by {target} was not sent to {}", self.target);
            self.warn(WarningKind::StateDropped, "assistant", message)?;
            return Ok(Members::new());
        }
        let members = serde_json::from_str::<Verbatim<'a>>(data.as_str()).unwrap_or_default().0;
        // One target may speak both languages: what has a type is an item of Responses, or a part of one.
        if members.iter().any(|(key, _)| matches!(key.as_str(), "type" | "item")) {
            let message = format!("state of Responses was not sent to {} in Chat Completions", self.target);
            self.warn(WarningKind::StateDropped, "assistant", message)?;
            return Ok(Members::new());
        }
        Ok(members)
    }

    fn tool_result<'a>(&mut self, result: &'a ToolResult) -> Result<WireMessage<'a>> {
        let message =
            |content| WireMessage { call_id: Some(&result.call_id), ..WireMessage::new("tool", content) };
        if let [ToolResultPart::Text(only)] = result.content.as_slice() {
            return Ok(message(self.lone(only)));
        }
        let mut parts = Vec::with_capacity(result.content.len());
        let mut dropped = false;
        for part in &result.content {
            parts.push(match part {
                ToolResultPart::Text(text) => self.text(text),
                ToolResultPart::Json { value } => {
                    let text = value.to_string();
                    self.size += text.len() + 64;
                    Part::Text { text: text.into(), cache: None }
                }
                ToolResultPart::Image(media) if self.dialect.tool_result_images => self.image(media)?,
                part => {
                    let what = match part {
                        ToolResultPart::Image(_) => "image of a tool result",
                        ToolResultPart::File(_) => "file of a tool result",
                        _ => "unknown part of a tool result",
                    };
                    self.dropped(what)?;
                    dropped = true;
                    continue;
                }
            });
        }
        if parts.is_empty() && dropped {
            return Err(self.unsupported("takes only text as the result of a tool, and this one has none"));
        }
        Ok(message(self.content(parts)))
    }

    fn dropped(&mut self, what: &str) -> Result<()> {
        self.warn(WarningKind::PartDropped, what, "Chat Completions have no form for it, so it was left out")
    }
}

impl<'a> WireMessage<'a> {
    fn new(role: &'static str, content: Content<'a>) -> Self {
        Self { role, content, call_id: None, calls: Vec::new(), reasoning: None, echoed: Members::new() }
    }
}

fn append<'a>(to: &mut Option<Cow<'a, str>>, text: &'a str) {
    match to {
        Some(joined) => joined.to_mut().push_str(text),
        None => *to = Some(Cow::Borrowed(text)),
    }
}

/// Models call tools without parameters with nothing; servers that read the history again want JSON.
fn arguments(call: &ToolCall) -> &str {
    if call.arguments.trim().is_empty() { "{}" } else { &call.arguments }
}

impl Serialize for WireMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", self.role)?;
        if let Some(id) = self.call_id {
            map.serialize_entry("tool_call_id", id)?;
        }
        if !matches!(self.content, Content::Absent) {
            map.serialize_entry("content", &self.content)?;
        }
        if let Some((name, text)) = &self.reasoning {
            map.serialize_entry(name, text)?;
        }
        if !self.calls.is_empty() {
            map.serialize_entry("tool_calls", &self.calls)?;
        }
        for (key, value) in &self.echoed {
            map.serialize_entry(key.as_str(), value)?;
        }
        map.end()
    }
}

impl Serialize for WireCall<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.call.id)?;
        match (self.call.kind, self.object) {
            (ToolCallKind::Custom, _) if self.boxed.is_none() => {
                map.serialize_entry("type", "custom")?;
                map.serialize_entry(
                    "custom",
                    &json!({"name": self.call.name, "input": self.call.arguments}),
                )?;
            }
            (_, Some(object)) => {
                map.serialize_entry("type", "function")?;
                map.serialize_entry("function", &Called { name: &self.call.name, arguments: object })?;
            }
            (_, None) => {
                map.serialize_entry("type", "function")?;
                map.serialize_entry(
                    "function",
                    &Called {
                        name: &self.call.name,
                        arguments: self.boxed.as_deref().unwrap_or_else(|| arguments(self.call)),
                    },
                )?;
            }
        }
        for (key, value) in &self.echoed {
            map.serialize_entry(key.as_str(), value)?;
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Called<'a, A> {
    name: &'a str,
    arguments: A,
}
