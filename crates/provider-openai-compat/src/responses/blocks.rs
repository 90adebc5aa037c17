//! The items of an answer while they are made.

use std::borrow::Cow;
use std::collections::VecDeque;

use laravel_ai_core::{AssistantPart, BlockId, BlockKind, Source, StreamEvent, ToolCallKind};
use provider_http::wire::{Text, parse, wire};
use serde_json::value::RawValue;

use super::ending::Held;
use super::item::{PARAGRAPH, ReadItem};
use super::wire::Event;
use crate::dialect::Dialect;

/// The items so far, found by the place that the server gives them.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    items: Vec<Item>,
    next: u32,
    held: Held,
}

/// What a delta adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    Text,
    Refusal,
    Summary,
    Reasoning,
    Input,
}

#[derive(Debug)]
struct Item {
    index: u64,
    done: bool,
    open: Vec<Open>,
}

/// A block that has begun.
#[derive(Debug)]
struct Open {
    /// The place of the part in the item.
    place: u64,
    block: BlockId,
    kind: Kind,
    /// How many bytes were said.
    said: usize,
    sources: usize,
    /// Of reasoning: which part was said last.
    last: Option<(Spoken, Option<u64>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    Reasoning,
    Input,
}

wire! {
    struct Head<'a> {
        kind: Text<'a> = "type",
        id: Text<'a> = "id",
        call_id: Text<'a> = "call_id",
        name: Text<'a> = "name",
    } ignoring _
}

impl Blocks {
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn is_done(&self, index: Option<u64>) -> bool {
        self.items.iter().any(|item| Some(item.index) == index && item.done)
    }

    /// An item begins. Reasoning and calls are blocks from here on; the parts of a message are when they are said.
    pub(super) fn add(
        &mut self,
        dialect: &Dialect,
        index: Option<u64>,
        raw: &RawValue,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let head: Head<'_> = parse(raw.get()).unwrap_or_default();
        let next = &mut self.next;
        let Some(item) = item(&mut self.items, index).filter(|item| item.open.is_empty()) else { return };
        let call = match head.kind.filled() {
            Some("reasoning") => {
                let opened = start(next, 0, Kind::Reasoning, BlockKind::Reasoning, events);
                return item.open.push(opened);
            }
            Some("function_call") => ToolCallKind::Function,
            Some("custom_tool_call") if !dialect.responses.runs_custom_calls => ToolCallKind::Custom,
            _ => return,
        };
        // Without id or name it is read when it is done.
        let id = head.call_id.owned().or_else(|| head.id.owned());
        if let (Some(id), Some(name)) = (id, head.name.owned()) {
            let opened = start(next, 0, Kind::Input, BlockKind::ToolInput { id, name, call }, events);
            item.open.push(opened);
        }
    }

    pub(super) fn say(
        &mut self,
        spoken: Spoken,
        event: &Event<'_>,
        delta: Cow<'_, str>,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let next = &mut self.next;
        let Some(item) = item(&mut self.items, event.output_index.0) else { return };
        let (kind, place, index) = match spoken {
            Spoken::Text => (Kind::Text, event.content_index.0.unwrap_or(0), None),
            Spoken::Refusal => (Kind::Refusal, event.content_index.0.unwrap_or(0), None),
            Spoken::Summary => (Kind::Reasoning, 0, event.summary_index.0),
            Spoken::Reasoning => (Kind::Reasoning, 0, event.content_index.0),
            Spoken::Input => (Kind::Input, 0, None),
        };
        let Some(open) = item.open(kind, place, next, events) else { return };
        let mut text = delta.into_owned();
        if kind == Kind::Reasoning {
            let part = Some((spoken, index));
            if open.said > 0 && open.last != part {
                text.insert_str(0, PARAGRAPH);
            }
            open.last = part;
        }
        open.said += text.len();
        events.push_back(open.delta(text));
    }

    pub(super) fn cite(&mut self, event: &Event<'_>, source: Source, events: &mut VecDeque<StreamEvent>) {
        let next = &mut self.next;
        let place = event.content_index.0.unwrap_or(0);
        let Some(item) = item(&mut self.items, event.output_index.0) else { return };
        let Some(open) = item.open(Kind::Text, place, next, events) else { return };
        open.sources += 1;
        events.push_back(StreamEvent::Source { block: open.block, source });
    }

    /// An item is done: what was not said yet is said, and what was never begun comes whole.
    pub(super) fn done(&mut self, index: Option<u64>, read: ReadItem, events: &mut VecDeque<StreamEvent>) {
        let next = &mut self.next;
        let Some(item) = item(&mut self.items, index) else { return };
        item.done = true;
        let mut opened = std::mem::take(&mut item.open);
        events.extend(read.warnings.into_iter().map(|warning| StreamEvent::Warning(Box::new(warning))));
        self.held.likelihoods(read.logprobs);
        for (place, part) in (0..).zip(read.parts) {
            self.held.note(&part);
            let begun =
                opened.iter().position(|open| open.place == place && Some(open.kind) == kind_of(&part));
            match begun.map(|at| opened.swap_remove(at)) {
                Some(open) => open.end(part, events),
                None => events.push_back(StreamEvent::Part { block: fresh(next), part: Box::new(part) }),
            }
        }
        for open in opened {
            events.push_back(StreamEvent::BlockEnd { block: open.block, opaque: None });
        }
    }

    /// The answer is complete; items that were never done end as they are.
    pub(super) fn end(&mut self, events: &mut VecDeque<StreamEvent>) -> Held {
        let mut held = std::mem::take(&mut self.held);
        for open in self.items.iter_mut().flat_map(|item| std::mem::take(&mut item.open)) {
            match open.kind {
                Kind::Input => {
                    held.note(&AssistantPart::ToolCall(laravel_ai_core::ToolCall::new("", "", "")))
                }
                Kind::Refusal => held.note(&AssistantPart::Refusal(laravel_ai_core::Refusal::new(""))),
                Kind::Text | Kind::Reasoning => {}
            }
            events.push_back(StreamEvent::BlockEnd { block: open.block, opaque: None });
        }
        held
    }
}

/// The item at `index`, made if it is new; `None` once it is done. Without an index it is the last one.
fn item(items: &mut Vec<Item>, index: Option<u64>) -> Option<&mut Item> {
    let index = index.or_else(|| items.last().map(|item| item.index)).unwrap_or(0);
    let at = match items.iter().rposition(|item| item.index == index) {
        Some(at) => at,
        None => {
            items.push(Item { index, done: false, open: Vec::new() });
            items.len() - 1
        }
    };
    items.get_mut(at).filter(|item| !item.done)
}

impl Item {
    /// The block of this kind at this place, begun if it is new. A call can't begin here, since it has no name.
    fn open(
        &mut self,
        kind: Kind,
        place: u64,
        next: &mut u32,
        events: &mut VecDeque<StreamEvent>,
    ) -> Option<&mut Open> {
        let found = self.open.iter().position(|open| open.place == place && open.kind == kind);
        let at = match (found, kind) {
            (Some(at), _) => at,
            (None, Kind::Input) => return None,
            (None, Kind::Text) => self.begin(start(next, place, kind, BlockKind::Text, events)),
            (None, Kind::Refusal) => self.begin(start(next, place, kind, BlockKind::Refusal, events)),
            (None, Kind::Reasoning) => self.begin(start(next, place, kind, BlockKind::Reasoning, events)),
        };
        self.open.get_mut(at)
    }

    fn begin(&mut self, open: Open) -> usize {
        self.open.push(open);
        self.open.len() - 1
    }
}

impl Open {
    fn delta(&self, text: String) -> StreamEvent {
        let block = self.block;
        match self.kind {
            Kind::Text => StreamEvent::TextDelta { block, text },
            Kind::Refusal => StreamEvent::RefusalDelta { block, text },
            Kind::Reasoning => StreamEvent::ReasoningDelta { block, text },
            Kind::Input => StreamEvent::ToolInputDelta { block, text },
        }
    }

    /// Ends the block as the part that it became.
    fn end(self, mut part: AssistantPart, events: &mut VecDeque<StreamEvent>) {
        let block = self.block;
        let (text, sources): (&str, &[Source]) = match &part {
            AssistantPart::Text(part) => (&part.text, &part.sources),
            AssistantPart::Refusal(part) => (&part.text, &[]),
            AssistantPart::Reasoning(part) => (&part.text, &[]),
            AssistantPart::ToolCall(part) => (&part.arguments, &[]),
            _ => ("", &[]),
        };
        if let Some(rest) = text.get(self.said..).filter(|rest| !rest.is_empty()) {
            events.push_back(self.delta(rest.to_owned()));
        }
        for source in sources.iter().skip(self.sources) {
            events.push_back(StreamEvent::Source { block, source: source.clone() });
        }
        let opaque = part.opaque_mut().and_then(Option::take).map(Box::new);
        events.push_back(StreamEvent::BlockEnd { block, opaque });
    }
}

fn kind_of(part: &AssistantPart) -> Option<Kind> {
    match part {
        AssistantPart::Text(_) => Some(Kind::Text),
        AssistantPart::Refusal(_) => Some(Kind::Refusal),
        AssistantPart::Reasoning(_) => Some(Kind::Reasoning),
        AssistantPart::ToolCall(_) => Some(Kind::Input),
        _ => None,
    }
}

fn start(
    next: &mut u32,
    place: u64,
    kind: Kind,
    block_kind: BlockKind,
    events: &mut VecDeque<StreamEvent>,
) -> Open {
    let block = fresh(next);
    events.push_back(StreamEvent::BlockStart { block, kind: block_kind });
    Open { place, block, kind, said: 0, sources: 0, last: None }
}

fn fresh(next: &mut u32) -> BlockId {
    let block = BlockId::new(*next);
    *next = next.saturating_add(1);
    block
}
