//! Time limits.

use std::sync::Arc;
use std::time::Duration;

use ai_layers::Timeout;
use futures_util::StreamExt;
use laravel_ai_core::{ChatModel, ChatRequest, Context, ErrorKind, Layer, Provider, Retry, Timeouts};
use provider_mock::{Mock, Reply, TestClock};
use tokio::time::Instant;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn model(reply: Reply) -> Arc<dyn ChatModel> {
    let clock = Arc::new(TestClock::new());
    let mock = Mock::new().with_clock(clock.clone()).reply(reply);
    Timeout::new(clock).chat(mock.chat_model("any").unwrap())
}

fn limits(timeouts: Timeouts) -> Context {
    Context::new().with_timeouts(timeouts)
}

fn hello() -> Arc<ChatRequest> {
    Arc::new(ChatRequest::user("Hello"))
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_total() {
    let start = Instant::now();
    let ctx = limits(Timeouts::default().with_total(seconds(2)));
    let error = model(Reply::text("Hi").delay(seconds(60))).chat(&ctx, hello()).await.unwrap_err();
    assert_eq!(start.elapsed(), seconds(2));
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Timeout, Retry::SameTarget { after: None }));
    assert!(error.to_string().contains("`total` of 2s") && error.target().is_some(), "{error}");
    assert!(error.possibly_billed(), "the request was sent");
}

#[tokio::test(start_paused = true)]
async fn a_call_in_time_is_left_alone() {
    let ctx = limits(Timeouts::default().with_total(seconds(2)).with_first_content(seconds(1)));
    let answer = model(Reply::text("Hi").delay(seconds(1))).chat(&ctx, hello()).await.unwrap();
    assert_eq!(answer.text(), "Hi", "the limit for streams does not count here");
}

#[tokio::test(start_paused = true)]
async fn a_stream_waits_for_its_first_content_and_not_longer() {
    let start = Instant::now();
    let ctx = limits(Timeouts::default().with_first_content(seconds(2)));
    let slow = model(Reply::text("Hi").delay(seconds(60)));
    let outcome = match slow.stream(&ctx, hello()).await {
        Ok(stream) => stream.into_response().await,
        Err(error) => Err(error),
    };
    let error = outcome.unwrap_err();
    assert_eq!(start.elapsed(), seconds(2));
    assert!(error.to_string().contains("`first_content` of 2s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn after_the_first_content_a_stream_may_take_its_time() {
    let ctx = limits(Timeouts::default().with_first_content(seconds(2)));
    let start = Instant::now();
    let paced = model(Reply::text("one two three four five").pace(seconds(1)));
    let answer = paced.stream(&ctx, hello()).await.unwrap().into_response().await.unwrap();
    assert_eq!(answer.text(), "one two three four five");
    assert!(start.elapsed() > seconds(3), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_total_bounds_a_stream_too_and_keeps_what_came() {
    let ctx = limits(Timeouts::default().with_total(Duration::from_millis(2_500)));
    let start = Instant::now();
    let paced = model(Reply::text("one two three four five").pace(seconds(1)));
    let mut stream = paced.stream(&ctx, hello()).await.unwrap();
    let mut last = None;
    while let Some(event) = stream.next().await {
        last = Some(event);
    }
    let error = last.unwrap().unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_millis(2_500));
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Timeout, Retry::Never));
    assert!(error.partial().unwrap().text().starts_with("one"));
}
