//! All layers, each in its place.

use std::sync::Arc;

use ai_events::EventBus;
use laravel_ai_core::{Catalog, ChatModel, Clock, EmbeddingModel, Layer, Modality, Result, TokenCounter};

use crate::{
    Announce, Attempt, Billing, Cache, Candidate, CircuitBreaker, Failover, Key, KeyPool, MapError,
    RateLimit, Redact, Retry, Spans, Spending, Stack, Timeout,
};

/// The layers around calls to models, in the order in which they work together:
///
/// ```text
/// spans → announce → map_error → redact → [call] → cache → failover ⟨ retry → [candidate] → key_pool
///     ⟨ circuit_breaker → rate_limit → [attempt] → spending → attempt → spans → billing → timeout → provider ⟩ ⟩
/// ```
///
/// What is in the first bracket happens for each candidate, in the second for each physical try. A layer of your own goes
/// where its name stands in square brackets: [`around_calls`](Self::around_calls), [`around_candidates`](Self::around_candidates),
/// [`around_attempts`](Self::around_attempts).
///
/// A pipeline is a [`Layer`]: around one handle it is everything but failover and keys. With several keys or
/// candidates, put them together by [`keys`](Self::keys), [`candidate`](Self::candidate) and [`failover`](Self::failover).
/// Clones share the state of all layers; make one for the program, and wrap all its models by it.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_events::{EventBus, Recorder};
/// use ai_layers::{Candidate, Key, Pipeline};
/// use laravel_ai_core::{ChatRequest, Clock, Context, ErrorKind, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
/// let (bus, recorder) = (EventBus::new(Arc::clone(&clock)), Recorder::new());
/// bus.listen(recorder.clone());
/// let pipeline = Pipeline::standard(clock, bus);
///
/// let one = Mock::new().with_connection("one").fail(ErrorKind::QuotaExceeded);
/// let two = Mock::new().with_connection("two").fail(ErrorKind::QuotaExceeded);
/// let local = Mock::new().with_connection("local").reply("Lima");
/// let keys = pipeline.keys([Key::new(one.chat_model("large")?), Key::new(two.chat_model("large")?)])?;
/// let local = pipeline.candidate(local.chat_model("small")?);
/// let model = pipeline.failover([Candidate::new(keys), Candidate::new(local)])?;
///
/// let answer = model.chat(&Context::new(), Arc::new(ChatRequest::user("Capital of Peru?"))).await?;
/// assert_eq!((answer.text().as_str(), answer.attempts), ("Lima", 3));
/// assert_eq!(recorder.count("ProviderSwitched"), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Pipeline {
    events: EventBus,
    spans: Option<Spans>,
    announce: Announce,
    map_error: Option<MapError>,
    redact: Option<Redact>,
    call: Stack,
    cache: Option<Cache>,
    failover: Failover,
    retry: Option<Retry>,
    candidate: Stack,
    key_pool: KeyPool,
    circuit_breaker: Option<CircuitBreaker>,
    rate_limit: Option<RateLimit>,
    attempt_stack: Stack,
    attempt: Attempt,
    spending: Option<Spending>,
    billing: Option<Billing>,
    timeout: Timeout,
}

impl Pipeline {
    /// Every layer with its defaults, which the layers document: three tries, a breaker, limits learned from the vendor.
    /// Time limits are those of each call's [`Timeouts`](laravel_ai_core::Timeouts).
    pub fn standard(clock: Arc<dyn Clock>, events: EventBus) -> Self {
        let clock = || Arc::clone(&clock);
        Self {
            spans: Some(Spans::of_attempts()),
            announce: Announce::new(clock(), events.clone()),
            map_error: None,
            redact: None,
            call: Stack::new(),
            cache: None,
            failover: Failover::new(clock()).with_events(events.clone()),
            retry: Some(Retry::new(clock()).with_events(events.clone())),
            candidate: Stack::new(),
            key_pool: KeyPool::new(clock()).with_events(events.clone()),
            circuit_breaker: Some(CircuitBreaker::new(clock()).with_events(events.clone())),
            rate_limit: Some(RateLimit::new(clock()).with_events(events.clone())),
            attempt_stack: Stack::new(),
            attempt: Attempt::new(clock()).with_events(events.clone()),
            spending: None,
            billing: None,
            timeout: Timeout::new(clock()),
            events,
        }
    }

    /// With another retry, or none. Its events go to the pipeline's bus, as those of the others below.
    pub fn retry(mut self, retry: impl Into<Option<Retry>>) -> Self {
        self.retry = retry.into().map(|retry| retry.with_events(self.events.clone()));
        self
    }

    /// With another circuit breaker, or none.
    pub fn circuit_breaker(mut self, breaker: impl Into<Option<CircuitBreaker>>) -> Self {
        self.circuit_breaker = breaker.into().map(|breaker| breaker.with_events(self.events.clone()));
        self
    }

    /// With other limits, or none.
    pub fn rate_limit(mut self, limits: impl Into<Option<RateLimit>>) -> Self {
        self.rate_limit = limits.into().map(|limits| limits.with_events(self.events.clone()));
        self
    }

    /// With another rule for several keys.
    pub fn key_pool(mut self, pool: KeyPool) -> Self {
        self.key_pool = pool.with_events(self.events.clone());
        self
    }

    /// With another rule for several candidates.
    pub fn switching(mut self, failover: Failover) -> Self {
        self.failover = failover.with_events(self.events.clone());
        self
    }

    /// With what is nobody else's business taken out of requests and answers.
    pub fn redact(mut self, redact: impl Into<Option<Redact>>) -> Self {
        self.redact = redact.into();
        self
    }

    /// With answers that are kept and given again.
    pub fn cache(mut self, cache: impl Into<Option<Cache>>) -> Self {
        self.cache = cache.into().map(|cache| cache.with_events(self.events.clone()));
        self
    }

    /// With budgets.
    pub fn spending(mut self, spending: impl Into<Option<Spending>>) -> Self {
        self.spending = spending.into().map(|spending| spending.with_events(self.events.clone()));
        self
    }

    /// With prices and a ledger.
    pub fn billing(mut self, billing: impl Into<Option<Billing>>) -> Self {
        self.billing = billing.into();
        self
    }

    /// With errors replaced on their way to the caller.
    pub fn map_error(mut self, map: MapError) -> Self {
        self.map_error = Some(map);
        self
    }

    /// Without spans, or with the prompts and answers in those of tries: see [`Spans`]. The pipeline makes them of calls and of
    /// tries.
    pub fn spans(mut self, spans: impl Into<Option<Spans>>) -> Self {
        self.spans = spans.into();
        self
    }

    /// With prompts and answers beside the events: see [`Announce::with_content`].
    pub fn with_content(mut self) -> Self {
        self.announce = self.announce.with_content();
        self
    }

    /// With a layer of your own around whole calls, inside of those before it.
    pub fn around_calls(mut self, name: impl Into<String>, layer: impl Layer) -> Self {
        self.call = self.call.with(name, layer);
        self
    }

    /// With these layers around whole calls, in place of those so far.
    pub fn calls(mut self, stack: Stack) -> Self {
        self.call = stack;
        self
    }

    /// With a layer of your own around each round of retry, inside of those before it.
    pub fn around_candidates(mut self, name: impl Into<String>, layer: impl Layer) -> Self {
        self.candidate = self.candidate.with(name, layer);
        self
    }

    /// With a layer of your own around each physical try, inside of those before it. Here is the place of what may refuse
    /// a try, such as a budget: an attempt begins only behind it.
    pub fn around_attempts(mut self, name: impl Into<String>, layer: impl Layer) -> Self {
        self.attempt_stack = self.attempt_stack.with(name, layer);
        self
    }

    /// One connection and model as a candidate of a [`failover`](Self::failover): with retry and all that is inside of it.
    pub fn candidate(&self, handle: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        self.retried(self.physical(handle, hook::chat), hook::chat)
    }

    /// Several keys of one connection and model as one candidate.
    ///
    /// # Errors
    /// As [`KeyPool::chat`].
    pub fn keys(&self, keys: impl IntoIterator<Item = Key<dyn ChatModel>>) -> Result<Arc<dyn ChatModel>> {
        let keys = keys.into_iter().map(|key| key.inside(|handle| self.physical(handle, hook::chat)));
        Ok(self.retried(self.key_pool.chat(keys)?, hook::chat))
    }

    /// Several keys of one connection for embeddings, as a whole pipeline.
    ///
    /// # Errors
    /// As [`KeyPool::embedding`].
    pub fn embedding_keys(
        &self,
        keys: impl IntoIterator<Item = Key<dyn EmbeddingModel>>,
    ) -> Result<Arc<dyn EmbeddingModel>> {
        let keys = keys.into_iter().map(|key| key.inside(|handle| self.physical(handle, hook::embedding)));
        let candidate = self.retried(self.key_pool.embedding(keys)?, hook::embedding);
        Ok(self.called(candidate, hook::embedding))
    }

    /// The whole pipeline around candidates, the preferred first. One is enough.
    ///
    /// # Errors
    /// As [`Failover::chat`].
    pub fn failover(&self, candidates: impl IntoIterator<Item = Candidate>) -> Result<Arc<dyn ChatModel>> {
        Ok(self.called(self.failover.chat(candidates)?, hook::chat))
    }

    /// What happens once for each physical try.
    fn physical<H: ?Sized>(&self, handle: Arc<H>, hook: Hook<H>) -> Arc<H> {
        let limited = hook(&self.timeout, handle);
        let billed = match &self.billing {
            Some(billing) => hook(billing, limited),
            None => limited,
        };
        let told = match &self.spans {
            Some(spans) => match &self.redact {
                // What a vendor said is redacted further out, and would be in its span as it came.
                Some(redact) => hook(&spans.clone().with_redactor(redact.redactor().clone()), billed),
                None => hook(spans, billed),
            },
            None => billed,
        };
        let attempt = hook(&self.attempt, told);
        let paid = match &self.spending {
            Some(spending) => hook(spending, attempt),
            None => attempt,
        };
        let allowed = hook(&self.attempt_stack, paid);
        let limited = match &self.rate_limit {
            Some(limits) => hook(limits, allowed),
            None => allowed,
        };
        match &self.circuit_breaker {
            Some(breaker) => hook(breaker, limited),
            None => limited,
        }
    }

    /// What happens once for each candidate.
    fn retried<H: ?Sized>(&self, handle: Arc<H>, hook: Hook<H>) -> Arc<H> {
        let inner = hook(&self.candidate, handle);
        match &self.retry {
            Some(retry) => hook(retry, inner),
            None => inner,
        }
    }

    /// What happens once for each call.
    fn called<H: ?Sized>(&self, handle: Arc<H>, hook: Hook<H>) -> Arc<H> {
        let kept = match &self.cache {
            Some(cache) => hook(cache, handle),
            None => handle,
        };
        let mut inner = hook(&self.call, kept);
        if let Some(redact) = &self.redact {
            inner = hook(redact, inner);
        }
        if let Some(map) = &self.map_error {
            inner = hook(map, inner);
        }
        let announced = hook(&self.announce, inner);
        match &self.spans {
            Some(_) => hook(&Spans::of_calls(), announced),
            None => announced,
        }
    }

    fn all<H: ?Sized>(&self, handle: Arc<H>, hook: Hook<H>) -> Arc<H> {
        self.called(self.retried(self.physical(handle, hook), hook), hook)
    }
}

type Hook<H> = fn(&dyn Layer, Arc<H>) -> Arc<H>;

/// The hooks of a layer as functions.
mod hook {
    use super::{Arc, Catalog, ChatModel, EmbeddingModel, Layer, TokenCounter};

    pub(super) fn chat(layer: &dyn Layer, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        layer.chat(inner)
    }

    pub(super) fn embedding(layer: &dyn Layer, inner: Arc<dyn EmbeddingModel>) -> Arc<dyn EmbeddingModel> {
        layer.embedding(inner)
    }

    pub(super) fn counter(layer: &dyn Layer, inner: Arc<dyn TokenCounter>) -> Arc<dyn TokenCounter> {
        layer.token_counter(inner)
    }

    pub(super) fn catalog(layer: &dyn Layer, inner: Arc<dyn Catalog>) -> Arc<dyn Catalog> {
        layer.catalog(inner)
    }
}

#[deny(clippy::missing_trait_methods)]
impl Layer for Pipeline {
    fn covers(&self, modality: Modality) -> bool {
        [&self.call, &self.candidate, &self.attempt_stack].iter().all(|stack| stack.covers(modality))
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        self.all(inner, hook::chat)
    }

    fn embedding(&self, inner: Arc<dyn EmbeddingModel>) -> Arc<dyn EmbeddingModel> {
        self.all(inner, hook::embedding)
    }

    fn token_counter(&self, inner: Arc<dyn TokenCounter>) -> Arc<dyn TokenCounter> {
        self.all(inner, hook::counter)
    }

    fn catalog(&self, inner: Arc<dyn Catalog>) -> Arc<dyn Catalog> {
        self.all(inner, hook::catalog)
    }
}
