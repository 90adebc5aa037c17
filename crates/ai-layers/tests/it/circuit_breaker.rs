//! Leaving a failing target alone.

use std::sync::Arc;

use ai_events::{CircuitScope, EventKind};
use ai_layers::{CircuitBreaker, LimitScope, Quota, RateLimit};
use futures_util::FutureExt;
use futures_util::future::join_all;
use laravel_ai_core::{ChatModel, Context, Error, ErrorKind, Layer, Secret};
use provider_mock::{Mock, Reply};
use tokio::time::sleep;

use crate::support::{ask, ask_as, bus, clock, hello, keyed, many, model, seconds, times};

fn breaker() -> CircuitBreaker {
    CircuitBreaker::new(clock()).minimum_calls(times(4))
}

async fn kinds(model: &Arc<dyn ChatModel>, count: usize) -> Vec<Option<ErrorKind>> {
    let mut kinds = Vec::new();
    for _ in 0..count {
        kinds.push(ask(model).await.err().map(|error| error.kind()));
    }
    kinds
}

#[tokio::test(start_paused = true)]
async fn it_opens_at_its_rate_and_not_before_it_has_seen_enough() {
    let (bus, recorder) = bus();
    let ok = || Reply::text("Hi");
    let bad = || Reply::fail(ErrorKind::Server);
    let mock = Mock::new().sequence_then([ok(), bad(), ok(), bad()], ok());
    let layered = breaker().with_events(bus).chat(model(&mock));
    let expected =
        [None, Some(ErrorKind::Server), None, Some(ErrorKind::Server), Some(ErrorKind::CircuitOpen)];
    assert_eq!(kinds(&layered, 5).await, expected);
    mock.assert_sent_count(4);
    match &recorder.events()[..] {
        [event] => match &event.kind {
            EventKind::CircuitOpened { reason, scope: CircuitScope::Target, cool_down, .. } => {
                assert_eq!((&**reason, *cool_down), ("2 of 4 calls failed", seconds(30)));
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_says_why_and_for_how_long_and_costs_nothing() {
    let mock = Mock::new().fail(ErrorKind::Server);
    let layered = breaker().chat(model(&mock));
    kinds(&layered, 4).await;
    sleep(seconds(10)).await;
    for streamed in [false, true] {
        let error = ask_as(&layered, streamed).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CircuitOpen);
        assert!(error.message().contains("for 20s more") && error.target().is_some(), "{error}");
        assert!(!error.possibly_billed());
    }
    mock.assert_sent_count(4);
}

#[tokio::test(start_paused = true)]
async fn old_failures_roll_out_of_the_window() {
    let mock = Mock::new().fail(ErrorKind::Overloaded);
    let layered = breaker().chat(model(&mock));
    kinds(&layered, 3).await;
    sleep(seconds(61)).await;
    assert_eq!(kinds(&layered, 3).await, [Some(ErrorKind::Overloaded); 3]);
    assert_eq!(kinds(&layered, 2).await, [Some(ErrorKind::Overloaded), Some(ErrorKind::CircuitOpen)]);
}

#[tokio::test(start_paused = true)]
async fn exactly_one_call_tests_whether_it_works_again() {
    let (bus, recorder) = bus();
    let bad = || Reply::fail(ErrorKind::Server);
    let mock = Mock::new().sequence_then(
        [bad(), bad(), bad(), bad(), bad().delay(seconds(5))],
        Reply::text("Hi").delay(seconds(5)),
    );
    let layered = breaker().with_events(bus).chat(model(&mock));
    kinds(&layered, 4).await;

    sleep(seconds(30)).await;
    let outcomes = join_all((0..100).map(|_| ask(&layered))).await;
    let refused =
        outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(|e| e.kind() == ErrorKind::CircuitOpen));
    assert_eq!((refused.count(), mock.recorded().len()), (99, 5));
    assert_eq!(
        kinds(&layered, 1).await,
        [Some(ErrorKind::CircuitOpen)],
        "the test failed, so it is open again"
    );

    sleep(seconds(30)).await;
    let outcomes = join_all((0..100).map(|_| ask(&layered))).await;
    assert_eq!((outcomes.iter().filter(|outcome| outcome.is_ok()).count(), mock.recorded().len()), (1, 6));
    assert_eq!(kinds(&layered, 2).await, [None, None]);
    recorder.assert_names(&["CircuitOpened", "CircuitOpened", "CircuitClosed"]);
}

#[tokio::test(start_paused = true)]
async fn a_test_that_is_dropped_gives_its_place_to_the_next_call() {
    let bad = || Reply::fail(ErrorKind::Server);
    let mock = Mock::new().sequence_then([bad(), bad(), bad(), bad(), Reply::stall()], Reply::text("Hi"));
    let layered = breaker().chat(model(&mock));
    kinds(&layered, 4).await;
    sleep(seconds(30)).await;
    let ctx = Context::new();
    let mut test = layered.chat(&ctx, hello());
    assert!((&mut test).now_or_never().is_none());
    assert_eq!(kinds(&layered, 1).await, [Some(ErrorKind::CircuitOpen)]);
    drop(test);
    assert_eq!(kinds(&layered, 2).await, [None, None]);
}

#[tokio::test(start_paused = true)]
async fn the_first_content_of_a_stream_closes_it() {
    let bad = || Reply::fail(ErrorKind::Server);
    let mock = Mock::new()
        .sequence_then([bad(), bad(), bad(), bad()], Reply::text("one two three").pace(seconds(1)));
    let layered = breaker().chat(model(&mock));
    kinds(&layered, 4).await;
    sleep(seconds(30)).await;
    let stream = layered.stream(&Context::new(), hello()).await.unwrap();
    assert_eq!(kinds(&layered, 1).await, [Some(ErrorKind::CircuitOpen)]);
    let stream = stream.until_content().await.unwrap();
    assert_eq!(kinds(&layered, 1).await, [None], "nobody waits for the rest of it");
    assert_eq!(stream.into_response().await.unwrap().text(), "one two three");
}

#[tokio::test(start_paused = true)]
async fn slow_calls_open_it_but_not_the_wait_for_a_limit_of_ours() {
    let slow = Mock::new().reply(Reply::text("Hi").delay(seconds(61)));
    let layered = breaker().window(seconds(600)).chat(model(&slow));
    assert_eq!(kinds(&layered, 5).await, [None, None, None, None, Some(ErrorKind::CircuitOpen)]);

    let talkative = Mock::new().reply(Reply::text("a b c d e").pace(seconds(30)));
    let layered = breaker().window(seconds(6_000)).chat(model(&talkative));
    for _ in 0..6 {
        let stream = layered.stream(&Context::new(), hello()).await.unwrap();
        stream.into_response().await.unwrap();
    }

    let one = Quota::new().requests_per_minute(many(1));
    let limits = RateLimit::new(clock())
        .limit(LimitScope::Model, one)
        .when_limited(ai_layers::WhenLimited::Wait(seconds(600)));
    let layered = breaker()
        .slow_call(seconds(30))
        .window(seconds(6_000))
        .chat(limits.chat(model(&Mock::new().reply("Hi"))));
    assert_eq!(kinds(&layered, 6).await, [None; 6]);
}

#[tokio::test(start_paused = true)]
async fn only_what_says_that_the_target_is_ill_counts() {
    for kind in ErrorKind::ALL {
        let mock = Mock::new().reply(Error::new(kind, "failed").with_status(400));
        let layered = breaker().chat(model(&mock));
        kinds(&layered, 20).await;
        let opens = matches!(
            kind,
            ErrorKind::Server
                | ErrorKind::Overloaded
                | ErrorKind::Timeout
                | ErrorKind::Transport
                | ErrorKind::Decode
                | ErrorKind::StreamInterrupted
        );
        assert_eq!(mock.recorded().len(), if opens { 4 } else { 20 }, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn streams_that_break_count_too() {
    let mock = Mock::new().reply(Reply::text("Hello there").then_fail(ErrorKind::StreamInterrupted));
    let layered = breaker().chat(model(&mock));
    for _ in 0..4 {
        let stream = layered.stream(&Context::new(), hello()).await.unwrap();
        stream.into_response().await.unwrap_err();
    }
    assert_eq!(kinds(&layered, 1).await, [Some(ErrorKind::CircuitOpen)]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_opens_the_key_alone_for_all_its_models() {
    let (bus, recorder) = bus();
    let breaker = breaker().with_events(bus);
    let revoked = Mock::new().fail(ErrorKind::Authentication);
    let good = Mock::new().reply("Hi");
    let bad_key = breaker.chat(keyed(&revoked, "sk-test-bad"));
    let same_key_again = breaker.chat(keyed(&revoked, "sk-test-bad"));
    let good_key = breaker.chat(keyed(&good, "sk-test-good"));
    assert_eq!(kinds(&bad_key, 2).await, [Some(ErrorKind::Authentication); 2]);
    assert_eq!(kinds(&same_key_again, 1).await, [Some(ErrorKind::Authentication)]);
    assert_eq!(kinds(&good_key, 3).await, [None; 3]);
    assert!(breaker.is_open(bad_key.target()) && !breaker.is_open(good_key.target()));
    revoked.assert_sent_count(1);
    sleep(seconds(30)).await;
    assert_eq!(kinds(&bad_key, 2).await, [Some(ErrorKind::Authentication); 2]);
    revoked.assert_sent_count(2);
    recorder.assert_names(&["CircuitOpened", "CircuitOpened"]);
    recorder.assert_published(|event| {
        matches!(event.kind, EventKind::CircuitOpened { scope: CircuitScope::Key, .. })
    });

    sleep(seconds(30)).await;
    revoked.reply("Hi");
    assert_eq!(kinds(&bad_key, 2).await, [None; 2]);
    assert_eq!(recorder.count("CircuitClosed"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_tenants_key_says_nothing_about_ours() {
    let ours = keyed(&Mock::new(), "sk-test-ours");
    let theirs = ours.target().clone().with_credential(Secret::new("sk-test-theirs").fingerprint());
    let mock = Mock::new().reply(Error::from(ErrorKind::Authentication).with_target(&theirs));
    let layered = breaker().chat(keyed(&mock, "sk-test-ours"));
    assert_eq!(kinds(&layered, 3).await, [Some(ErrorKind::Authentication); 3]);
}

#[tokio::test(start_paused = true)]
async fn handles_of_one_target_share_its_state_and_others_do_not() {
    let breaker = breaker();
    let mock = Mock::new().fail(ErrorKind::Server);
    kinds(&breaker.chat(model(&mock)), 4).await;
    assert_eq!(kinds(&breaker.clone().chat(model(&mock)), 1).await, [Some(ErrorKind::CircuitOpen)]);
    let other = model(&mock.clone().with_connection("other"));
    assert_eq!(kinds(&breaker.chat(other), 1).await, [Some(ErrorKind::Server)]);
}
