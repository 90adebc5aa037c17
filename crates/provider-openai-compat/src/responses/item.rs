//! From an item of an answer to parts: the same for whole answers and for streams.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use laravel_ai_core::{
    AssistantPart, Media, Opaque, ProviderCall, ProviderResult, RawJson, Reasoning, Refusal, Source, Target,
    Text, ToolCall, ToolCallKind, Warning, WarningKind,
};
use provider_http::calls::made_up_id;
use provider_http::wire::{
    Field, Key, List, Members, Object, Verbatim, member, object, parse, parse_list, speech,
};
use serde::de::MapAccess;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::wire::Annotation;
use crate::dialect::Dialect;

/// What an item of an answer stands for.
#[derive(Debug, Default)]
pub(super) struct ReadItem {
    /// In order; those of a message are one for each of its parts of content.
    pub(super) parts: Vec<AssistantPart>,
    /// Lists of likelihoods.
    pub(super) logprobs: Vec<String>,
    pub(super) warnings: Vec<Warning>,
}

/// The tools that vendors run, with the members that were asked and those that came out. All other members are state.
const HOSTED: &[(&str, &[&str], &[&str])] = &[
    ("web_search", &["action"], &["results"]),
    ("x_search", &["action"], &["results"]),
    ("shell", &["action"], &[]),
    ("file_search", &["queries"], &["results"]),
    ("code_interpreter", &["code", "container_id"], &["outputs"]),
    (
        "image_generation",
        &["revised_prompt", "action", "size", "quality", "background", "output_format"],
        &[],
    ),
    ("mcp", &["server_label", "name", "arguments"], &["output", "error"]),
];

/// Items that are kept to go back and that nobody has to be told of.
const SILENT: [&str; 6] = [
    "compaction",
    "mcp_list_tools",
    "tool_search_call",
    "tool_search_output",
    "configuration_update",
    "item_reference",
];

/// Reads the item that stands at `position` of the answer. `whole` gives it as it was written.
pub(super) fn read(
    dialect: &Dialect,
    target: &Target,
    position: usize,
    item: Item<'_>,
    whole: &dyn Fn() -> Option<RawJson>,
) -> ReadItem {
    let Item { members, content } = item;
    let mut item = Reader { target, whole, position, members, content, read: ReadItem::default() };
    let kind = item.text("type").unwrap_or_default();
    match kind.as_ref() {
        "message" => item.message(),
        "reasoning" => item.reasoning(),
        "function_call" => item.call(ToolCallKind::Function, "arguments"),
        "custom_tool_call" if dialect.responses.runs_custom_calls => item.hosted_custom(),
        "custom_tool_call" => item.call(ToolCallKind::Custom, "input"),
        "mcp_approval_request" => {
            item.hosted("mcp_approval_request", &["server_label", "name", "arguments"], &[])
        }
        kind => match HOSTED.iter().find(|(name, ..)| kind.strip_suffix("_call") == Some(name)) {
            Some((name, input, output)) => item.hosted(name, input, output),
            None => item.native(kind),
        },
    }
    item.read
}

/// Reads an item that came by itself.
pub(super) fn read_alone(dialect: &Dialect, target: &Target, position: usize, raw: &RawValue) -> ReadItem {
    let item = parse::<Item<'_>>(raw.get()).unwrap_or_default();
    read(dialect, target, position, item, &|| Some(RawJson::from(raw)))
}

/// An item, member by member as they were written. The content of a message is read part by part at once: it holds nearly
/// all of the text, which is not to be searched for its end once for each level of nesting.
#[derive(Debug, Default)]
pub(super) struct Item<'a> {
    members: Members<'a>,
    content: List<Verbatim<'a>>,
}

impl<'de> Object<'de> for Item<'de> {
    fn member<A: MapAccess<'de>>(&mut self, key: Key<'de>, map: &mut A) -> Result<(), A::Error> {
        let is_message = || member(&self.members, "type").is_some_and(|kind| kind.get() == "\"message\"");
        if key.as_str() == "content" && is_message() {
            return self.content.read(map);
        }
        self.members.push((key, map.next_value()?));
        Ok(())
    }
}

struct Reader<'a> {
    target: &'a Target,
    whole: &'a dyn Fn() -> Option<RawJson>,
    position: usize,
    members: Members<'a>,
    content: List<Verbatim<'a>>,
    read: ReadItem,
}

impl<'a> Reader<'a> {
    fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        member(&self.members, name).and_then(speech)
    }

    fn owned(&self, name: &str) -> String {
        self.text(name).map(Cow::into_owned).unwrap_or_default()
    }

    fn state(&self, data: Option<RawJson>) -> Option<Opaque> {
        data.map(|data| Opaque::new(self.target.clone(), data))
    }

    /// The item without what the part itself holds.
    fn shell(&self, held: &[&str]) -> Option<RawJson> {
        RawJson::of(&Shell { members: &self.members, without: held }).ok()
    }

    fn message(&mut self) {
        let mut content = std::mem::take(&mut self.content);
        if content.is_empty() {
            // The type came after it, which JSON allows.
            content = parse_list(member(&self.members, "content"));
        }
        if content.is_empty() {
            return self.keep();
        }
        for Verbatim(members) in content {
            let text =
                |name: &str| member(&members, name).and_then(speech).map(Cow::into_owned).unwrap_or_default();
            let state = |held: &[&str]| {
                let item = Shell { members: &self.members, without: &["content"] };
                let part = Shell { members: &members, without: held };
                let data = RawJson::of(&PartState { item, part }).ok()?;
                Some(Opaque::new(self.target.clone(), data))
            };
            let part = match text("type").as_str() {
                "output_text" | "text" => {
                    let mut part = Text::new(text("text"));
                    part.sources = sources(member(&members, "annotations"));
                    part.opaque = state(&["text", "logprobs"]);
                    let likelihoods = member(&members, "logprobs").map(|raw| raw.get());
                    self.read.logprobs.extend(likelihoods.filter(|list| *list != "[]").map(str::to_owned));
                    AssistantPart::Text(part)
                }
                "refusal" => {
                    let mut part = Refusal::new(text("refusal"));
                    part.opaque = state(&["refusal"]);
                    AssistantPart::Refusal(part)
                }
                _ => {
                    self.read.warnings.push(unknown("content"));
                    let Some(state) = state(&[]) else { return self.keep() };
                    AssistantPart::Native(state)
                }
            };
            self.read.parts.push(part);
        }
    }

    /// The summary and what is shown of the reasoning itself. All of the item is state, byte for byte.
    fn reasoning(&mut self) {
        let mut text = String::new();
        for list in ["summary", "content"] {
            let list = member(&self.members, list);
            let pieces: Vec<&'a RawValue> =
                list.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
            for piece in pieces {
                let members = serde_json::from_str::<Verbatim<'a>>(piece.get()).unwrap_or_default().0;
                let piece = member(&members, "text").and_then(speech).unwrap_or_default();
                if !piece.is_empty() && !text.is_empty() {
                    text.push_str(PARAGRAPH);
                }
                text.push_str(&piece);
            }
        }
        let mut part = Reasoning::new(text);
        part.opaque = self.state((self.whole)());
        self.read.parts.push(AssistantPart::Reasoning(part));
    }

    fn call(&mut self, kind: ToolCallKind, arguments: &str) {
        // Results are matched by `call_id`; `id` only names the item.
        let id = self.text("call_id").or_else(|| self.text("id")).filter(|id| !id.is_empty());
        let given = member(&self.members, arguments);
        let arguments_text = match given.map(|raw| raw.get()) {
            Some(object) if object.starts_with('{') => object.to_owned(),
            _ => given.and_then(speech).map(Cow::into_owned).unwrap_or_default(),
        };
        let name = self.owned("name");
        let id = id.map_or_else(
            || made_up_id(Some(&format!("{name} {arguments_text}")), self.position),
            Cow::into_owned,
        );
        let mut call = ToolCall::new(id, name, arguments_text);
        call.kind = kind;
        call.opaque = self.state(self.shell(&["call_id", "name", arguments]));
        self.read.parts.push(AssistantPart::ToolCall(call));
    }

    fn hosted(&mut self, name: &str, input: &[&str], output: &[&str]) {
        let id = self.owned("id");
        let mut call = ProviderCall::new(id.as_str(), name);
        call.input = self.some_of(input);
        let image = (name == "image_generation").then(|| self.image(&id)).flatten();
        call.opaque = self.state(match image {
            Some(_) => self.shell(&["result"]),
            None => (self.whole)(),
        });
        self.read.parts.push(AssistantPart::ProviderCall(call));
        // What a search found is inside what it did.
        let found = || {
            let action =
                member(&self.members, "action").filter(|_| matches!(name, "web_search" | "x_search"))?;
            let action = serde_json::from_str::<Verbatim<'_>>(action.get()).ok()?.0;
            member(&action, "sources").map(RawJson::from)
        };
        if let Some(output) = self.some_of(output).or_else(found) {
            let mut result = ProviderResult::new(id);
            result.output = Some(output);
            self.read.parts.push(AssistantPart::ProviderResult(result));
        }
        self.read.parts.extend(image);
    }

    /// A free-form call of a tool that the vendor runs, by the name of the call.
    fn hosted_custom(&mut self) {
        let id = self.text("id").or_else(|| self.text("call_id")).unwrap_or_default();
        let mut call = ProviderCall::new(id, self.owned("name"));
        call.input = member(&self.members, "input").map(|raw| {
            // Mostly JSON in a string.
            let text = speech(raw).map(Cow::into_owned).unwrap_or_default();
            RawJson::parse(text).unwrap_or_else(|_| RawJson::from(raw))
        });
        call.opaque = self.state((self.whole)());
        self.read.parts.push(AssistantPart::ProviderCall(call));
    }

    /// The members of these names that are there: the value itself where one name is asked for.
    fn some_of(&self, names: &[&str]) -> Option<RawJson> {
        if let [name] = names {
            return member(&self.members, name).map(RawJson::from);
        }
        let there: Vec<_> =
            names.iter().filter_map(|name| Some((*name, member(&self.members, name)?.get()))).collect();
        if there.is_empty() { None } else { object(there) }
    }

    fn image(&self, id: &str) -> Option<AssistantPart> {
        let bytes = BASE64.decode(self.text("result")?.as_bytes()).ok()?;
        let mime = match self.text("output_format").as_deref() {
            Some("webp") => "image/webp",
            Some("jpeg") => "image/jpeg",
            _ => "image/png",
        };
        let mut media = Media::from_bytes_as(bytes, mime, usize::MAX).ok()?;
        let id = serde_json::Value::from(id).to_string();
        media.opaque = self.state(object([("result_of", id.as_str())]));
        Some(AssistantPart::Media(media))
    }

    fn native(&mut self, kind: &str) {
        if !SILENT.contains(&kind) {
            self.read.warnings.push(unknown(kind));
        }
        self.keep();
    }

    fn keep(&mut self) {
        let state =
            (self.whole)().or_else(|| self.shell(&[])).map(|raw| Opaque::new(self.target.clone(), raw));
        self.read.parts.extend(state.map(AssistantPart::Native));
    }
}

/// What stands between two parts of a reasoning's summary.
pub(super) const PARAGRAPH: &str = "\n\n";

/// What a part of a message does not hold itself: of the message, and of the part.
#[derive(Serialize)]
struct PartState<'s> {
    item: Shell<'s>,
    part: Shell<'s>,
}

/// An object as it was written, without some of its members.
struct Shell<'s> {
    members: &'s Members<'s>,
    without: &'s [&'s str],
}

impl Serialize for Shell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kept = self.members.iter().filter(|(key, _)| !self.without.contains(&key.as_str()));
        serializer.collect_map(kept.map(|(key, value)| (key.as_str(), value)))
    }
}

fn unknown(subject: &str) -> Warning {
    let message = "the answer holds something that this version does not know; it was kept to be sent back";
    let subject = if subject.is_empty() { "item" } else { subject };
    Warning::new(WarningKind::UnknownPart, subject.chars().take(64).collect::<String>(), message)
}

fn sources(annotations: Option<&RawValue>) -> Vec<Source> {
    parse_list::<Annotation<'_>>(annotations).into_iter().filter_map(Annotation::source).collect()
}

/// The source that an annotation of a text names.
pub(super) fn source(raw: &RawValue) -> Option<Source> {
    parse::<Annotation<'_>>(raw.get()).ok()?.source()
}

impl Annotation<'_> {
    fn source(self) -> Option<Source> {
        if let Some(nested) = self.nested {
            return source(nested);
        }
        let mut source = Source::default();
        source.url = self.url.owned();
        source.title = self.title.owned().or_else(|| self.filename.owned()).or_else(|| self.file_id.owned());
        source.span = self.start.0.zip(self.end.0);
        let names = source.url.is_some() || source.title.is_some();
        names.then_some(source)
    }
}
