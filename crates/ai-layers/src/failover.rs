//! Going on with another target.

mod candidate;
mod tried;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ai_events::{EventBus, EventKind, Failure};
use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Clock, Context, Error, ErrorKind,
    RenderedRequest, Result, Retry as Advice, Target,
};

pub use self::candidate::Candidate;
use self::candidate::{IsBad, Judged};
pub use self::tried::Tried;
use crate::Attempts;
use crate::answer::Answer;
use crate::attempts::end;
use crate::call::{Ask, Streamed, Whole};
use crate::kept::{AsNew, Kept};

type OnError = Arc<dyn Fn(&Error) -> bool + Send + Sync>;
type OnResponse = Arc<IsBad>;

/// Makes one chat model of several: when one fails, the next is asked.
///
/// | Setting | Default |
/// |---|---|
/// | [`attempts`](Self::attempts) for all candidates together | 3, or as many as there are candidates |
/// | [`on_error`](Self::on_error) | every error but those that would be the same everywhere |
/// | [`on_response`](Self::on_response) | every answer is good |
/// | [`rest`](Self::rest) of a candidate that time does not mend | 5 min |
/// | [`budget`](Self::budget) in time | none but the call's deadline |
///
/// * A [`Candidate`] is a connection, a model and options: nothing is taken over from the one before. Each may have its own
///   retry and keys inside; one try is kept for each candidate that follows, and all share the call's [`Attempts`].
/// * It moves on by the error's retry class ([`Error::retry`]): what is wrong with the request itself is not sprayed over
///   everybody. A stream moves on up to its first content, never after.
/// * History goes along without the state of other targets, each loss with a warning; where warnings are errors
///   ([`ChatRequest::strict`]) a candidate that would lose something is passed over.
/// * A candidate that was refused (key, rights, quota, model gone) or asked to be left alone rests: others are asked first, and
///   it comes last. One that was refused with a key of a tenant's own ([`Credentials`](laravel_ai_core::Credentials)) does not.
/// * `ProviderSwitched` says from, to and why. The error in the end is the last one; [`Tried`] in its sources has those
///   before.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_layers::{Candidate, Failover};
/// use laravel_ai_core::{ChatRequest, Context, ErrorKind, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let down = Mock::new().with_connection("work").fail(ErrorKind::Server);
/// let local = Mock::new().with_connection("local").reply("Lima");
/// let failover = Failover::new(Arc::new(TestClock::new()));
/// let model = failover.chat([
///     Candidate::new(down.chat_model("large")?),
///     Candidate::new(local.chat_model("small")?).with(|request| request.max_output_tokens = Some(200)),
/// ])?;
/// let answer = model.chat(&Context::new(), Arc::new(ChatRequest::user("Capital of Peru?"))).await?;
/// assert_eq!((answer.text().as_str(), answer.served_by.connection()), ("Lima", "local"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Failover {
    clock: Arc<dyn Clock>,
    events: EventBus,
    attempts: Option<NonZeroU32>,
    at_least: u32,
    budget: Option<Duration>,
    rest: Duration,
    on_error: Option<OnError>,
    on_response: Option<OnResponse>,
    resting: Arc<Kept<Target, Resting>>,
}

impl Failover {
    /// A failover whose times are measured on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            events: EventBus::new(Arc::clone(&clock)),
            clock,
            attempts: None,
            at_least: 3,
            budget: None,
            rest: Duration::from_secs(300),
            on_error: None,
            on_response: None,
            resting: Arc::default(),
        }
    }

    /// With `ProviderSwitched` told to this bus.
    pub fn with_events(mut self, events: EventBus) -> Self {
        self.events = events;
        self
    }

    /// With so many tries for all candidates together, retries included.
    pub fn attempts(mut self, attempts: NonZeroU32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// With so many tries where nobody [says](Self::attempts) how many, or as many as there are candidates.
    pub(crate) fn at_least(mut self, attempts: NonZeroU32) -> Self {
        self.at_least = attempts.get();
        self
    }

    /// With no try begun later than this after the call; one that runs is left to its end.
    pub fn budget(mut self, length: Duration) -> Self {
        self.budget = Some(length);
        self
    }

    /// With a candidate that time does not mend passed over for so long, while there are others.
    pub fn rest(mut self, length: Duration) -> Self {
        self.rest = length;
        self
    }

    /// With this deciding which errors move on, in place of the retry class.
    pub fn on_error(mut self, moves_on: impl Fn(&Error) -> bool + Send + Sync + 'static) -> Self {
        self.on_error = Some(Arc::new(moves_on));
        self
    }

    /// With answers that are not good enough, such as empty ones: the next candidate is asked, and the last one's answer
    /// taken as it is. Each answer is paid for. Streams are judged only when they are complete without any content.
    pub fn on_response(mut self, moves_on: impl Fn(&ChatResponse) -> bool + Send + Sync + 'static) -> Self {
        self.on_response = Some(Arc::new(moves_on));
        self
    }

    /// One chat model of several, the preferred first. It has the target and the capabilities of the first.
    ///
    /// # Errors
    /// [`Configuration`](ErrorKind::Configuration) when there is no candidate.
    pub fn chat(&self, candidates: impl IntoIterator<Item = Candidate>) -> Result<Arc<dyn ChatModel>> {
        let candidates: Vec<_> = candidates
            .into_iter()
            .map(|candidate| {
                let resting = self.resting.of(candidate.model.target().clone(), Resting::default);
                (candidate, resting)
            })
            .collect();
        let Some((first, _)) = candidates.first() else {
            return Err(Error::new(ErrorKind::Configuration, "a failover needs at least one candidate"));
        };
        let first = Arc::clone(&first.model);
        Ok(Arc::new(Switching { layer: self.clone(), candidates, first }))
    }

    fn moves_on(&self, error: &Error) -> bool {
        match &self.on_error {
            Some(moves_on) => moves_on(error),
            None => error.retry() != Advice::Never,
        }
    }
}

impl fmt::Debug for Failover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failover")
            .field("attempts", &self.attempts)
            .field("budget", &self.budget)
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
}

/// Until when a candidate is passed over.
#[derive(Debug, Default)]
struct Resting(Mutex<Option<Instant>>);

impl Resting {
    fn until(&self, now: Instant) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).filter(|until| *until > now)
    }

    fn rest(&self, until: Option<Instant>) {
        let mut resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *resting = (*resting).max(until);
    }
}

impl AsNew for Resting {
    fn is_as_new(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

#[derive(Debug)]
struct Switching {
    layer: Failover,
    candidates: Vec<(Candidate, Arc<Resting>)>,
    first: Arc<dyn ChatModel>,
}

impl Switching {
    async fn run<A>(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<A::Answer>
    where
        A: Ask<Handle = dyn ChatModel> + From<Arc<ChatRequest>>,
        A::Answer: Judged,
    {
        let start = self.layer.clock.now();
        let count = u32::try_from(self.candidates.len()).unwrap_or(u32::MAX);
        let limit = self
            .layer
            .attempts
            .or(NonZeroU32::new(count.max(self.layer.at_least)))
            .unwrap_or(NonZeroU32::MIN);
        let attempts = Attempts::within(ctx, limit, end(start, self.layer.budget));
        let mut tried = Vec::new();
        let mut billed = false;
        let mut unloved = None;
        let order = self.order(start);
        let last = order.len().saturating_sub(1);
        for (place, (candidate, resting)) in order.iter().copied().enumerate() {
            let now = self.layer.clock.now();
            let target = candidate.model.target();
            if place > 0 && (!attempts.may_begin(now) || ctx.remaining(now).is_err()) {
                break;
            }
            let (request, warnings) =
                match candidate.adapt(&request, !Arc::ptr_eq(&candidate.model, &self.first)) {
                    Ok(adapted) => adapted,
                    Err(error) => {
                        // It was not asked, so the failure before it is still the last one.
                        tried.insert(tried.len().saturating_sub(1), (target.clone(), error));
                        continue;
                    }
                };
            if let Some((from, why)) = tried.last() {
                self.tell(ctx, from, target, why);
            }
            let others = u32::try_from(last - place).unwrap_or(u32::MAX);
            let inner = ctx.clone().with_extension(attempts.keeping(others));
            let outcome = match A::from(request).ask(&*candidate.model, &inner).await {
                Ok(answer) => answer.warned(warnings).until_content().await,
                Err(error) => Err(error),
            };
            let (error, moves_on) = match outcome {
                Ok(answer) => match &self.layer.on_response {
                    Some(is_bad) if place < last => {
                        let (answer, is_bad) = answer.judge(&**is_bad).await?;
                        if !is_bad {
                            return Ok(answer);
                        }
                        unloved = Some(answer);
                        let error = Error::new(ErrorKind::Unknown, "the answer was not good enough");
                        (error.with_possibly_billed(true), true)
                    }
                    _ => return Ok(answer),
                },
                Err(error) => {
                    let moves_on = self.layer.moves_on(&error);
                    (error, moves_on)
                }
            };
            billed |= error.possibly_billed();
            self.note(target, resting, &error);
            tried.push((target.clone(), error));
            if !moves_on {
                break;
            }
        }
        match unloved {
            // Better an answer that is not good enough than none.
            Some(answer) => Ok(answer),
            None => Err(Tried::last_of(tried, billed)),
        }
    }

    /// The candidates in the order of preference, those that rest last and the soonest to be back of them first.
    fn order(&self, now: Instant) -> Vec<(&Candidate, &Resting)> {
        let mut order: Vec<_> =
            self.candidates.iter().map(|(candidate, resting)| (candidate, &**resting)).collect();
        order.sort_by_key(|(_, resting)| resting.until(now));
        order
    }

    /// Lets a candidate rest that will not be better in a moment.
    fn note(&self, target: &Target, resting: &Resting, error: &Error) {
        // A tenant's own key says nothing about ours, nor one key of a pool about the others.
        if error.target().is_some_and(|failed| failed.credential() != target.credential()) {
            return;
        }
        let now = self.layer.clock.now();
        match (error.kind(), error.retry()) {
            (
                ErrorKind::Authentication
                | ErrorKind::Permission
                | ErrorKind::QuotaExceeded
                | ErrorKind::ModelNotFound,
                _,
            ) => resting.rest(now.checked_add(self.layer.rest)),
            (_, Advice::SameTarget { after: Some(delay) }) => resting.rest(now.checked_add(delay)),
            _ => {}
        }
    }

    fn tell(&self, ctx: &Context, from: &Target, to: &Target, why: &Error) {
        self.layer.events.publish(ctx, || EventKind::ProviderSwitched {
            from: from.clone(),
            to: to.clone(),
            reason: Failure::from(why),
        });
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ChatModel for Switching {
    fn target(&self) -> &Target {
        self.first.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.first.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        match self.candidates.first() {
            Some((first, _)) => {
                let (request, _) = first.adapt(&Arc::new(request.clone()), false)?;
                self.first.render(ctx, &request)
            }
            None => self.first.render(ctx, request),
        }
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        self.run::<Whole>(ctx, request).await
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        self.run::<Streamed>(ctx, request).await
    }
}
