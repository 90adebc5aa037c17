//! Several keys of one connection as one.

mod key;
mod pinned;

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ai_events::{EventBus, EventKind, Failure};
use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Clock, Context, EmbeddingModel,
    EmbeddingRequest, EmbeddingResponse, Error, ErrorKind, Fingerprint, RenderedRequest, Result,
    Retry as Advice, Target,
};

use self::key::{Busy, Key as State, Use};
use crate::Attempts;
use crate::answer::{Answer, Watch};
use crate::call::{Ask, Asked, Embed, Handle, Streamed, Whole};
use crate::kept::Kept;

/// Spreads calls over several keys of one connection, and leaves those alone that can't be used.
///
/// | Setting | Default |
/// |---|---|
/// | [`pick`](Self::pick) | the least busy key |
/// | [`cool_down`](Self::cool_down) after a rate limit without a delay | 1 s |
/// | [`park`](Self::park) | 1 h |
///
/// | Failure of a key | What becomes of it |
/// |---|---|
/// | `Authentication` | dead: never used again, until it is another key or [`revive`](Self::revive) says so |
/// | `QuotaExceeded` | parked, for all models |
/// | `Permission` | parked, for this model |
/// | `RateLimited`, `Overloaded` with a delay | cools for the vendor's delay, which is never shortened |
/// | `CircuitOpen` | nothing: its breaker looks after it |
///
/// * After such a failure the next key is tried at once, within the call's [`Attempts`]. When none is left, the error says when
///   the first can be used again, so that retry waits for it, or that another target is to be asked.
/// * A conversation whose history holds state of one key (encrypted reasoning, signatures, stored ids) goes to that key as
///   long as it can be used. Elsewhere that state is left out, and the driver warns; a
///   [strict](ChatRequest::strict) request fails instead.
/// * State belongs to connection and key, so that all models made by clones of one pool share it. A model of a pool has as
///   target that of its first key; answers and errors name the key that was used.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_layers::{Key, KeyPool};
/// use laravel_ai_core::{ChatRequest, Context, ErrorKind, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// // In a program: two connections of the same vendor with a key each.
/// let revoked = Mock::new().with_connection("one").fail(ErrorKind::Authentication);
/// let good = Mock::new().with_connection("two").reply("Lima");
/// let pool = KeyPool::new(Arc::new(TestClock::new()));
/// let model = pool.chat([Key::new(revoked.chat_model("any")?), Key::new(good.chat_model("any")?)])?;
/// for _ in 0..3 {
///     let answer = model.chat(&Context::new(), Arc::new(ChatRequest::user("Capital of Peru?"))).await?;
///     assert_eq!(answer.text(), "Lima");
/// }
/// revoked.assert_sent_count(1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KeyPool {
    clock: Arc<dyn Clock>,
    events: EventBus,
    pick: Pick,
    cool_down: Duration,
    park: Duration,
    states: Arc<Kept<KeyId, State>>,
}

/// Connection and key.
type KeyId = (String, String, Option<Fingerprint>);

/// Which of the usable keys is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pick {
    /// The one with the fewest calls at the moment for its weight; among equals the one that was used longest ago. A stream
    /// counts until it ends.
    #[default]
    LeastBusy,
    /// Each as often as its weight says, evenly mixed.
    Weighted,
}

/// One key of a pool: the handle that uses it, and its weight.
#[derive(Debug)]
pub struct Key<H: ?Sized> {
    handle: Arc<H>,
    weight: NonZeroU32,
}

impl<H: ?Sized> Key<H> {
    /// The key that `handle` uses, with weight 1.
    pub fn new(handle: Arc<H>) -> Self {
        Self { handle, weight: NonZeroU32::MIN }
    }

    /// With this share of the calls, compared with the weights of the others.
    pub fn weight(mut self, weight: NonZeroU32) -> Self {
        self.weight = weight;
        self
    }

    /// With the handle inside of something.
    pub(crate) fn inside(self, wrap: impl FnOnce(Arc<H>) -> Arc<H>) -> Self {
        Self { handle: wrap(self.handle), ..self }
    }
}

impl KeyPool {
    /// A pool whose times are measured on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            events: EventBus::new(Arc::clone(&clock)),
            clock,
            pick: Pick::default(),
            cool_down: Duration::from_secs(1),
            park: Duration::from_secs(3_600),
            states: Arc::default(),
        }
    }

    /// With `Retrying` told to this bus when another key is tried.
    pub fn with_events(mut self, events: EventBus) -> Self {
        self.events = events;
        self
    }

    /// With keys taken like this.
    pub fn pick(mut self, pick: Pick) -> Self {
        self.pick = pick;
        self
    }

    /// With a key left alone for so long after a rate limit that came without a delay.
    pub fn cool_down(mut self, length: Duration) -> Self {
        self.cool_down = length;
        self
    }

    /// With a key, or a key and a model, left alone for so long after a failure that waiting does not mend.
    pub fn park(mut self, length: Duration) -> Self {
        self.park = length;
        self
    }

    /// One chat model of several.
    ///
    /// # Errors
    /// [`Configuration`](ErrorKind::Configuration) when there is no key, or the same twice.
    pub fn chat(&self, keys: impl IntoIterator<Item = Key<dyn ChatModel>>) -> Result<Arc<dyn ChatModel>> {
        Ok(Arc::new(self.pooled(keys)?))
    }

    /// One embedding model of several. They must be the same model, or the vectors can't be compared.
    ///
    /// # Errors
    /// As [`chat`](Self::chat).
    pub fn embedding(
        &self,
        keys: impl IntoIterator<Item = Key<dyn EmbeddingModel>>,
    ) -> Result<Arc<dyn EmbeddingModel>> {
        Ok(Arc::new(self.pooled(keys)?))
    }

    /// Uses the key of `target` again, whatever it did: its account was topped up, or its rights were changed.
    pub fn revive(&self, target: &Target) {
        self.state_of(target).revive();
    }

    fn state_of(&self, target: &Target) -> Arc<State> {
        let id = (target.driver().to_owned(), target.connection().to_owned(), target.credential());
        self.states.of(id, State::default)
    }

    fn pooled<H: Handle + ?Sized>(&self, keys: impl IntoIterator<Item = Key<H>>) -> Result<Pooled<H>> {
        let wrong = |what: String| Error::new(ErrorKind::Configuration, what);
        let mut slots: Vec<Slot<H>> = Vec::new();
        for Key { handle, weight } in keys {
            let Some(target) = handle.target().cloned() else { continue };
            let state = self.state_of(&target);
            if slots.iter().any(|slot| Arc::ptr_eq(&slot.state, &state)) {
                let connection = target.connection();
                return Err(wrong(format!(
                    "a key of connection `{connection}` is in the pool twice: take one away"
                )));
            }
            slots.push(Slot { target, handle, weight: weight.get(), state });
        }
        let Some(first) = slots.first() else {
            return Err(wrong("a pool of keys needs at least one".into()));
        };
        let first = Arc::clone(&first.handle);
        let turns = Mutex::new(vec![0; slots.len()]);
        Ok(Pooled { pool: self.clone(), slots, first, turns })
    }
}

#[derive(Debug)]
struct Slot<H: ?Sized> {
    target: Target,
    handle: Arc<H>,
    weight: u32,
    state: Arc<State>,
}

#[derive(Debug)]
struct Pooled<H: ?Sized> {
    pool: KeyPool,
    slots: Vec<Slot<H>>,
    first: Arc<H>,
    /// For each slot, by how much it is behind its share.
    turns: Mutex<Vec<i64>>,
}

impl<H: Handle + ?Sized> Pooled<H> {
    async fn run<A: Ask<Handle = H>>(&self, ctx: &Context, ask: A) -> Result<A::Answer> {
        let pinned = match ask.asked() {
            Asked::Chat(request) => self.pinned(request),
            _ => None,
        };
        let mut tried = vec![false; self.slots.len()];
        let mut last: Option<Error> = None;
        let mut billed = false;
        let mut now = self.pool.clock.now();
        loop {
            let Some((index, slot)) = self.choose(&tried, pinned.map(|(index, _)| index), now) else {
                return Err(billed_as(self.none_left(last, now), billed));
            };
            if let Some(error) = last {
                let attempts = Attempts::of(ctx);
                if attempts.is_some_and(|attempts| !attempts.may_begin(now)) || ctx.remaining(now).is_err() {
                    return Err(billed_as(self.none_left(Some(error), now), billed));
                }
                self.pool.events.publish(ctx, || EventKind::Retrying {
                    target: slot.target.clone(),
                    failure: Failure::from(&error),
                    tries: attempts.map_or(1, Attempts::made),
                    delay: Duration::ZERO,
                });
            }
            if let Some(tried) = tried.get_mut(index) {
                *tried = true;
            }
            let busy = slot.state.begin(now);
            // As long as there is another key nobody waits for what the vendor allows this one.
            let more = self.has_another(&tried, now);
            let waiting = Attempts::of(ctx).filter(|attempts| more && !attempts.others_wait());
            let inner = waiting.map(|attempts| ctx.clone().with_extension(attempts.beside_others()));
            let outcome = match ask.ask(&*slot.handle, inner.as_ref().unwrap_or(ctx)).await {
                Ok(answer) => answer.watched(busy).until_content().await,
                Err(error) => Err(error),
            };
            let error = match outcome {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // One moment for what the failure says and for what follows, so that delays stay exact.
            now = self.pool.clock.now();
            billed |= error.possibly_billed();
            let stays = pinned.is_some_and(|(pinned, strict)| strict && pinned == index);
            if !self.note(slot, &error, now) || stays {
                return Err(billed_as(error, billed));
            }
            last = Some(error);
        }
    }

    /// Takes note of what a failure says about the key. Says whether another key may help.
    fn note(&self, slot: &Slot<H>, error: &Error, now: Instant) -> bool {
        // A tenant's own key says nothing about ours.
        if error.target().is_some_and(|target| target.credential() != slot.target.credential()) {
            return false;
        }
        let parked = now.checked_add(self.pool.park);
        let after = match error.retry() {
            Advice::SameTarget { after } => after,
            _ => None,
        };
        let state = &slot.state;
        match error.kind() {
            ErrorKind::Authentication => state.kill(),
            kind @ ErrorKind::QuotaExceeded => state.park(kind, parked),
            kind @ ErrorKind::Permission => state.park_for(slot.target.model(), kind, parked),
            ErrorKind::RateLimited => state.cool(now.checked_add(after.unwrap_or(self.pool.cool_down))),
            ErrorKind::Overloaded if after.is_some() => {
                state.cool(after.and_then(|after| now.checked_add(after)))
            }
            ErrorKind::CircuitOpen => {}
            _ => return false,
        }
        true
    }

    /// The key for the next try: the pinned one, or by the pool's rule; none that is left alone or was tried.
    fn choose(&self, tried: &[bool], pinned: Option<usize>, now: Instant) -> Option<(usize, &Slot<H>)> {
        let usable = |(index, slot): &(usize, &Slot<H>)| {
            let fresh = tried.get(*index).is_some_and(|tried| !tried);
            fresh && slot.state.is_usable(slot.target.model(), now) == Use::Now
        };
        let slots = || self.slots.iter().enumerate().filter(usable);
        if let Some(found) = slots().find(|(index, _)| Some(*index) == pinned) {
            return Some(found);
        }
        match self.pool.pick {
            // Compared by calls times the weights of the others, since a part can't be compared exactly.
            Pick::LeastBusy => slots().min_by(|(_, a), (_, b)| {
                let load = |slot: &Slot<H>, other: &Slot<H>| slot.state.running() * u64::from(other.weight);
                load(a, b).cmp(&load(b, a)).then_with(|| a.state.last_use().cmp(&b.state.last_use()))
            }),
            Pick::Weighted => {
                let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
                let mut total = 0;
                for (index, slot) in slots() {
                    if let Some(turn) = turns.get_mut(index) {
                        *turn += i64::from(slot.weight);
                        total += i64::from(slot.weight);
                    }
                }
                let turn = |index: usize| turns.get(index).copied().unwrap_or_default();
                let (index, slot) =
                    slots().reduce(|best, next| if turn(next.0) > turn(best.0) { next } else { best })?;
                if let Some(turn) = turns.get_mut(index) {
                    *turn -= total;
                }
                Some((index, slot))
            }
        }
    }

    /// Whether there is a key for another try.
    fn has_another(&self, tried: &[bool], now: Instant) -> bool {
        let fresh = |(slot, tried): (&Slot<H>, &bool)| {
            !tried && slot.state.is_usable(slot.target.model(), now) == Use::Now
        };
        self.slots.iter().zip(tried).any(fresh)
    }

    /// The key that the request's state was made with, and whether the request insists on it.
    fn pinned(&self, request: &ChatRequest) -> Option<(usize, bool)> {
        if self.slots.len() < 2 {
            return None;
        }
        let accepts =
            |origin: &Target| self.slots.iter().position(|slot| slot.target.accepts_state_of(origin));
        pinned::targets(request)
            .into_iter()
            .find_map(|origin| accepts(&origin))
            .map(|index| (index, request.strict))
    }

    /// The error when no key can be tried now: it says when one can.
    fn none_left(&self, last: Option<Error>, now: Instant) -> Error {
        let uses = || self.slots.iter().map(|slot| slot.state.is_usable(slot.target.model(), now));
        let soonest = uses().filter_map(|when| if let Use::At(at) = when { Some(at) } else { None }).min();
        let said = last.as_ref().map(Error::retry);
        let usable_now = uses().any(|when| when == Use::Now);
        let error = last.unwrap_or_else(|| {
            let connection = self.slots.first().map_or("", |slot| slot.target.connection());
            let whose = format!("all {} keys of the pool of `{connection}`", self.slots.len());
            let refused = || self.slots.iter().filter_map(|slot| slot.state.why());
            let (kind, message) = match refused().find(|why| *why != ErrorKind::Authentication) {
                _ if soonest.is_some() => {
                    (ErrorKind::RateLimited, format!("{whose} are left alone for a while"))
                }
                Some(why) => (why, format!("{whose} were refused not long ago")),
                None => (
                    ErrorKind::Authentication,
                    format!("{whose} were refused by the vendor: give it another"),
                ),
            };
            let error = Error::new(kind, message).with_possibly_billed(false);
            match self.slots.first() {
                Some(slot) => error.with_target(&slot.target),
                None => error,
            }
        });
        match soonest {
            // Keys that can be used were all tried by this call, so what they said is as good a guess as any; and where the
            // vendor named no delay, ours is no floor.
            _ if usable_now || said == Some(Advice::SameTarget { after: None }) => error,
            Some(at) => {
                error.with_retry(Advice::SameTarget { after: Some(at.saturating_duration_since(now)) })
            }
            None => error.with_retry(Advice::OtherTarget),
        }
    }
}

/// The error, which speaks for all keys that were tried.
fn billed_as(error: Error, billed: bool) -> Error {
    if billed && !error.possibly_billed() { error.with_possibly_billed(true) } else { error }
}

impl Watch for Busy {}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ChatModel for Pooled<dyn ChatModel> {
    fn target(&self) -> &Target {
        self.first.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.first.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        self.first.render(ctx, request)
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        self.run(ctx, Whole(request)).await
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        self.run(ctx, Streamed(request)).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl EmbeddingModel for Pooled<dyn EmbeddingModel> {
    fn target(&self) -> &Target {
        self.first.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.first.capabilities()
    }

    fn max_inputs(&self) -> Option<usize> {
        self.first.max_inputs()
    }

    fn render(&self, ctx: &Context, request: &EmbeddingRequest) -> Result<RenderedRequest> {
        self.first.render(ctx, request)
    }

    async fn embed(&self, ctx: &Context, request: Arc<EmbeddingRequest>) -> Result<EmbeddingResponse> {
        self.run(ctx, Embed(request)).await
    }
}
