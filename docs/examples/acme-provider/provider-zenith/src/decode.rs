//! From Zenith's lines to events. A whole answer is read as the lines that would have streamed it.

use std::collections::{BTreeMap, VecDeque};

use laravel_ai_core::{
    AssistantPart, BlockId, BlockKind, Error, Finish, FinishReason, Opaque, RawJson, ResponseFinish, Result,
    StreamEvent, ToolCallKind, Usage, Warning, WarningKind,
};
use provider_http::{Form, Frame, FrameDecoder, Head};
use serde_json::{Value, json};

use crate::driver::error_of;

type Events = VecDeque<StreamEvent>;

#[derive(Debug)]
pub(crate) struct Decoder {
    pub(crate) head: Head,
    /// The parts that are open, each with the seal that came for it.
    pub(crate) open: BTreeMap<BlockId, Option<Box<Opaque>>>,
}

impl FrameDecoder for Decoder {
    fn decode(&mut self, frame: &Frame<'_>, events: &mut Events) -> Result<()> {
        let answer: Value = serde_json::from_str(frame.data())
            .map_err(|error| Error::decode("what Zenith answers is no JSON", &error))?;
        if self.head.form == Form::Whole {
            for (n, mut part) in answer["parts"].as_array().into_iter().flatten().cloned().enumerate() {
                part["n"] = json!(n);
                self.line(&part, events)?;
            }
        }
        self.line(&answer, events)
    }
}

impl Decoder {
    fn line(&mut self, line: &Value, events: &mut Events) -> Result<()> {
        if line["problem"].is_object() {
            return Err(error_of(&self.head.failure.with_body(line.to_string())));
        }
        events.extend(self.head.begin());
        if let Some(n) = line["n"].as_u64().and_then(|n| u32::try_from(n).ok()) {
            self.part(BlockId::new(n), line, events);
        }
        if let Some(word) = line["because"].as_str() {
            let open = std::mem::take(&mut self.open).into_iter();
            events.extend(open.map(|(block, opaque)| StreamEvent::BlockEnd { block, opaque }));
            let finish = ResponseFinish::new(Finish::new(reason(word)).with_raw(word), usage(&line["cost"]));
            events.push_back(StreamEvent::Finish(Box::new(finish)));
        }
        // Anything else is news of a later version.
        Ok(())
    }

    fn part(&mut self, block: BlockId, line: &Value, events: &mut Events) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (say, call) = (text(&line["say"]), &line["use"]);
        if !self.open.contains_key(&block) {
            let kind = match (&say, text(&call["ref"]), text(&call["tool"])) {
                (Some(_), ..) => BlockKind::Text,
                (_, Some(id), Some(name)) => BlockKind::ToolInput { id, name, call: ToolCallKind::Function },
                _ => return self.unknown(block, line, events),
            };
            self.open.insert(block, None);
            events.push_back(StreamEvent::BlockStart { block, kind });
        }
        events.extend(say.map(|text| StreamEvent::TextDelta { block, text }));
        let with = text(&call["with"]).or(text(&line["with"]));
        events.extend(with.map(|text| StreamEvent::ToolInputDelta { block, text }));
        if !line["seal"].is_null() {
            self.open.insert(block, Some(Box::new(self.head.opaque(RawJson::from(&line["seal"])))));
        }
    }

    /// A part of a later version is kept, to be sent back as it came.
    fn unknown(&self, block: BlockId, line: &Value, events: &mut Events) {
        let warning =
            Warning::new(WarningKind::UnknownPart, "part", "not known to this version; it was kept");
        events.push_back(StreamEvent::Warning(Box::new(warning)));
        let mut own = line.clone();
        own.as_object_mut().map(|own| own.remove("n"));
        let part = Box::new(AssistantPart::Native(self.head.opaque(RawJson::from(&own))));
        events.push_back(StreamEvent::Part { block, part });
    }
}

fn reason(word: &str) -> FinishReason {
    match word {
        "done" => FinishReason::Stop,
        "tools" => FinishReason::ToolCalls,
        "limit" => FinishReason::Length,
        _ => FinishReason::Unknown,
    }
}

/// Zenith counts what it read from its cache beside the rest.
fn usage(cost: &Value) -> Usage {
    let count = |name: &str| cost[name].as_u64();
    let mut usage = Usage::default();
    usage.input = count("read").map(|read| read + count("reused").unwrap_or(0));
    (usage.cached_input, usage.output) = (count("reused"), count("written"));
    usage
}
