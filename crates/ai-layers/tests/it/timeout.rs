//! Time limits.

use std::sync::Arc;
use std::time::Duration;

use ai_layers::{TimeLimit, TimedOut, Timeout};
use futures_util::StreamExt;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, ErrorKind, Layer, Provider,
    RenderedRequest, Result, Retry, Target, Timeouts, TokenCount, TokenCounter,
};
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

#[tokio::test(start_paused = true)]
async fn each_limit_has_its_type_and_the_first_to_pass_is_named() {
    let layered = Timeout::new(Arc::new(TestClock::new())).chat(Arc::new(Heedless));
    let (total, first) =
        (Timeouts::default().with_total(seconds(2)), Timeouts::default().with_first_content(seconds(1)));
    let again = Retry::SameTarget { after: None };
    for (timeouts, streamed, limit, length) in [
        (total, false, TimeLimit::Total, 2),
        (total, true, TimeLimit::Total, 2),
        (first.or(total), true, TimeLimit::FirstContent, 1),
        (first.or(total), false, TimeLimit::Total, 2),
    ] {
        let (ctx, start) = (limits(timeouts), Instant::now());
        let error = match streamed {
            true => layered.stream(&ctx, hello()).await.map(drop).unwrap_err(),
            false => layered.chat(&ctx, hello()).await.map(drop).unwrap_err(),
        };
        let passed = error.vendor::<TimedOut>().unwrap();
        assert_eq!((passed.limit, passed.length, error.retry()), (limit, seconds(length), again));
        assert_eq!(start.elapsed(), seconds(length));
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_holds_for_a_model_that_does_not_heed_it() {
    let layered = Timeout::new(Arc::new(TestClock::new())).chat(Arc::new(Heedless));
    let start = Instant::now();
    let ctx = Context::new().with_deadline(start.into_std() + seconds(3));
    let error = layered.chat(&ctx, hello()).await.unwrap_err();
    assert_eq!((start.elapsed(), error.retry()), (seconds(3), Retry::Never));
    assert_eq!(error.vendor::<TimedOut>().unwrap().limit, TimeLimit::Deadline);

    let error = model(Reply::text("Hi")).chat(&ctx, hello()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Timeout, Retry::Never));
    assert!(!error.possibly_billed() && error.target().is_some(), "it has passed already");
}

/// Never answers, whatever the context says.
#[derive(Debug)]
struct Heedless;

#[async_trait::async_trait]
impl ChatModel for Heedless {
    fn target(&self) -> &Target {
        static TARGET: std::sync::OnceLock<Target> = std::sync::OnceLock::new();
        TARGET.get_or_init(|| Target::new("heedless", "work", "model"))
    }

    fn capabilities(&self) -> &Capabilities {
        static NONE: std::sync::OnceLock<Capabilities> = std::sync::OnceLock::new();
        NONE.get_or_init(Capabilities::default)
    }

    fn render(&self, _: &Context, _: &ChatRequest) -> Result<RenderedRequest> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn chat(&self, _: &Context, _: Arc<ChatRequest>) -> Result<ChatResponse> {
        std::future::pending().await
    }

    async fn stream(&self, _: &Context, _: Arc<ChatRequest>) -> Result<ChatStream> {
        std::future::pending().await
    }
}

#[async_trait::async_trait]
impl TokenCounter for Heedless {
    fn target(&self) -> &Target {
        ChatModel::target(self)
    }

    async fn count(&self, _: &Context, _: Arc<ChatRequest>) -> Result<TokenCount> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn counting_tokens_ends_at_its_total() {
    let counter = Timeout::new(Arc::new(TestClock::new())).token_counter(Arc::new(Heedless));
    let start = Instant::now();
    let ctx = limits(Timeouts::default().with_total(seconds(2)));
    assert_eq!(counter.count(&ctx, hello()).await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(start.elapsed(), seconds(2));
}
