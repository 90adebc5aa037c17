//! Holding calls to budgets.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll, ready};

use ai_costs::{
    Ask as Reservation, Budgets, Closing, Expected, Ledger, LedgerEntry, Prices, Settled, ThresholdReached,
    Unpriced,
};
use ai_events::{EventBus, EventKind};
use futures_core::Stream;
use laravel_ai_core::{
    AttemptId, Clock, Context, Cost, Error, ErrorKind, Modality, Money, Result, StreamEvent, Target,
    TokenCount, Warning, WarningKind,
};

use crate::answer::Answer;
use crate::call::{Ask, Asked, Call};
use crate::layered::{Policy, layer};
use crate::rate_limit::tokens;

/// The answer of a request without a limit that no model's facts limit is taken to be at most this long.
const ASSUMED_OUTPUT: u64 = 16_384;
/// A lowered limit leaves at least so much of an answer; below that the call is refused.
const LEAST_OUTPUT: u64 = 256;

/// Holds each physical try to budgets: what it may cost at most is reserved before it is sent, and what it did cost is
/// settled afterwards.
///
/// * The most is the input, estimated from its bytes and doubled, at the dearest price, and the longest answer that the
///   request allows, or else the model, or else 16,384 tokens.
/// * Where a request sets no limit and its most does not fit, the answer is limited to what the budgets pay, with a warning;
///   at least 256 tokens, or the call is refused.
/// * A refusal is [`BudgetExceeded`](ErrorKind::BudgetExceeded): nothing was sent, and neither retry nor failover walks
///   around it.
/// * A model without a known price is refused by every hard budget that does not allow it, since nobody could say
///   afterwards what it took.
/// * A try that is known to cost nothing gives everything back. One of which nobody knows what it cost, such as a stream
///   that was dropped, takes all that was reserved, never 0.
/// * Budgets that can't be asked refuse every call, unless [`open_on_failure`](Self::open_on_failure) says otherwise.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_costs::{Budget, Budgets, Catalogue, MemoryBudgets, ModelPrices, Overrides, Period, Prices, Rates, Scope};
/// use ai_layers::Spending;
/// use laravel_ai_core::{ChatRequest, Clock, Context, ErrorKind, Layer, Money, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let budgets = Arc::new(MemoryBudgets::new());
/// budgets.define(Budget::new("all", Scope::default(), Period::Day, Money::usd("0.01".parse()?))).await?;
/// let mut own = Overrides::default();
/// own.set("mock", "*", ModelPrices::new(Rates::new("2".parse()?, "8".parse()?)));
/// let prices = Arc::new(Prices::new(Catalogue::embedded()?).with_overrides(own));
///
/// let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
/// let model = Spending::new(clock, budgets, prices).chat(Mock::new().reply("Lima").chat_model("any")?);
/// let ask = |tokens| Arc::new(ChatRequest::user("Capital of Peru?").with_max_output_tokens(tokens));
/// assert!(model.chat(&Context::new(), ask(100)).await.is_ok());
/// let refused = model.chat(&Context::new(), ask(100_000)).await.unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::BudgetExceeded);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Spending {
    clock: Arc<dyn Clock>,
    events: EventBus,
    budgets: Arc<dyn Budgets>,
    prices: Arc<Prices>,
    ledger: Option<Arc<dyn Ledger>>,
    open_on_failure: bool,
}

impl Spending {
    /// Holds calls to `budgets` at `prices`, with times from `clock`.
    pub fn new(clock: Arc<dyn Clock>, budgets: Arc<dyn Budgets>, prices: Arc<Prices>) -> Self {
        Self {
            events: EventBus::new(Arc::clone(&clock)),
            clock,
            budgets,
            prices,
            ledger: None,
            open_on_failure: false,
        }
    }

    /// With the rows of the ledger kept by the budgets, each together with its settlement: there is both or neither. `ledger` is
    /// the one that the budgets write to; it gets a row by itself when a settlement fails.
    pub fn with_rows_of(mut self, ledger: Arc<dyn Ledger>) -> Self {
        self.ledger = Some(ledger);
        self
    }

    /// With `BudgetThresholdReached` told to this bus.
    pub fn with_events(mut self, events: EventBus) -> Self {
        self.events = events;
        self
    }

    /// Lets calls pass when the budgets can't be asked, unreserved and unsettled. What they spend is in the ledger alone.
    pub fn open_on_failure(mut self) -> Self {
        self.open_on_failure = true;
        self
    }

    fn policy(&self, _: Option<&Target>) -> Self {
        self.clone()
    }

    /// What a call is expected to cost at most, and what it can do with if it then limits itself.
    fn expected(&self, target: &Target, asked: Asked<'_>, most_of_model: Option<u64>) -> Worth {
        let input = TokenCount::estimate(tokens::of(asked));
        let at = self.clock.wall();
        let (call, is_free) = match asked {
            Asked::Chat(request) => {
                let is_free = request.max_output_tokens.is_none() && request.raw.is_none();
                (Expected::of(target, request, input, at), is_free)
            }
            _ => (Expected::new(target, input, Some(0), at), false),
        };
        let with = |most_output| {
            let mut call = call.clone();
            call.most_output = most_output;
            call
        };
        let most_output = call.most_output.or(is_free.then(|| most_of_model.unwrap_or(ASSUMED_OUTPUT)));
        let most = self.prices.estimate(&with(most_output)).map(|estimate| estimate.most);
        let least =
            is_free.then(|| self.prices.estimate(&with(most_output.map(|most| most.min(LEAST_OUTPUT)))));
        Worth {
            most: most.as_ref().ok().copied().flatten(),
            least: least.and_then(Result::ok).and_then(|estimate| estimate.most),
            unpriced: most.err(),
        }
    }

    /// The longest answer that an amount pays for.
    fn output_within(&self, target: &Target, asked: Asked<'_>, amount: Money) -> Option<u32> {
        let Asked::Chat(request) = asked else { return None };
        let input = TokenCount::estimate(tokens::of(asked));
        let call = Expected::of(target, request, input, self.clock.wall());
        let tokens = self.prices.output_within(&call, amount).ok().flatten()?;
        Some(u32::try_from(tokens).unwrap_or(u32::MAX))
    }
}

struct Worth {
    most: Option<Money>,
    least: Option<Money>,
    unpriced: Option<Unpriced>,
}

layer!(Spending);

/// The id under which a try reserved, for the first [`Attempt`](crate::Attempt) inside.
pub(crate) struct Reserved {
    id: AttemptId,
    taken: AtomicBool,
}

impl Reserved {
    /// The id of the attempt that begins now: the one that was reserved for, or a new one.
    pub(crate) fn attempt(ctx: &Context) -> AttemptId {
        let reserved = ctx.extension::<Self>().filter(|it| !it.taken.swap(true, Ordering::Relaxed));
        reserved.map_or_else(AttemptId::new, |it| it.id)
    }
}

impl Policy for Spending {
    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let paid = matches!(A::MODALITY, Modality::Chat | Modality::Embedding);
        let Some(target) = call.target().filter(|_| paid) else { return call.make(ctx).await };
        let worth = self.expected(target, call.ask.asked(), call.max_output());
        let id = AttemptId::new();
        let mut ask = Reservation::new(&ctx.clone().with_attempt(id), target.clone(), self.clock.wall());
        (ask.most, ask.least) = (worth.most, worth.least);
        let grant = match self.budgets.reserve(&ask).await {
            Ok(grant) => grant,
            Err(error) if error.kind() == ErrorKind::BudgetExceeded || !self.open_on_failure => {
                return Err(refused(error, worth.unpriced).with_target(target));
            }
            Err(error) => {
                tracing::warn!(%error, "the budgets could not be asked; the call goes on");
                return call.make(ctx).await;
            }
        };
        let mut ctx = ctx.clone().with_extension(Reserved { id, taken: AtomicBool::new(false) });
        let rows = self.ledger.is_some().then(RowBeside::default);
        if let Some(rows) = &rows {
            ctx = ctx.with_extension(rows.clone());
        }
        // Dropped after the call, whose row is there by then.
        let open = Open { spending: self.clone(), ctx: ctx.clone(), id: Some(id), rows };
        let granted = grant.amount.filter(|granted| Some(*granted) != worth.most);
        let limit = granted.and_then(|granted| self.output_within(target, call.ask.asked(), granted));
        let limited = limit.and_then(|most| call.ask.limited(most));
        let mut warnings = Vec::new();
        let outcome = match (limited, limit) {
            (Some(ask), Some(most)) => {
                let message =
                    format!("the budget pays for an answer of {most} tokens, so it was limited to that");
                warnings.push(Warning::new(WarningKind::OptionChanged, "max_output_tokens", message));
                Call { handle: call.handle, ask }.make(&ctx).await
            }
            _ => call.make(&ctx).await,
        };
        match outcome {
            Ok(answer) => Ok(answer.settled(open).await.warned(warnings)),
            Err(error) => {
                open.close(of_failure(&error)).await;
                Err(error)
            }
        }
    }
}

/// A refusal with the reason why a price is not known, where that is why.
fn refused(error: Error, unpriced: Option<Unpriced>) -> Error {
    let error = error.with_possibly_billed(false);
    match unpriced {
        Some(why) if error.kind() == ErrorKind::BudgetExceeded => {
            tracing::debug!(%why, "a budget refused a call of unknown price");
            error
        }
        _ => error,
    }
}

fn of_failure(error: &Error) -> Settled {
    if error.possibly_billed() { Settled::AsReserved } else { Settled::Released }
}

fn of_cost(cost: Option<&Cost>) -> Settled {
    cost.map_or(Settled::AsReserved, |cost| Settled::Spent(cost.money))
}

/// A reservation that has to be closed. Dropped open, it takes all that was reserved.
pub(crate) struct Open {
    spending: Spending,
    ctx: Context,
    id: Option<AttemptId>,
    rows: Option<RowBeside>,
}

/// A row of the ledger on its way to its settlement.
#[derive(Clone, Default)]
pub(crate) struct RowBeside(Arc<Mutex<Option<LedgerEntry>>>);

impl RowBeside {
    /// Takes a row. It comes back where there is one already: a settlement has room for one.
    pub(crate) fn put(&self, row: LedgerEntry) -> Option<LedgerEntry> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_some() {
            return Some(row);
        }
        *place = Some(row);
        None
    }

    fn take(&self) -> Option<LedgerEntry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Open {
    fn closing(&mut self, settled: Settled) -> Option<Closing> {
        let closing = Closing::new(self.id.take()?, settled, self.spending.clock.wall());
        Some(match self.rows.as_ref().and_then(RowBeside::take) {
            Some(row) => closing.with_row(row),
            None => closing,
        })
    }

    async fn close(mut self, settled: Settled) {
        let Some(closing) = self.closing(settled) else { return };
        let row = closing.row.clone();
        match self.spending.budgets.settle(closing).await {
            Ok(settlement) => settlement.reached.into_iter().for_each(|reached| self.tell(reached)),
            Err(error) => {
                tracing::error!(%error, "what a call spent was not settled; its reservation ends by itself");
                if let (Some(ledger), Some(row)) = (&self.spending.ledger, row) {
                    ledger.hand_over(*row);
                }
            }
        }
    }

    fn tell(&self, reached: ThresholdReached) {
        self.spending.events.publish(&self.ctx, || EventKind::BudgetThresholdReached {
            scope: reached.budget.into(),
            id: reached.subject.into(),
            percent: reached.percent,
            spent: reached.spent,
            limit: reached.limit,
        });
    }

    /// Settles a whole answer before it is given.
    pub(crate) async fn whole<T>(self, cost: Option<Cost>, answer: T) -> T {
        self.close(of_cost(cost.as_ref())).await;
        answer
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(closing) = self.closing(Settled::AsReserved) {
            self.spending.budgets.hand_over(closing);
        }
    }
}

/// A stream that is settled before its last item.
pub(crate) struct Settling<S> {
    pub(crate) events: S,
    pub(crate) open: Option<Open>,
    pub(crate) last: Option<Last>,
}

/// What becomes the last item when it is settled.
pub(crate) type Last = Pin<Box<dyn Future<Output = Result<StreamEvent>> + Send>>;

impl<S: Stream<Item = Result<StreamEvent>> + Unpin> Stream for Settling<S> {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(last) = &mut this.last {
                let item = ready!(last.as_mut().poll(cx));
                this.last = None;
                return Poll::Ready(Some(item));
            }
            let next = ready!(Pin::new(&mut this.events).poll_next(cx));
            let settled = match &next {
                Some(Ok(StreamEvent::Finish(finish))) => of_cost(finish.cost.as_ref()),
                Some(Err(error)) => of_failure(error),
                _ => return Poll::Ready(next),
            };
            let (Some(open), Some(item)) = (this.open.take(), next) else { return Poll::Ready(None) };
            this.last = Some(Box::pin(async move {
                open.close(settled).await;
                item
            }));
        }
    }
}
