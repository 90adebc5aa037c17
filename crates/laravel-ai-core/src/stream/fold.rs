//! From events to an answer, in one place.

use super::{BlockId, BlockKind, ResponseFinish, ResponseStart, StreamEvent};
use crate::{
    AssistantPart, ChatResponse, FinishReason, Partial, Reasoning, Refusal, Target, Text, ToolCall, Usage,
    Warning,
};

/// What a stream has said so far.
#[derive(Debug, Default)]
pub(super) struct Fold {
    start: Option<Box<ResponseStart>>,
    blocks: Vec<Block>,
    usage: Usage,
    warnings: Vec<Warning>,
    finish: Option<Box<ResponseFinish>>,
}

#[derive(Debug)]
struct Block {
    id: BlockId,
    ended: bool,
    part: AssistantPart,
}

impl Fold {
    /// Adds an event. The event is only read: it goes on to the caller.
    pub(super) fn add(&mut self, event: &StreamEvent) {
        match event {
            StreamEvent::TextDelta { block, text }
            | StreamEvent::ReasoningDelta { block, text }
            | StreamEvent::RefusalDelta { block, text }
            | StreamEvent::ToolInputDelta { block, text } => {
                if let Some(into) = self.block(*block).and_then(|block| text_of(&mut block.part)) {
                    into.push_str(text);
                }
            }
            StreamEvent::BlockStart { block, kind } => self.push(*block, false, empty(kind)),
            StreamEvent::Part { block, part } => self.push(*block, true, (**part).clone()),
            StreamEvent::BlockEnd { block, opaque } => {
                if let Some(block) = self.block(*block) {
                    block.ended = true;
                    if let (Some(opaque), Some(place)) = (opaque, block.part.opaque_mut()) {
                        *place = Some((**opaque).clone());
                    }
                }
            }
            StreamEvent::Source { block, source } => {
                if let Some(Block { part: AssistantPart::Text(text), .. }) = self.block(*block) {
                    text.sources.push(source.clone());
                }
            }
            StreamEvent::Start(start) => self.start = Some(start.clone()),
            StreamEvent::Usage(usage) => self.usage.update(usage),
            StreamEvent::Warning(warning) => self.warnings.push((**warning).clone()),
            StreamEvent::Finish(finish) => {
                self.usage.update(&finish.usage);
                self.finish = Some(finish.clone());
            }
        }
    }

    /// What there is of a broken answer; `None` when nothing arrived.
    pub(super) fn partial(&mut self) -> Option<Partial> {
        if self.blocks.is_empty() && self.usage.is_unknown() {
            return None;
        }
        let usage = std::mem::take(&mut self.usage);
        Some(Partial::new(self.content()).with_usage(usage))
    }

    pub(super) fn response(mut self, target: Target) -> ChatResponse {
        let mut content = self.content();
        let finish = self.finish.unwrap_or_default();
        if finish.finish.reason == FinishReason::Length {
            content.iter_mut().for_each(|part| {
                if let AssistantPart::ToolCall(call) = part {
                    call.mark_if_cut();
                }
            });
        }
        let (id, model, served_by, rate_limits, request_id) = match self.start {
            Some(start) => (start.id, start.model, start.served_by, start.rate_limits, start.request_id),
            None => (None, None, target, None, None),
        };
        let mut response = ChatResponse::new(served_by, content, FinishReason::Unknown);
        response.id = id;
        response.model = model;
        response.rate_limits = rate_limits;
        response.request_id = request_id;
        response.finish = finish.finish;
        response.usage = self.usage;
        response.cost = finish.cost;
        response.service_tier = finish.service_tier;
        response.metadata = finish.metadata;
        response.attempts = finish.attempts.max(1);
        response.warnings = self.warnings;
        response
    }

    fn content(&mut self) -> Vec<AssistantPart> {
        let blocks = std::mem::take(&mut self.blocks);
        let cut = |mut block: Block| {
            if let AssistantPart::ToolCall(call) = &mut block.part {
                call.truncated |= !block.ended;
            }
            block.part
        };
        blocks.into_iter().map(cut).collect()
    }

    fn push(&mut self, id: BlockId, ended: bool, part: AssistantPart) {
        self.blocks.push(Block { id, ended, part });
    }

    fn block(&mut self, id: BlockId) -> Option<&mut Block> {
        self.blocks.iter_mut().rev().find(|block| block.id == id)
    }
}

fn empty(kind: &BlockKind) -> AssistantPart {
    match kind {
        BlockKind::Text => AssistantPart::Text(Text::default()),
        BlockKind::Reasoning => AssistantPart::Reasoning(Reasoning::default()),
        BlockKind::Refusal => AssistantPart::Refusal(Refusal::default()),
        BlockKind::ToolInput { id, name, call } => {
            AssistantPart::ToolCall(ToolCall { kind: *call, ..ToolCall::new(id, name, "") })
        }
    }
}

fn text_of(part: &mut AssistantPart) -> Option<&mut String> {
    match part {
        AssistantPart::Text(part) => Some(&mut part.text),
        AssistantPart::Reasoning(part) => Some(&mut part.text),
        AssistantPart::Refusal(part) => Some(&mut part.text),
        AssistantPart::ToolCall(part) => Some(&mut part.arguments),
        _ => None,
    }
}
