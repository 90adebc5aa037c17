//! A layered model is a model: the laws of providers hold inside each layer.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ai_events::EventBus;
use ai_layers::*;
use laravel_ai_core::{ChatModel, Clock, Layer, Modality};
use provider_testkit::{Reference, Subject, conformance};

/// Models made of models, as a layer around one.
#[derive(Debug)]
struct OfOne<T>(T);

impl Layer for OfOne<KeyPool> {
    fn covers(&self, _: Modality) -> bool {
        true
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        self.0.chat([Key::new(inner)]).unwrap()
    }
}

impl Layer for OfOne<Failover> {
    fn covers(&self, _: Modality) -> bool {
        true
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        self.0.chat([Candidate::new(inner)]).unwrap()
    }
}

impl Layer for OfOne<Pipeline> {
    fn covers(&self, _: Modality) -> bool {
        true
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        let keys = self.0.keys([Key::new(inner)]).unwrap();
        self.0.failover([Candidate::new(keys)]).unwrap()
    }
}

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

const SPENT: &str = "what may be repeated was repeated: the class becomes `OtherTarget`";

macro_rules! each {
    ($($name:ident: $subject:expr;)*) => {
        $(mod $name {
            use super::*;

            conformance!($subject);
        })*
    };
}

each! {
    timeout: inside(Timeout::new);
    attempt: inside(Attempt::new);
    announce: inside(|clock| Announce::new(Arc::clone(&clock), listened(&clock)).with_content());
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
    key_pool: inside(|clock| OfOne(KeyPool::new(clock)));
    failover: inside(|clock| OfOne(Failover::new(clock)));
    pipeline_around_one: inside(pipeline).without("every_status_has_its_kind", SPENT);
    pipeline_of_one: inside(|clock| OfOne(pipeline(clock))).without("every_status_has_its_kind", SPENT);
    // With its tries, but without waits: what is left of the laws is told here.
    retry_for_real: inside(|clock| Retry::new(clock).delay(Duration::ZERO).ceiling(Duration::ZERO))
        .without("nothing_is_tried_twice", "that is what it is for")
        .without("every_status_has_its_kind", "the kit has one answer for each call")
        .without("failed_catalog_is_an_error", "the kit has one answer for each call");
}
