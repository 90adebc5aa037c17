//! Single tries.

use std::time::Duration;

use ai_events::{AttemptOutcome, EventKind};
use ai_layers::{Attempt, Attempts};
use futures_util::{FutureExt, StreamExt};
use laravel_ai_core::{Context, ErrorKind, Layer, Retry as Advice, Usage};
use provider_mock::{Mock, Reply};

use crate::support::{ask, ask_streamed, bus, clock, hello, model, seconds, times};

fn finished(kind: &EventKind) -> (u32, &AttemptOutcome, &Usage, Duration, Option<Duration>) {
    match kind {
        EventKind::AttemptFinished { number, outcome, usage, latency, first_content, .. } => {
            (*number, outcome, usage, *latency, *first_content)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_try_has_an_id_a_beginning_and_an_end() {
    let (bus, recorder) = bus();
    let mock = Mock::new().reply(Reply::text("Hi").delay(seconds(2)).usage(Usage::new(7, 3)));
    let layered = Attempt::new(clock()).with_events(bus).chat(model(&mock));
    let answer = ask(&layered).await.unwrap();
    assert_eq!(answer.attempts, 1);
    recorder.assert_names(&["AttemptStarted", "AttemptFinished"]);
    let events = recorder.events();
    let sent = &mock.recorded()[0].context;
    assert!(events.iter().all(|event| event.attempt == sent.attempt && event.run == sent.run));
    assert!(sent.attempt.is_some());
    assert_eq!(
        finished(&events[1].kind),
        (1, &AttemptOutcome::Succeeded, &Usage::new(7, 3), seconds(2), None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_its_try_with_its_last_event() {
    let (bus, recorder) = bus();
    let mock = Mock::new().reply(Reply::text("one two three").pace(seconds(1)).usage(Usage::new(7, 3)));
    let layered = Attempt::new(clock()).with_events(bus).chat(model(&mock));
    let mut stream = layered.stream(&Context::new(), hello()).await.unwrap();
    while stream.next().await.unwrap().unwrap().as_text().is_none() {}
    recorder.assert_names(&["AttemptStarted"]);
    let answer = stream.into_response().await.unwrap();
    assert_eq!(answer.text(), "one two three");
    let events = recorder.events();
    let (.., latency, first_content) = finished(&events[1].kind);
    assert_eq!((latency, first_content), (seconds(3), Some(seconds(1))));
}

#[tokio::test(start_paused = true)]
async fn failures_and_drops_are_ends_too() {
    let (bus, recorder) = bus();
    let layered =
        |reply: Reply| Attempt::new(clock()).with_events(bus.clone()).chat(model(&Mock::new().reply(reply)));
    ask(&layered(Reply::fail(ErrorKind::Server))).await.unwrap_err();
    ask_streamed(&layered(Reply::text("a b").then_fail(ErrorKind::Transport))).await.unwrap_err();
    let (ctx, stalled) = (Context::new(), layered(Reply::stall()));
    assert!(stalled.chat(&ctx, hello()).now_or_never().is_none());
    drop(layered(Reply::text("a b")).stream(&ctx, hello()).await.unwrap());
    let events = recorder.events();
    let outcomes: Vec<_> =
        events.iter().skip(1).step_by(2).map(|event| finished(&event.kind).1.clone()).collect();
    let kind = |outcome: &AttemptOutcome| match outcome {
        AttemptOutcome::Failed(failure) => Some(failure.kind),
        _ => None,
    };
    assert_eq!(kind(&outcomes[0]), Some(ErrorKind::Server));
    assert_eq!(kind(&outcomes[1]), Some(ErrorKind::Transport));
    assert_eq!(outcomes[2..], [AttemptOutcome::Cancelled, AttemptOutcome::Cancelled]);
}

#[tokio::test(start_paused = true)]
async fn tries_are_counted_and_answers_say_how_many() {
    let mock = Mock::new().reply("Hi");
    let layered = Attempt::new(clock()).chat(model(&mock));
    let ctx = Context::new().with_extension(Attempts::new(times(2)));
    let whole = layered.chat(&ctx, hello()).await.unwrap();
    let streamed = layered.stream(&ctx, hello()).await.unwrap().into_response().await.unwrap();
    assert_eq!((whole.attempts, streamed.attempts), (1, 2));
    let error = layered.chat(&ctx, hello()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Throttled, Advice::Never));
    assert!(error.message().contains("2 in all") && !error.possibly_billed(), "{error}");
    mock.assert_sent_count(2);
}
