//! What the caller saw, as events.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ai_events::{Content, EventBus, EventKind, Failure};
use laravel_ai_core::{ChatResponse, Clock, Context, Error, Modality, Partial, Result, Target};

use crate::Attempts;
use crate::answer::{Answer, Finished, Follow};
use crate::attempt::counts;
use crate::call::{Ask, Asked, Asking, Call};
use crate::layered::{Policy, layer};

/// Tells of each call what its caller sees: `MessageSent` when it is accepted, and then one of `ResponseGenerated`,
/// `CallFailed`, `StreamInterrupted` and `Cancelled`. `CostCalculated` comes before `ResponseGenerated` when the cost is known.
///
/// It belongs outside of all other layers. A call or stream that is dropped is `Cancelled`, with what was delivered and its
/// usage, at the moment it is dropped. A call that begins while nobody listens is not told of at all. Prompts and answers are given to listeners only [when asked for](Self::with_content);
/// what a broken or dropped stream delivered always is, since nobody else has it. Questions to catalogues and counts of
/// tokens are no messages, and pass.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_events::{EventBus, Recorder};
/// use ai_layers::Announce;
/// use laravel_ai_core::{ChatRequest, Clock, Context, Layer, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
/// let (bus, recorder) = (EventBus::new(Arc::clone(&clock)), Recorder::new());
/// bus.listen(recorder.clone());
/// let model = Announce::new(clock, bus).chat(Mock::new().reply("Lima").chat_model("any")?);
/// let stream = model.stream(&Context::new(), Arc::new(ChatRequest::user("Capital of Peru?"))).await?;
/// drop(stream);
/// recorder.assert_names(&["MessageSent", "Cancelled"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Announce {
    clock: Arc<dyn Clock>,
    events: EventBus,
    content: bool,
}

impl Announce {
    /// Calls timed by `clock`, told to `events`.
    pub fn new(clock: Arc<dyn Clock>, events: EventBus) -> Self {
        Self { clock, events, content: false }
    }

    /// With prompts, and answers that are not streamed, beside the events, for listeners of the same program: they get a
    /// pointer to the request and a copy of the answer. Nothing of them is written to logs or queues.
    pub fn with_content(mut self) -> Self {
        self.content = true;
        self
    }

    fn policy(&self, _: Option<&Target>) -> Self {
        self.clone()
    }
}

layer!(Announce);

impl Policy for Announce {
    fn start<'a, A: Ask + 'a>(&'a self, ctx: &'a Context, call: Call<'a, A>) -> Asking<'a, A::Answer> {
        if self.events.is_silent() { call.pass(ctx) } else { Box::pin(self.run(ctx, call)) }
    }

    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let (messages, request) = match call.ask.asked() {
            Asked::Chat(request) => (request.messages.len(), Some(request)),
            Asked::Embedding(request) => (request.inputs.len(), None),
            _ => return call.make(ctx).await,
        };
        let Some(target) = call.target() else { return call.make(ctx).await };
        // Whoever tries again inside counts on from here, so that the end can say how many tries there were.
        let attempts = Attempts::of(ctx).cloned().unwrap_or_else(|| Attempts::new(NonZeroU32::MAX));
        let mut told = Told {
            layer: self.clone(),
            ctx: ctx.clone().with_extension(attempts.clone()),
            attempts,
            target: target.clone(),
            modality: A::MODALITY,
            start: self.clock.now(),
            first_content: None,
            over: false,
        };
        self.events.publish(ctx, || EventKind::MessageSent {
            target: target.clone(),
            modality: A::MODALITY,
            streamed: A::STREAMS,
            messages: messages as u64,
            request: request.filter(|_| self.content).cloned().map(Content::from).unwrap_or_default(),
        });
        match call.make(&told.ctx).await {
            Ok(answer) => Ok(answer.followed(told)),
            Err(error) => {
                told.failed(&error);
                Err(error)
            }
        }
    }
}

/// A call of which more is to be told. When it is dropped before its end was told, it was cancelled.
struct Told {
    layer: Announce,
    ctx: Context,
    attempts: Attempts,
    target: Target,
    modality: Modality,
    start: Instant,
    first_content: Option<Duration>,
    over: bool,
}

impl Told {
    fn passed(&self) -> Duration {
        self.layer.clock.now().saturating_duration_since(self.start)
    }

    fn tell(&self, kind: impl FnOnce() -> EventKind) {
        self.layer.events.publish(&self.ctx, kind);
    }
}

impl Follow for Told {
    fn started(&mut self, served_by: &Target) {
        self.target = served_by.clone();
    }

    fn content(&mut self) {
        if self.first_content.is_none() {
            self.first_content = Some(self.passed());
        }
    }

    fn finished(&mut self, facts: &Finished<'_>, whole: Option<&ChatResponse>) {
        self.over = true;
        if let Some(cost) = facts.cost {
            self.tell(|| EventKind::CostCalculated {
                target: self.target.clone(),
                usage: counts(facts.usage),
                cost: cost.clone(),
            });
        }
        self.tell(|| EventKind::ResponseGenerated {
            target: self.target.clone(),
            modality: self.modality,
            finish: facts.reason,
            usage: counts(facts.usage),
            cost: facts.cost.cloned(),
            attempts: *facts.attempts,
            latency: self.passed(),
            first_content: self.first_content,
            response: whole.filter(|_| self.layer.content).cloned().into(),
        });
    }

    fn failed(&mut self, error: &Error) {
        self.over = true;
        let target = || error.target().unwrap_or(&self.target).clone();
        let (failure, latency) = (|| Failure::from(error), self.passed());
        let delivered = error.partial().filter(|partial| !partial.content.is_empty());
        self.tell(|| match delivered {
            Some(partial) => EventKind::StreamInterrupted {
                target: target(),
                failure: failure(),
                usage: counts(Some(&partial.usage)),
                partial: partial.clone().into(),
                latency,
            },
            None => EventKind::CallFailed {
                target: target(),
                modality: self.modality,
                failure: failure(),
                attempts: self.attempts.made(),
                latency,
            },
        });
    }

    fn dropped(&mut self, partial: Option<Partial>) {
        self.over = true;
        self.tell(|| EventKind::Cancelled {
            target: self.target.clone(),
            modality: self.modality,
            usage: counts(partial.as_ref().map(|partial| &partial.usage)),
            latency: self.passed(),
            partial: partial.into(),
        });
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if !self.over {
            self.dropped(None);
        }
    }
}
