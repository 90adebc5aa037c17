//! Time limits of a call.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use laravel_ai_core::{Clock, Context, Error, ErrorKind, Result, Retry, StreamEvent, Target};

use crate::answer::{Answer, Watch};
use crate::call::{Ask, Asking, Call};
use crate::layered::{Policy, layer};

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Ends calls that take longer than their [`Timeouts`](laravel_ai_core::Timeouts) allow: `total` for one whole attempt,
/// `first_content` for a stream up to its first text, reasoning, refusal or tool input. The call's
/// [`deadline`](Context::deadline) holds too.
///
/// The error is an [`ErrorKind::Timeout`] that names the limit; [`TimedOut`] is its typed source. The call is dropped with
/// it, so its connection is closed. Calls without these limits pass at no cost. Embeddings, counts of tokens and the
/// questions to a catalogue have a `total` too; a credential or an endpoint that can't be asked in time is reported as
/// unreachable.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use ai_layers::{TimeLimit, TimedOut, Timeout};
/// use laravel_ai_core::{ChatRequest, Context, Layer, Provider, Timeouts};
/// use provider_mock::{Mock, Reply, TestClock};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let slow = Mock::new().reply(Reply::text("Hi").delay(Duration::from_secs(60)));
/// let model = Timeout::new(Arc::new(TestClock::new())).chat(slow.chat_model("any")?);
///
/// let ctx = Context::new().with_timeouts(Timeouts::default().with_total(Duration::from_secs(2)));
/// let error = model.chat(&ctx, Arc::new(ChatRequest::user("Hello"))).await.unwrap_err();
/// assert_eq!(error.vendor::<TimedOut>().map(|limit| limit.limit), Some(TimeLimit::Total));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Timeout {
    clock: Arc<dyn Clock>,
}

/// Which limit passed, as the source of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimedOut {
    /// The limit.
    pub limit: TimeLimit,
    /// How long it was, from the start of the attempt.
    pub length: Duration,
}

/// A limit in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeLimit {
    /// [`Timeouts::total`](laravel_ai_core::Timeouts#structfield.total).
    Total,
    /// [`Timeouts::first_content`](laravel_ai_core::Timeouts#structfield.first_content).
    FirstContent,
    /// [`Context::deadline`].
    Deadline,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.limit {
            TimeLimit::Total => "total",
            TimeLimit::FirstContent => "first_content",
            TimeLimit::Deadline => "deadline",
        };
        write!(f, "the limit `{name}` of {:?} has passed", self.length)
    }
}

impl std::error::Error for TimedOut {}

impl Timeout {
    /// Limits measured on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }

    fn policy(&self, _: Option<&Target>) -> Self {
        self.clone()
    }
}

layer!(Timeout);

impl Policy for Timeout {
    fn start<'a, A: Ask + 'a>(&'a self, ctx: &'a Context, call: Call<'a, A>) -> Asking<'a, A::Answer> {
        let limits = ctx.timeouts;
        let first_content = limits.first_content.filter(|_| A::STREAMS);
        if limits.total.is_none() && first_content.is_none() && ctx.deadline.is_none() {
            return call.pass(ctx);
        }
        Box::pin(self.run(ctx, call))
    }

    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let located = |error: Error| match call.target() {
            Some(target) => error.with_target(target),
            None => error,
        };
        let mut limits = Limits::new(&*self.clock, ctx, A::STREAMS).map_err(located)?;
        let answer = limits.bound(call.make(ctx)).await.map_err(located)?;
        Ok(if A::STREAMS { answer.watched(limits) } else { answer })
    }
}

/// The limits that still run.
struct Limits {
    total: Option<Limit>,
    first_content: Option<Limit>,
    deadline: Option<Limit>,
}

struct Limit {
    passed: TimedOut,
    sleep: Sleep,
}

impl Limits {
    fn new(clock: &dyn Clock, ctx: &Context, streams: bool) -> Result<Self> {
        let limit = |limit, length| Limit { passed: TimedOut { limit, length }, sleep: clock.sleep(length) };
        let first_content = ctx.timeouts.first_content.filter(|_| streams);
        let left = match ctx.deadline {
            Some(_) => ctx.remaining(clock.now())?,
            None => None,
        };
        Ok(Self {
            total: ctx.timeouts.total.map(|length| limit(TimeLimit::Total, length)),
            first_content: first_content.map(|length| limit(TimeLimit::FirstContent, length)),
            deadline: left.map(|length| limit(TimeLimit::Deadline, length)),
        })
    }

    /// The error of the first limit that has passed.
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Error> {
        for limit in [&mut self.first_content, &mut self.total, &mut self.deadline].into_iter().flatten() {
            if limit.sleep.as_mut().poll(cx).is_ready() {
                let error =
                    Error::new(ErrorKind::Timeout, limit.passed.to_string()).with_source(limit.passed);
                return Poll::Ready(match limit.passed.limit {
                    // Trying again would only meet the same deadline.
                    TimeLimit::Deadline => error.with_retry(Retry::Never),
                    _ => error,
                });
            }
        }
        Poll::Pending
    }

    /// The outcome of `call`, unless a limit passes first. An outcome that is there is never given up for a limit.
    async fn bound<T>(&mut self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let mut call = pin!(call);
        poll_fn(|cx| match call.as_mut().poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => self.poll(cx).map(Err),
        })
        .await
    }
}

impl Watch for Limits {
    fn content(&mut self, _: &StreamEvent) {
        self.first_content = None;
    }

    fn pending(&mut self, cx: &mut TaskContext<'_>) -> Option<Error> {
        match self.poll(cx) {
            Poll::Ready(error) => Some(error),
            Poll::Pending => None,
        }
    }
}
