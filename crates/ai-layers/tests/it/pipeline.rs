//! All layers together.

use std::sync::Arc;
use std::time::Duration;

use ai_events::{EventBus, EventKind};
use ai_layers::{
    Candidate, Jitter, Key, LimitScope, MapError, Pipeline, Quota, RateLimit, Retry, Stack, Timeout,
};
use laravel_ai_core::{
    ChatModel, Context, EmbeddingRequest, Error, ErrorKind, Layer, Modality, Provider, Timeouts,
};
use provider_mock::{Mock, Reply};
use tokio::time::Instant;

use crate::support::{ask, ask_as, bus, clock, hello, keyed, limited, model, seconds, times};

fn pipeline(bus: EventBus) -> Pipeline {
    Pipeline::standard(clock(), bus).retry(Retry::new(clock()).jitter(Jitter::UpTo(0.0)))
}

#[tokio::test(start_paused = true)]
async fn events_of_a_call_come_in_their_order_with_their_ids() {
    for streamed in [false, true] {
        let (bus, recorder) = bus();
        let mock = Mock::new().sequence([Reply::fail(ErrorKind::Overloaded), Reply::text("Hi")]);
        let layered = pipeline(bus).chat(model(&mock));
        let answer = ask_as(&layered, streamed).await.unwrap();
        assert_eq!(answer.attempts, 2);
        recorder.assert_names(&[
            "MessageSent",
            "AttemptStarted",
            "AttemptFinished",
            "Retrying",
            "AttemptStarted",
            "AttemptFinished",
            "ResponseGenerated",
        ]);
        let events = recorder.events();
        assert!(
            events.windows(2).all(|pair| pair[0].run == pair[1].run && pair[0].sequence < pair[1].sequence)
        );
        let attempts: Vec<_> = events.iter().map(|event| event.attempt).collect();
        assert!(attempts[0].is_none() && attempts[3].is_none() && attempts[6].is_none());
        assert!(attempts[1].is_some() && attempts[1] == attempts[2] && attempts[4] == attempts[5]);
        assert_ne!(attempts[1], attempts[4]);
        assert!(matches!(events[6].kind, EventKind::ResponseGenerated { attempts: 2, .. }));
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_is_no_attempt_and_moves_on() {
    let (bus, recorder) = bus();
    let pipeline = pipeline(bus);
    let down = Mock::new().with_connection("down").fail(ErrorKind::Server);
    let local = Mock::new().with_connection("local").reply("Hi");
    let candidates = [&down, &local].map(|mock| Candidate::new(pipeline.candidate(model(mock))));
    let layered = pipeline.failover(candidates).unwrap();
    for _ in 0..20 {
        assert_eq!(ask(&layered).await.unwrap().text(), "Hi");
    }
    let asked = down.recorded().len();
    assert_eq!((asked, recorder.count("CircuitOpened")), (10, 1));
    assert_eq!(recorder.count("AttemptStarted"), asked + 20);
    assert_eq!(recorder.count("ProviderSwitched"), 20);
}

#[tokio::test(start_paused = true)]
async fn another_key_is_asked_at_once_while_the_floor_of_the_first_holds() {
    let (bus, recorder) = bus();
    let pipeline = pipeline(bus);
    let one = Mock::new().sequence_then([limited(seconds(30))], "Hi");
    let two = Mock::new().sequence_then([Reply::text("Hi"), limited(seconds(10))], "Hi");
    let keys = [keyed(&one, "sk-test-1"), keyed(&two, "sk-test-2")].map(Key::new);
    let layered = pipeline.failover([Candidate::new(pipeline.keys(keys).unwrap())]).unwrap();
    let start = Instant::now();
    assert_eq!(ask(&layered).await.unwrap().attempts, 2);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(
        ask(&layered).await.unwrap().attempts,
        2,
        "all keys cool, so it waits for the first that is back"
    );
    assert_eq!(start.elapsed(), seconds(10));
    assert_eq!((one.recorded().len(), two.recorded().len()), (1, 3));
    recorder.assert_not_published("Throttled");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_our_own_limits_is_not_walked_around() {
    let (bus, recorder) = bus();
    let quota = Quota::new().requests_per_minute(crate::support::many(1));
    let limits = RateLimit::new(clock())
        .limit(LimitScope::Connection, quota)
        .when_limited(ai_layers::WhenLimited::Fail);
    let pipeline = pipeline(bus).rate_limit(limits);
    let (one, two) = (Mock::new().reply("Hi"), Mock::new().with_connection("two").reply("Hi"));
    let candidates = [&one, &two].map(|mock| Candidate::new(pipeline.candidate(model(mock))));
    let layered = pipeline.failover(candidates).unwrap();
    ask(&layered).await.unwrap();
    assert_eq!(ask(&layered).await.unwrap_err().kind(), ErrorKind::Throttled);
    two.assert_nothing_sent();
    assert_eq!((recorder.count("Throttled"), recorder.count("AttemptStarted")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn time_limits_are_for_each_try_and_are_retried() {
    let mock = Mock::new().sequence([Reply::text("late").delay(seconds(60)), Reply::text("Hi")]);
    let (bus, _) = bus();
    let layered = pipeline(bus).chat(model(&mock));
    let ctx = Context::new().with_timeouts(Timeouts::default().with_total(seconds(5)));
    let start = Instant::now();
    assert_eq!(layered.chat(&ctx, hello()).await.unwrap().text(), "Hi");
    assert_eq!(start.elapsed(), seconds(6));
}

#[tokio::test(start_paused = true)]
async fn the_callers_error_is_the_mapped_one_and_so_is_the_events() {
    let (bus, recorder) = bus();
    let map = MapError::new(|_, error: Error| Error::new(error.kind(), "ask Ada"));
    let layered = pipeline(bus).map_error(map).chat(model(&Mock::new().fail(ErrorKind::QuotaExceeded)));
    assert_eq!(ask(&layered).await.unwrap_err().message(), "ask Ada");
    recorder.assert_published(
        |event| matches!(&event.kind, EventKind::CallFailed { failure, .. } if failure.message == "ask Ada"),
    );
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_call_goes_through() {
    let (bus, recorder) = bus();
    let pipeline = pipeline(bus);
    let mock = Mock::new();
    let request = Arc::new(EmbeddingRequest::new(["Lima"]));
    let embedding = pipeline.embedding(mock.embedding_model("e").unwrap());
    embedding.embed(&Context::new(), Arc::clone(&request)).await.unwrap();
    recorder.assert_names(&["MessageSent", "AttemptStarted", "AttemptFinished", "ResponseGenerated"]);
    recorder.clear();
    pipeline.token_counter(mock.token_counter("m").unwrap()).count(&Context::new(), hello()).await.unwrap();
    recorder.assert_names(&["AttemptStarted", "AttemptFinished"]);
    recorder.clear();
    let catalog = pipeline.catalog(mock.catalog().unwrap());
    assert_eq!(catalog.models(&Context::new()).await.unwrap().len(), 2);
    assert!(catalog.model(&Context::new(), "mock-chat").await.is_ok());
    recorder.assert_names(&[]);
    let keys = pipeline.embedding_keys([Key::new(mock.embedding_model("e").unwrap())]).unwrap();
    keys.embed(&Context::new(), request).await.unwrap();
    assert!(pipeline.covers(Modality::Embedding));
}

/// Counts the calls that pass it.
#[derive(Clone, Debug, Default)]
struct Passing(Arc<std::sync::atomic::AtomicU32>);

#[derive(Debug)]
struct Passed(Arc<dyn ChatModel>, Passing);

impl Layer for Passing {
    fn covers(&self, modality: Modality) -> bool {
        modality == Modality::Chat
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        Arc::new(Passed(inner, self.clone()))
    }
}

#[async_trait::async_trait]
impl ChatModel for Passed {
    fn target(&self) -> &laravel_ai_core::Target {
        self.0.target()
    }

    fn capabilities(&self) -> &laravel_ai_core::Capabilities {
        self.0.capabilities()
    }

    fn render(
        &self,
        ctx: &Context,
        request: &laravel_ai_core::ChatRequest,
    ) -> laravel_ai_core::Result<laravel_ai_core::RenderedRequest> {
        self.0.render(ctx, request)
    }

    async fn chat(
        &self,
        ctx: &Context,
        request: Arc<laravel_ai_core::ChatRequest>,
    ) -> laravel_ai_core::Result<laravel_ai_core::ChatResponse> {
        self.1.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.0.chat(ctx, request).await
    }

    async fn stream(
        &self,
        ctx: &Context,
        request: Arc<laravel_ai_core::ChatRequest>,
    ) -> laravel_ai_core::Result<laravel_ai_core::ChatStream> {
        self.0.stream(ctx, request).await
    }
}

#[tokio::test(start_paused = true)]
async fn layers_of_the_application_stand_where_they_were_put() {
    let (bus, _) = bus();
    let [call, candidate, attempt] = [Passing::default(), Passing::default(), Passing::default()];
    let pipeline = pipeline(bus)
        .around_calls("mine", call.clone())
        .around_candidates("mine", candidate.clone())
        .around_attempts("mine", attempt.clone());
    assert!(!pipeline.covers(Modality::Embedding), "mine does not");
    let bad = Mock::new().fail(ErrorKind::Server);
    let good = Mock::new().with_connection("good").reply("Hi");
    let candidates = [&bad, &good].map(|mock| Candidate::new(pipeline.candidate(model(mock))));
    let layered = pipeline.failover(candidates).unwrap();
    ask(&layered).await.unwrap();
    let count = |passing: &Passing| passing.0.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!((count(&call), count(&candidate), count(&attempt)), (1, 3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_stack_is_in_order_by_name_and_keeps_what_is_mandatory() {
    let stack = Stack::new()
        .with("one", Retry::new(clock()).attempts(times(1)))
        .with_mandatory("budget", Passing::default())
        .with_shared("three", Arc::new(Timeout::new(clock())));
    assert_eq!(stack.names().collect::<Vec<_>>(), ["one", "budget", "three"]);
    assert!(stack.covers(Modality::Chat) && !stack.covers(Modality::Catalog));
    assert_eq!(stack.without("three").unwrap().names().count(), 2);
    let refused = stack.without("budget").unwrap_err();
    assert!(refused.message().contains("mandatory"), "{refused}");
    let unknown = stack.without("four").unwrap_err();
    assert!(unknown.message().contains("`one`, `budget`, `three`"), "{unknown}");
}
