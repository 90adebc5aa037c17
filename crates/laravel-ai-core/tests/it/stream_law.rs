//! Every way to break the stream law is caught, and nothing else is.

use laravel_ai_core::*;
use proptest::prelude::*;

use crate::arbitrary;

fn block(number: u32) -> BlockId {
    BlockId::new(number)
}

fn start() -> StreamEvent {
    StreamEvent::Start(Box::new(ResponseStart::new(Target::new("d", "c", "m"))))
}

fn begin(number: u32, kind: BlockKind) -> StreamEvent {
    StreamEvent::BlockStart { block: block(number), kind }
}

fn tool_input() -> BlockKind {
    BlockKind::ToolInput { id: "1".into(), name: "clock".into(), call: ToolCallKind::Function }
}

fn end(number: u32) -> StreamEvent {
    StreamEvent::BlockEnd { block: block(number), opaque: None }
}

fn part(number: u32) -> StreamEvent {
    StreamEvent::Part { block: block(number), part: Box::new(AssistantPart::text("whole")) }
}

fn finish() -> StreamEvent {
    StreamEvent::Finish(Box::default())
}

fn usage() -> StreamEvent {
    StreamEvent::Usage(Box::default())
}

fn warning() -> StreamEvent {
    StreamEvent::Warning(Box::new(Warning::new(WarningKind::Other, "x", "y")))
}

/// The deltas of each kind, and the kind of block that takes them.
fn deltas(number: u32) -> [(StreamEvent, BlockKind, &'static str); 5] {
    let block = block(number);
    let text = String::from("x");
    [
        (StreamEvent::TextDelta { block, text: text.clone() }, BlockKind::Text, "a text delta"),
        (StreamEvent::Source { block, source: Source::default() }, BlockKind::Text, "a source"),
        (
            StreamEvent::ReasoningDelta { block, text: text.clone() },
            BlockKind::Reasoning,
            "a reasoning delta",
        ),
        (StreamEvent::RefusalDelta { block, text: text.clone() }, BlockKind::Refusal, "a refusal delta"),
        (StreamEvent::ToolInputDelta { block, text }, tool_input(), "a tool input delta"),
    ]
}

/// What the law says about the last of `events`; those before keep it.
fn last(events: impl IntoIterator<Item = StreamEvent>) -> Result<(), String> {
    let mut law = StreamLaw::default();
    let mut events = events.into_iter().peekable();
    while let Some(event) = events.next() {
        let verdict = law.event(&event);
        if events.peek().is_none() {
            return verdict.map_err(|violation| violation.to_string());
        }
        verdict.unwrap();
    }
    panic!("no events");
}

#[test]
fn each_violation_is_named() {
    let text = || begin(0, BlockKind::Text);
    for (events, violation) in [
        (vec![start(), start()], "a second start, or a start after other events"),
        (vec![text(), start()], "a second start, or a start after other events"),
        (vec![usage(), start()], "a second start, or a start after other events"),
        (vec![text(), text()], "block 0 starts twice"),
        (vec![text(), end(0), text()], "block 0 starts twice"),
        (vec![part(0), text()], "block 0 starts twice"),
        (vec![text(), part(0)], "block 0 starts twice"),
        (vec![part(0), part(0)], "block 0 starts twice"),
        (vec![end(0)], "the end of block 0, which is not open"),
        (vec![text(), end(0), end(0)], "the end of block 0, which is not open"),
        (vec![part(0), end(0)], "the end of block 0, which is not open"),
        (vec![text(), end(1)], "the end of block 1, which is not open"),
        (vec![text(), finish()], "a finish while block 0 is open"),
        (vec![finish(), finish()], "an event after the finish or an error"),
        (vec![finish(), text()], "an event after the finish or an error"),
        (vec![finish(), usage()], "an event after the finish or an error"),
        (vec![finish(), warning()], "an event after the finish or an error"),
    ] {
        assert_eq!(last(events), Err(violation.to_owned()));
    }
}

#[test]
fn a_delta_needs_an_open_block_of_its_kind() {
    for (delta, kind, what) in deltas(3) {
        assert_eq!(last([delta.clone()]), Err(format!("{what} in block 3, which is not open")));
        let closed = [begin(3, kind.clone()), end(3), delta.clone()];
        assert_eq!(last(closed), Err(format!("{what} in block 3, which is not open")));
        assert_eq!(last([part(3), delta.clone()]), Err(format!("{what} in block 3, which is not open")));
        assert_eq!(last([begin(3, kind.clone()), delta.clone()]), Ok(()));
        for (other, name) in [
            (BlockKind::Text, "text"),
            (BlockKind::Reasoning, "reasoning"),
            (BlockKind::Refusal, "refusal"),
            (tool_input(), "tool input"),
        ] {
            if other != kind {
                let wrong = Err(format!("{what} in block 3, which holds {name}"));
                assert_eq!(last([begin(3, other), delta.clone()]), wrong);
            }
        }
    }
}

#[test]
fn an_error_ends_the_stream_once() {
    let mut law = StreamLaw::default();
    law.event(&begin(0, BlockKind::Text)).unwrap();
    law.error().unwrap();
    assert_eq!(law.end(), Ok(()));
    assert!(law.error().is_err());
    assert!(law.event(&end(0)).is_err());

    let mut law = StreamLaw::default();
    law.event(&finish()).unwrap();
    assert_eq!(law.error().unwrap_err().to_string(), "an error after the finish or an error");
}

#[test]
fn an_end_needs_a_finish_or_an_error() {
    let mut law = StreamLaw::default();
    assert_eq!(law.end().unwrap_err().to_string(), "an end without finish or error");
    law.event(&start()).unwrap();
    assert!(law.end().is_err());
    law.event(&finish()).unwrap();
    assert_eq!(law.end(), Ok(()));
}

proptest! {
    #[test]
    fn whatever_keeps_the_law_is_accepted(answer in arbitrary::answer()) {
        let mut law = StreamLaw::default();
        for event in &answer.events {
            prop_assert_eq!(law.event(event), Ok(()));
        }
        prop_assert_eq!(law.end(), Ok(()));
    }

    #[test]
    fn events_come_back_from_storage(answer in arbitrary::answer()) {
        for event in answer.events {
            let text = serde_json::to_string(&event).unwrap();
            prop_assert_eq!(serde_json::from_str::<StreamEvent>(&text).unwrap(), event);
        }
    }
}

#[test]
fn content_begins_with_the_first_delta_or_whole_part() {
    for event in [start(), begin(0, tool_input()), end(0), usage(), warning(), finish()] {
        assert!(!event.is_content(), "{event:?}");
        assert_eq!(event.as_text(), None);
    }
    for (event, ..) in deltas(0) {
        assert_eq!(event.is_content(), !matches!(event, StreamEvent::Source { .. }), "{event:?}");
    }
    assert!(part(0).is_content());
    assert_eq!(deltas(0)[0].0.as_text(), Some("x"));
}
