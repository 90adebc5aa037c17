//! From an answer to events, the way back from a fold.

use std::collections::VecDeque;

use super::{BlockId, BlockKind, ChatStream, ResponseFinish, ResponseStart, StreamEvent};
use crate::{AssistantPart, ChatResponse, Opaque, Text};

impl ChatStream {
    /// An answer that is there already, as a stream: what was asked for as a stream and is known whole, such as an answer
    /// from a cache. Read to its end it is that answer again.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> laravel_ai_core::Result<()> {
    /// use laravel_ai_core::{AssistantPart, ChatResponse, ChatStream, FinishReason, Target};
    ///
    /// let target = Target::new("mock", "work", "any");
    /// let answer = ChatResponse::new(target, vec![AssistantPart::text("Lima")], FinishReason::Stop);
    /// assert_eq!(ChatStream::replay(answer.clone()).into_response().await?, answer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn replay(answer: ChatResponse) -> Self {
        let target = answer.served_by.clone();
        let mut events = VecDeque::with_capacity(answer.content.len() * 3 + answer.warnings.len() + 2);
        let mut start = ResponseStart::new(answer.served_by);
        start.id = answer.id;
        start.model = answer.model;
        start.rate_limits = answer.rate_limits;
        start.request_id = answer.request_id;
        events.push_back(StreamEvent::Start(Box::new(start)));
        events.extend(answer.warnings.into_iter().map(|warning| StreamEvent::Warning(Box::new(warning))));
        for (number, part) in (0..).zip(answer.content) {
            tell(BlockId::new(number), part, &mut events);
        }
        let mut finish = ResponseFinish::new(answer.finish, answer.usage);
        finish.cost = answer.cost;
        finish.service_tier = answer.service_tier;
        finish.metadata = answer.metadata;
        finish.attempts = answer.attempts;
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        Self::new(target, Replay(events))
    }
}

/// A part as events: in pieces where it can be, whole where pieces would lose something.
fn tell(block: BlockId, part: AssistantPart, events: &mut VecDeque<StreamEvent>) {
    let (kind, opaque, delta, sources) = match part {
        AssistantPart::Text(Text { text, sources, opaque, cache: None }) => {
            (BlockKind::Text, opaque, StreamEvent::TextDelta { block, text }, sources)
        }
        AssistantPart::Reasoning(part) => {
            let delta = StreamEvent::ReasoningDelta { block, text: part.text };
            (BlockKind::Reasoning, part.opaque, delta, Vec::new())
        }
        AssistantPart::Refusal(part) => {
            let delta = StreamEvent::RefusalDelta { block, text: part.text };
            (BlockKind::Refusal, part.opaque, delta, Vec::new())
        }
        AssistantPart::ToolCall(part) if !part.truncated => {
            let kind = BlockKind::ToolInput { id: part.id, name: part.name, call: part.kind };
            let delta = StreamEvent::ToolInputDelta { block, text: part.arguments };
            (kind, part.opaque, delta, Vec::new())
        }
        part => {
            events.push_back(StreamEvent::Part { block, part: Box::new(part) });
            return;
        }
    };
    let opaque: Option<Box<Opaque>> = opaque.map(Box::new);
    events.push_back(StreamEvent::BlockStart { block, kind });
    events.push_back(delta);
    events.extend(sources.into_iter().map(|source| StreamEvent::Source { block, source }));
    events.push_back(StreamEvent::BlockEnd { block, opaque });
}

struct Replay(VecDeque<StreamEvent>);

impl futures_core::Stream for Replay {
    type Item = crate::Result<StreamEvent>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.pop_front().map(Ok))
    }
}
