//! A layered model is a model: the laws of providers hold inside each layer.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ai_events::EventBus;
use ai_layers::*;
use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Clock, Context, Layer, RenderedRequest,
    Result, Target, Timeouts,
};
use provider_testkit::{Reference, Subject, conformance};

fn inside<L: Layer>(layer: impl Fn(Arc<dyn Clock>) -> L + Send + Sync + 'static) -> Subject {
    Reference::subject().layered(move |clock| Arc::new(layer(clock)))
}

/// Trying again is what the laws forbid to a provider, and what this layer is for.
fn once(clock: Arc<dyn Clock>) -> Retry {
    Retry::new(clock).attempts(NonZeroU32::MIN)
}

fn listened(clock: &Arc<dyn Clock>) -> EventBus {
    let bus = EventBus::new(Arc::clone(clock));
    bus.listen(ai_events::Traced::new());
    bus
}

fn pipeline(clock: Arc<dyn Clock>) -> Pipeline {
    let bus = listened(&clock);
    Pipeline::standard(Arc::clone(&clock), bus).with_content().retry(once(clock))
}

fn of_one(model: Arc<dyn ChatModel>, clock: Arc<dyn Clock>) -> Arc<dyn ChatModel> {
    let pipeline = pipeline(clock);
    let keys = pipeline.keys([Key::new(model)]).unwrap();
    pipeline.failover([Candidate::new(keys)]).unwrap()
}

const SPENT: &str = "what may be repeated was repeated: the class becomes `OtherTarget`";

conformance! {
    billing: inside(Billing::new);
    spending: inside(|clock| {
        let prices = Arc::new(ai_costs::Prices::new(ai_costs::Catalogue::embedded().unwrap()));
        Spending::new(clock, Arc::new(ai_costs::MemoryBudgets::new()), prices)
    });
    timeout: inside(Timeout::new);
    timeout_at_work: Reference::subject().wrapped(|model, clock| Limited::of(Timeout::new(clock).chat(model)));
    attempt: inside(Attempt::new);
    announce: inside(|clock| Announce::new(Arc::clone(&clock), listened(&clock)).with_content());
    cache: inside(|clock| Cache::new(clock, Arc::new(MemoryCache::default())));
    redact: inside(|_| Redact::new(Redactor::standard()));
    spans: inside(|_| Spans::of_attempts().with_content());
    map_error: inside(|_| MapError::new(|_, error| error));
    circuit_breaker: inside(CircuitBreaker::new);
    rate_limit: inside(|clock| {
        let quota = Quota::new()
            .requests_per_minute(crate::support::many(1_000_000))
            .tokens_per_minute(crate::support::many(1_000_000_000))
            .concurrency(crate::support::times(1_000));
        RateLimit::new(clock).limit(LimitScope::Connection, quota)
    });
    retry: inside(once).without("every_status_has_its_kind", SPENT);
    key_pool: Reference::subject().wrapped(|model, clock| KeyPool::new(clock).chat([Key::new(model)]).unwrap());
    failover: Reference::subject().wrapped(|model, clock| Failover::new(clock).chat([Candidate::new(model)]).unwrap());
    pipeline_around_one: inside(pipeline).without("every_status_has_its_kind", SPENT);
    pipeline_of_one: Reference::subject().wrapped(of_one).without("every_status_has_its_kind", SPENT);
    // With its tries, but without waits: what is left of the laws is told here.
    retry_for_real: inside(|clock| Retry::new(clock).delay(Duration::ZERO).ceiling(Duration::ZERO))
        .without("nothing_is_tried_twice", "that is what it is for")
        .without("every_status_has_its_kind", "the kit has one answer for each call")
        .without("failed_catalog_is_an_error", "the kit has one answer for each call");
}

/// Asks with limits, which the laws themselves don't.
#[derive(Debug)]
struct Limited(Arc<dyn ChatModel>);

impl Limited {
    fn of(model: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        Arc::new(Self(model))
    }

    fn limits(ctx: &Context) -> Context {
        let hour = Duration::from_secs(3600);
        ctx.clone().with_timeouts(Timeouts::default().with_total(hour).with_first_content(hour))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ChatModel for Limited {
    fn target(&self) -> &Target {
        self.0.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        self.0.render(ctx, request)
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        self.0.chat(&Self::limits(ctx), request).await
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        self.0.stream(&Self::limits(ctx), request).await
    }
}
