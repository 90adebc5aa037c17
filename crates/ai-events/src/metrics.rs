//! Calls as metrics.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use laravel_ai_core::{Cost, Modality, Target, Usage};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use rust_decimal::prelude::ToPrimitive as _;

use crate::{AttemptOutcome, Event, EventKind, Listener, ListenerError, genai};

/// Counts and times calls for Prometheus, and whoever else reads its text.
///
/// Calls, tokens and times are named after the OpenTelemetry conventions for generative AI; `ai_…` is what those have no name
/// for. Labels are provider, connection, model and operation: as many series as there are models in use, and none of a user,
/// a tenant or a call; from the thousandth name of a model on the rest are `other`, since names may come from users. Costs are floating-point numbers here; the ledger has them exactly.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_events::{EventBus, Metrics};
/// # use ai_events::doc::StoppedClock;
///
/// let (bus, metrics) = (EventBus::new(Arc::new(StoppedClock)), Metrics::new());
/// bus.listen(metrics.clone());
/// let page = metrics.render(); // the answer to `GET /metrics`, as `Metrics::CONTENT_TYPE`
/// assert!(page.ends_with("# EOF\n"));
/// ```
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

/// So many names of models have series of their own.
const MODELS: usize = 1_000;

struct Inner {
    models: Mutex<HashSet<String>>,
    registry: Registry,
    duration: Family<Ended, Histogram, fn() -> Histogram>,
    first_content: Family<Of, Histogram, fn() -> Histogram>,
    tokens: Family<Tokens, Histogram, fn() -> Histogram>,
    cost: Family<Spent, Counter<f64, AtomicU64>>,
    attempts: Family<Tried, Counter>,
    retries: Family<Of, Counter>,
    switches: Family<Of, Counter>,
    throttled: Family<Held, Counter>,
    cache_hits: Family<Of, Counter>,
    circuits: Family<Of, Counter>,
}

/// Which model, and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    gen_ai_operation_name: &'static str,
    gen_ai_provider_name: String,
    gen_ai_request_model: String,
    connection: String,
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* })*) => {
        $($(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
        struct $name {
            #[prometheus(flatten)]
            of: Of,
            $($field: $type,)*
        })*
    };
}

labels! {
    /// How a call ended; no type of error where it succeeded.
    Ended { error_type: Option<String> }
    Tokens { gen_ai_token_type: &'static str }
    Spent { currency: String }
    Tried { outcome: &'static str }
    /// Whether a limit refused a call that it held up.
    Held { refused: &'static str }
}

/// From 10 ms to 82 s, as the conventions advise.
fn times() -> Histogram {
    Histogram::new(exponential_buckets(0.01, 2.0, 14))
}

/// From 1 token to 67 million, as the conventions advise.
fn counts() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 4.0, 14))
}

impl Metrics {
    /// What [`render`](Self::render) writes, as a content type.
    pub const CONTENT_TYPE: &'static str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// Nothing is counted yet.
    pub fn new() -> Self {
        let inner = Inner {
            models: Mutex::default(),
            registry: Registry::default(),
            duration: Family::new_with_constructor(times),
            first_content: Family::new_with_constructor(times),
            tokens: Family::new_with_constructor(counts),
            cost: Family::default(),
            attempts: Family::default(),
            retries: Family::default(),
            switches: Family::default(),
            throttled: Family::default(),
            cache_hits: Family::default(),
            circuits: Family::default(),
        };
        Self(Arc::new(inner.registered()))
    }

    /// All metrics in the text format of OpenMetrics, which Prometheus reads.
    pub fn render(&self) -> String {
        let mut page = String::new();
        // Writing to a text does not fail.
        _ = text::encode(&mut page, &self.0.registry);
        page
    }
}

impl Inner {
    fn registered(mut self) -> Self {
        let seconds = || Unit::Seconds;
        let registry = &mut self.registry;
        let name = "gen_ai_client_operation_duration";
        registry.register_with_unit(name, "How long calls took", seconds(), self.duration.clone());
        let name = "ai_first_content";
        registry.register_with_unit(
            name,
            "From a call to its first content",
            seconds(),
            self.first_content.clone(),
        );
        registry.register("gen_ai_client_token_usage", "Tokens of single attempts", self.tokens.clone());
        registry.register("ai_cost", "What attempts cost", self.cost.clone());
        registry.register("ai_attempts", "Physical tries", self.attempts.clone());
        registry.register("ai_retries", "Tries that another one follows", self.retries.clone());
        registry.register("ai_switches", "Calls that went on with another target", self.switches.clone());
        registry.register("ai_throttled", "Calls held up by a limit", self.throttled.clone());
        registry.register("ai_cache_hits", "Answers from the cache", self.cache_hits.clone());
        registry.register("ai_circuits_opened", "Targets that were left alone", self.circuits.clone());
        self
    }

    fn of(&self, target: &Target, modality: Modality) -> Of {
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let model = target.model();
        let listed = models.contains(model) || models.len() < MODELS && models.insert(model.to_owned());
        Of {
            gen_ai_operation_name: genai::operation(modality),
            gen_ai_provider_name: genai::provider(target.driver()).to_owned(),
            gen_ai_request_model: if listed { model } else { "other" }.to_owned(),
            connection: target.connection().to_owned(),
        }
    }

    fn ended(&self, target: &Target, modality: Modality, error_type: Option<String>, latency: Duration) {
        let ended = Ended { of: self.of(target, modality), error_type };
        self.duration.get_or_create(&ended).observe(latency.as_secs_f64());
    }

    fn used(&self, target: &Target, usage: &Usage, cost: Option<&Cost>) {
        // An attempt does not say of what kind it was; vectors have no output.
        let of = self.of(target, Modality::Chat);
        for (kind, count) in [("input", usage.input), ("output", usage.output)] {
            if let Some(count) = count {
                let tokens = Tokens { of: of.clone(), gen_ai_token_type: kind };
                self.tokens.get_or_create(&tokens).observe(count as f64);
            }
        }
        if let Some((cost, amount)) = cost.and_then(|cost| Some((cost, cost.money.amount.to_f64()?))) {
            let spent = Spent { of, currency: cost.money.currency.to_string() };
            self.cost.get_or_create(&spent).inc_by(amount.max(0.0));
        }
    }
}

impl Listener for Metrics {
    fn on_event(&self, event: &Event) -> Result<(), ListenerError> {
        let all = &*self.0;
        let chat = |target: &Target| all.of(target, Modality::Chat);
        match &event.kind {
            EventKind::ResponseGenerated { target, modality, latency, first_content, .. } => {
                all.ended(target, *modality, None, *latency);
                if let Some(first) = first_content {
                    all.first_content.get_or_create(&all.of(target, *modality)).observe(first.as_secs_f64());
                }
            }
            EventKind::CallFailed { target, modality, failure, latency, .. } => {
                all.ended(target, *modality, Some(genai::error_type(failure.kind)), *latency);
            }
            EventKind::StreamInterrupted { target, failure, latency, .. } => {
                all.ended(target, Modality::Chat, Some(genai::error_type(failure.kind)), *latency);
            }
            EventKind::Cancelled { target, modality, latency, .. } => {
                all.ended(target, *modality, Some("cancelled".to_owned()), *latency);
            }
            EventKind::AttemptFinished { target, outcome, usage, cost, .. } => {
                let outcome = match outcome {
                    AttemptOutcome::Succeeded => "succeeded",
                    AttemptOutcome::Failed(_) => "failed",
                    AttemptOutcome::Cancelled => "cancelled",
                };
                all.attempts.get_or_create(&Tried { of: chat(target), outcome }).inc();
                all.used(target, usage, cost.as_ref());
            }
            EventKind::Retrying { target, .. } => _ = all.retries.get_or_create(&chat(target)).inc(),
            EventKind::ProviderSwitched { from, .. } => _ = all.switches.get_or_create(&chat(from)).inc(),
            EventKind::Throttled { target, refused, .. } => {
                let refused = if *refused { "true" } else { "false" };
                all.throttled.get_or_create(&Held { of: chat(target), refused }).inc();
            }
            EventKind::CacheHit { target, .. } => _ = all.cache_hits.get_or_create(&chat(target)).inc(),
            EventKind::CircuitOpened { target, .. } => _ = all.circuits.get_or_create(&chat(target)).inc(),
            _ => {}
        }
        Ok(())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}
