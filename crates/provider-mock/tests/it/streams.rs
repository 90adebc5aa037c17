//! Streams: what they say, how fast, and how they break.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use laravel_ai_core::{
    AssistantPart, CacheBreakpoint, ChatRequest, Clock, Context, ErrorKind, Opaque, RawJson, Source,
    StreamEvent, StreamLaw, Target, Text, ToolCall, Usage, Warning, WarningKind,
};
use proptest::prelude::*;
use provider_mock::{ChunkBy, Mock, Reply, TestClock};
use serde_json::json;
use tokio::time::Instant;

use crate::{ask, model_of};

async fn events(mock: &Mock) -> Vec<laravel_ai_core::Result<StreamEvent>> {
    model_of(mock).stream(&Context::new(), Arc::new("x".into())).await.unwrap().collect().await
}

fn deltas(events: &[laravel_ai_core::Result<StreamEvent>]) -> Vec<&str> {
    events.iter().filter_map(|event| event.as_ref().ok()?.as_text()).collect()
}

#[tokio::test]
async fn text_comes_in_the_chunks_that_were_asked_for() {
    let reply = || Reply::text("Así,  en\nLima 🦙");
    let cases = [
        (reply(), vec!["Así,  ", "en\n", "Lima ", "🦙"]),
        (reply().chunks(ChunkBy::Characters(6)), vec!["Así,  ", "en\nLim", "a 🦙"]),
        (
            reply().chunks(ChunkBy::Characters(0)),
            "Así,  en\nLima 🦙".split("").filter(|c| !c.is_empty()).collect(),
        ),
        (reply().chunks(ChunkBy::Whole), vec!["Así,  en\nLima 🦙"]),
    ];
    for (reply, expected) in cases {
        assert_eq!(deltas(&events(&Mock::new().reply(reply)).await), expected);
    }
    let mock = Mock::new().with_chunks(ChunkBy::Whole).reply("a b");
    assert_eq!(deltas(&events(&mock).await), ["a b"], "the mock's setting holds for replies without one");
}

#[tokio::test]
async fn a_call_counts_as_sent_when_it_is_made_not_when_it_is_read() {
    let mock = Mock::new();
    let model = model_of(&mock);
    let context = Context::new();
    let call = model.stream(&context, Arc::new("x".into()));
    drop(call);
    mock.assert_nothing_sent();
    let stream = model.stream(&context, Arc::new("x".into())).await.unwrap();
    mock.assert_sent(|sent| sent.streamed && sent.context.run == context.run);
    drop(stream);
    mock.assert_sent_count(1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_waits_was_sent() {
    let mock = Mock::new().reply(Reply::stall());
    let limit = Duration::from_secs(5);
    assert!(tokio::time::timeout(limit, ask(&mock, "x")).await.is_err());
    mock.assert_sent_count(1);
}

#[tokio::test(start_paused = true)]
async fn the_pace_is_exact_and_the_same_without_streaming() {
    let reply = Reply::text("one two three").delay(Duration::from_secs(2)).pace(Duration::from_millis(20));
    let mock = Mock::new().reply(reply);
    let start = Instant::now();
    let mut stream = model_of(&mock).stream(&Context::new(), Arc::new("x".into())).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(2), "the stream is there when the answer begins");
    let mut arrivals = Vec::new();
    while let Some(event) = stream.next().await {
        if event.unwrap().is_content() {
            arrivals.push(start.elapsed().as_millis());
        }
    }
    assert_eq!(arrivals, [2020, 2040, 2060]);
    let start = Instant::now();
    ask(&mock, "x").await.unwrap();
    assert_eq!(start.elapsed().as_millis(), 2060);
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_on_while_nobody_reads() {
    let mock = Mock::new().with_pace(Duration::from_secs(1)).reply("a b");
    let mut stream = model_of(&mock).stream(&Context::new(), Arc::new("x".into())).await.unwrap();
    tokio::time::advance(Duration::from_secs(60)).await;
    let start = Instant::now();
    while stream.next().await.is_some() {}
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_delays_paces_and_stalls() {
    let clock = Arc::new(TestClock::new());
    let mock = Mock::new().with_clock(clock.clone());
    let second = Duration::from_secs(1);
    mock.replies([
        Reply::text("late").delay(second * 30),
        Reply::stall(),
        Reply::text("a b c d e f").pace(second * 2),
        Reply::text("a b").then_stall(),
    ]);
    for partial in [None, None, Some("a b "), Some("a b")] {
        let start = Instant::now();
        let context = Context::new().with_deadline(clock.now() + second * 5);
        let error = model_of(&mock).chat(&context, Arc::new("x".into())).await.unwrap_err();
        assert_eq!((error.kind(), start.elapsed()), (ErrorKind::Timeout, second * 5));
        assert_eq!(error.partial().map(|partial| partial.text()).as_deref(), partial);
    }
    let context = Context::new().with_deadline(clock.now());
    let error = model_of(&mock).chat(&context, Arc::new("x".into())).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Timeout, false));
    mock.assert_sent_count(4);
}

#[tokio::test]
async fn a_broken_answer_delivers_what_it_had() {
    let reply = Reply::text("The capital is").and_tool_call("look_up", json!({"q": "Peru"}));
    let reply = reply.usage(Usage::new(9, 3)).then_fail(ErrorKind::StreamInterrupted);
    let mock = Mock::new().reply(reply);
    let streamed = events(&mock).await;
    assert_eq!(deltas(&streamed).concat(), "The capital is");
    let from_stream = streamed.last().unwrap().as_ref().unwrap_err();
    let whole = ask(&mock, "x").await.unwrap_err();
    for error in [from_stream, &whole] {
        assert_eq!(error.kind(), ErrorKind::StreamInterrupted);
        let partial = error.partial().unwrap();
        assert_eq!((partial.text().as_str(), &partial.usage), ("The capital is", &Usage::new(9, 3)));
        let call = partial.content.last().unwrap().as_tool_call().unwrap();
        assert!(call.truncated && call.arguments == r#"{"q":"Peru"}"#);
    }
}

#[tokio::test]
async fn warnings_and_reports_of_the_vendor_arrive() {
    let warning = Warning::new(WarningKind::Deprecated, "model", "it will be removed");
    let cost = laravel_ai_core::Cost::new(
        laravel_ai_core::Money::usd(1.into()),
        laravel_ai_core::Provenance::ProviderReported,
    );
    let mock = Mock::new().reply(Reply::text("x").warning(warning.clone()).cost(cost.clone()));
    let response = ask(&mock, "x").await.unwrap();
    assert_eq!((response.warnings, response.cost), (vec![warning], Some(cost)));
}

fn any_part() -> impl Strategy<Value = AssistantPart> {
    let opaque = || Opaque::new(Target::new("mock", "mock", "test"), RawJson::parse("{\"s\":1}").unwrap());
    let text = "[a-zñ🦙 \n]{0,12}";
    prop_oneof![
        (text, any::<[bool; 3]>()).prop_map(move |(text, [source, state, cache])| {
            let mut part = Text::new(text);
            part.sources.extend(source.then(|| Source::new("https://example.com")));
            part.opaque = state.then(opaque);
            part.cache = cache.then(CacheBreakpoint::default);
            AssistantPart::Text(part)
        }),
        text.prop_map(|text| AssistantPart::Reasoning(laravel_ai_core::Reasoning::new(text))),
        text.prop_map(|text| AssistantPart::Refusal(laravel_ai_core::Refusal::new(text))),
        (text, any::<bool>()).prop_map(|(arguments, truncated)| {
            let mut call = ToolCall::new("", "tool", arguments);
            call.truncated = truncated;
            AssistantPart::ToolCall(call)
        }),
        text.prop_map(move |text| {
            let mut call = laravel_ai_core::ProviderCall::new("id", text);
            call.opaque = Some(opaque());
            AssistantPart::ProviderCall(call)
        }),
        Just(AssistantPart::Native(opaque())),
        text.prop_map(|text| AssistantPart::Unknown(json!({"type": "new", "text": text}))),
    ]
}

proptest! {
    #[test]
    fn a_stream_keeps_the_law_and_says_what_the_whole_answer_says(
        parts in proptest::collection::vec(any_part(), 0..6),
        characters in 0_usize..5,
        breaks in any::<bool>(),
    ) {
        let mut reply = Reply::parts(parts.clone()).chunks(ChunkBy::Characters(characters));
        if breaks {
            reply = reply.then_fail(ErrorKind::Server);
        }
        let mock = Mock::new().reply(reply);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let request = Arc::new(ChatRequest::user("x"));
            let whole = model_of(&mock).chat(&Context::new(), Arc::clone(&request)).await;
            let stream = match model_of(&mock).stream(&Context::new(), Arc::clone(&request)).await {
                Ok(stream) => stream,
                Err(error) => {
                    assert!(breaks && parts.is_empty() && whole.unwrap_err().kind() == error.kind());
                    return;
                }
            };
            let events: Vec<_> = stream.collect().await;
            let mut law = StreamLaw::default();
            for event in &events {
                match event {
                    Ok(event) => law.event(event).unwrap(),
                    Err(_) => law.error().unwrap(),
                }
            }
            law.end().unwrap();
            let again = model_of(&mock).stream(&Context::new(), request).await.unwrap().into_response().await;
            match (whole, again) {
                (Ok(whole), Ok(streamed)) => {
                    assert_eq!(whole, streamed);
                    let mut expected = parts;
                    for (part, made) in expected.iter_mut().zip(&whole.content) {
                        if let (AssistantPart::ToolCall(call), AssistantPart::ToolCall(made)) = (part, made) {
                            call.id.clone_from(&made.id);
                        }
                    }
                    assert_eq!(whole.content, expected);
                }
                (Err(whole), Err(streamed)) => assert_eq!(whole.partial(), streamed.partial()),
                (whole, streamed) => panic!("{whole:?} is not {streamed:?}"),
            }
        });
    }
}
