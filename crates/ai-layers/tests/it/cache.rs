//! Answers that are given again: which, to whom, for how long, and what happens when something fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ai_events::EventKind;
use ai_layers::*;
use async_trait::async_trait;
use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use laravel_ai_core::*;
use proptest::prelude::*;
use provider_mock::{Mock, Reply, TestClock};
use serde_json::json;

use crate::support::{ask_as, bus, clock, hello, model, read, seconds};

fn cache(clock: &Arc<dyn Clock>) -> Cache {
    Cache::new(Arc::clone(clock), Arc::new(MemoryCache::default()))
}

fn of_tenant(tenant: &str, user: &str) -> Context {
    Context::new().with_labels(Labels::default().with_tenant(tenant).with_user(user))
}

#[tokio::test(start_paused = true)]
async fn a_hit_is_the_answer_and_costs_nothing() {
    for (first, second) in [(false, false), (false, true), (true, false), (true, true)] {
        let (bus, recorder) = bus();
        let mock = Mock::new().reply(Reply::text("Lima").usage(Usage::new(9, 3)));
        let clock = clock();
        let priced = Billing::new(Arc::clone(&clock)).with_prices(Arc::new(free_and_dear()));
        let model = cache(&clock).with_events(bus).chat(priced.chat(model(&mock)));
        let made = ask_as(&model, first).await.unwrap();
        tokio::time::advance(seconds(90)).await;
        let hit = ask_as(&model, second).await.unwrap();
        assert_eq!(mock.recorded().len(), 1, "{first} {second}");
        assert_eq!((hit.text(), hit.content.clone(), &hit.model), (made.text(), made.content, &made.model));
        assert_eq!(hit.usage, Usage::new(0, 0));
        let cost = hit.cost.unwrap();
        assert_eq!((cost.money.amount.to_string().as_str(), cost.provenance), ("0", Provenance::Cached));
        let note: serde_json::Value = serde_json::from_str(hit.metadata["cache"].as_str()).unwrap();
        let saved = made.cost.unwrap();
        let amount = json!(saved.money.amount);
        assert_eq!(
            note,
            json!({"age_seconds": 90, "stale": false, "saved": {"amount": amount, "currency": "USD"}})
        );
        recorder.assert_names(&["CacheHit"]);
        recorder.assert_published(
            |event| matches!(&event.kind, EventKind::CacheHit { saved: Some(cost), .. } if *cost == saved),
        );
    }
}

fn free_and_dear() -> ai_costs::Prices {
    let mut own = ai_costs::Overrides::default();
    let rates = ai_costs::Rates::new("2".parse().unwrap(), "8".parse().unwrap());
    own.set("mock", "*", ai_costs::ModelPrices::new(rates));
    ai_costs::Prices::new(ai_costs::Catalogue::embedded().unwrap()).with_overrides(own)
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_for_its_time_and_not_longer() {
    let mock = Mock::new().replies(["one", "two"]);
    let model = cache(&clock()).answers(seconds(60)).chat(model(&mock));
    assert_eq!(ask_as(&model, false).await.unwrap().text(), "one");
    tokio::time::advance(seconds(59)).await;
    assert_eq!(ask_as(&model, false).await.unwrap().text(), "one");
    tokio::time::advance(seconds(1)).await;
    assert_eq!(ask_as(&model, false).await.unwrap().text(), "two");
    assert_eq!(ask_as(&model, true).await.unwrap().text(), "two");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_whole_plain_answer_is_asked_for_each_time() {
    let replies: [fn() -> Reply; 4] = [
        || Reply::fail(ErrorKind::Server),
        || Reply::text("cut").finish(FinishReason::Length),
        || Reply::tool_call("look_up", json!({})),
        || Reply::text("").finish(FinishReason::Stop),
    ];
    for reply in replies {
        for streamed in [false, true] {
            let mock = Mock::new().replies([reply(), reply()]);
            let model = cache(&clock()).chat(model(&mock));
            let first = ask_as(&model, streamed).await.map_err(|error| error.kind());
            let second = ask_as(&model, streamed).await.map_err(|error| error.kind());
            assert_eq!(first.is_ok(), second.is_ok());
            assert_eq!(mock.recorded().len(), 2, "{:?}", first.map(|answer| answer.content));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_is_not_kept_and_one_that_is_dropped_neither() {
    let mock = Mock::new().replies([
        Reply::text("a long answer").then_fail(ErrorKind::StreamInterrupted),
        Reply::text("whole"),
        Reply::text("again"),
    ]);
    let model = cache(&clock()).chat(model(&mock));
    assert!(read(model.stream(&Context::new(), hello()).await.unwrap()).await.1.is_some());
    let mut dropped = model.stream(&Context::new(), hello()).await.unwrap();
    assert!(dropped.next().await.unwrap().is_ok());
    drop(dropped);
    assert_eq!(ask_as(&model, false).await.unwrap().text(), "again");
    assert_eq!(mock.recorded().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn tenants_share_nothing_and_users_share_unless_told() {
    let mock = Mock::new().replies((0..8).map(|number| Reply::text(format!("answer {number}"))));
    let store: Arc<dyn CacheStore> = Arc::new(MemoryCache::default());
    let shared = Cache::new(clock(), Arc::clone(&store)).chat(model(&mock));
    let apart = Cache::new(clock(), Arc::clone(&store)).per_user().chat(model(&mock));
    let text =
        async |model: &Arc<dyn ChatModel>, ctx: Context| model.chat(&ctx, hello()).await.unwrap().text();
    assert_eq!(text(&shared, of_tenant("a", "1")).await, "answer 0");
    assert_eq!(text(&shared, of_tenant("a", "2")).await, "answer 0");
    assert_eq!(text(&shared, of_tenant("b", "1")).await, "answer 1");
    assert_eq!(text(&shared, Context::new()).await, "answer 2");
    assert_eq!(text(&apart, of_tenant("a", "1")).await, "answer 3");
    assert_eq!(text(&apart, of_tenant("a", "2")).await, "answer 4");
    assert_eq!(text(&apart, of_tenant("a", "2")).await, "answer 4");
    store.forget("1:a").await.unwrap();
    assert_eq!(text(&shared, of_tenant("a", "1")).await, "answer 5");
    assert_eq!(text(&shared, of_tenant("b", "1")).await, "answer 1");
}

#[tokio::test(start_paused = true)]
async fn one_call_is_made_for_all_who_ask_at_once() {
    for streamed in [false, true] {
        let mock = Mock::new().reply(Reply::text("slowly made").delay(seconds(3)));
        let model = cache(&clock()).chat(model(&mock));
        let answers = join_all((0..20).map(|_| ask_as(&model, streamed))).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap().text() == "slowly made"));
        assert_eq!(mock.recorded().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_first_gives_up_another_asks_for_the_rest() {
    let slow = || Reply::text("made").delay(seconds(5));
    let mock = Mock::new().replies([slow(), slow()]);
    let model = cache(&clock()).chat(model(&mock));
    let ctx = Context::new();
    let mut first = model.chat(&ctx, hello());
    assert!((&mut first).now_or_never().is_none());
    let others = join_all((0..5).map(|_| ask_as(&model, false)));
    let gives_up = async {
        tokio::time::sleep(seconds(1)).await;
        drop(first);
    };
    let (answers, ()) = tokio::join!(others, gives_up);
    assert!(answers.into_iter().all(|answer| answer.unwrap().text() == "made"));
    assert_eq!(mock.recorded().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_one_by_one_for_what_is_not_kept() {
    let mock = Mock::new().replies((0..10).map(|_| Reply::tool_call("look_up", json!({})).delay(seconds(1))));
    let model = cache(&clock()).chat(model(&mock));
    let start = tokio::time::Instant::now();
    let answers = join_all((0..10).map(|_| ask_as(&model, false))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(start.elapsed(), seconds(2), "the first, and then all others at once");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_stream_that_is_not_read() {
    let mock = Mock::new().reply("Lima is the capital of Peru");
    let model = cache(&clock()).chat(model(&mock));
    let mut held = model.stream(&Context::new(), hello()).await.unwrap();
    held.next().await.unwrap().unwrap();
    let start = tokio::time::Instant::now();
    let answers = join_all((0..5).map(|number| ask_as(&model, number % 2 == 0))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().text() == "Lima is the capital of Peru"));
    assert_eq!((start.elapsed(), mock.recorded().len()), (seconds(30), 2), "one asks again for all");
    assert_eq!(read(held).await.1.map(|error| error.kind()), None, "whoever holds it may still read it");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_moves_on_is_waited_for_however_slow() {
    let mock = Mock::new().reply(Reply::text("one two three four five six").pace(seconds(20)));
    let model = cache(&clock()).chat(model(&mock));
    let first = async { read(model.stream(&Context::new(), hello()).await.unwrap()).await };
    let others = join_all((0..3).map(|_| ask_as(&model, true)));
    let ((text, _), others) = tokio::join!(first, others);
    assert!(others.iter().all(|answer| answer.as_ref().unwrap().text() == text));
    assert_eq!(mock.recorded().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_no_longer_than_its_own_deadline() {
    let mock = Mock::new().reply(Reply::text("late").delay(seconds(60)));
    let clock = clock();
    let model = cache(&clock).chat(model(&mock));
    let ctx = Context::new().with_deadline(clock.now() + seconds(2));
    let start = tokio::time::Instant::now();
    let hurried = async { (model.chat(&ctx, hello()).await.unwrap_err().kind(), start.elapsed()) };
    let (first, hurried) = tokio::join!(ask_as(&model, false), hurried);
    assert_eq!(first.unwrap().text(), "late");
    assert_eq!(hurried, (ErrorKind::Timeout, seconds(2)));
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_is_better_than_an_outage_and_nothing_else() {
    for streamed in [false, true] {
        let mock = Mock::new().replies([
            Reply::text("old"),
            Reply::fail(ErrorKind::Server),
            Reply::fail(ErrorKind::InvalidRequest),
            Reply::fail(ErrorKind::Server),
        ]);
        let model = cache(&clock()).answers(seconds(60)).stale_if_error(seconds(600)).chat(model(&mock));
        ask_as(&model, streamed).await.unwrap();
        tokio::time::advance(seconds(100)).await;
        let stale = ask_as(&model, streamed).await.unwrap();
        assert_eq!(stale.text(), "old");
        assert!(stale.metadata["cache"].as_str().contains("\"stale\":true"));
        assert_eq!(ask_as(&model, streamed).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
        tokio::time::advance(seconds(600)).await;
        assert_eq!(ask_as(&model, streamed).await.unwrap_err().kind(), ErrorKind::Server);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_may_ask_afresh_and_may_leave_no_trace() {
    let mock = Mock::new().replies(["one", "two", "three"]);
    let model = cache(&clock()).chat(model(&mock));
    let text = async |ctx: Context| model.chat(&ctx, hello()).await.unwrap().text();
    assert_eq!(text(Context::new()).await, "one");
    assert_eq!(text(Context::new().with_extension(CacheUse::Bypass)).await, "two");
    assert_eq!(text(Context::new()).await, "one");
    assert_eq!(text(Context::new().with_extension(CacheUse::Refresh)).await, "three");
    assert_eq!(text(Context::new()).await, "three");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_target_is_not_kept_as_this_ones() {
    let broken = Mock::new()
        .with_connection("broken")
        .replies([Reply::fail(ErrorKind::QuotaExceeded), Reply::text("back")]);
    let other = Mock::new().with_connection("other").reply("from the other");
    let clock = clock();
    let both = Failover::new(Arc::clone(&clock)).rest(Duration::ZERO);
    let both = both.chat([Candidate::new(model(&broken)), Candidate::new(model(&other))]).unwrap();
    let model = cache(&clock).chat(both);
    assert_eq!(ask_as(&model, false).await.unwrap().text(), "from the other");
    assert_eq!(ask_as(&model, false).await.unwrap().text(), "back");
}

/// A store that can be broken.
#[derive(Debug)]
struct Broken {
    inner: MemoryCache,
    fails: AtomicBool,
    asked: AtomicUsize,
}

impl Broken {
    fn check(&self) -> Result<()> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.fails.load(Ordering::Relaxed) {
            true => Err(ErrorKind::Storage.into()),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl CacheStore for Broken {
    async fn find(&self, key: &CacheKey) -> Result<Option<Arc<Cached>>> {
        self.check()?;
        self.inner.find(key).await
    }

    async fn keep(&self, key: CacheKey, entry: Arc<Cached>, length: Duration) -> Result<()> {
        self.check()?;
        let text = serde_json::to_string(&*entry).unwrap();
        assert_eq!(
            serde_json::from_str::<Cached>(&text).unwrap(),
            *entry,
            "an entry survives a store outside the process"
        );
        self.inner.keep(key, entry, length).await
    }

    async fn forget(&self, partition: &str) -> Result<()> {
        self.inner.forget(partition).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_costs_a_call_and_nothing_else() {
    let store = Arc::new(Broken {
        inner: MemoryCache::default(),
        fails: AtomicBool::new(true),
        asked: AtomicUsize::new(0),
    });
    for streamed in [false, true] {
        store.fails.store(true, Ordering::Relaxed);
        let mock = Mock::new().replies((0..3).map(|_| Reply::text("Lima")));
        let ctx = of_tenant("a", if streamed { "streamed" } else { "whole" });
        let model = Cache::new(clock(), store.clone()).per_user().chat(model(&mock));
        let ask = async || match streamed {
            true => model.stream(&ctx, hello()).await?.into_response().await,
            false => model.chat(&ctx, hello()).await,
        };
        assert_eq!(ask().await.unwrap().text(), "Lima");
        assert_eq!(ask().await.unwrap().text(), "Lima");
        store.fails.store(false, Ordering::Relaxed);
        assert_eq!(ask().await.unwrap().text(), "Lima");
        assert_eq!(ask().await.unwrap().text(), "Lima");
        assert_eq!(mock.recorded().len(), 3);
    }
    assert!(store.asked.load(Ordering::Relaxed) > 8);
}

#[tokio::test(start_paused = true)]
async fn vectors_and_lists_of_models_are_kept_too() {
    let mock = Mock::new().with_models([ModelInfo::new("small"), ModelInfo::new("large")]);
    let clock = clock();
    let cache = cache(&clock).lists(seconds(60)).of_connection("mock");
    let embedding = cache.embedding(mock.embedding_model("vectors").unwrap());
    let request = Arc::new(EmbeddingRequest::new(["one", "two"]));
    let first = embedding.embed(&Context::new(), Arc::clone(&request)).await.unwrap();
    let again = embedding.embed(&Context::new(), request).await.unwrap();
    assert_eq!(first.embeddings, again.embeddings);
    assert_eq!((again.usage.input, again.cost.unwrap().provenance), (Some(0), Provenance::Cached));

    let asked = Arc::new(AtomicUsize::new(0));
    let catalog =
        cache.catalog(Arc::new(Counted { inner: mock.catalog().unwrap(), asked: Arc::clone(&asked) }));
    let elsewhere = cache.clone().of_connection("elsewhere");
    let elsewhere =
        elsewhere.catalog(Arc::new(Counted { inner: mock.catalog().unwrap(), asked: Arc::clone(&asked) }));
    for _ in 0..3 {
        assert_eq!(catalog.models(&Context::new()).await.unwrap().len(), 2);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    elsewhere.models(&Context::new()).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2, "another connection has its own list");
    tokio::time::advance(seconds(60)).await;
    catalog.models(&Context::new()).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    catalog.check_credentials(&Context::new()).await;
    catalog.check_credentials(&Context::new()).await;
    assert_eq!(asked.load(Ordering::Relaxed), 5, "whether a key is right is asked each time");
}

#[derive(Debug)]
struct Counted {
    inner: Arc<dyn Catalog>,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl Catalog for Counted {
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.inner.models(ctx).await
    }

    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.inner.model(ctx, id).await
    }

    async fn check_credentials(&self, ctx: &Context) -> CredentialReport {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.inner.check_credentials(ctx).await
    }

    async fn health(&self, ctx: &Context) -> Health {
        self.inner.health(ctx).await
    }
}

/// A request with everything in it.
fn full() -> ChatRequest {
    let tool = |name: &str| {
        FunctionTool::new(name)
            .with_parameters(json!({"type": "object", "properties": {"a": {"type": "number", "maximum": 2}}}))
    };
    ChatRequest::new([Message::system("Be brief."), Message::user("Capital of Peru?")])
        .with_temperature(0.5)
        .with_top_p(0.9)
        .with_top_k(40)
        .with_max_output_tokens(100)
        .with_stop("END")
        .with_seed(7)
        .with_presence_penalty(0.1)
        .with_frequency_penalty(0.2)
        .with_reasoning(ReasoningOptions::effort(ReasoningEffort::Low))
        .with_tool(tool("one"))
        .with_tool(tool("two"))
        .with_parallel_tool_calls(true)
        .with_format(ResponseFormat::Json)
        .with_cache_key("prefix")
        .with_end_user("user-1")
        .with_extra("logit_bias", json!({"5": 1}))
        .with_header("x-variant", "a")
        .unwrap()
}

/// Whether the second request is answered without asking.
async fn same(first: ChatRequest, second: ChatRequest) -> bool {
    let mock = Mock::new().replies(["one", "two"]);
    let model = cache(&clock()).chat(model(&mock));
    model.chat(&Context::new(), Arc::new(first)).await.unwrap();
    model.chat(&Context::new(), Arc::new(second)).await.unwrap();
    mock.recorded().len() == 1
}

#[tokio::test(start_paused = true)]
async fn whatever_shapes_the_answer_is_part_of_the_question() {
    assert!(same(full(), full()).await);
    type Change = fn(&mut ChatRequest);
    let changes: [(&str, Change); 24] = [
        ("messages", |request| request.messages.push(Message::user("And of Chile?"))),
        ("text", |request| request.messages[1] = Message::user("Capital of Peru ?")),
        ("role", |request| request.messages[0] = Message::user("Be brief.")),
        ("temperature", |request| request.temperature = Some(0.6)),
        ("no temperature", |request| request.temperature = None),
        ("top_p", |request| request.top_p = Some(0.8)),
        ("top_k", |request| request.top_k = Some(41)),
        ("max_output_tokens", |request| request.max_output_tokens = Some(101)),
        ("stop", |request| request.stop = vec!["EN".into(), "D".into()]),
        ("seed", |request| request.seed = Some(8)),
        ("presence_penalty", |request| request.presence_penalty = Some(0.2)),
        ("frequency_penalty", |request| request.frequency_penalty = Some(0.1)),
        ("reasoning", |request| request.reasoning = None),
        ("tools", |request| drop(request.tools.pop())),
        ("tool", |request| {
            let tool = FunctionTool::new("two").with_parameters(json!({"type": "object"}));
            request.tools[1] = tool.into();
        }),
        ("tool_choice", |request| request.tool_choice = Some(ToolChoice::None)),
        ("parallel_tool_calls", |request| request.parallel_tool_calls = Some(false)),
        ("format", |request| request.format = Some(ResponseFormat::Text)),
        ("cache_key", |request| request.cache_key = None),
        ("end_user", |request| request.end_user = Some("user-2".into())),
        ("extra_body", |request| drop(request.extra_body.insert("logit_bias".into(), json!({"5": 2})))),
        ("extra_headers", |request| *request = request.clone().with_header("x-variant", "b").unwrap()),
        ("another header", |request| *request = request.clone().with_header("x-other", "a").unwrap()),
        ("strict", |request| request.strict = true),
    ];
    for (name, change) in changes {
        let mut changed = full();
        change(&mut changed);
        assert!(!same(full(), changed).await, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn neither_the_order_of_tools_nor_the_spelling_of_a_number_shapes_the_answer() {
    let mut turned = full();
    turned.tools.reverse();
    assert!(same(full(), turned).await);
    let spelled = full().with_extra("logit_bias", json!({"5": 1.0}));
    assert!(same(full(), spelled).await);
    assert!(same(full().with_temperature(1.0), full().with_temperature(1.0)).await);
}

#[tokio::test(start_paused = true)]
async fn targets_share_nothing() {
    let mock = Mock::new().replies((0..4).map(|number| Reply::text(number.to_string())));
    let cache = cache(&clock());
    for (number, name) in ["model", "other", "model"].into_iter().enumerate() {
        let model = cache.chat(mock.chat_model(name).unwrap());
        let text = model.chat(&Context::new(), hello()).await.unwrap().text();
        assert_eq!(text, (number % 2).to_string());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn two_requests_share_an_answer_only_when_they_are_equal(
        a in ".{0,6}", b in ".{0,6}", c in ".{0,6}", d in ".{0,6}", split: bool,
    ) {
        let of = |one: &str, two: &str| match split {
            true => ChatRequest::new([Message::user(one), Message::user(two)]),
            false => ChatRequest::user(one).with_end_user(two),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let shared = runtime.block_on(same(of(&a, &b), of(&c, &d)));
        prop_assert_eq!(shared, (a, b) == (c, d));
    }
}

#[test]
fn a_key_shows_nothing_of_the_question() {
    let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
    let shown = format!("{:?}", cache(&clock));
    assert!(!shown.contains("Peru"), "{shown}");
}
