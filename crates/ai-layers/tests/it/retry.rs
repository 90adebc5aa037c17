//! Trying again.

use std::sync::Arc;
use std::time::Duration;

use ai_events::EventKind;
use ai_layers::{Attempt, Attempts, Jitter, Retry};
use futures_util::FutureExt;
use laravel_ai_core::{ChatModel, Context, Error, ErrorKind, Layer, Provider, Retry as Advice};
use provider_mock::{Mock, Reply};
use tokio::time::Instant;

use crate::support::{ask, ask_as, bus, clock, hello, limited, model, read, seconds, times};

fn retry() -> Retry {
    Retry::new(clock()).jitter(Jitter::UpTo(0.0))
}

fn around(retry: &Retry, mock: &Mock) -> Arc<dyn ChatModel> {
    retry.chat(model(mock))
}

#[tokio::test(start_paused = true)]
async fn three_tries_with_one_and_two_seconds_between() {
    for streamed in [false, true] {
        let mock = Mock::new().fail(ErrorKind::Overloaded);
        let start = Instant::now();
        let error = ask_as(&around(&retry(), &mock), streamed).await.unwrap_err();
        assert_eq!((mock.recorded().len(), start.elapsed()), (3, seconds(3)));
        assert_eq!(
            (error.kind(), error.retry()),
            (ErrorKind::Overloaded, Advice::OtherTarget),
            "it is spent here"
        );
        assert!(!error.possibly_billed());
    }
}

#[tokio::test(start_paused = true)]
async fn waits_grow_up_to_the_longest() {
    let (mock, start) = (Mock::new().fail(ErrorKind::Server), Instant::now());
    let retry = retry().attempts(times(9)).max_delay(seconds(30));
    ask(&around(&retry, &mock)).await.unwrap_err();
    assert_eq!(start.elapsed(), seconds(1 + 2 + 4 + 8 + 16 + 30 + 30 + 30));
}

#[tokio::test(start_paused = true)]
async fn only_what_may_be_repeated_is_repeated() {
    for kind in ErrorKind::ALL {
        let mock = Mock::new().fail(kind);
        let error = ask(&around(&retry(), &mock)).await.unwrap_err();
        let repeated = matches!(kind.retry(), Advice::SameTarget { .. });
        assert_eq!(mock.recorded().len(), if repeated { 3 } else { 1 }, "{kind:?}");
        assert_eq!(error.kind(), kind);
    }
    let narrowed = Error::new(ErrorKind::Server, "x-should-retry: false").with_retry(Advice::Never);
    let mock = Mock::new().reply(narrowed);
    ask(&around(&retry(), &mock)).await.unwrap_err();
    mock.assert_sent_count(1);
}

#[tokio::test(start_paused = true)]
async fn the_vendors_delay_is_never_shortened() {
    let (mock, start) = (Mock::new().sequence([limited(seconds(7)), Reply::text("Hi")]), Instant::now());
    assert_eq!(ask(&around(&retry(), &mock)).await.unwrap().text(), "Hi");
    assert_eq!(start.elapsed(), seconds(7));

    let (mock, start) =
        (Mock::new().sequence([limited(Duration::from_millis(5)), Reply::text("Hi")]), Instant::now());
    ask(&around(&retry(), &mock)).await.unwrap();
    assert_eq!(start.elapsed(), seconds(1), "but our own is longer here");
}

#[tokio::test(start_paused = true)]
async fn a_delay_beyond_the_ceiling_or_the_deadline_is_given_up_at_once() {
    let (mock, start) = (Mock::new().reply(limited(seconds(61))), Instant::now());
    let error = ask(&around(&retry(), &mock)).await.unwrap_err();
    assert_eq!(error.retry(), Advice::SameTarget { after: Some(seconds(61)) }, "the caller is told how long");

    let mock = Mock::new().reply(limited(seconds(20)));
    let ctx = Context::new().with_deadline(start.into_std() + seconds(20));
    around(&retry(), &mock).chat(&ctx, hello()).await.unwrap_err();
    mock.assert_sent_count(1);
    assert_eq!(start.elapsed(), Duration::ZERO);

    let ctx = Context::new().with_deadline(start.into_std() + Duration::from_millis(20_001));
    around(&retry(), &mock).chat(&ctx, hello()).await.unwrap_err();
    assert_eq!((mock.recorded().len(), start.elapsed()), (3, seconds(20)), "one more was in time");
}

#[tokio::test(start_paused = true)]
async fn no_try_begins_after_the_budget_and_one_that_runs_goes_on() {
    let slow = || Reply::fail(ErrorKind::Server).delay(seconds(10));
    let mock = Mock::new().sequence([slow(), Reply::text("Hi").delay(seconds(10))]);
    let start = Instant::now();
    let retry = retry().budget(seconds(15));
    assert_eq!(ask(&around(&retry, &mock)).await.unwrap().text(), "Hi");
    assert_eq!(start.elapsed(), seconds(21));

    let mock = Mock::new().reply(slow());
    ask(&around(&retry, &mock)).await.unwrap_err();
    mock.assert_sent_count(2);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_tried_again_up_to_its_first_content_and_never_after() {
    // It begins, and breaks before the first piece of text.
    let before = Reply::text("").then_fail(ErrorKind::StreamInterrupted);
    let mock = Mock::new().sequence([before, Reply::text("Hello there")]);
    let stream = around(&retry(), &mock).stream(&Context::new(), hello()).await.unwrap();
    let (text, error) = read(stream).await;
    assert_eq!((text.as_str(), error.is_none(), mock.recorded().len()), ("Hello there", true, 2));

    let mock = Mock::new().reply(Reply::text("Hello there").then_fail(ErrorKind::Server));
    let stream = around(&retry(), &mock).stream(&Context::new(), hello()).await.unwrap();
    let (text, error) = read(stream).await;
    let error = error.unwrap();
    assert_eq!(
        (text.as_str(), error.kind(), error.retry()),
        ("Hello there", ErrorKind::Server, Advice::Never)
    );
    mock.assert_sent_count(1);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_try_may_have_cost_is_not_forgotten() {
    let mock = Mock::new().sequence([ErrorKind::Timeout, ErrorKind::RateLimited, ErrorKind::RateLimited]);
    let (bus, recorder) = bus();
    let error = ask(&around(&retry().with_events(bus), &mock)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.possibly_billed(), "the first was perhaps");
    let billed: Vec<_> = recorder
        .events()
        .iter()
        .map(|event| match &event.kind {
            EventKind::Retrying { failure, tries, delay, .. } => (failure.possibly_billed, *tries, *delay),
            _ => unreachable!(),
        })
        .collect();
    assert_eq!(billed, [(true, 1, seconds(1)), (false, 2, seconds(2))]);
}

#[tokio::test(start_paused = true)]
async fn chance_makes_waits_longer_by_its_part_and_repeats_with_its_seed() {
    let wait = |retry: Retry, reply: Reply| async move {
        let (mock, start) = (Mock::new().sequence([reply, Reply::text("Hi")]), Instant::now());
        ask(&around(&retry, &mock)).await.unwrap();
        start.elapsed()
    };
    let mut seen = Vec::new();
    for seed in 0..50 {
        let retry = Retry::new(clock()).with_seed(seed);
        let first = wait(retry.clone(), Reply::fail(ErrorKind::Server)).await;
        assert!((seconds(1)..=Duration::from_millis(1_101)).contains(&first), "{first:?}");
        let again = Retry::new(clock()).with_seed(seed);
        assert_eq!(wait(again, Reply::fail(ErrorKind::Server)).await, first);
        let floor = wait(retry.clone(), limited(seconds(5))).await;
        assert!((seconds(5)..=Duration::from_millis(5_101)).contains(&floor), "{floor:?}");
        let full = wait(retry.clone().jitter(Jitter::Full), Reply::fail(ErrorKind::Server)).await;
        assert!(full <= Duration::from_millis(1_001), "{full:?}");
        let full = wait(retry.jitter(Jitter::Full), limited(seconds(5))).await;
        assert!(full >= seconds(5), "{full:?}");
        seen.push(first);
    }
    seen.sort();
    seen.dedup();
    assert!(seen.len() > 20, "they differ");
}

#[tokio::test(start_paused = true)]
async fn tries_inside_of_each_other_are_not_multiplied() {
    let mock = Mock::new().fail(ErrorKind::Server);
    let inner = retry().chat(Attempt::new(clock()).chat(model(&mock)));
    let outer = Retry::chat(&retry(), inner);
    ask(&outer).await.unwrap_err();
    mock.assert_sent_count(3);
}

#[tokio::test(start_paused = true)]
async fn a_layer_of_somebody_else_can_give_fewer_tries() {
    let mock = Mock::new().fail(ErrorKind::Server);
    let layered = retry().chat(Attempt::new(clock()).chat(model(&mock)));
    let ctx = Context::new().with_extension(Attempts::new(times(2)));
    layered.chat(&ctx, hello()).await.unwrap_err();
    mock.assert_sent_count(2);
    let late = Attempts::new(times(9)).until(Instant::now().into_std() + Duration::from_millis(500));
    layered.chat(&Context::new().with_extension(late), hello()).await.unwrap_err();
    mock.assert_sent_count(3);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_ends_the_wait() {
    let mock = Mock::new().fail(ErrorKind::Server);
    let layered = around(&retry(), &mock);
    let ctx = Context::new();
    assert!(layered.chat(&ctx, hello()).now_or_never().is_none(), "it waits");
    tokio::time::sleep(seconds(60)).await;
    mock.assert_sent_count(1);
}

#[tokio::test(start_paused = true)]
async fn embeddings_counts_and_lists_are_tried_again_too() {
    let failing = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = Arc::clone(&failing);
    let mock =
        Mock::new().embed_with(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => Err(ErrorKind::Overloaded.into()),
            _ => Ok(vec![vec![1.0]]),
        });
    let request = Arc::new(laravel_ai_core::EmbeddingRequest::new(["Lima"]));
    let embedding = retry().embedding(mock.embedding_model("e").unwrap());
    assert_eq!(embedding.embed(&Context::new(), request).await.unwrap().embeddings.len(), 1);
    assert_eq!(mock.recorded_embeddings().len(), 2);

    let start = Instant::now();
    let catalog = retry().catalog(mock.fail_catalog(ErrorKind::Server).catalog().unwrap());
    assert_eq!(catalog.models(&Context::new()).await.unwrap_err().kind(), ErrorKind::Server);
    assert_eq!(start.elapsed(), seconds(3));
    catalog.check_credentials(&Context::new()).await;
    assert_eq!(start.elapsed(), seconds(3), "a report is an answer");
}
