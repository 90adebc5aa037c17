//! Lines of a stream to events. A whole answer is read as the lines that would have streamed it.

use std::collections::VecDeque;
use std::sync::Arc;

use laravel_ai_core::{
    AssistantPart, BlockId, BlockKind, Error, ErrorKind, Finish, FinishReason, Opaque, RawJson,
    ResponseFinish, ResponseStart, Result, StreamEvent, Target, ToolCallKind, Usage, Warning, WarningKind,
};
use serde_json::{Value, json};

use super::Fault;
use super::http::Wire;

pub(super) struct Decoder {
    wire: Arc<Wire>,
    target: Target,
    next: u32,
    open: Option<BlockId>,
    kind: String,
    empty: bool,
    usage: Usage,
}

impl Decoder {
    pub(super) fn new(wire: Arc<Wire>, target: Target) -> Self {
        let usage = if wire.is(Fault::MakesUsageUp) { Usage::new(0, 0) } else { Usage::default() };
        Self { wire, target, next: 0, open: None, kind: String::new(), empty: false, usage }
    }

    pub(super) fn start(&self) -> StreamEvent {
        let other = self.wire.is(Fault::NamesAnotherTarget);
        let target = if other { self.target.clone().with_model("someone") } else { self.target.clone() };
        StreamEvent::Start(Box::new(ResponseStart::new(target)))
    }

    /// The lines that would have streamed this answer.
    pub(super) fn lines(&self, answer: &Value) -> Vec<Value> {
        let mut parts = answer["parts"].as_array().cloned().unwrap_or_default();
        if self.wire.is(Fault::LosesTheLastPart) {
            parts.pop();
        }
        let mut lines = Vec::new();
        for part in parts {
            match part["type"].as_str() {
                Some("text" | "thought" | "call") => {
                    let (text, signature) = (part["text"].clone(), part["signature"].clone());
                    lines.extend([json!({"open": part}), json!({"delta": text})]);
                    lines.push(json!({"close": {"signature": signature}}));
                }
                _ => lines.push(json!({"part": part})),
            }
        }
        lines.extend([json!({"usage": answer["usage"]}), json!({"end": answer["finish"]})]);
        lines
    }

    pub(super) fn line(&mut self, line: &Value, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        let Some((name, value)) = line.as_object().and_then(|line| line.iter().next()) else {
            return Err(Error::new(ErrorKind::Decode, "a line is no object"));
        };
        match name.as_str() {
            "open" => self.open(value, events),
            "delta" => self.delta(value.as_str().unwrap_or_default(), events),
            "close" => self.close(value, events),
            "part" if self.wire.is(Fault::SwallowsUnknownParts) => {}
            "part" => {
                let message = "the answer has a part that is not known";
                let warning = Warning::new(WarningKind::UnknownPart, "part", message);
                events.push_back(StreamEvent::Warning(Box::new(warning)));
                let part = AssistantPart::Native(Opaque::new(self.target.clone(), RawJson::from(value)));
                events.push_back(StreamEvent::Part { block: self.block(), part: Box::new(part) });
            }
            "usage" => self.used(value),
            "end" => events.push_back(self.finish(value.as_str().unwrap_or_default())),
            "error" if self.wire.is(Fault::OverlooksErrorEvents) => {
                self.close(&Value::Null, events);
                events.push_back(self.finish("stop"));
            }
            "error" => return Err(Error::new(ErrorKind::Overloaded, "the vendor broke off")),
            _ if self.wire.is(Fault::RefusesUnknownEvents) => {
                return Err(Error::new(ErrorKind::Decode, "a line is not known"));
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn finish(&self, word: &str) -> StreamEvent {
        let reason = match word {
            "stop" => FinishReason::Stop,
            "calls" => FinishReason::ToolCalls,
            _ => FinishReason::Unknown,
        };
        let finish = ResponseFinish::new(Finish::new(reason).with_raw(word), self.usage.clone());
        StreamEvent::Finish(Box::new(finish))
    }

    /// Ends what is open, for a reader that takes any end for the finish.
    pub(super) fn close(&mut self, value: &Value, events: &mut VecDeque<StreamEvent>) {
        let Some(block) = self.open.take() else { return };
        if self.kind == "call" && self.empty && self.wire.is(Fault::WritesUndefined) {
            events.push_back(StreamEvent::ToolInputDelta { block, text: "undefined".into() });
        }
        if self.wire.is(Fault::LeavesBlocksOpen) {
            return;
        }
        let signature = value.get("signature").filter(|signature| !signature.is_null());
        let opaque = signature.map(|data| Box::new(Opaque::new(self.target.clone(), RawJson::from(data))));
        events.push_back(StreamEvent::BlockEnd { block, opaque });
    }

    fn open(&mut self, part: &Value, events: &mut VecDeque<StreamEvent>) {
        let text = |name: &str| part[name].as_str().unwrap_or_default().to_owned();
        let block = self.block();
        (self.open, self.kind, self.empty) = (Some(block), text("type"), true);
        let kind = match self.kind.as_str() {
            "thought" => BlockKind::Reasoning,
            "call" => {
                let id = if self.wire.is(Fault::RepeatsCallIds) { "call".into() } else { text("id") };
                BlockKind::ToolInput { id, name: text("name"), call: ToolCallKind::Function }
            }
            _ => BlockKind::Text,
        };
        events.push_back(StreamEvent::BlockStart { block, kind });
    }

    fn delta(&mut self, text: &str, events: &mut VecDeque<StreamEvent>) {
        let Some(block) = self.open.filter(|_| !text.is_empty()) else { return };
        self.empty = false;
        let text = text.to_owned();
        events.push_back(match self.kind.as_str() {
            "thought" => StreamEvent::ReasoningDelta { block, text },
            "call" => StreamEvent::ToolInputDelta { block, text },
            _ => StreamEvent::TextDelta { block, text },
        });
    }

    fn used(&mut self, value: &Value) {
        let count = |name: &str| value.get(name).and_then(Value::as_u64);
        let (Some(input), Some(output)) = (count("in"), count("out")) else { return };
        let cached = count("cached");
        // The vendor counts what came from its cache beside the rest.
        let inclusive = !self.wire.is(Fault::CountsWithoutCache);
        self.usage = Usage::new(input + if inclusive { cached.unwrap_or(0) } else { 0 }, output);
        self.usage.cached_input = cached;
    }

    fn block(&mut self) -> BlockId {
        self.next += 1;
        BlockId::new(self.next - 1)
    }
}
