//! From a whole answer to a response.

use bytes::Bytes;
use http::Response;
use laravel_ai_core::{
    AssistantPart, ChatResponse, ErrorKind, FinishReason, Reasoning, Refusal, Result, Source, Target, Text,
    ToolCall, ToolCallKind, Warning, WarningKind,
};
use provider_http::calls::{made_up_id, repeated_id};
use provider_http::wire;
use provider_http::{BodyForm, Failure, rate_limits, request_id};
use serde_json::value::RawValue;

use super::WEB_PAGE;
use super::extras::{self, Extras};
use super::finish::{Held, finish_of};
use super::usage;
use super::wire::{Answer, Call, Choice, Function, Message, Piece};
use crate::dialect::Dialect;
use crate::error::error_of;

/// Reads a whole answer of `target`.
///
/// `failure` makes a failure of the answer, as [`HttpClient::failure`](provider_http::HttpClient::failure) does. Of several choices the one with index 0 is kept, with a warning.
///
/// # Errors
/// What an error object in the body says, although HTTP said 200;
/// [`Decode`](laravel_ai_core::ErrorKind::Decode) when the body is empty, no JSON, or holds no choice.
pub fn decode_chat(
    dialect: &Dialect,
    target: &Target,
    response: &Response<Bytes>,
    failure: impl Fn() -> Failure,
) -> Result<ChatResponse> {
    let text = wire::text_of(response.body());
    let unreadable = |message: String| failure().error(ErrorKind::Decode, message);
    if text.trim().is_empty() {
        return Err(unreadable("the answer is empty".into()));
    }
    let answer: Answer<'_> = wire::parse(&text).map_err(|e| match failure().form() {
        BodyForm::Html => unreadable(WEB_PAGE.into()),
        _ => unreadable(format!("the answer is no JSON: {e}")),
    })?;
    if answer.is_error() || (answer.choices.is_empty() && text.trim_start().starts_with(['[', '"'])) {
        return Err(error_of(dialect, &failure()));
    }
    if answer.choices.is_empty() {
        return Err(unreadable("the answer holds no choice".into()));
    }
    let mut read = read(dialect, target, answer);
    let limits = rate_limits(response.headers());
    read.rate_limits = (!limits.is_empty()).then_some(limits);
    read.request_id = request_id(response.headers()).map(str::to_owned);
    Ok(read)
}

impl Answer<'_> {
    /// Whether this is an error object: nested, in a choice, or flat without anything of an answer.
    pub(super) fn is_error(&self) -> bool {
        let told = |error: &RawValue| !matches!(error.get(), "false" | "\"\"" | "{}" | "[]");
        let in_choice = |choice: &Choice<'_>| {
            choice
                .other
                .iter()
                .any(|(key, value)| key.as_str() == "error" && value.get().starts_with('{') && told(value))
        };
        if self.error.is_some_and(told) || self.choices.iter().any(in_choice) {
            return true;
        }
        let nothing = self.choices.is_empty() && self.usage.is_none() && self.id.filled().is_none();
        nothing && self.other.iter().any(|(key, _)| matches!(key.as_str(), "message" | "detail"))
    }
}

fn read(dialect: &Dialect, target: &Target, answer: Answer<'_>) -> ChatResponse {
    let mut extras = Extras::default();
    let mut warnings = Vec::new();
    extras.of_answer(&answer);
    let mut response = ChatResponse::new(target.clone(), Vec::new(), FinishReason::Unknown);
    response.id = answer.id.owned();
    response.model = answer.model.owned();
    response.service_tier = answer.service_tier.owned();
    if let Some(raw) = answer.usage {
        response.usage = usage::read(dialect, raw);
        response.cost = response.usage.raw.as_ref().and_then(dialect.cost);
    }

    let mut raw_reason = None;
    if let Some(choice) = only_choice(answer.choices, &mut warnings) {
        let Choice { mut body, finish_reason, logprobs, other, .. } = choice;
        raw_reason = finish_reason.owned();
        extras.notes(&other);
        if let Some(logprobs) = logprobs {
            extras.logprobs(logprobs);
        }
        response.content = content(target, response.id.as_deref(), &mut body, &mut warnings);
        extras.of_message(dialect, &body.other, |warning| warnings.push(warning));
    }
    cite(&mut response.content, extras.citations());
    response.warnings.extend(repeated_id(response.tool_calls().map(|call| &*call.id)));
    let held = Held { calls: response.tool_calls().next().is_some(), refusal: response.refusal().is_some() };
    response.finish = finish_of(raw_reason.as_deref(), held);
    if response.finish.reason == FinishReason::Length {
        response.content.iter_mut().for_each(|part| {
            if let AssistantPart::ToolCall(call) = part {
                call.mark_if_cut();
            }
        });
    }
    response.content.extend(extras.native(target));
    response.metadata = extras.into_metadata();
    response.warnings.splice(0..0, warnings);
    response
}

/// The choice with the lowest index; servers that leave the index out send one.
fn only_choice<'a>(
    choices: impl IntoIterator<Item = Choice<'a>>,
    warnings: &mut Vec<Warning>,
) -> Option<Choice<'a>> {
    let mut kept: Option<Choice<'a>> = None;
    let mut dropped = false;
    for choice in choices {
        dropped |= kept.is_some();
        if kept.as_ref().is_none_or(|kept| choice.index.0 < kept.index.0) {
            kept = Some(choice);
        }
    }
    if dropped {
        warnings.push(further_choices());
    }
    kept
}

pub(super) fn further_choices() -> Warning {
    let message = "further choices were left out; ask with one request each to have several answers";
    Warning::new(WarningKind::AnswerDropped, "choices", message)
}

fn content(
    target: &Target,
    answer: Option<&str>,
    message: &mut Message<'_>,
    warnings: &mut Vec<Warning>,
) -> Vec<AssistantPart> {
    let mut parts: Vec<AssistantPart> = Vec::new();
    message.take_pieces(|piece| say(&mut parts, piece, warnings));
    let sources: Vec<Source> = message.sources().collect();
    if !sources.is_empty() {
        match parts.iter_mut().rev().find_map(as_text) {
            Some(text) => text.sources = sources,
            None => {
                let mut text = Text::default();
                text.sources = sources;
                parts.push(AssistantPart::Text(text));
            }
        }
    }
    for (position, mut call) in message.take_calls().enumerate() {
        let kind = call.kind();
        let function = call.take_function();
        if !call.is_empty(&function) {
            parts.push(AssistantPart::ToolCall(tool_call(target, answer, position, kind, &call, function)));
        }
    }
    parts
}

/// Adds what is said. Pieces of one kind that follow each other are one part, as they are in a stream.
fn say(parts: &mut Vec<AssistantPart>, piece: Piece<'_>, warnings: &mut Vec<Warning>) {
    match (piece, parts.last_mut()) {
        (Piece::Text(new), Some(AssistantPart::Text(part))) => part.text.push_str(&new),
        (Piece::Reasoning(new), Some(AssistantPart::Reasoning(part))) => part.text.push_str(&new),
        (Piece::Refusal(new), Some(AssistantPart::Refusal(part))) => part.text.push_str(&new),
        (Piece::Text(text), _) => parts.push(AssistantPart::text(text)),
        (Piece::Reasoning(text), _) => parts.push(AssistantPart::Reasoning(Reasoning::new(text))),
        (Piece::Refusal(text), _) => parts.push(AssistantPart::Refusal(Refusal::new(text))),
        (Piece::Unknown(raw), _) => {
            let (part, warning) = unknown_part(raw);
            parts.push(part);
            warnings.push(warning);
        }
    }
}

pub(super) fn unknown_part(raw: &serde_json::value::RawValue) -> (AssistantPart, Warning) {
    let value = serde_json::from_str(raw.get()).unwrap_or_default();
    let message = "the answer holds a part that this version does not know; it was kept";
    (AssistantPart::Unknown(value), Warning::new(WarningKind::UnknownPart, "content", message))
}

/// Adds URLs that the text cites as a whole and that no annotation named.
fn cite(parts: &mut [AssistantPart], urls: Vec<String>) {
    let Some(text) = parts.iter_mut().rev().find_map(as_text) else { return };
    for url in urls {
        if !text.sources.iter().any(|source| source.url.as_ref() == Some(&url)) {
            text.sources.push(Source::new(url));
        }
    }
}

fn as_text(part: &mut AssistantPart) -> Option<&mut Text> {
    match part {
        AssistantPart::Text(text) => Some(text),
        _ => None,
    }
}

fn tool_call(
    target: &Target,
    answer: Option<&str>,
    position: usize,
    kind: ToolCallKind,
    call: &Call<'_>,
    function: Function<'_>,
) -> ToolCall {
    let id = call.id.owned().unwrap_or_else(|| made_up_id(answer, position));
    let name = function.name.into_filled().unwrap_or_default();
    let mut read = ToolCall::new(id, name, function.arguments.0);
    read.kind = kind;
    read.opaque = call.extra_content.and_then(|value| extras::opaque(target, "extra_content", value));
    read
}

impl Call<'_> {
    pub(super) fn kind(&self) -> ToolCallKind {
        match self.custom {
            Some(_) => ToolCallKind::Custom,
            None if self.kind.filled() == Some("custom") => ToolCallKind::Custom,
            None => ToolCallKind::Function,
        }
    }

    /// Whether it says nothing at all: some servers send the husk of a call.
    pub(super) fn is_empty(&self, function: &Function<'_>) -> bool {
        function.name.filled().is_none() && function.arguments.0.is_empty() && self.id.filled().is_none()
    }
}
