//! Single tries.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ai_events::{AttemptOutcome, EventBus, EventKind, Failure};
use laravel_ai_core::{Clock, Context, Cost, Error, ErrorKind, Result, StreamEvent, Target, Usage};

use crate::Attempts;
use crate::answer::{Answer, Finished, Watch};
use crate::call::{Ask, Asking, Call};
use crate::layered::{Policy, layer};
use crate::spending::Reserved;

/// Makes each request that goes out an attempt: with an id in the [`Context`], counted among the call's [`Attempts`], and
/// told of when it begins and when it ends. Answers say how many attempts it took.
///
/// It stands inside of everything that may refuse a call or make it wait, so that an attempt is always a request on its
/// way. `AttemptFinished` follows each `AttemptStarted`, also when the answer is dropped: failed and lost tries are paid
/// for too. Times are those of the try alone, without waits.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_events::{EventBus, Recorder};
/// use ai_layers::Attempt;
/// use laravel_ai_core::{ChatRequest, Clock, Context, Layer, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
/// let (bus, recorder) = (EventBus::new(Arc::clone(&clock)), Recorder::new());
/// bus.listen(recorder.clone());
/// let mock = Mock::new().reply("Lima");
/// let model = Attempt::new(clock).with_events(bus).chat(mock.chat_model("any")?);
/// model.chat(&Context::new(), Arc::new(ChatRequest::user("Capital of Peru?"))).await?;
///
/// recorder.assert_names(&["AttemptStarted", "AttemptFinished"]);
/// assert_eq!(mock.recorded()[0].context.attempt, recorder.events()[0].attempt);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Attempt {
    clock: Arc<dyn Clock>,
    events: EventBus,
}

impl Attempt {
    /// Attempts timed by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { events: EventBus::new(Arc::clone(&clock)), clock }
    }

    /// With its events told to this bus.
    pub fn with_events(mut self, events: EventBus) -> Self {
        self.events = events;
        self
    }

    fn policy(&self, _: Option<&Target>) -> Self {
        self.clone()
    }
}

layer!(Attempt);

impl Attempt {
    /// The number and the environment of another try.
    fn begin(ctx: &Context) -> Result<(u32, Context)> {
        let number = match Attempts::of(ctx) {
            Some(attempts) => attempts.take().ok_or_else(|| used_up(attempts))?,
            None => 1,
        };
        Ok((number, ctx.clone().with_attempt(Reserved::attempt(ctx))))
    }

    /// A try of which nobody wants to hear.
    async fn unheard<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let (number, ctx) = Self::begin(ctx)?;
        let answer = call.make(&ctx).await?;
        // An answer is that of a first try unless something else is said.
        Ok(if number == 1 { answer } else { answer.watched(Number(number)) })
    }
}

impl Policy for Attempt {
    fn start<'a, A: Ask + 'a>(&'a self, ctx: &'a Context, call: Call<'a, A>) -> Asking<'a, A::Answer> {
        if self.events.is_silent() {
            Box::pin(self.unheard(ctx, call))
        } else {
            Box::pin(self.run(ctx, call))
        }
    }

    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let (number, ctx) = Self::begin(ctx)?;
        let Some(target) = call.target() else { return call.make(&ctx).await };
        self.events.publish(&ctx, || EventKind::AttemptStarted {
            target: target.clone(),
            number,
            streamed: A::STREAMS,
        });
        let mut record = Record {
            clock: Arc::clone(&self.clock),
            events: self.events.clone(),
            target: target.clone(),
            number,
            start: self.clock.now(),
            first_content: None,
            told: false,
            ctx,
        };
        // The context is read through the record, which is moved only when the call is over.
        match call.make(&record.ctx).await {
            Ok(answer) => Ok(answer.watched(record)),
            Err(error) => Err(record.failed(error)),
        }
    }
}

fn used_up(attempts: &Attempts) -> Error {
    let message = format!("the call has used up its tries, {} in all", attempts.made());
    Error::new(ErrorKind::Throttled, message)
}

/// What is told of an attempt in the end.
/// Which try it was.
struct Number(u32);

impl Watch for Number {
    fn finished(&mut self, facts: &mut Finished<'_>) {
        *facts.attempts = self.0;
    }
}

struct Record {
    clock: Arc<dyn Clock>,
    events: EventBus,
    ctx: Context,
    target: Target,
    number: u32,
    start: Instant,
    first_content: Option<Duration>,
    told: bool,
}

impl Record {
    fn passed(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.start)
    }

    fn tell(&mut self, outcome: impl FnOnce() -> AttemptOutcome, usage: Option<&Usage>, cost: Option<&Cost>) {
        self.told = true;
        self.events.publish(&self.ctx, || EventKind::AttemptFinished {
            target: self.target.clone(),
            number: self.number,
            outcome: outcome(),
            usage: counts(usage),
            cost: cost.cloned(),
            latency: self.passed(),
            first_content: self.first_content,
        });
    }
}

/// The counts alone: the vendor's own object stays with the answer.
pub(crate) fn counts(usage: Option<&Usage>) -> Usage {
    let mut counts = usage.cloned().unwrap_or_default();
    counts.raw = None;
    counts
}

impl Watch for Record {
    fn content(&mut self, _: &StreamEvent) {
        if self.first_content.is_none() {
            self.first_content = Some(self.passed());
        }
    }

    fn failed(&mut self, error: Error) -> Error {
        let usage = error.partial().map(|partial| &partial.usage);
        self.tell(|| AttemptOutcome::Failed(Failure::from(&error)), usage, None);
        error
    }

    fn finished(&mut self, facts: &mut Finished<'_>) {
        *facts.attempts = self.number;
        self.tell(|| AttemptOutcome::Succeeded, facts.usage, facts.cost);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.told {
            self.tell(|| AttemptOutcome::Cancelled, None, None);
        }
    }
}
