//! What a server sends: a whole answer and a chunk of one are read by the same types.

use std::borrow::Cow;

use laravel_ai_core::Source;
use provider_http::wire::{
    Field, List, Members, Number, Object, Raw, Speech, Text, parse, parse_list, speech, wire,
};
use serde::de::MapAccess;
use serde_json::value::RawValue;

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
        annotations: Raw<'a> = "annotations",
        tool_calls: List<Call<'a>> = "tool_calls",
        // What tool calls were before 2023-11; some servers still send it.
        function_call: Raw<'a> = "function_call",
    } ignoring "role" | "name"
}

wire! {
    /// A tool call, or a fragment of one.
    pub(super) struct Call<'a> {
        index: Number = "index",
        id: Text<'a> = "id",
        kind: Text<'a> = "type",
        function: Function<'a> = "function",
        custom: Raw<'a> = "custom",
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

impl<'a> Field<'a> for Content<'a> {
    fn read<A: MapAccess<'a>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        let raw: &'a RawValue = map.next_value()?;
        *self = match raw.get().as_bytes().first() {
            Some(b'[') => serde_json::from_str(raw.get()).map_or(Self::Absent, Self::Parts),
            // JSON that was asked for, given as an object in place of its text.
            Some(b'{') => Self::Text(raw.get().into()),
            _ => speech(raw).map_or(Self::Absent, Self::Text),
        };
        Ok(())
    }
}

/// The arguments of a call as text: JSON in a string, or at some servers the JSON itself.
#[derive(Debug, Default)]
pub(super) struct Arguments<'a>(pub(super) Cow<'a, str>);

impl<'a> Field<'a> for Arguments<'a> {
    fn read<A: MapAccess<'a>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        let raw: &'a RawValue = map.next_value()?;
        *self = match raw.get().as_bytes().first() {
            Some(b'[' | b'{') => Self(raw.get().into()),
            _ => Self(speech(raw).unwrap_or_default()),
        };
        Ok(())
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

    pub(super) fn sources(&self) -> impl Iterator<Item = Source> + use<'a> {
        parse_list::<Annotation<'a>>(self.annotations).into_iter().filter_map(Annotation::source)
    }

    /// The calls or their fragments; the one call of old times is the last.
    pub(super) fn take_calls(&mut self) -> impl Iterator<Item = Call<'a>> + use<'a> {
        let old = self.function_call.map(|raw| Call {
            index: Number(Some(OLD)),
            function: read(Some(raw)),
            ..Call::default()
        });
        std::mem::take(&mut self.tool_calls).into_iter().chain(old)
    }

    /// Takes out the reasoning. Servers that send both names send the same text twice.
    fn take_reasoning(&mut self) -> Option<Cow<'a, str>> {
        let (first, second) =
            (std::mem::take(&mut self.reasoning_content), std::mem::take(&mut self.reasoning));
        first.into_filled().or_else(|| second.into_filled())
    }
}

/// The index of the one call of the time before `tool_calls`; no server counts so far.
const OLD: u64 = u64::MAX;

impl<'a> Call<'a> {
    /// What is called and with what, in either kind of call.
    pub(super) fn take_function(&mut self) -> Function<'a> {
        match self.custom {
            Some(_) => read(self.custom),
            None => std::mem::take(&mut self.function),
        }
    }
}

/// A value of the document, or nothing where it is not there.
fn read<'a, T: Object<'a>>(raw: Raw<'a>) -> T {
    raw.and_then(|raw| parse(raw.get()).ok()).unwrap_or_default()
}

fn each_piece<'a>(raw: &'a RawValue, each: &mut impl FnMut(Piece<'a>)) {
    let part: ContentPart<'a> = read(Some(raw));
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
                let inner: ContentPart<'a> = read(Some(inner));
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
