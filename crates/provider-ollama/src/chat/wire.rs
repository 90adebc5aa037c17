//! What a server sends: a whole answer and a line of a streamed one have the same shape.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use laravel_ai_core::{AssistantPart, Media, ToolCall, Warning, WarningKind};
use provider_http::calls::made_up_id;
use provider_http::wire::{List, Number, Raw, Speech, Text, speech, wire};
use serde_json::value::RawValue;

wire! {
    /// A whole answer, or a line of one.
    pub(super) struct Answer<'a> {
        model: Text<'a> = "model",
        created_at: Text<'a> = "created_at",
        message: Message<'a> = "message",
        done: Raw<'a> = "done",
        done_reason: Text<'a> = "done_reason",
        prompt_tokens: Number = "prompt_eval_count",
        answer_tokens: Number = "eval_count",
        logprobs: Raw<'a> = "logprobs",
        error: Raw<'a> = "error",
    } ignoring ""
}

wire! {
    pub(super) struct Message<'a> {
        content: Raw<'a> = "content",
        thinking: Speech<'a> = "thinking",
        tool_calls: List<Call<'a>> = "tool_calls",
        images: Raw<'a> = "images",
    } ignoring "role" | "tool_name"
}

wire! {
    pub(super) struct Call<'a> {
        id: Text<'a> = "id",
        function: Function<'a> = "function",
    } ignoring "type"
}

wire! {
    pub(super) struct Function<'a> {
        name: Text<'a> = "name",
        arguments: Raw<'a> = "arguments",
    } ignoring "index"
}

/// A piece of what a model says.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Thinking(Cow<'a, str>),
    Text(Cow<'a, str>),
    Part(AssistantPart, Option<Warning>),
}

impl Answer<'_> {
    pub(super) fn is_done(&self) -> bool {
        self.done.is_some_and(|done| done.get() == "true")
    }
}

impl<'a> Message<'a> {
    /// Takes out what is said, in the order it was thought; empty texts are nothing.
    pub(super) fn take_pieces(&mut self, mut each: impl FnMut(Piece<'a>)) {
        if let Some(text) = std::mem::take(&mut self.thinking).into_filled() {
            each(Piece::Thinking(text));
        }
        if let Some(raw) = self.content.take() {
            match speech(raw) {
                Some(text) if text.is_empty() => {}
                Some(text) => each(Piece::Text(text)),
                None => each(unknown(raw)),
            }
        }
        if let Some(raw) = self.images.take() {
            let images: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_else(|_| vec![raw]);
            images.into_iter().for_each(|raw| each(image(raw)));
        }
    }
}

/// A list or an object where a text belongs, or bytes that are no image.
fn unknown<'a>(raw: &RawValue) -> Piece<'a> {
    let value = serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().into());
    let message = "the answer holds a part that this version does not know; it was kept as it is";
    let warning = Warning::new(WarningKind::UnknownPart, "content", message);
    Piece::Part(AssistantPart::Unknown(value), Some(warning))
}

fn image<'a>(raw: &RawValue) -> Piece<'a> {
    let bytes = speech(raw).and_then(|text| BASE64.decode(text.as_bytes()).ok());
    match bytes.and_then(|bytes| Media::from_bytes_as(bytes, "image/png", usize::MAX).ok()) {
        // The type is not said, and its first bytes tell it.
        Some(image) => Piece::Part(AssistantPart::Media(sniffed(image)), None),
        None => unknown(raw),
    }
}

fn sniffed(image: Media) -> Media {
    let mime = super::encode::image_type(&image).unwrap_or("application/octet-stream");
    image.with_mime(mime)
}

impl Call<'_> {
    /// The call. Servers from before Ollama gave ids get one made of the answer's time and of what is called, so that it is
    /// the same for the same bytes and another one in another answer.
    pub(super) fn into_tool_call(self, born: &str, position: usize) -> Option<ToolCall> {
        let name = self.function.name.owned().unwrap_or_default();
        let arguments = match self.function.arguments {
            Some(raw) => speech(raw).unwrap_or_else(|| raw.get().into()).into_owned(),
            None => "{}".to_owned(),
        };
        if name.is_empty() && self.id.filled().is_none() {
            return None;
        }
        let id = self.id.owned();
        let id = id.unwrap_or_else(|| made_up_id(Some(&format!("{born} {name} {arguments}")), position));
        Some(ToolCall::new(id, name, arguments))
    }
}
