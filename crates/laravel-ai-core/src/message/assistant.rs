//! What a model answers.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::{self, Part};
use crate::{CacheBreakpoint, Error, ErrorKind, Media, Opaque, RawJson, Result};

/// A part of an assistant message, in the order the model made them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AssistantPart {
    /// Text for the user.
    Text(Text),
    /// Reasoning or its summary, as far as the vendor shows it.
    Reasoning(Reasoning),
    /// A call of a tool that the application runs.
    ToolCall(ToolCall),
    /// A call of a tool that the vendor ran itself, such as a web search.
    ProviderCall(ProviderCall),
    /// What such a call gave.
    ProviderResult(ProviderResult),
    /// A generated image or sound.
    Media(Media),
    /// The model's own refusal, where the vendor marks it.
    Refusal(Refusal),
    /// An item that only its vendor understands, kept to be sent back.
    Native(Opaque),
    /// A part that this version does not know, kept as it was stored.
    #[serde(skip)]
    Unknown(Value),
}

impl AssistantPart {
    /// A text part without sources and state.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Text::new(text))
    }

    /// The text of a text part.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(part) => Some(&part.text),
            _ => None,
        }
    }

    /// The call of a tool-call part.
    pub fn as_tool_call(&self) -> Option<&ToolCall> {
        match self {
            Self::ToolCall(call) => Some(call),
            _ => None,
        }
    }

    /// The state that the part carries for the target that made it.
    pub fn opaque(&self) -> Option<&Opaque> {
        match self {
            Self::Text(part) => part.opaque.as_ref(),
            Self::Reasoning(part) => part.opaque.as_ref(),
            Self::ToolCall(part) => part.opaque.as_ref(),
            Self::ProviderCall(part) => part.opaque.as_ref(),
            Self::ProviderResult(part) => part.opaque.as_ref(),
            Self::Media(part) => part.opaque.as_ref(),
            Self::Refusal(part) => part.opaque.as_ref(),
            Self::Native(opaque) => Some(opaque),
            Self::Unknown(_) => None,
        }
    }

    /// The place of the state, to set or drop it. `None` for parts that are nothing but state, or unknown.
    pub fn opaque_mut(&mut self) -> Option<&mut Option<Opaque>> {
        match self {
            Self::Text(part) => Some(&mut part.opaque),
            Self::Reasoning(part) => Some(&mut part.opaque),
            Self::ToolCall(part) => Some(&mut part.opaque),
            Self::ProviderCall(part) => Some(&mut part.opaque),
            Self::ProviderResult(part) => Some(&mut part.opaque),
            Self::Media(part) => Some(&mut part.opaque),
            Self::Refusal(part) => Some(&mut part.opaque),
            Self::Native(_) | Self::Unknown(_) => None,
        }
    }
}

impl Part for AssistantPart {
    const TYPES: &'static [&'static str] =
        &["text", "reasoning", "tool_call", "provider_call", "provider_result", "media", "refusal", "native"];

    fn known(value: Value) -> serde_json::Result<Self> {
        Self::deserialize(value)
    }

    fn unknown(value: Value) -> Self {
        Self::Unknown(value)
    }
}

impl Serialize for AssistantPart {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown(value) => super::form::unknown::<Self, S>(value, serializer),
            known => Self::serialize(known, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AssistantPart {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        form::part(deserializer)
    }
}

/// Text of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Text {
    /// The text.
    pub text: String,
    /// What it cites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// State for the target that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
    /// The vendor's prompt cache may end here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheBreakpoint>,
}

impl Text {
    /// A text without sources and state.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// Something that an answer cites.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Source {
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where in the text it is cited: start and end, counted as the vendor counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<(u64, u64)>,
}

impl Source {
    /// A source at a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), ..Self::default() }
    }

    /// With a title.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// With the place in the text.
    pub fn with_span(mut self, start: u64, end: u64) -> Self {
        self.span = Some((start, end));
        self
    }
}

/// A model's reasoning, whole or summarised. Empty when the vendor hides it and only gives state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reasoning {
    /// The text.
    pub text: String,
    /// State for the target that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
}

impl Reasoning {
    /// Reasoning without state.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), opaque: None }
    }
}

/// A model's own refusal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refusal {
    /// What the model says instead of an answer.
    pub text: String,
    /// State for the target that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
}

impl Refusal {
    /// A refusal without state.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), opaque: None }
    }
}

/// A model's wish to call a tool of the application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// Links the result to the call. Made up by the driver where the vendor gives none.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as the model wrote them: JSON for function tools, but possibly invalid or empty.
    pub arguments: String,
    /// How the arguments are to be read.
    #[serde(default)]
    pub kind: ToolCallKind,
    /// The answer ended inside the arguments; don't run the call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// State for the target that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
}

/// How a tool call's arguments are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolCallKind {
    /// A JSON object by the tool's schema.
    #[default]
    Function,
    /// Free text, for vendors' free-form tools.
    Custom,
}

impl ToolCall {
    /// A function call.
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            arguments: arguments.into(),
            kind: ToolCallKind::Function,
            truncated: false,
            opaque: None,
        }
    }

    /// Marks a function call as [`truncated`](Self::truncated) when its arguments are not whole JSON. For answers that
    /// ended at a token limit: there even empty arguments may be the first half of something.
    pub fn mark_if_cut(&mut self) {
        let whole = || serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments).is_ok();
        self.truncated |= self.kind == ToolCallKind::Function && !whole();
    }

    /// Decodes the arguments. Empty arguments and `null` are read as `{}`, as vendors send them for tools
    /// without parameters.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with position and cause, but no value, when the arguments are cut, not JSON or of
    /// another shape.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        if self.truncated {
            let message = format!("the arguments of tool `{}` were cut off before their end", self.name);
            return Err(Error::new(ErrorKind::Decode, message));
        }
        let text = match self.arguments.trim() {
            "" | "null" => "{}",
            text => text,
        };
        serde_json::from_str(text)
            .map_err(|e| Error::decode(format_args!("the arguments of tool `{}` don't fit", self.name), &e))
    }
}

/// A call of a tool that the vendor ran itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderCall {
    /// The vendor's id of the call.
    pub id: String,
    /// The vendor's tool, such as `web_search`.
    pub name: String,
    /// What the tool was given. Stored as JSON, so the order of keys and the forms of numbers may change.
    #[serde(with = "crate::json::embedded", default, skip_serializing_if = "Option::is_none")]
    pub input: Option<RawJson>,
    /// State for the target that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
}

impl ProviderCall {
    /// A call of the vendor's tool `name`.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), input: None, opaque: None }
    }
}

/// What a tool that the vendor ran itself gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderResult {
    /// The id of the call.
    pub call_id: String,
    /// What came out, as far as the vendor shows it. Stored as [`input`](ProviderCall::input) is.
    #[serde(with = "crate::json::embedded", default, skip_serializing_if = "Option::is_none")]
    pub output: Option<RawJson>,
    /// State for the target that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
}

impl ProviderResult {
    /// The result of a call.
    pub fn new(call_id: impl Into<String>) -> Self {
        Self { call_id: call_id.into(), output: None, opaque: None }
    }
}
