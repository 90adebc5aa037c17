//! Answers that need not be asked for again.

mod flight;
mod key;
mod memory;
mod store;
mod stored;

use std::sync::Arc;
use std::time::Duration;

use ai_events::{EventBus, EventKind};
use laravel_ai_core::{Clock, Context, Error, ErrorKind, Result, Retry as Advice, Target};

use self::flight::{Flights, Turn};
pub use self::key::CacheKey;
pub use self::memory::MemoryCache;
pub use self::store::{CacheStore, Cached, CachedAnswer};
pub(crate) use self::stored::{Keeping, Recorded, Stored};
use crate::answer::Answer;
use crate::call::{Ask, Asked, Asking, Call};
use crate::layered::{Policy, layer};

/// Gives an answer again to whoever asks the same, and asks once for all who ask the same at the same time.
///
/// * **The same** means equal in everything that shapes the answer: see [`CacheKey`]. Tenants never share answers;
///   [users](Self::per_user) don't either where that is wanted.
/// * **Kept** are answers that are complete and end by themselves, without calls of tools, made by the target that was
///   asked; vectors; and lists of models. Never errors, never what was cut off, filtered or refused.
/// * **A hit costs nothing and says so**: its usage is 0, its cost 0 with [`Provenance::Cached`](laravel_ai_core::Provenance::Cached), `metadata["cache"]`
///   holds its age in seconds and what it saved, and `CacheHit` is told. A stream gets it as a stream.
/// * **Asked at once**, the same question is sent once; the others wait for its answer, a stream's too. When the first one
///   fails, is given up or has an answer that is not kept, the others ask; also when its caller does not read on for 30 s.
/// * **Stale answers** are given [for a while](Self::stale_if_error) where the vendor fails.
/// * A store that fails costs a call and nothing else.
///
/// Answers are kept for an hour unless said otherwise, lists of models too. One call asks afresh with [`CacheUse`] in its context.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_layers::{Cache, MemoryCache};
/// use laravel_ai_core::{ChatRequest, Clock, Context, Layer, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
/// let vendor = Mock::new().reply("Lima");
/// let cache = Cache::new(clock, Arc::new(MemoryCache::default()));
/// let model = cache.chat(vendor.chat_model("any")?);
/// for _ in 0..3 {
///     let answer = model.chat(&Context::new(), Arc::new(ChatRequest::user("Capital of Peru?"))).await?;
///     assert_eq!(answer.text(), "Lima");
/// }
/// assert_eq!(vendor.recorded().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Cache {
    clock: Arc<dyn Clock>,
    events: EventBus,
    store: Arc<dyn CacheStore>,
    answers: Option<Duration>,
    lists: Option<Duration>,
    stale: Duration,
    per_user: bool,
    connection: Arc<str>,
    flights: Arc<Flights>,
}

/// How a call uses the cache; a [`Context`] without one uses it.
///
/// ```
/// use ai_layers::CacheUse;
/// use laravel_ai_core::Context;
///
/// let ctx = Context::new().with_extension(CacheUse::Refresh);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheUse {
    /// Asks the model and keeps the answer.
    Refresh,
    /// Asks the model and keeps nothing.
    Bypass,
}

impl Cache {
    /// Answers kept in `store`, aged by `clock`.
    pub fn new(clock: Arc<dyn Clock>, store: Arc<dyn CacheStore>) -> Self {
        const HOUR: Duration = Duration::from_secs(3600);
        Self {
            events: EventBus::new(Arc::clone(&clock)),
            clock,
            store,
            answers: Some(HOUR),
            lists: Some(HOUR),
            stale: Duration::ZERO,
            per_user: false,
            connection: Arc::from(""),
            flights: Arc::default(),
        }
    }

    /// With its events told to this bus.
    pub fn with_events(mut self, events: EventBus) -> Self {
        self.events = events;
        self
    }

    /// With answers and vectors kept for so long; `None` keeps none.
    pub fn answers(mut self, length: impl Into<Option<Duration>>) -> Self {
        self.answers = length.into();
        self
    }

    /// With lists of models kept for so long; `None` keeps none.
    pub fn lists(mut self, length: impl Into<Option<Duration>>) -> Self {
        self.lists = length.into();
        self
    }

    /// With answers given for so long after their time where the vendor fails in a way that may pass.
    pub fn stale_if_error(mut self, length: Duration) -> Self {
        self.stale = length;
        self
    }

    /// With answers of one user never given to another of the same tenant.
    pub fn per_user(mut self) -> Self {
        self.per_user = true;
        self
    }

    /// For the handles of this connection. A list of models names no connection, so a cache that several share is told.
    pub fn of_connection(mut self, name: &str) -> Self {
        self.connection = name.into();
        self
    }

    fn policy(&self, _: Option<&Target>) -> Self {
        self.clone()
    }

    fn length(&self, asked: Asked<'_>) -> Option<Duration> {
        match asked {
            Asked::Chat(_) | Asked::Embedding(_) => self.answers,
            Asked::Models | Asked::Model(_) => self.lists,
            Asked::Rendered(_) | Asked::Count(_) | Asked::Other => None,
        }
    }

    async fn find<A: Answer>(&self, key: &CacheKey) -> Option<Found<A>> {
        let entry = match self.store.find(key).await {
            Ok(entry) => entry?,
            Err(error) => {
                tracing::warn!(%error, "the cache could not be asked");
                return None;
            }
        };
        let age = self.clock.wall().duration_since(entry.at).unwrap_or_default();
        A::stored(&entry.answer).map(|stored| Found { stored, age })
    }

    fn hit<A: Answer>(&self, ctx: &Context, target: Option<&Target>, found: Found<A>, stale: bool) -> A {
        let Found { stored, age } = found;
        let (answer, saved) = stored.replayed(age, stale);
        if let Some(target) = target {
            self.events.publish(ctx, || EventKind::CacheHit { target: target.clone(), age, saved });
        }
        answer
    }
}

struct Found<A: Answer> {
    stored: A::Stored,
    age: Duration,
}

layer!(Cache);

impl Policy for Cache {
    fn start<'a, A: Ask + 'a>(&'a self, ctx: &'a Context, call: Call<'a, A>) -> Asking<'a, A::Answer> {
        if self.length(call.ask.asked()).is_none() { call.pass(ctx) } else { Box::pin(self.run(ctx, call)) }
    }

    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let wanted = ctx.extension::<CacheUse>().copied();
        let asked = call.ask.asked();
        let partition = key::partition(ctx, self.per_user);
        let key = CacheKey::of(partition, &self.connection, call.target(), asked);
        let (Some(length), Some(key)) = (self.length(asked), key) else { return call.make(ctx).await };
        let keeping = |turn| Keeping {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            key: key.clone(),
            target: call.target().cloned(),
            length: length.saturating_add(self.stale),
            turn,
        };
        match wanted {
            None => {}
            Some(CacheUse::Bypass) => return call.make(ctx).await,
            Some(CacheUse::Refresh) => {
                let answer = call.make(ctx).await?;
                return Ok(answer.recorded(keeping(None)).await);
            }
        }
        let mut found = self.find::<A::Answer>(&key).await;
        let mut turn = None;
        if found.as_ref().is_none_or(|found| found.age >= length) {
            let own = self.flights.enter(&key).turn(ctx, &*self.clock).await?;
            if own.waited {
                found = self.find::<A::Answer>(&key).await.or(found);
            }
            turn = Some(own);
        }
        let stale = match found {
            Some(found) if found.age < length => return Ok(self.hit(ctx, call.target(), found, false)),
            found => found.filter(|found| found.age < length.saturating_add(self.stale)),
        };
        let outcome = match call.make(ctx).await {
            // Whether it fails before its first content has to be known where there is something else to give.
            Ok(answer) if stale.is_some() => answer.until_content().await,
            outcome => outcome,
        };
        match outcome {
            Ok(answer) => Ok(answer.recorded(keeping(turn)).await),
            Err(error) => {
                if let Some(turn) = &mut turn {
                    turn.open();
                }
                match stale.filter(|_| may_pass(&error)) {
                    Some(found) => {
                        tracing::warn!(%error, age = ?found.age, "the vendor failed; a stale answer is given");
                        Ok(self.hit(ctx, call.target(), found, true))
                    }
                    None => Err(error),
                }
            }
        }
    }
}

/// Whether an old answer is better than this error. What is wrong with the question stays an error.
fn may_pass(error: &Error) -> bool {
    error.retry() != Advice::Never || matches!(error.kind(), ErrorKind::Timeout | ErrorKind::QuotaExceeded)
}
