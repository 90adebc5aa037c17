//! Limits of our own on what is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ai_events::EventKind;
use ai_layers::{Candidate, Key, LimitScope, Pipeline, Quota, RateLimit, WhenLimited};
use async_trait::async_trait;
use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, ErrorKind, Labels, Layer,
    RateLimit as Said, RateLimits, RenderedRequest, Result, Retry as Advice, Target, Usage,
};
use provider_mock::{Mock, Reply};
use tokio::time::{Instant, sleep};

use crate::support::{ask, bus, clock, hello, keyed, limited, many, model, seconds, times};

fn limits(quota: Quota) -> RateLimit {
    RateLimit::new(clock()).limit(LimitScope::Model, quota)
}

fn requests(count: u64) -> Quota {
    Quota::new().requests_per_minute(many(count))
}

fn tokens(count: u64) -> Quota {
    Quota::new().tokens_per_minute(many(count))
}

fn at_once(count: u32) -> Quota {
    Quota::new().concurrency(times(count))
}

/// A question of 10 tokens whose answer may have 90.
fn hundred() -> Arc<ChatRequest> {
    Arc::new(ChatRequest::user("x".repeat(24)).with_max_output_tokens(90))
}

async fn seconds_for(model: &Arc<dyn ChatModel>, calls: usize) -> Vec<u64> {
    let start = Instant::now();
    join_all((0..calls).map(|_| async {
        ask(model).await.unwrap();
        start.elapsed().as_secs()
    }))
    .await
}

#[tokio::test(start_paused = true)]
async fn requests_over_the_limit_wait_in_turn() {
    let layered = limits(requests(60)).chat(model(&Mock::new().reply("Hi")));
    let waits = seconds_for(&layered, 65).await;
    assert_eq!(waits[..60], [0; 60]);
    assert_eq!(waits[60..], [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_be_too_long_ends_as_a_refusal_that_says_what_is_missing() {
    let (bus, recorder) = bus();
    let layered = limits(requests(1))
        .when_limited(WhenLimited::Wait(seconds(10)))
        .with_events(bus)
        .chat(model(&Mock::new()));
    ask(&layered).await.unwrap();
    let start = Instant::now();
    let error = ask(&layered).await.unwrap_err();
    assert_eq!(start.elapsed(), seconds(10));
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Throttled, Advice::Never));
    assert!(
        error.message().contains("1 requests a minute") && error.message().contains("model `mock/model`"),
        "{error}"
    );
    assert!(!error.possibly_billed() && error.target().is_some());
    match &recorder.events()[0].kind {
        EventKind::Throttled { waited, refused, .. } => assert_eq!((*waited, *refused), (seconds(10), true)),
        other => panic!("{other:?}"),
    }
    sleep(seconds(50)).await;
    ask(&layered).await.unwrap();
    assert_eq!(start.elapsed(), seconds(60), "what waited in vain took nothing");
}

#[tokio::test(start_paused = true)]
async fn a_wait_never_passes_the_deadline_and_no_wait_is_no_wait() {
    let layered = limits(requests(1)).chat(model(&Mock::new()));
    ask(&layered).await.unwrap();
    let start = Instant::now();
    let ctx = Context::new().with_deadline(start.into_std() + seconds(3));
    assert_eq!(layered.chat(&ctx, hello()).await.unwrap_err().kind(), ErrorKind::Throttled);
    assert_eq!(start.elapsed(), seconds(3));

    let layered = limits(requests(1)).when_limited(WhenLimited::Fail).chat(model(&Mock::new()));
    ask(&layered).await.unwrap();
    let error = layered.chat(&Context::new(), hello()).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
}

#[tokio::test(start_paused = true)]
async fn unused_tokens_go_back_when_the_answer_is_complete() {
    let mock = Mock::new().reply(Reply::text("Hi").usage(Usage::new(10, 5)));
    let layered = limits(tokens(100)).when_limited(WhenLimited::Fail).chat(model(&mock));
    for call in 0..6 {
        layered.chat(&Context::new(), hundred()).await.map_err(|error| (call, error)).ok();
    }
    mock.assert_sent_count(1);
    let layered = limits(tokens(100)).chat(model(&mock));
    let start = Instant::now();
    for _ in 0..3 {
        layered.chat(&Context::new(), hundred()).await.unwrap();
    }
    // 15 used, so 15 of 100 a minute are missing for the next: 9 s each.
    assert_eq!(start.elapsed().as_secs(), 18);
}

#[tokio::test(start_paused = true)]
async fn a_stream_settles_at_its_end_and_a_dropped_one_pays_for_what_came() {
    let free = |layered: &Arc<dyn ChatModel>| {
        let layered = Arc::clone(layered);
        async move {
            let start = Instant::now();
            layered.chat(&Context::new(), hundred()).await.unwrap();
            start.elapsed().as_secs_f64().round() as u64
        }
    };
    let mock = Mock::new().replies([
        Reply::text("x".repeat(40)).usage(Usage::new(10, 30)),
        Reply::text("Hi").usage(Usage::new(0, 0)),
    ]);
    let layered = limits(tokens(100)).chat(model(&mock));
    let stream = layered.stream(&Context::new(), hundred()).await.unwrap();
    stream.into_response().await.unwrap();
    assert_eq!(free(&layered).await, 24, "40 of 100 a minute were used");

    let mock = Mock::new().replies([
        Reply::text(format!("{} {}", "x".repeat(39), "y".repeat(400))).pace(Duration::from_millis(1)),
        Reply::text("Hi").usage(Usage::new(0, 0)),
    ]);
    let layered = limits(tokens(100)).chat(model(&mock));
    let mut stream = layered.stream(&Context::new(), hundred()).await.unwrap();
    while stream.next().await.unwrap().unwrap().as_text().is_none() {}
    drop(stream);
    assert_eq!(free(&layered).await, 12, "10 of the question and 10 delivered");
}

#[tokio::test(start_paused = true)]
async fn failures_pay_only_for_what_may_be_billed() {
    let refused = Error::new(ErrorKind::InvalidRequest, "no such option").with_status(400);
    let unsent = Error::new(ErrorKind::Transport, "refused").with_possibly_billed(false);
    for (error, after) in [(refused, 0), (unsent, 0), (ErrorKind::Server.into(), 6)] {
        let mock = Mock::new().replies([Reply::error(error), Reply::text("Hi")]);
        let layered = limits(tokens(100)).chat(model(&mock));
        layered.chat(&Context::new(), hundred()).await.unwrap_err();
        let start = Instant::now();
        layered.chat(&Context::new(), hundred()).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), after);
    }
    let unsent = Error::new(ErrorKind::Transport, "refused").with_possibly_billed(false);
    let mock = Mock::new().replies([Reply::error(unsent), Reply::text("Hi")]);
    let layered = limits(requests(1)).when_limited(WhenLimited::Fail).chat(model(&mock));
    ask(&layered).await.unwrap_err();
    ask(&layered).await.unwrap();
    ask(&layered).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn places_are_held_until_a_stream_ends_and_given_back_by_a_drop() {
    let mock = Mock::new().reply(Reply::text("one two").pace(seconds(1)));
    let layered = limits(at_once(2)).when_limited(WhenLimited::Fail).chat(model(&mock));
    let begin = || async { layered.stream(&Context::new(), hello()).await };
    let (first, second) = (begin().await.unwrap(), begin().await.unwrap());
    let error = begin().await.unwrap_err();
    assert!(error.message().contains("2 calls at the same time"), "{error}");
    drop(first);
    let third = begin().await.unwrap();
    assert!(begin().await.is_err());
    second.into_response().await.unwrap();
    let fourth = begin().await.unwrap();
    assert!(begin().await.is_err());
    drop((third, fourth));
    assert!(begin().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_served_in_turn_and_who_leaves_gives_everything_back() {
    let mock = Mock::new().reply(Reply::text("Hi").delay(seconds(1)));
    let layered = limits(at_once(1)).chat(model(&mock));
    let ctx = Context::new();
    let mut calls: Vec<_> = (0..5).map(|_| layered.chat(&ctx, hello())).collect();
    for call in &mut calls {
        assert!(call.now_or_never().is_none());
    }
    mock.assert_sent_count(1);
    drop(calls.remove(1));
    drop(calls.remove(0));
    let start = Instant::now();
    let ends = join_all(calls.into_iter().map(|call| async move {
        call.await.unwrap();
        start.elapsed().as_secs()
    }));
    assert_eq!(ends.await, [1, 2, 3]);
    assert_eq!(seconds_for(&layered, 1).await, [1], "nothing is held any more");
}

#[tokio::test(start_paused = true)]
async fn users_have_quotas_of_their_own_and_connections_share() {
    let user = |name: &str, tenant: &str| {
        Context::new().with_labels(Labels::default().with_user(name).with_tenant(tenant))
    };
    let layer = RateLimit::new(clock()).limit(LimitScope::User, requests(1)).when_limited(WhenLimited::Fail);
    let (one, two) = (model(&Mock::new()), model(&Mock::new().with_connection("two")));
    let (one, two) = (layer.chat(one), layer.chat(two));
    one.chat(&user("ada", "x"), hello()).await.unwrap();
    let error = two.chat(&user("ada", "x"), hello()).await.unwrap_err();
    assert!(error.message().contains("user `ada`"), "{error}");
    for other in [user("ada", "y"), user("bob", "x"), user("daa", "x"), Context::new(), Context::new()] {
        one.chat(&other, hello()).await.unwrap();
    }

    let layer =
        RateLimit::new(clock()).limit(LimitScope::Connection, requests(1)).when_limited(WhenLimited::Fail);
    let mock = Mock::new();
    use laravel_ai_core::Provider;
    ask(&layer.chat(mock.chat_model("small").unwrap())).await.unwrap();
    ask(&layer.chat(mock.chat_model("large").unwrap())).await.unwrap_err();
    ask(&layer.chat(model(&mock.with_connection("two")))).await.unwrap();
}

fn said(limit: u64, remaining: u64, reset: u64) -> Said {
    let mut said = Said::default();
    said.limit = Some(limit);
    said.remaining = Some(remaining);
    said.reset = Some(seconds(reset));
    said
}

#[tokio::test(start_paused = true)]
async fn the_vendors_limits_are_learned_from_its_answers() {
    let mut limits = RateLimits::default();
    limits.requests = said(10, 0, 100);
    let mock = Mock::new().replies([Reply::text("Hi").rate_limits(limits), Reply::text("Hi")]);
    let layer = RateLimit::new(clock());
    let layered = layer.chat(model(&mock));
    assert_eq!(seconds_for(&layered, 1).await, [0]);
    assert_eq!(seconds_for(&layered, 2).await, [10, 20], "ten in a hundred seconds");

    let mock = Mock::new().replies([Reply::text("Hi").rate_limits(limits), Reply::text("Hi")]);
    let layered = RateLimit::new(clock()).learning(false).chat(model(&mock));
    assert_eq!(seconds_for(&layered, 3).await, [0; 3]);
}

#[tokio::test(start_paused = true)]
async fn while_the_vendors_delay_runs_nothing_is_sent() {
    let mock = Mock::new().sequence_then([limited(seconds(30))], "Hi");
    let layer = RateLimit::new(clock());
    let layered = layer.chat(model(&mock));
    ask(&layered).await.unwrap_err();
    sleep(seconds(10)).await;
    let error = ask(&layer.chat(model(&mock))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry(), Advice::SameTarget { after: Some(seconds(20)) });
    assert!(!error.possibly_billed());
    mock.assert_sent_count(1);
    ask(&layer.chat(model(&mock.clone().with_connection("other")))).await.unwrap();
    sleep(seconds(20)).await;
    ask(&layered).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_line_does_not_walk_into_the_vendors_delay() {
    let mock = Mock::new().sequence_then([limited(seconds(30)).delay(seconds(5))], "Hi");
    let (bus, recorder) = bus();
    let layered = limits(at_once(1)).with_events(bus).chat(model(&mock));
    let outcomes = join_all((0..3).map(|_| ask(&layered))).await;
    mock.assert_sent_count(1);
    for outcome in &outcomes[1..] {
        let error = outcome.as_ref().unwrap_err();
        let wait = Advice::SameTarget { after: Some(seconds(30)) };
        assert_eq!((error.kind(), error.retry()), (ErrorKind::RateLimited, wait));
        assert!(!error.possibly_billed());
    }
    let refused = |event: &ai_events::Event| matches!(&event.kind, EventKind::Throttled { refused: true, waited, .. } if *waited == seconds(5));
    assert_eq!(recorder.events().iter().filter(|event| refused(event)).count(), 2);
    sleep(seconds(30)).await;
    assert_eq!(seconds_for(&layered, 2).await, [0, 0], "with every place and every token back");
}

/// An answer that says that nothing is left for so long.
fn last_one(reset: u64) -> Reply {
    let mut limits = RateLimits::default();
    limits.requests = said(10, 0, reset);
    Reply::text("Hi").rate_limits(limits)
}

#[tokio::test(start_paused = true)]
async fn what_a_vendor_has_no_room_for_goes_elsewhere_at_once() {
    let pipeline = Pipeline::standard(clock(), bus().0);
    let one = Mock::new().with_connection("one").reply(last_one(600));
    let two = Mock::new().with_connection("two").reply("Hi");
    let candidates = [&one, &two].map(|mock| Candidate::new(pipeline.candidate(model(mock))));
    let layered = pipeline.failover(candidates).unwrap();
    assert_eq!(seconds_for(&layered, 1).await, [0]);
    assert_eq!(seconds_for(&layered, 2).await, [0, 0], "nobody waits for the first");
    assert_eq!((one.recorded().len(), two.recorded().len()), (1, 2));

    let one = Mock::new().reply(last_one(6_000));
    let keys = ["a", "b"].map(|key| Key::new(keyed(&one, key)));
    let pooled = pipeline.keys(keys).unwrap();
    assert_eq!(seconds_for(&pooled, 2).await, [0, 0], "a key each");
    let error = ask(&pooled).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
    one.assert_sent_count(2);

    let alone = RateLimit::new(clock()).chat(model(&Mock::new().reply(last_one(6_000))));
    ask(&alone).await.unwrap();
    let (start, error) = (Instant::now(), ask(&alone).await.unwrap_err());
    assert_eq!(
        (start.elapsed(), error.kind(), error.retry()),
        (seconds(60), ErrorKind::RateLimited, Advice::OtherTarget)
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_tenants_own_key_has_left_is_not_what_ours_has() {
    let ours = Mock::new().reply(last_one(6_000));
    let inner = keyed(&ours, "sk-of-a-tenant");
    let layered =
        RateLimit::new(clock()).chat(Arc::new(House { target: model(&ours).target().clone(), inner }));
    assert_eq!(seconds_for(&layered, 1).await, [0]);
    assert_eq!(seconds_for(&layered, 2).await, [0, 0]);
}

/// Our own handle, through which a tenant's key answers.
#[derive(Debug)]
struct House {
    target: Target,
    inner: Arc<dyn ChatModel>,
}

#[async_trait]
impl ChatModel for House {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        self.inner.render(ctx, request)
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        self.inner.chat(ctx, request).await
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        self.inner.stream(ctx, request).await
    }
}

/// In real time, on several threads: the wait ends at once when a call leaves, or this takes minutes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_thousand_calls_on_four_threads_pass_a_gate_for_eight() {
    let (running, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (now, peak) = (Arc::clone(&running), Arc::clone(&most));
    let mock = Mock::new().reply_with(move |_| {
        peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Reply::text("Hi")
    });
    let layered = limits(at_once(8)).chat(model(&mock));
    let calls: Vec<_> = (0..2_000)
        .map(|number| {
            let (layered, running) = (Arc::clone(&layered), Arc::clone(&running));
            #[expect(clippy::disallowed_methods, reason = "a test of calls on several threads")]
            tokio::spawn(async move {
                let stream = layered.stream(&Context::new(), hello()).await.unwrap();
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
                if number % 3 > 0 {
                    stream.into_response().await.unwrap();
                }
            })
        })
        .collect();
    let all = tokio::time::timeout(seconds(30), join_all(calls)).await.expect("a wake was lost");
    assert!(all.iter().all(Result::is_ok));
    assert!(most.load(Ordering::SeqCst) <= 8, "{most:?}");
}
