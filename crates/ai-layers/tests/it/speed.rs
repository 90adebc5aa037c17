//! What the layers cost. Counts repeat, times don't, so only counts are demanded; the times are printed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ai_events::{Event, EventBus};
use ai_layers::{CircuitBreaker, Pipeline};
use async_trait::async_trait;
use futures_util::{FutureExt, StreamExt, stream};
use laravel_ai_core::*;

use crate::support::{clock, times};

const ROUNDS: u32 = 2_000;
const CHUNKS: usize = 2_000;

/// A vendor that costs next to nothing.
#[derive(Debug)]
struct Bare {
    target: Target,
    capabilities: Capabilities,
    fails: bool,
}

impl Bare {
    fn model(fails: bool) -> Arc<dyn ChatModel> {
        let target =
            Target::new("bare", "work", "model").with_credential(Secret::new("sk-test").fingerprint());
        Arc::new(Self { target, capabilities: Capabilities::default(), fails })
    }
}

#[async_trait]
impl ChatModel for Bare {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn render(&self, _: &Context, _: &ChatRequest) -> Result<RenderedRequest> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn chat(&self, _: &Context, _: Arc<ChatRequest>) -> Result<ChatResponse> {
        if self.fails {
            return Err(ErrorKind::Server.into());
        }
        Ok(ChatResponse::new(self.target.clone(), Vec::new(), FinishReason::Stop))
    }

    async fn stream(&self, _: &Context, _: Arc<ChatRequest>) -> Result<ChatStream> {
        let block = BlockId::new(0);
        let begin = StreamEvent::BlockStart { block, kind: BlockKind::Text };
        let deltas = (0..CHUNKS).map(move |_| StreamEvent::TextDelta { block, text: String::new() });
        let end = StreamEvent::BlockEnd { block, opaque: None };
        let finish = StreamEvent::Finish(Box::new(ResponseFinish::new(Finish::default(), Usage::new(1, 1))));
        let events = [begin].into_iter().chain(deltas).chain([end, finish]);
        Ok(ChatStream::new(self.target.clone(), stream::iter(events.map(Ok))))
    }
}

#[expect(clippy::disallowed_methods, reason = "real time is measured")]
fn nanoseconds(rounds: u32, mut work: impl FnMut()) -> f64 {
    let start = std::time::Instant::now();
    (0..rounds).for_each(|_| work());
    start.elapsed().as_nanos() as f64 / f64::from(rounds)
}

fn listened() -> EventBus {
    let (bus, seen) = (EventBus::new(clock()), Arc::new(AtomicU64::new(0)));
    for _ in 0..3 {
        let seen = Arc::clone(&seen);
        bus.listen(move |_: &Event| {
            seen.fetch_add(1, Ordering::Relaxed);
        });
    }
    bus
}

fn standard() -> Arc<dyn ChatModel> {
    Pipeline::standard(clock(), listened()).chat(Bare::model(false))
}

#[test]
fn a_call_through_all_layers() {
    let (bare, layered) = (Bare::model(false), standard());
    let (ctx, request) = (Context::new(), Arc::new(ChatRequest::user("x".repeat(1_024))));
    let call = |model: &Arc<dyn ChatModel>| {
        model.chat(&ctx, Arc::clone(&request)).now_or_never().unwrap().unwrap();
    };
    (0..100).for_each(|_| call(&layered));
    let allocations = |model| allocation_counter::measure(|| call(model)).count_total;
    let added = allocations(&layered) - allocations(&bare);
    let (without, with) = (nanoseconds(ROUNDS, || call(&bare)), nanoseconds(ROUNDS, || call(&layered)));
    println!(
        "a call: {without:.0} ns bare, {with:.0} ns layered with three listeners, {added} allocations more"
    );
    assert!(added <= 40, "{added} allocations");
}

#[test]
fn a_chunk_through_all_layers() {
    let (bare, layered) = (Bare::model(false), standard());
    let (ctx, request) = (Context::new(), Arc::new(ChatRequest::user("x".repeat(1_024))));
    let begin = |model: &Arc<dyn ChatModel>| {
        let mut stream = model.stream(&ctx, Arc::clone(&request)).now_or_never().unwrap().unwrap();
        for _ in 0..10 {
            stream.next().now_or_never().unwrap().unwrap().unwrap();
        }
        stream
    };
    let rest = |mut stream: ChatStream| {
        for _ in 0..CHUNKS - 20 {
            stream.next().now_or_never().unwrap().unwrap().unwrap();
        }
        stream
    };
    let mut stream = Some(begin(&layered));
    let counted = allocation_counter::measure(|| stream = stream.take().map(rest));
    let per_chunk = |model: &Arc<dyn ChatModel>| {
        let mut best = f64::MAX;
        for _ in 0..20 {
            let mut stream = Some(begin(model));
            let spent = nanoseconds(1, || stream = stream.take().map(rest));
            best = best.min(spent / (CHUNKS - 20) as f64);
        }
        best
    };
    println!("a chunk: {:.1} ns bare, {:.1} ns layered", per_chunk(&bare), per_chunk(&layered));
    assert_eq!(counted.count_total, 0);
}

#[test]
fn an_open_breaker() {
    let breaker = CircuitBreaker::new(clock()).minimum_calls(times(1));
    let model = breaker.chat(Bare::model(true));
    let (ctx, request) = (Context::new(), Arc::new(ChatRequest::user("Hello")));
    let call = || model.chat(&ctx, Arc::clone(&request)).now_or_never().unwrap().unwrap_err().kind();
    assert_eq!(call(), ErrorKind::Server);
    assert_eq!(call(), ErrorKind::CircuitOpen);
    let counted = allocation_counter::measure(|| assert_eq!(call(), ErrorKind::CircuitOpen)).count_total;
    let spent = nanoseconds(ROUNDS, || assert_eq!(call(), ErrorKind::CircuitOpen));
    println!("an open breaker: {spent:.0} ns, {counted} allocations");
    assert!(counted <= 8, "{counted} allocations");
}
