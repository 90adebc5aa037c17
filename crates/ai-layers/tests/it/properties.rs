//! What holds whatever happens, over random vendors.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ai_events::{EventBus, Recorder};
use ai_layers::{Candidate, CircuitBreaker, Failover, Key, LimitScope, Pipeline, Quota, RateLimit, Retry};
use futures_util::StreamExt;
use futures_util::future::join_all;
use laravel_ai_core::{Context, Error, ErrorKind, Layer, Retry as Advice, StreamEvent, StreamLaw};
use proptest::prelude::*;
use provider_mock::{Mock, Reply};
use tokio::time::Instant;

use crate::support::{ask, clock, hello, keyed, model, times};

/// What a vendor may do to one request.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Kind(ErrorKind),
    Delay(ErrorKind, u64),
    BeforeContent(ErrorKind),
    AfterContent(ErrorKind),
    Stall,
    Slow(u64),
}

fn fault() -> impl Strategy<Value = Fault> {
    let kind = || prop::sample::select(ErrorKind::ALL.to_vec());
    prop_oneof![
        3 => Just(Fault::None),
        3 => kind().prop_map(Fault::Kind),
        2 => (prop::sample::select(vec![ErrorKind::RateLimited, ErrorKind::Overloaded]), 0..90_u64)
            .prop_map(|(kind, delay)| Fault::Delay(kind, delay)),
        1 => kind().prop_map(Fault::BeforeContent),
        1 => kind().prop_map(Fault::AfterContent),
        1 => Just(Fault::Stall),
        1 => (0..20_u64).prop_map(Fault::Slow),
    ]
}

fn reply(fault: Fault) -> Reply {
    match fault {
        Fault::None => Reply::text("Hello there"),
        Fault::Kind(kind) => Reply::fail(kind),
        Fault::Delay(kind, delay) => {
            let after = Some(Duration::from_secs(delay));
            Reply::error(Error::from(kind).with_retry(Advice::SameTarget { after }))
        }
        Fault::BeforeContent(kind) => Reply::text("").then_fail(kind),
        Fault::AfterContent(kind) => Reply::text("Hello there").then_fail(kind),
        Fault::Stall => Reply::text("Hello").then_stall(),
        Fault::Slow(seconds) => Reply::text("Hello there").pace(Duration::from_secs(seconds)),
    }
}

/// Three keys of one connection, and another connection behind them, each with its own run of faults.
struct World {
    mocks: Vec<Mock>,
    recorder: Recorder,
    pipeline: Pipeline,
    model: Arc<dyn laravel_ai_core::ChatModel>,
    /// When each key was asked, and until when it said to be left alone.
    log: Log,
}

type Log = Arc<Mutex<HashMap<usize, Vec<(Instant, Option<Instant>)>>>>;

const CALLS: u32 = 4;
const PLACES: u32 = 5;

impl World {
    fn new(faults: &[Vec<Fault>], seed: u64) -> Self {
        let (bus, recorder) = (EventBus::new(clock()), Recorder::new());
        bus.listen(recorder.clone());
        let log = Log::default();
        let mocks: Vec<_> = faults
            .iter()
            .enumerate()
            .map(|(key, faults)| {
                let (faults, log, asked) = (faults.clone(), Arc::clone(&log), Mutex::new(0));
                let name = if key == 3 { "other" } else { "work" };
                Mock::new().with_connection(name).reply_with(move |_| {
                    let mut asked = asked.lock().unwrap();
                    let fault = faults[*asked % faults.len()];
                    *asked += 1;
                    let now = Instant::now();
                    let floor = match fault {
                        Fault::Delay(ErrorKind::RateLimited, delay) => Some(now + Duration::from_secs(delay)),
                        _ => None,
                    };
                    log.lock().unwrap().entry(key).or_default().push((now, floor));
                    reply(fault)
                })
            })
            .collect();
        let quota = Quota::new().concurrency(times(PLACES));
        let pipeline = Pipeline::standard(clock(), bus)
            .retry(Retry::new(clock()).with_seed(seed))
            .rate_limit(RateLimit::new(clock()).limit(LimitScope::Model, quota))
            .switching(Failover::new(clock()).attempts(times(CALLS)));
        let keys: Vec<_> = mocks[..3]
            .iter()
            .enumerate()
            .map(|(key, mock)| Key::new(keyed(mock, &format!("sk-test-{key}"))))
            .collect();
        let candidates = [
            Candidate::new(pipeline.keys(keys).unwrap()),
            Candidate::new(pipeline.candidate(model(&mocks[3]))),
        ];
        let model = pipeline.failover(candidates).unwrap();
        Self { mocks, recorder, pipeline, model, log }
    }

    fn sent(&self) -> usize {
        self.mocks.iter().map(|mock| mock.recorded().len()).sum()
    }

    /// Every place among calls at the same time is free again, and no key is busy.
    async fn check_places(&self) {
        for (key, mock) in self.mocks.iter().enumerate() {
            mock.reply(Reply::text("Hello there"));
            let handle = if key == 3 { model(mock) } else { keyed(mock, &format!("sk-test-{key}")) };
            let layered = self.pipeline.candidate(handle);
            // Closes the circuit, where it is open.
            ask(&layered).await.unwrap();
            let ctx = Context::new();
            let start = Instant::now();
            let streams = join_all((0..PLACES).map(|_| layered.stream(&ctx, hello()))).await;
            assert!(streams.iter().all(Result::is_ok), "a place was lost: {streams:?}");
            assert_eq!(start.elapsed(), Duration::ZERO);
            drop(streams);
        }
    }
}

fn paused(test: impl Future<Output = ()>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn tries_floors_places_and_ends(
        faults in prop::collection::vec(prop::collection::vec(fault(), 1..6), 4),
        calls in prop::collection::vec((any::<bool>(), 0..120_u64, prop::option::of(0..4_usize)), 1..8),
        seed in any::<u64>(),
    ) {
        paused(async {
            let world = World::new(&faults, seed);
            for (streamed, pause, dropped) in calls {
                tokio::time::sleep(Duration::from_secs(pause)).await;
                let before = world.sent();
                let ctx = Context::new().with_deadline(Instant::now().into_std() + Duration::from_secs(600));
                world.recorder.clear();
                if streamed {
                    follow(&world, &ctx, dropped).await;
                } else {
                    let _ = world.model.chat(&ctx, hello()).await;
                }
                let tries = world.sent() - before;
                assert!(tries <= CALLS as usize, "{tries} tries");
                let names = world.recorder.names();
                assert_eq!(names.first(), Some(&"MessageSent"));
                let ends = ["ResponseGenerated", "CallFailed", "StreamInterrupted", "Cancelled"];
                let ended: Vec<_> = names.iter().filter(|name| ends.contains(name)).collect();
                assert!(ended.len() == 1 && names.last() == ended.first().copied(), "{names:?}");
                assert_eq!(world.recorder.count("AttemptStarted"), tries);
                assert_eq!(world.recorder.count("AttemptFinished"), tries);
            }
            for asked in world.log.lock().unwrap().values() {
                for (index, (at, _)) in asked.iter().enumerate() {
                    let floors = asked[..index].iter().filter_map(|(_, floor)| *floor);
                    assert!(floors.max().is_none_or(|floor| *at >= floor), "asked before its floor: {asked:?}");
                }
            }
            tokio::time::sleep(Duration::from_secs(7_200)).await;
            world.check_places().await;
        });
    }

    #[test]
    fn exactly_one_call_is_a_test(bad in 1..6_usize, crowd in 2..50_usize, takes in 0..20_u64) {
        paused(async {
            let failing = (0..bad).map(|_| Reply::fail(ErrorKind::Server));
            let tests = Reply::text("Hi").delay(Duration::from_secs(takes));
            let mock = Mock::new().sequence_then(failing, tests);
            let breaker = CircuitBreaker::new(clock()).minimum_calls(times(u32::try_from(bad).unwrap()));
            let layered = breaker.chat(model(&mock));
            for _ in 0..bad {
                ask(&layered).await.unwrap_err();
            }
            tokio::time::sleep(Duration::from_secs(30)).await;
            let outcomes = join_all((0..crowd).map(|_| ask(&layered))).await;
            let passed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            if takes > 0 {
                assert_eq!((passed, mock.recorded().len()), (1, bad + 1));
            } else {
                assert!(passed >= 1);
            }
        });
    }
}

/// Reads a stream, to its end or up to so many events, and holds it to the law.
async fn follow(world: &World, ctx: &Context, dropped: Option<usize>) {
    let Ok(mut stream) = world.model.stream(ctx, hello()).await else { return };
    let (mut law, mut count) = (StreamLaw::default(), 0);
    while let Some(event) = stream.next().await {
        match &event {
            Ok(event) => law.event(event).unwrap(),
            Err(_) => law.error().unwrap(),
        }
        count += 1;
        if dropped == Some(count) && !matches!(event, Ok(StreamEvent::Finish(_)) | Err(_)) {
            return;
        }
    }
    law.end().unwrap();
}
