//! From a reply to the events of a stream. An answer without streaming is folded from the same events.

use laravel_ai_core::{
    AssistantPart, BlockId, BlockKind, Finish, FinishReason, Opaque, ResponseFinish, ResponseStart, Source,
    StreamEvent, Target,
};

use crate::reply::{ChunkBy, End, Reply};
use crate::tokens;

/// What a reply needs to know of the call that it answers.
pub(crate) struct Occasion<'a> {
    pub(crate) target: &'a Target,
    /// Tells answers apart, and is the same for the same request and seed.
    pub(crate) id: u64,
    pub(crate) input_tokens: u64,
    pub(crate) chunks: ChunkBy,
}

/// The events of `reply` up to its end. Where it ends in a failure or in silence, its last part stays open.
pub(crate) fn of(reply: &mut Reply, occasion: &Occasion<'_>) -> Vec<StreamEvent> {
    number_tool_calls(&mut reply.parts, occasion.id);
    let mut start = ResponseStart::new(occasion.target.clone());
    start.id = Some(format!("mock-{:016x}", occasion.id));
    start.model = Some(reply.model.take().unwrap_or_else(|| occasion.target.model().to_owned()));
    start.rate_limits = reply.rate_limits.take();
    let mut events = vec![StreamEvent::Start(Box::new(start))];
    events.extend(reply.warnings.drain(..).map(|warning| StreamEvent::Warning(Box::new(warning))));
    for (part, number) in reply.parts.iter().zip(0..) {
        push(&mut events, BlockId::new(number), part, occasion.chunks);
    }
    if matches!(reply.end, End::Finish) {
        let reason = reply.finish.unwrap_or_else(|| reason(&reply.parts));
        let counted = || tokens::usage(occasion.input_tokens, &reply.parts);
        let usage = reply.usage.take().unwrap_or_else(counted);
        let mut finish = ResponseFinish::new(Finish::new(reason), usage);
        finish.cost = reply.cost.take();
        events.push(StreamEvent::Finish(Box::new(finish)));
    } else {
        if matches!(events.last(), Some(StreamEvent::BlockEnd { .. })) {
            events.pop();
        }
        events.extend(reply.usage.take().map(|usage| StreamEvent::Usage(Box::new(usage))));
    }
    events
}

fn number_tool_calls(parts: &mut [AssistantPart], id: u64) {
    let calls = parts.iter_mut().filter_map(|part| match part {
        AssistantPart::ToolCall(call) => Some(call),
        _ => None,
    });
    for (index, call) in calls.enumerate().filter(|(_, call)| call.id.is_empty()) {
        call.id = format!("call_{id:016x}_{index}");
    }
}

fn reason(parts: &[AssistantPart]) -> FinishReason {
    let has = |kind: fn(&AssistantPart) -> bool| parts.iter().any(kind);
    if has(|part| matches!(part, AssistantPart::ToolCall(_))) {
        FinishReason::ToolCalls
    } else if has(|part| matches!(part, AssistantPart::Refusal(_))) {
        FinishReason::Refusal
    } else {
        FinishReason::Stop
    }
}

fn push(events: &mut Vec<StreamEvent>, block: BlockId, part: &AssistantPart, chunks: ChunkBy) {
    let pieces = |text: &str| chunks.pieces(text);
    let (kind, deltas, sources, opaque): (_, Vec<StreamEvent>, &[Source], &Option<Opaque>) = match part {
        AssistantPart::Text(part) if part.cache.is_none() => {
            let deltas = pieces(&part.text).into_iter().map(|text| StreamEvent::TextDelta { block, text });
            (BlockKind::Text, deltas.collect(), &part.sources, &part.opaque)
        }
        AssistantPart::Reasoning(part) => {
            let deltas =
                pieces(&part.text).into_iter().map(|text| StreamEvent::ReasoningDelta { block, text });
            (BlockKind::Reasoning, deltas.collect(), &[], &part.opaque)
        }
        AssistantPart::Refusal(part) => {
            let deltas = pieces(&part.text).into_iter().map(|text| StreamEvent::RefusalDelta { block, text });
            (BlockKind::Refusal, deltas.collect(), &[], &part.opaque)
        }
        AssistantPart::ToolCall(call) if !call.truncated => {
            let kind = BlockKind::ToolInput { id: call.id.clone(), name: call.name.clone(), call: call.kind };
            let deltas =
                pieces(&call.arguments).into_iter().map(|text| StreamEvent::ToolInputDelta { block, text });
            (kind, deltas.collect(), &[], &call.opaque)
        }
        // What blocks and deltas can't express comes whole.
        part => {
            events.push(StreamEvent::Part { block, part: Box::new(part.clone()) });
            return;
        }
    };
    events.push(StreamEvent::BlockStart { block, kind });
    events.extend(deltas);
    events.extend(sources.iter().map(|source| StreamEvent::Source { block, source: source.clone() }));
    events.push(StreamEvent::BlockEnd { block, opaque: opaque.clone().map(Box::new) });
}
