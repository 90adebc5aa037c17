//! Every fault at every moment under every policy: what the caller gets, how many requests it took, how long, and what is
//! left behind. The table in the book is what comes out here.

mod fault;
mod wire;

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ai_events::{EventBus, Recorder};
use ai_layers::{Candidate, CircuitBreaker, Jitter, LimitScope, Pipeline, Quota, RateLimit, Retry};
use futures_util::StreamExt;
use futures_util::future::join_all;
use laravel_ai_core::{
    ChatModel, ChatRequest, Clock, Context, Error, Resources, Result, StreamEvent, StreamLaw, Timeouts,
};
use provider_mock::{ScriptedTransport, TestClock, WireReply};
use tokio::time::Instant;

use self::fault::{FAULTS, MOMENTS, Moment};
use self::wire::{WIRES, Wire};

/// How long silence is suffered, and how long a try may take.
const IDLE: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Retry,
    Breaker,
    Failover,
    All,
}

const POLICIES: [Policy; 4] = [Policy::Retry, Policy::Breaker, Policy::Failover, Policy::All];

/// A vendor that fails, another that does not, and the layers between them and the caller.
struct House {
    transport: ScriptedTransport,
    healthy: Arc<AtomicBool>,
    recorder: Recorder,
    pipeline: Pipeline,
    failing: Arc<dyn ChatModel>,
    model: Arc<dyn ChatModel>,
}

impl House {
    fn build(wire: &'static Wire, fault: WireReply, moment: Moment, policy: Policy) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
        let (bus, recorder) = (EventBus::new(Arc::clone(&clock)), Recorder::new());
        bus.listen(recorder.clone());
        let (transport, healthy) = (ScriptedTransport::new(), Arc::new(AtomicBool::new(false)));
        let (well, streamed) = (Arc::clone(&healthy), moment != Moment::Unary);
        transport.reply_with(move |sent| {
            let fails = sent.request.uri().host() == Some("first.test") && !well.load(Ordering::Relaxed);
            if fails { fault.clone() } else { wire.healthy(streamed) }
        });
        let resources = Resources::new(Arc::new(transport.clone()), Arc::clone(&clock));
        let retry = Retry::new(Arc::clone(&clock)).jitter(Jitter::UpTo(0.0));
        let breaker = CircuitBreaker::new(Arc::clone(&clock));
        let breaker = match policy {
            Policy::Breaker => Some(breaker.minimum_calls(NonZeroU32::MIN)),
            Policy::All => Some(breaker),
            Policy::Retry | Policy::Failover => None,
        };
        let places = Quota::new().concurrency(NonZeroU32::new(2).unwrap());
        let pipeline = Pipeline::standard(Arc::clone(&clock), bus)
            .retry(matches!(policy, Policy::Retry | Policy::All).then_some(retry))
            .circuit_breaker(breaker)
            .rate_limit(RateLimit::new(clock).limit(LimitScope::Model, places));
        let failing = pipeline.candidate((wire.open)("first", &resources));
        let mut candidates = vec![Candidate::new(Arc::clone(&failing))];
        if matches!(policy, Policy::Failover | Policy::All) {
            candidates.push(Candidate::new(pipeline.candidate((wire.open)("second", &resources))));
        }
        let model = pipeline.failover(candidates).unwrap();
        Self { transport, healthy, recorder, pipeline, failing, model }
    }

    /// One call: what the caller gets.
    async fn call(&self, moment: Moment) -> Outcome {
        let timeouts = Timeouts::default().with_idle(IDLE).with_total(TOTAL);
        let ctx = Context::new().with_timeouts(timeouts);
        let request = Arc::new(ChatRequest::user("Hello"));
        if moment == Moment::Unary {
            let answer = self.model.chat(&ctx, request).await;
            return Outcome {
                text: answer.as_ref().map(|answer| answer.text()).unwrap_or_default(),
                error: answer.err(),
            };
        }
        match self.model.stream(&ctx, request).await {
            Ok(stream) => read(stream).await,
            Err(error) => Outcome { text: String::new(), error: Some(error) },
        }
    }

    /// Nothing is left behind: no connection, no task, no place among calls at the same time.
    async fn check_is_empty(&self, moment: Moment) {
        assert_eq!(self.transport.open_bodies(), 0, "a connection is held");
        assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0, "a task runs");
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        self.healthy.store(true, Ordering::Relaxed);
        let first = self.pipeline.failover([Candidate::new(Arc::clone(&self.failing))]).unwrap();
        let ctx = Context::new();
        let ask = || async {
            let request = Arc::new(ChatRequest::user("Hello"));
            match moment {
                Moment::Unary => first.chat(&ctx, request).await.map(|_| None),
                _ => first.stream(&ctx, request).await.map(Some),
            }
        };
        drop(ask().await.unwrap());
        let start = Instant::now();
        let held = join_all([ask(), ask()]).await;
        assert!(held.iter().all(Result::is_ok) && start.elapsed().is_zero(), "a place is lost: {held:?}");
    }
}

struct Outcome {
    text: String,
    error: Option<Error>,
}

/// Reads a stream and holds it to the law: one end, and then nothing.
async fn read(mut stream: laravel_ai_core::ChatStream) -> Outcome {
    let (mut law, mut outcome) = (StreamLaw::default(), Outcome { text: String::new(), error: None });
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => {
                law.event(&event).unwrap();
                if let StreamEvent::TextDelta { text, .. } = event {
                    outcome.text.push_str(&text);
                }
            }
            Err(error) => {
                law.error().unwrap();
                outcome.error = Some(error);
            }
        }
    }
    law.end().unwrap();
    outcome
}

const ENDS: [&str; 4] = ["ResponseGenerated", "CallFailed", "StreamInterrupted", "Cancelled"];

/// One cell of the table.
async fn cell(wire: &'static Wire, fault: WireReply, moment: Moment, policy: Policy) -> String {
    let house = House::build(wire, fault, moment, policy);
    // A breaker shows at the second call.
    let calls = if policy == Policy::Breaker { 2 } else { 1 };
    let mut told = Vec::new();
    for _ in 0..calls {
        let (start, before) = (Instant::now(), house.transport.recorded().len());
        house.recorder.clear();
        let outcome = house.call(moment).await;
        let (tries, time) = (house.transport.recorded().len() - before, start.elapsed());

        let names = house.recorder.names();
        assert_eq!(names.first(), Some(&"MessageSent"));
        assert_eq!(names.iter().filter(|name| ENDS.contains(name)).count(), 1, "{names:?}");
        assert!(names.last().is_some_and(|name| ENDS.contains(name)), "{names:?}");
        assert_eq!(house.recorder.count("AttemptStarted"), tries, "{names:?}");
        assert_eq!(house.recorder.count("AttemptFinished"), tries, "{names:?}");
        if let Some(error) = &outcome.error {
            let delivered = error.partial().map(|partial| partial.text()).unwrap_or_default();
            assert_eq!(delivered, outcome.text, "what came is not lost");
        }
        let mut words = match &outcome.error {
            None => String::from("answered"),
            Some(error) => format!("{:?}", error.kind()),
        };
        let _ = write!(words, ", {tries} sent, {} s", time.as_secs());
        if outcome.error.is_some() && !outcome.text.is_empty() {
            words.push_str(", with what came");
        }
        let others = names.iter().filter(|name| !ENDS.contains(name));
        let mut notable: Vec<_> = others
            .filter(|name| !["MessageSent", "AttemptStarted", "AttemptFinished"].contains(name))
            .collect();
        notable.dedup();
        for name in notable {
            let _ = write!(words, ", `{name}`");
        }
        told.push(words);
    }
    house.check_is_empty(moment).await;
    told.join("; then ")
}

fn paused<T>(test: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(test)
}

#[test]
fn the_table_in_the_book_is_what_happens() {
    let mut page = String::from(include_str!("head.md"));
    for wire in WIRES {
        for moment in MOMENTS {
            let _ = write!(page, "\n## {}: {}\n\n", wire.name, moment.name());
            page.push_str("| Fault | Retry only | Breaker only, two calls | Failover only | All together |\n|---|---|---|---|---|\n");
            for (name, make) in FAULTS {
                let _ = write!(page, "| {name}");
                for policy in POLICIES {
                    let text = match make(wire, moment) {
                        Ok(fault) => paused(cell(wire, fault, moment, policy)),
                        Err(reason) => format!("n/a: {reason}"),
                    };
                    let _ = write!(page, " | {text}");
                }
                page.push_str(" |\n");
            }
        }
    }
    let written = include_str!("../../../../docs/fault-matrix.md");
    if page != written {
        let new = concat!(env!("CARGO_TARGET_TMPDIR"), "/fault-matrix.md");
        std::fs::write(new, &page).unwrap();
        panic!(
            "docs/fault-matrix.md is not what happens: compare it with {new}, and copy that if it is right"
        );
    }
}
