//! What a server sends: a whole answer and a chunk of one are read by the same types.

use std::borrow::Cow;

use laravel_ai_core::Source;
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;

use crate::wire::{List, Members, Number, Raw, Speech, Text, speech, wire};

wire! {
    /// A `chat.completion` or a `chat.completion.chunk`.
    pub(super) struct Answer<'a> {
        id: Text<'a> = "id",
        model: Text<'a> = "model",
        service_tier: Text<'a> = "service_tier",
        // In every chunk of OpenAI's, so not worth a place among `other`.
        system_fingerprint: Raw<'a> = "system_fingerprint",
        choices: List<Choice<'a>> = "choices",
        usage: Raw<'a> = "usage",
        error: Raw<'a> = "error",
    } ignoring "object" | "created" | "obfuscation"
}

wire! {
    pub(super) struct Choice<'a> {
        index: Number = "index",
        body: Message<'a> = "message" | "delta",
        finish_reason: Text<'a> = "finish_reason",
        logprobs: Raw<'a> = "logprobs",
    } ignoring ""
}

wire! {
    /// A message, or what a chunk adds to it.
    pub(super) struct Message<'a> {
        content: Content<'a> = "content",
        reasoning_content: Speech<'a> = "reasoning_content",
        reasoning: Speech<'a> = "reasoning",
        refusal: Speech<'a> = "refusal",
        annotations: List<Annotation<'a>> = "annotations",
        tool_calls: List<Call<'a>> = "tool_calls",
        // What tool calls were before 2023-11; some servers still send it.
        function_call: Option<Function<'a>> = "function_call",
    } ignoring "role" | "name"
}

wire! {
    /// A tool call, or a fragment of one.
    pub(super) struct Call<'a> {
        index: Number = "index",
        id: Text<'a> = "id",
        kind: Text<'a> = "type",
        function: Function<'a> = "function",
        custom: Option<Function<'a>> = "custom",
        extra_content: Raw<'a> = "extra_content",
    } ignoring ""
}

wire! {
    pub(super) struct Function<'a> {
        name: Text<'a> = "name",
        arguments: Arguments<'a> = "arguments" | "input",
    } ignoring ""
}

wire! {
    /// A citation: nested in Chat Completions, flat at servers that took the shape of Responses.
    pub(super) struct Annotation<'a> {
        nested: Option<Citation<'a>> = "url_citation",
        url: Text<'a> = "url",
        title: Text<'a> = "title",
        start: Number = "start_index",
        end: Number = "end_index",
    } ignoring "type"
}

wire! {
    pub(super) struct Citation<'a> {
        url: Text<'a> = "url",
        title: Text<'a> = "title",
        start: Number = "start_index",
        end: Number = "end_index",
    } ignoring "type"
}

/// The content of a message: text, or parts as some servers send them.
#[derive(Debug, Default)]
pub(super) enum Content<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Parts(Vec<&'a RawValue>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(match raw.get().as_bytes().first() {
            Some(b'[') => serde_json::from_str(raw.get()).map_or(Self::Absent, Self::Parts),
            // JSON that was asked for, given as an object in place of its text.
            Some(b'{') => Self::Text(raw.get().into()),
            _ => speech(raw).map_or(Self::Absent, Self::Text),
        })
    }
}

/// The arguments of a call as text: JSON in a string, or at some servers the JSON itself.
#[derive(Debug, Default)]
pub(super) struct Arguments<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Arguments<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(match raw.get().as_bytes().first() {
            Some(b'[' | b'{') => Self(raw.get().into()),
            _ => Self(speech(raw).unwrap_or_default()),
        })
    }
}

wire! {
    /// A part of a content that came as a list.
    pub(super) struct ContentPart<'a> {
        kind: Text<'a> = "type",
        text: Speech<'a> = "text",
        refusal: Speech<'a> = "refusal",
        // Mistral's: a list of text parts again.
        thinking: Content<'a> = "thinking" | "reasoning",
    } ignoring ""
}

/// A piece of what a model says.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Reasoning(Cow<'a, str>),
    Text(Cow<'a, str>),
    Refusal(Cow<'a, str>),
    Unknown(&'a RawValue),
}

impl<'a> Message<'a> {
    /// Takes out what is said, in the order it was thought; empty texts are nothing.
    pub(super) fn take_pieces(&mut self, mut each: impl FnMut(Piece<'a>)) {
        if let Some(text) = self.take_reasoning() {
            each(Piece::Reasoning(text));
        }
        match std::mem::take(&mut self.content) {
            Content::Absent => {}
            Content::Text(text) if text.is_empty() => {}
            Content::Text(text) => each(Piece::Text(text)),
            Content::Parts(parts) => parts.into_iter().for_each(|part| each_piece(part, &mut each)),
        }
        if let Some(text) = std::mem::take(&mut self.refusal).into_filled() {
            each(Piece::Refusal(text));
        }
    }

    /// Takes out the reasoning. Servers that send both names send the same text twice.
    fn take_reasoning(&mut self) -> Option<Cow<'a, str>> {
        let (first, second) =
            (std::mem::take(&mut self.reasoning_content), std::mem::take(&mut self.reasoning));
        first.into_filled().or_else(|| second.into_filled())
    }
}

fn each_piece<'a>(raw: &'a RawValue, each: &mut impl FnMut(Piece<'a>)) {
    let part: ContentPart<'a> = serde_json::from_str(raw.get()).unwrap_or_default();
    match part.kind.filled() {
        Some("text" | "output_text") => {
            if let Some(text) = part.text.into_filled() {
                each(Piece::Text(text));
            }
        }
        Some("refusal") => {
            if let Some(text) = part.refusal.into_filled() {
                each(Piece::Refusal(text));
            }
        }
        Some("thinking" | "reasoning") => match part.thinking {
            Content::Absent => {}
            Content::Text(text) => each(Piece::Reasoning(text)),
            Content::Parts(parts) => parts.into_iter().for_each(|inner| {
                let inner: ContentPart<'a> = serde_json::from_str(inner.get()).unwrap_or_default();
                if let Some(text) = inner.text.into_filled() {
                    each(Piece::Reasoning(text));
                }
            }),
        },
        _ => each(Piece::Unknown(raw)),
    }
}

impl Annotation<'_> {
    pub(super) fn source(self) -> Option<Source> {
        let Citation { url, title, start, end, .. } = match self.nested {
            Some(nested) => nested,
            None => Citation {
                url: self.url,
                title: self.title,
                start: self.start,
                end: self.end,
                other: Members::new(),
            },
        };
        let mut source = Source::new(url.filled()?);
        source.title = title.owned();
        source.span = start.0.zip(end.0);
        Some(source)
    }
}
