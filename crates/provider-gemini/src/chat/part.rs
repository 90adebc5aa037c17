//! From a part of an answer to ours: the same for whole answers and for streams.
//!
//! What a part has beside what ours holds is its state, value by value as it came: it goes back on the same part.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use laravel_ai_core::{
    AssistantPart, Media, Opaque, ProviderCall, ProviderResult, RawJson, Target, ToolCall, Warning,
    WarningKind,
};
use provider_http::calls::made_up_id;
use provider_http::wire::{Members, Raw, member, object, parse};
use serde_json::Value;
use serde_json::value::RawValue;

use super::wire::{Blob, Call, Part};

/// What a part stands for.
#[derive(Debug)]
pub(super) enum Read<'a> {
    Said(Said<'a>),
    Whole(Box<AssistantPart>, Option<Warning>),
    Nothing,
}

/// Text or reasoning.
#[derive(Debug)]
pub(super) struct Said<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) thought: bool,
    /// What else the part has, a thought's mark aside. A part with a state stays by itself: it must go back alone.
    pub(super) state: Option<RawJson>,
}

/// Reads the parts of one answer.
#[derive(Debug)]
pub(super) struct Reader {
    target: Target,
    /// Google's id of the answer.
    pub(super) answer: Option<String>,
    /// The ids of the calls so far.
    pub(super) ids: Vec<String>,
    /// How many parts have got an id.
    named: usize,
    /// The last call that Google ran.
    hosted: Option<String>,
    /// Whether calls of Google's tools came as parts.
    pub(super) has_hosted: bool,
}

/// The state of a thought that has nothing else.
pub(super) const THOUGHT: &str = r#"{"thought":true}"#;

impl Reader {
    pub(super) fn new(target: Target) -> Self {
        Self { target, answer: None, ids: Vec::new(), named: 0, hosted: None, has_hosted: false }
    }

    pub(super) fn read<'a>(&mut self, part: Part<'a>) -> Read<'a> {
        let Part { text, other } = part;
        let empty = match text.0 {
            Some(text) if !text.is_empty() => return said(text, &other),
            text => text,
        };
        let has = |name: &str| member(&other, name);
        if let Some(raw) = has("functionCall") {
            return self.call(raw, &other);
        }
        if let Some(raw) = has("inlineData") {
            return self.media(raw, &other);
        }
        if let Some(raw) = has("executableCode") {
            return self.hosted_call(raw, &other, Some("code_execution"));
        }
        if let Some(raw) = has("toolCall") {
            return self.hosted_call(raw, &other, None);
        }
        if let Some(raw) = has("codeExecutionResult").or_else(|| has("toolResponse")) {
            return self.hosted_result(raw, &other);
        }
        // Gateways write members that are not there as empty ones, so an empty text is what is left.
        if let Some(text) = empty {
            return said(text, &other);
        }
        let Some(state) = shell(&other, &[]) else { return Read::Nothing };
        if other.is_empty() {
            return Read::Nothing;
        }
        // A signature without anything is nothing that anybody has to be told of.
        let known = other.iter().all(|(key, _)| matches!(key.as_str(), "thoughtSignature" | "thought"));
        let message = "the answer holds a part that this version does not know; it was kept to be sent back";
        let warning = (!known).then(|| Warning::new(WarningKind::UnknownPart, "content", message));
        Read::Whole(Box::new(AssistantPart::Native(self.opaque(state))), warning)
    }

    pub(super) fn opaque(&self, data: RawJson) -> Opaque {
        Opaque::new(self.target.clone(), data)
    }

    fn state(&self, data: Option<RawJson>) -> Option<Opaque> {
        data.map(|data| self.opaque(data))
    }

    fn call<'a>(&mut self, raw: &'a RawValue, part: &Members<'a>) -> Read<'a> {
        let Ok(read) = parse::<Call<'a>>(raw.get()) else { return Read::Nothing };
        let id = self.id(read.id.filled());
        self.ids.push(id.clone());
        let arguments = read.args.map_or("{}", |args| args.get());
        let mut call = ToolCall::new(id, read.name.owned().unwrap_or_default(), arguments);
        // Only an id that Google gave may go back.
        let given = read.id.filled().map(|id| Value::from(id).to_string());
        let given = given.iter().map(|id| ("id", id.as_str()));
        let inner = object(given.chain(read.other.iter().map(|(key, value)| (key.as_str(), value.get()))));
        call.opaque = self.state(beside(part, "functionCall", inner));
        Read::Whole(Box::new(AssistantPart::ToolCall(call)), None)
    }

    fn media<'a>(&self, raw: &'a RawValue, part: &Members<'a>) -> Read<'a> {
        let blob: Blob<'a> = parse(raw.get()).unwrap_or_default();
        let data = blob.data.filled().unwrap_or_default();
        let bytes = STANDARD.decode(data).map(|bytes| (bytes, true)).or_else(|_| {
            // Nothing but the usual alphabet with padding is written again as it was.
            let rare = [&STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD].into_iter();
            rare.filter_map(|engine| engine.decode(data).ok()).map(|bytes| (bytes, false)).next().ok_or(())
        });
        let Ok((bytes, is_usual)) = bytes else { return self.kept(part) };
        let mime = blob.mime.filled().unwrap_or("application/octet-stream");
        let Ok(mut media) = Media::from_bytes_as(bytes, mime, usize::MAX) else { return self.kept(part) };
        let rest = blob.other.iter().map(|(key, value)| (key.as_str(), value.get()));
        let quoted = Value::from(data).to_string();
        let unusual = (!is_usual).then_some(("data", quoted.as_str()));
        media.opaque = self.state(beside(part, "inlineData", object(rest.chain(unusual))));
        Read::Whole(Box::new(AssistantPart::Media(media)), None)
    }

    fn hosted_call<'a>(&mut self, raw: &'a RawValue, part: &Members<'a>, name: Option<&str>) -> Read<'a> {
        let read: Call<'a> = parse(raw.get()).unwrap_or_default();
        let id = self.id(read.id.filled());
        self.hosted = Some(id.clone());
        self.has_hosted = true;
        let name =
            name.map_or_else(|| read.name.filled().unwrap_or("tool").to_ascii_lowercase(), str::to_owned);
        let mut call = ProviderCall::new(id, name);
        call.input = Some(RawJson::from(read.args.unwrap_or(raw)));
        call.opaque = self.state(shell(part, &[]));
        Read::Whole(Box::new(AssistantPart::ProviderCall(call)), None)
    }

    fn hosted_result<'a>(&mut self, raw: &'a RawValue, part: &Members<'a>) -> Read<'a> {
        let read: Call<'a> = parse(raw.get()).unwrap_or_default();
        let id = read.id.owned().or_else(|| self.hosted.clone());
        let mut result = ProviderResult::new(id.unwrap_or_default());
        result.output = Some(RawJson::from(member(&read.other, "response").unwrap_or(raw)));
        result.opaque = self.state(shell(part, &[]));
        Read::Whole(Box::new(AssistantPart::ProviderResult(result)), None)
    }

    /// As it came.
    fn kept<'a>(&self, part: &Members<'a>) -> Read<'a> {
        match self.state(shell(part, &[])) {
            Some(state) => Read::Whole(Box::new(AssistantPart::Native(state)), None),
            None => Read::Nothing,
        }
    }

    /// Google's id, or one that stays the same for the same answer.
    fn id(&mut self, given: Option<&str>) -> String {
        let position = self.named;
        self.named += 1;
        given.map_or_else(|| made_up_id(self.answer.as_deref(), position), str::to_owned)
    }
}

fn said<'a>(text: Cow<'a, str>, part: &Members<'a>) -> Read<'a> {
    let thought = member(part, "thought").is_some_and(|thought| thought.get() == "true");
    let plain = part.iter().all(|(key, _)| key.as_str() == "thought");
    if plain && text.is_empty() {
        return Read::Nothing;
    }
    let state = if plain { None } else { shell(part, &[]) };
    Read::Said(Said { text, thought, state })
}

/// The members without those that the part itself holds.
fn shell(members: &Members<'_>, held: &[&str]) -> Option<RawJson> {
    object(
        members.iter().map(|(key, value)| (key.as_str(), value.get())).filter(|(key, _)| !held.contains(key)),
    )
}

/// The part with `inner` in the place of one member.
fn beside(part: &Members<'_>, name: &str, inner: Option<RawJson>) -> Option<RawJson> {
    let inner = inner?;
    object(
        part.iter().map(|(key, value)| {
            (key.as_str(), if key.as_str() == name { inner.as_str() } else { value.get() })
        }),
    )
}

/// A part of an answer that no part of Google's stands for; it is not sent back.
pub(super) fn is_told(state: &Opaque) -> bool {
    state.data.as_str() == TOLD
}

/// The state of what metadata told.
const TOLD: &str = r#"{"told":true}"#;

impl Reader {
    /// A call of a tool that only metadata tells of, and its result.
    pub(super) fn told(&mut self, name: &str, input: Raw<'_>, output: Raw<'_>) -> Vec<AssistantPart> {
        let state = || RawJson::parse(TOLD.to_owned()).ok().map(|data| self.opaque(data));
        let id = made_up_id(self.answer.as_deref(), self.named);
        let mut call = ProviderCall::new(id.clone(), name);
        call.input = input.map(RawJson::from);
        call.opaque = state();
        let mut parts = vec![AssistantPart::ProviderCall(call)];
        if let Some(output) = output {
            let mut result = ProviderResult::new(id);
            result.output = Some(RawJson::from(output));
            result.opaque = state();
            parts.push(AssistantPart::ProviderResult(result));
        }
        self.named += 1;
        parts
    }
}
