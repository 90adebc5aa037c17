//! Streams can't lie: they end once, say what they delivered, and fold to the answer.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use laravel_ai_core::*;
use proptest::prelude::*;

use crate::arbitrary;

type Item = Result<StreamEvent>;

fn target() -> Target {
    Target::new("driver", "work", "model")
}

fn of(items: impl IntoIterator<Item = Item, IntoIter: Send + 'static>) -> ChatStream {
    ChatStream::new(target(), stream::iter(items))
}

/// Everything that the stream gives; it is always ready.
fn read(stream: ChatStream) -> Vec<Item> {
    stream.collect::<Vec<_>>().now_or_never().unwrap()
}

fn response(stream: ChatStream) -> Result<ChatResponse> {
    stream.into_response().now_or_never().unwrap()
}

fn begin(number: u32, kind: BlockKind) -> Item {
    Ok(StreamEvent::BlockStart { block: BlockId::new(number), kind })
}

fn text(number: u32, text: &str) -> Item {
    Ok(StreamEvent::TextDelta { block: BlockId::new(number), text: text.into() })
}

fn end(number: u32) -> Item {
    Ok(StreamEvent::BlockEnd { block: BlockId::new(number), opaque: None })
}

fn call(number: u32, id: &str) -> Item {
    let call = ToolCallKind::Function;
    begin(number, BlockKind::ToolInput { id: id.into(), name: "clock".into(), call })
}

fn arguments(number: u32, text: &str) -> Item {
    Ok(StreamEvent::ToolInputDelta { block: BlockId::new(number), text: text.into() })
}

fn finish() -> Item {
    let finish = ResponseFinish::new(Finish::new(FinishReason::Stop), Usage::new(7, 3));
    Ok(StreamEvent::Finish(Box::new(finish)))
}

fn broken() -> Vec<Item> {
    vec![
        begin(0, BlockKind::Text),
        text(0, "Hel"),
        text(0, "lo"),
        end(0),
        call(1, "whole"),
        arguments(1, "{}"),
        end(1),
        call(2, "cut"),
        arguments(2, "{\"zone\""),
        Ok(StreamEvent::Usage(Box::new(Usage::new(9, 4)))),
    ]
}

fn check_partial(error: &Error) {
    let partial = error.partial().unwrap();
    assert_eq!(partial.text(), "Hello");
    assert_eq!(partial.usage, Usage::new(9, 4));
    let calls: Vec<_> = partial.content.iter().filter_map(AssistantPart::as_tool_call).collect();
    assert_eq!((calls[0].id.as_str(), calls[0].truncated), ("whole", false));
    assert_eq!((calls[1].arguments.as_str(), calls[1].truncated), ("{\"zone\"", true));
    assert!(calls[1].parse::<serde_json::Value>().is_err());
}

#[test]
fn a_source_that_just_ends_is_interrupted() {
    let items = read(of(broken()));
    assert_eq!(items.len(), broken().len() + 1);
    let error = items.last().unwrap().as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StreamInterrupted);
    assert_eq!(error.target(), Some(&target()));
    assert!(error.possibly_billed());
    check_partial(error);
}

#[test]
fn an_error_of_the_source_carries_what_was_delivered() {
    let failure = Error::new(ErrorKind::Transport, "connection reset").with_request_id("req-1");
    let mut items = broken();
    items.push(Err(failure));
    let error = response(of(items)).unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::Transport, Some("req-1")));
    check_partial(&error);
}

#[test]
fn a_partial_and_a_target_that_are_there_already_stay() {
    let elsewhere = Target::new("driver", "elsewhere", "model");
    let partial = Partial::new(vec![AssistantPart::text("from inside")]);
    let failure = Error::from(ErrorKind::Server).with_partial(partial.clone()).with_target(&elsewhere);
    let error = response(of([begin(0, BlockKind::Text), text(0, "outside"), Err(failure)])).unwrap_err();
    assert_eq!(error.partial(), Some(&partial));
    assert_eq!(error.target(), Some(&elsewhere));
}

#[test]
fn nothing_delivered_is_no_partial() {
    assert_eq!(response(of([])).unwrap_err().partial(), None);
    let start = StreamEvent::Start(Box::new(ResponseStart::new(target())));
    assert_eq!(response(of([Ok(start)])).unwrap_err().partial(), None);
}

#[test]
fn nothing_comes_after_a_finish_or_an_error() {
    let more = || [begin(5, BlockKind::Text), finish(), Err(ErrorKind::Server.into())];
    let items = read(of([finish()].into_iter().chain(more())));
    assert!(matches!(items[..], [Ok(StreamEvent::Finish(_))]), "{items:?}");
    let items = read(of([Err(ErrorKind::Overloaded.into())].into_iter().chain(more())));
    assert_eq!(items.len(), 1);

    let mut stream = of([finish(), finish()]);
    stream.next().now_or_never().unwrap().unwrap().unwrap();
    for _ in 0..3 {
        assert!(stream.next().now_or_never().unwrap().is_none());
    }
}

#[test]
fn a_stream_that_failed_while_it_was_read_gives_its_error_and_no_empty_answer() {
    let mut stream = of(broken());
    while let Some(Ok(_)) = stream.next().now_or_never().unwrap() {}
    let error = response(stream).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StreamInterrupted);
    check_partial(&error);
}

#[test]
fn events_that_were_read_by_hand_are_part_of_the_response() {
    let mut stream = of([begin(0, BlockKind::Text), text(0, "Hel"), text(0, "lo"), end(0), finish()]);
    for _ in 0..2 {
        stream.next().now_or_never().unwrap().unwrap().unwrap();
    }
    assert_eq!(response(stream).unwrap().text(), "Hello");
    let mut stream = of([begin(0, BlockKind::Text), text(0, "Hello"), end(0), finish()]);
    while let Some(item) = stream.next().now_or_never().unwrap() {
        item.unwrap();
    }
    assert_eq!(response(stream).unwrap().text(), "Hello");
}

#[test]
fn interleaved_blocks_become_parts_in_the_order_of_their_start() {
    let response = response(of([
        call(4, "a"),
        call(2, "b"),
        arguments(2, "{\"b\""),
        arguments(4, "{\"a\""),
        begin(9, BlockKind::Text),
        arguments(2, ":2}"),
        text(9, "hi"),
        end(2),
        arguments(4, ":1}"),
        end(9),
        end(4),
        finish(),
    ]))
    .unwrap();
    let calls: Vec<_> =
        response.tool_calls().map(|call| (call.id.as_str(), call.arguments.as_str())).collect();
    assert_eq!(calls, [("a", "{\"a\":1}"), ("b", "{\"b\":2}")]);
    assert!(response.tool_calls().all(|call| !call.truncated));
    assert_eq!(response.content[2], AssistantPart::text("hi"));
}

#[test]
fn the_response_holds_what_start_and_finish_say() {
    let answered = Target::new("driver", "fallback", "model-2");
    let mut start = ResponseStart::new(answered.clone());
    start.id = Some("resp-1".into());
    start.model = Some("model-2-dated".into());
    start.request_id = Some("req-1".into());
    start.rate_limits = Some(RateLimits::default());
    let mut last = ResponseFinish::new(Finish::new(FinishReason::Length).with_raw("max"), Usage::new(1, 2));
    last.cost = Some(Cost::new(Money::usd(5.into()), Provenance::ProviderReported));
    last.service_tier = Some("flex".into());
    last.metadata = [("x".into(), RawJson::parse("1.0").unwrap())].into();
    last.attempts = 3;
    let warning = Warning::new(WarningKind::UnknownPart, "a", "b");
    let response = response(of([
        Ok(StreamEvent::Warning(Box::new(warning.clone()))),
        Ok(StreamEvent::Start(Box::new(start))),
        Ok(StreamEvent::Finish(Box::new(last))),
    ]))
    .unwrap();

    let mut expected = ChatResponse::new(answered, vec![], FinishReason::Length);
    expected.id = Some("resp-1".into());
    expected.model = Some("model-2-dated".into());
    expected.request_id = Some("req-1".into());
    expected.rate_limits = Some(RateLimits::default());
    expected.finish.raw = Some("max".into());
    expected.usage = Usage::new(1, 2);
    expected.cost = Some(Cost::new(Money::usd(5.into()), Provenance::ProviderReported));
    expected.service_tier = Some("flex".into());
    expected.metadata = [("x".into(), RawJson::parse("1.0").unwrap())].into();
    expected.attempts = 3;
    expected.warnings = vec![warning];
    assert_eq!(response, expected);
}

#[test]
fn calls_that_a_token_limit_cut_are_marked_although_their_blocks_ended() {
    let calls = |reason| {
        let last = ResponseFinish::new(Finish::new(reason), Usage::default());
        let events = [
            call(0, "whole"),
            arguments(0, "{}"),
            end(0),
            call(1, "cut"),
            arguments(1, "{\"zone\""),
            end(1),
            Ok(StreamEvent::Finish(Box::new(last))),
        ];
        let response = response(of(events)).unwrap();
        response.tool_calls().map(|call| call.truncated).collect::<Vec<_>>()
    };
    assert_eq!(calls(FinishReason::Length), [false, true]);
    assert_eq!(
        calls(FinishReason::ToolCalls),
        [false, false],
        "broken JSON of a whole answer is the model's own"
    );
}

#[test]
fn without_a_start_the_asked_target_served_it_at_the_first_try() {
    let response = response(of([Ok(StreamEvent::Finish(Box::default()))])).unwrap();
    assert_eq!((response.served_by, response.attempts), (target(), 1));
    assert_eq!(response.finish.reason, FinishReason::Unknown);
}

#[test]
fn a_wrapped_stream_keeps_partials_and_its_end() {
    let loud = |item: Item| {
        item.map(|event| match event {
            StreamEvent::TextDelta { block, text } => {
                StreamEvent::TextDelta { block, text: text.to_uppercase() }
            }
            event => event,
        })
    };
    let error = response(of(broken()).wrap(move |events| events.map(loud))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StreamInterrupted);
    assert_eq!(error.partial().unwrap().text(), "HELLO");
    assert_eq!(error.partial().unwrap().usage, Usage::new(9, 4));
    assert_eq!(error.target(), Some(&target()));
}

#[test]
fn events_read_before_wrapping_can_be_put_in_front_again() {
    let mut stream = of([begin(0, BlockKind::Text), text(0, "Hel"), text(0, "lo"), end(0), finish()]);
    let peeked: Vec<Item> = (0..2).map(|_| stream.next().now_or_never().unwrap().unwrap()).collect();
    let whole = stream.wrap(|rest| stream::iter(peeked).chain(rest));
    assert_eq!(response(whole).unwrap().text(), "Hello");
}

#[test]
fn dropping_the_stream_drops_its_source_half_read_or_not() {
    let alive = Arc::new(());
    let source = |alive: &Arc<()>| {
        let alive = Arc::clone(alive);
        stream::iter([begin(0, BlockKind::Text)])
            .chain(stream::pending())
            .map(move |item| (item, Arc::strong_count(&alive)).0)
    };
    let unread = ChatStream::new(target(), source(&alive));
    assert_eq!(Arc::strong_count(&alive), 2);
    drop(unread);
    assert_eq!(Arc::strong_count(&alive), 1);

    let mut half = ChatStream::new(target(), source(&alive)).wrap(|events| events.map(|item| item));
    half.next().now_or_never().unwrap().unwrap().unwrap();
    assert!(half.next().now_or_never().is_none(), "the source has nothing more for now");
    assert_eq!(Arc::strong_count(&alive), 2);
    drop(half);
    assert_eq!(Arc::strong_count(&alive), 1);

    let reading = ChatStream::new(target(), source(&alive)).into_response();
    drop(reading);
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn a_source_that_breaks_the_law_is_an_error_where_debug_assertions_are_on() {
    let items = read(of([begin(0, BlockKind::Text), text(0, "hi"), text(1, "lost"), end(0), finish()]));
    if cfg!(debug_assertions) {
        let error = items.last().unwrap().as_ref().unwrap_err();
        assert_eq!(items.len(), 3);
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(
            error.message(),
            "the driver broke the stream law: a text delta in block 1, which is not open"
        );
        assert_eq!(error.partial().unwrap().text(), "hi");
    } else {
        assert_eq!(items.len(), 5);
        assert!(items.iter().all(Result::is_ok));
    }
}

#[test]
fn debug_shows_the_target_and_no_content() {
    let mut stream = of([begin(0, BlockKind::Text), text(0, "canary")]);
    while stream.next().now_or_never().unwrap().is_some() {}
    let debug = format!("{stream:?}");
    assert!(debug.contains("work/model") && !debug.contains("canary"), "{debug}");
}

proptest! {
    #[test]
    fn the_response_is_the_events_folded_by_hand(answer in arbitrary::answer()) {
        let folded = response(of(answer.events.into_iter().map(Ok))).unwrap();
        prop_assert_eq!(folded.content, answer.content);
        prop_assert_eq!(folded.usage, answer.usage);
        prop_assert_eq!(folded.warnings.len(), answer.warnings);
        prop_assert_eq!(folded.finish.reason, FinishReason::Stop);
    }

    #[test]
    fn a_stream_cut_anywhere_gives_all_text_before_the_cut(
        answer in arbitrary::answer(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut events = answer.events;
        events.truncate(cut.index(events.len()));
        let text = |events: &[StreamEvent]| {
            events.iter().map(|event| match event {
                StreamEvent::TextDelta { text, .. } => text.chars().count(),
                StreamEvent::Part { part, .. } => part.as_text().map_or(0, |text| text.chars().count()),
                _ => 0,
            }).sum::<usize>()
        };
        let expected = text(&events);
        let delivered = events.len();
        let items = read(of(events.into_iter().map(Ok)));
        prop_assert_eq!(items.len(), delivered + 1);
        let error = items.last().unwrap().as_ref().unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::StreamInterrupted);
        prop_assert_eq!(error.partial().map_or(0, |partial| partial.text().chars().count()), expected);
    }
}

#[test]
fn after_content_no_error_asks_to_be_repeated() {
    let timeout = || Err(Error::new(ErrorKind::Timeout, "the server says nothing"));
    let before = response(of([begin(0, BlockKind::Text), timeout()])).unwrap_err();
    assert_eq!(before.retry(), Retry::SameTarget { after: None }, "nothing was delivered yet");
    let after = response(of([begin(0, BlockKind::Text), text(0, "Hel"), timeout()])).unwrap_err();
    assert_eq!((after.kind(), after.retry()), (ErrorKind::Timeout, Retry::Never));
}

fn begun(stream: ChatStream) -> Result<ChatStream> {
    stream.until_content().now_or_never().unwrap()
}

#[test]
fn reading_up_to_the_first_content_loses_nothing() {
    let start = || Ok(StreamEvent::Start(Box::new(ResponseStart::new(target()))));
    let items = || vec![start(), begin(0, BlockKind::Text), text(0, "Hel"), text(0, "lo"), end(0), finish()];
    let whole = response(of(items())).unwrap();
    let plain: Vec<_> = read(of(items())).into_iter().map(Result::unwrap).collect();

    let again = begun(begun(of(items())).unwrap()).unwrap();
    assert_eq!(read(again).into_iter().map(Result::unwrap).collect::<Vec<_>>(), plain);
    assert_eq!(response(begun(of(items())).unwrap()).unwrap(), whole);
    let wrapped = begun(begun(of(items())).unwrap().wrap(|events| events)).unwrap();
    assert_eq!(response(wrapped).unwrap(), whole, "a wrapper sees what was read ahead");

    let empty = begun(of([start(), finish()])).unwrap();
    assert_eq!(response(empty).unwrap().content, [], "a complete answer without content is one");
}

#[test]
fn reading_up_to_the_first_content_reads_no_further_and_only_once() {
    let mut taken = 0;
    let mut source =
        vec![begin(0, BlockKind::Text), text(0, "a"), text(0, "b"), end(0), finish()].into_iter();
    let counted = stream::poll_fn(move |_| {
        taken += 1;
        assert!(taken <= 2, "read ahead");
        std::task::Poll::Ready(source.next())
    });
    let stream = begun(ChatStream::new(target(), counted)).unwrap();
    let stream = begun(stream.wrap(|events| events)).unwrap();
    drop(begun(stream).unwrap());
}

#[test]
fn a_failure_before_the_first_content_is_the_error_of_the_call_and_may_be_repeated() {
    let usage = || Ok(StreamEvent::Usage(Box::new(Usage::new(9, 0))));
    let items = [begin(0, BlockKind::Text), usage(), Err(ErrorKind::Overloaded.into())];
    let error = begun(of(items)).unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Overloaded, Retry::SameTarget { after: None }));
    assert_eq!(error.target(), Some(&target()));
    assert_eq!(error.partial().unwrap().usage, Usage::new(9, 0), "what it cost is not lost");

    for end in [vec![], vec![Err(ErrorKind::StreamInterrupted.into())]] {
        let error = begun(of(end)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StreamInterrupted);
        assert_eq!(error.retry(), Retry::SameTarget { after: None }, "the caller has nothing");
    }
    let late = read(begun(of([begin(0, BlockKind::Text), text(0, "Hel")])).unwrap());
    assert_eq!(late.last().unwrap().as_ref().unwrap_err().retry(), Retry::Never, "the caller has something");
}

#[test]
fn a_stream_that_is_over_or_has_content_out_is_not_read_further() {
    let mut read_out = of([begin(0, BlockKind::Text), text(0, "Hello"), end(0), finish()]);
    for _ in 0..2 {
        read_out.next().now_or_never().unwrap().unwrap().unwrap();
    }
    assert_eq!(read(begun(read_out).unwrap()).len(), 2);
    let mut failed = of([Err(ErrorKind::Server.into())]);
    failed.next().now_or_never().unwrap().unwrap().unwrap_err();
    assert_eq!(response(begun(failed).unwrap()).unwrap_err().kind(), ErrorKind::Server);
}
