//! Several keys of one connection as one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ai_events::EventKind;
use ai_layers::{Key, KeyPool, Pick};
use futures_util::future::join_all;
use laravel_ai_core::{
    AssistantPart, ChatModel, ChatRequest, Context, ErrorKind, Message, Opaque, Provider, RawJson, Reasoning,
    Retry as Advice, Target,
};
use provider_mock::{Mock, Reply};
use tokio::time::{Instant, sleep};

use crate::support::{ask, ask_as, bus, clock, hello, keyed, limited, seconds, times};

fn pool() -> KeyPool {
    KeyPool::new(clock())
}

/// A model over these vendors, each with a key of its own.
fn over(pool: &KeyPool, mocks: &[&Mock]) -> Arc<dyn ChatModel> {
    let key = |(number, mock): (usize, &&Mock)| Key::new(keyed(mock, &format!("sk-test-{number}")));
    pool.chat(mocks.iter().enumerate().map(key)).unwrap()
}

fn sent(mocks: &[&Mock]) -> Vec<usize> {
    mocks.iter().map(|mock| mock.recorded().len()).collect()
}

#[tokio::test(start_paused = true)]
async fn one_dead_one_limited_one_good_and_no_call_is_lost() {
    for streamed in [false, true] {
        let (bus, recorder) = bus();
        let dead = Mock::new().fail(ErrorKind::Authentication);
        let cool = Mock::new().replies([limited(seconds(30)), Reply::text("Hi")]);
        let good = Mock::new().reply("Hi");
        let (mocks, start) = ([&dead, &cool, &good], Instant::now());
        let model = over(&pool().with_events(bus), &mocks);
        for _ in 0..10 {
            assert_eq!(ask_as(&model, streamed).await.unwrap().text(), "Hi");
        }
        assert_eq!((sent(&mocks), start.elapsed()), (vec![1, 1, 10], Duration::ZERO));
        recorder.assert_names(&["Retrying", "Retrying"]);
        sleep(seconds(30)).await;
        ask_as(&model, streamed).await.unwrap();
        assert_eq!(sent(&mocks), [1, 2, 10], "it is back, and was used longest ago");
    }
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_a_key_by_kind() {
    let day = seconds(86_400);
    for (kind, back_after) in [
        (ErrorKind::Authentication, None),
        (ErrorKind::QuotaExceeded, Some(seconds(3_600))),
        (ErrorKind::Permission, Some(seconds(3_600))),
        (ErrorKind::RateLimited, Some(seconds(1))),
    ] {
        let failing = Mock::new().sequence_then([Reply::fail(kind)], Reply::text("Hi"));
        let good = Mock::new().reply("Hi");
        let (mocks, pool) = ([&failing, &good], pool());
        let model = over(&pool, &mocks);
        ask(&model).await.unwrap();
        sleep(back_after.map_or(day, |back| back - Duration::from_millis(1))).await;
        ask(&model).await.unwrap();
        assert_eq!(sent(&mocks), [1, 2], "{kind:?}");
        match back_after {
            Some(_) => sleep(Duration::from_millis(1)).await,
            None => pool.revive(keyed(&failing, "sk-test-0").target()),
        }
        ask(&model).await.unwrap();
        assert_eq!(sent(&mocks), [2, 2], "{kind:?} is back");
    }
}

#[tokio::test(start_paused = true)]
async fn rights_are_parked_for_the_model_and_all_else_for_the_key() {
    for (kind, other_model) in [(ErrorKind::Permission, [1, 0]), (ErrorKind::QuotaExceeded, [0, 1])] {
        let (pool, good) = (pool(), Mock::new().reply("Hi"));
        let failing = Mock::new().sequence_then([Reply::fail(kind)], Reply::text("Hi"));
        ask(&over(&pool, &[&failing, &good])).await.unwrap();
        // The same keys, another model.
        let (one, two) = (Mock::new().reply("Hi"), Mock::new().reply("Hi"));
        let other = |mock: &Mock, key: &str| {
            let target = keyed(mock, key).target().clone().with_model("other");
            Key::new(Arc::new(Renamed { inner: keyed(mock, key), target }) as Arc<dyn ChatModel>)
        };
        let model = pool.chat([other(&one, "sk-test-0"), other(&two, "sk-test-1")]).unwrap();
        ask(&model).await.unwrap();
        assert_eq!(sent(&[&one, &two]), other_model, "{kind:?}");
    }
}

#[derive(Debug)]
struct Renamed {
    inner: Arc<dyn ChatModel>,
    target: Target,
}

#[async_trait::async_trait]
impl ChatModel for Renamed {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &laravel_ai_core::Capabilities {
        self.inner.capabilities()
    }

    fn render(
        &self,
        ctx: &Context,
        request: &ChatRequest,
    ) -> laravel_ai_core::Result<laravel_ai_core::RenderedRequest> {
        self.inner.render(ctx, request)
    }

    async fn chat(
        &self,
        ctx: &Context,
        request: Arc<ChatRequest>,
    ) -> laravel_ai_core::Result<laravel_ai_core::ChatResponse> {
        self.inner.chat(ctx, request).await
    }

    async fn stream(
        &self,
        ctx: &Context,
        request: Arc<ChatRequest>,
    ) -> laravel_ai_core::Result<laravel_ai_core::ChatStream> {
        self.inner.stream(ctx, request).await
    }
}

#[tokio::test(start_paused = true)]
async fn when_no_key_is_left_the_error_says_when_one_is() {
    let (one, two) = (Mock::new().reply(limited(seconds(30))), Mock::new().reply(limited(seconds(20))));
    let model = over(&pool(), &[&one, &two]);
    for waited in [0, 5] {
        sleep(seconds(waited)).await;
        let error = ask(&model).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.retry(), Advice::SameTarget { after: Some(seconds(20 - waited)) });
    }
    assert_eq!(sent(&[&one, &two]), [1, 1], "nothing before its floor");

    let (one, two) =
        (Mock::new().fail(ErrorKind::Authentication), Mock::new().fail(ErrorKind::Authentication));
    let model = over(&pool(), &[&one, &two]);
    for _ in 0..2 {
        let error = ask(&model).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Authentication, Advice::OtherTarget));
    }
    assert_eq!(sent(&[&one, &two]), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_keys_fault_is_not_spread_over_all_keys() {
    for kind in [ErrorKind::Server, ErrorKind::InvalidRequest, ErrorKind::ModelNotFound, ErrorKind::Unknown] {
        let (one, two) = (Mock::new().fail(kind), Mock::new().fail(kind));
        let error = ask(&over(&pool(), &[&one, &two])).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (kind, kind.retry()));
        assert_eq!(one.recorded().len() + two.recorded().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_least_busy_key_is_taken_streams_included() {
    let (one, two) = (Mock::new().reply("a b c"), Mock::new().reply("a b c"));
    let model = over(&pool(), &[&one, &two]);
    let mut streams = Vec::new();
    for _ in 0..6 {
        streams.push(model.stream(&Context::new(), hello()).await.unwrap());
    }
    assert_eq!(sent(&[&one, &two]), [3, 3]);
    streams.drain(..).step_by(2).for_each(drop);
    let first = model.stream(&Context::new(), hello()).await.unwrap();
    let served = first.target().clone();
    let again = model.stream(&Context::new(), hello()).await.unwrap();
    assert_ne!(served, *again.target(), "one is held, so the other is next");
}

#[tokio::test(start_paused = true)]
async fn weights_are_kept_and_evenly_mixed() {
    let (one, two, three) = (Mock::new().reply("a"), Mock::new().reply("a"), Mock::new().reply("a"));
    let keys = [(&one, 5), (&two, 1), (&three, 4)];
    let key = |(number, (mock, weight)): (usize, (&Mock, u32))| {
        Key::new(keyed(mock, &format!("sk-test-{number}"))).weight(times(weight))
    };
    let model = pool().pick(Pick::Weighted).chat(keys.into_iter().enumerate().map(key)).unwrap();
    join_all((0..100).map(|_| ask(&model))).await;
    assert_eq!(sent(&[&one, &two, &three]), [50, 10, 40]);
    for _ in 0..10 {
        ask(&model).await.unwrap();
    }
    assert_eq!(sent(&[&one, &two, &three]), [55, 11, 44], "in any ten");
}

fn with_state_of(target: &Target, strict: bool) -> Arc<ChatRequest> {
    let mut reasoning = Reasoning::new("so");
    reasoning.opaque = Some(Opaque::new(target.clone(), RawJson::parse(r#"{"id": "rs_1"}"#).unwrap()));
    let answer = Message::Assistant(vec![AssistantPart::Reasoning(reasoning), AssistantPart::text("Lima")]);
    let request = ChatRequest::new([Message::user("Capital?"), answer, Message::user("Sure?")]);
    Arc::new(request.with_strict(strict))
}

#[tokio::test(start_paused = true)]
async fn state_goes_back_to_the_key_that_made_it_while_that_can_be_used() {
    let (one, two) = (Mock::new().reply("a"), Mock::new().replies([Reply::text("a"), limited(seconds(30))]));
    let model = over(&pool(), &[&one, &two]);
    let made_by = keyed(&two, "sk-test-1").target().clone();
    for strict in [false, true] {
        model.chat(&Context::new(), with_state_of(&made_by, strict)).await.unwrap();
        // The second time it is limited: a strict request does not go elsewhere.
        let outcome = model.chat(&Context::new(), with_state_of(&made_by, strict)).await;
        assert_eq!(outcome.is_ok(), !strict, "{outcome:?}");
        sleep(seconds(30)).await;
    }
    assert_eq!(sent(&[&one, &two]), [1, 4]);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_the_vendor_stores_chooses_the_key_too() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Stored {
        previous: HashMap<String, Target>,
    }
    impl laravel_ai_core::ProviderOptions for Stored {
        const DRIVER: &'static str = "mock";
    }
    let (one, two) = (Mock::new().reply("a"), Mock::new().reply("a"));
    let model = over(&pool(), &[&one, &two]);
    let target = keyed(&two, "sk-test-1").target().clone();
    let stored = Stored { previous: HashMap::from([("target".to_owned(), target)]) };
    let request = Arc::new(ChatRequest::user("And then?").with_options(&stored).unwrap());
    for _ in 0..3 {
        model.chat(&Context::new(), Arc::clone(&request)).await.unwrap();
    }
    assert_eq!(sent(&[&one, &two]), [0, 3]);
}

#[tokio::test(start_paused = true)]
async fn wrong_pools_are_configuration_errors() {
    let none: [Key<dyn ChatModel>; 0] = [];
    assert_eq!(pool().chat(none).unwrap_err().kind(), ErrorKind::Configuration);
    let mock = Mock::new();
    let twice = [Key::new(keyed(&mock, "sk-test-1")), Key::new(keyed(&mock, "sk-test-1"))];
    let error = pool().chat(twice).unwrap_err();
    assert!(error.message().contains("twice") && !error.message().contains("sk-test"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn another_key_is_told_of_with_its_own_target() {
    let (bus, recorder) = bus();
    let (one, two) = (Mock::new().fail(ErrorKind::QuotaExceeded), Mock::new().reply("a"));
    ask(&over(&pool().with_events(bus), &[&one, &two])).await.unwrap();
    let next = keyed(&two, "sk-test-1").target().clone();
    match &recorder.events()[0].kind {
        EventKind::Retrying { target, failure, delay, .. } => {
            assert_eq!((target, failure.kind, *delay), (&next, ErrorKind::QuotaExceeded, Duration::ZERO));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn embeddings_have_pools_too() {
    let (one, two) = (
        Mock::new().embed_with(|_| Err(ErrorKind::QuotaExceeded.into())),
        Mock::new().with_connection("two"),
    );
    let keys = [Key::new(one.embedding_model("e").unwrap()), Key::new(two.embedding_model("e").unwrap())];
    let model = pool().embedding(keys).unwrap();
    let request = Arc::new(laravel_ai_core::EmbeddingRequest::new(["Lima"]));
    for _ in 0..3 {
        model.embed(&Context::new(), Arc::clone(&request)).await.unwrap();
    }
    assert_eq!((one.recorded_embeddings().len(), two.recorded_embeddings().len()), (1, 3));
}
