//! What a try cost, and its row in the ledger.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::{Instant, SystemTime};

use ai_costs::{AttemptOutcome, Ledger, LedgerEntry, Part, Prices, Sale, Unpriced};
use futures_core::Stream;
use laravel_ai_core::{
    AssistantPart, ChatResponse, Clock, Context, Cost, EmbeddingResponse, Error, Modality, Money, Provenance,
    Result, StreamEvent, Target, Usage,
};
use rust_decimal::Decimal;

use crate::answer::Answer;
use crate::call::{Ask, Asking, Call};
use crate::layered::{Policy, layer};
use crate::spending::RowBeside;

/// Says what each physical try cost, and keeps a row for it in a ledger: answers, failures and tries that were given up.
///
/// * The cost of an answer is what the vendor says, or else what the [`Prices`] make of its usage; it stands in
///   [`ChatResponse::cost`] and in the end of a stream. Without a known price it stays unknown.
/// * The row of an answer that comes whole is kept before the answer is given; that of a stream, and of a call that is
///   dropped, is [handed over](Ledger::hand_over), since nobody can wait there.
/// * A failure for which the vendor charges nothing costs 0; any other is unknown, unless what was delivered can be priced:
///   then that is the estimate.
/// * A row that can't be kept never takes the answer from the caller, who has paid for it; it is logged as an error.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_costs::{Catalogue, MemoryLedger, Prices};
/// use ai_layers::Billing;
/// use laravel_ai_core::{ChatRequest, Clock, Context, Layer, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
/// let ledger = Arc::new(MemoryLedger::new());
/// let billing = Billing::new(clock)
///     .with_prices(Arc::new(Prices::new(Catalogue::embedded()?)))
///     .with_ledger(ledger.clone());
/// let model = billing.chat(Mock::new().reply("Lima").chat_model("any")?);
/// model.chat(&Context::new(), Arc::new(ChatRequest::user("Capital of Peru?"))).await?;
/// assert_eq!(ledger.entries().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Billing {
    clock: Arc<dyn Clock>,
    prices: Option<Arc<Prices>>,
    ledger: Option<Arc<dyn Ledger>>,
}

impl Billing {
    /// Times and dates of prices by `clock`; no prices and no ledger yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, prices: None, ledger: None }
    }

    /// With these prices, where the vendor does not say what a call costs.
    pub fn with_prices(mut self, prices: Arc<Prices>) -> Self {
        self.prices = Some(prices);
        self
    }

    /// With a row for each try.
    pub fn with_ledger(mut self, ledger: Arc<dyn Ledger>) -> Self {
        self.ledger = Some(ledger);
        self
    }

    fn policy(&self, _: Option<&Target>) -> Self {
        self.clone()
    }
}

layer!(Billing);

impl Billing {
    /// A call that is priced and leaves no row.
    async fn unkept<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let at = self.clock.wall();
        let answer = call.make(ctx).await?;
        Ok(answer.priced(self, at))
    }

    /// What the sale costs, unless the vendor said it.
    pub(crate) fn price(&self, said: Option<&Cost>, sale: &Sale<'_>) -> Result<Cost, Unpriced> {
        let unknown = || Unpriced::UnknownModel {
            driver: sale.target.driver().to_owned(),
            model: sale.served.unwrap_or(sale.target.model()).to_owned(),
        };
        match (said, &self.prices) {
            (Some(cost), _) => Ok(cost.clone()),
            (None, Some(prices)) => prices.cost(sale),
            (None, None) => Err(unknown()),
        }
    }
}

impl Policy for Billing {
    fn start<'a, A: Ask + 'a>(&'a self, ctx: &'a Context, call: Call<'a, A>) -> Asking<'a, A::Answer> {
        let paid = matches!(A::MODALITY, Modality::Chat | Modality::Embedding);
        if !paid || call.target().is_none() {
            call.pass(ctx)
        } else if self.ledger.is_none() {
            Box::pin(self.unkept(ctx, call))
        } else {
            Box::pin(self.run(ctx, call))
        }
    }

    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let Some(target) = call.target() else { return call.make(ctx).await };
        let mut bill = Bill::open(self.clone(), self.clock.wall(), target).with_row(ctx, A::MODALITY);
        match call.make(ctx).await {
            Ok(answer) => Ok(answer.billed(bill).await),
            Err(error) => {
                let row = bill.failed(&error);
                bill.keep(row).await;
                Err(error)
            }
        }
    }
}

/// The bill of one try. Dropped open, it is that of a try that was given up.
pub(crate) struct Bill {
    billing: Billing,
    at: SystemTime,
    /// Who serves it.
    target: Target,
    /// What of a stream a price depends on besides its usage.
    served: Option<String>,
    tools: Vec<AssistantPart>,
    /// Where there is a ledger, until it is closed.
    row: Option<Box<Row>>,
    /// Where a budget keeps the row together with its settlement.
    beside: Option<RowBeside>,
}

/// A row that is not finished. Behind a pointer, because streams without a ledger have none and may be many.
struct Row {
    entry: LedgerEntry,
    start: Instant,
    used: Usage,
}

impl Bill {
    pub(crate) fn open(billing: Billing, at: SystemTime, target: &Target) -> Self {
        Self { billing, at, target: target.clone(), served: None, tools: Vec::new(), row: None, beside: None }
    }

    fn with_row(mut self, ctx: &Context, modality: Modality) -> Self {
        let mut entry = LedgerEntry::new(ctx, self.target.clone(), self.at);
        entry.modality = modality;
        let start = self.billing.clock.now();
        self.row = Some(Box::new(Row { entry, start, used: Usage::default() }));
        self.beside = ctx.extension::<RowBeside>().cloned();
        self
    }

    /// Closes the row: how it ended, what it used and what that cost.
    fn close(
        &mut self,
        outcome: AttemptOutcome,
        end: impl FnOnce(&Self, Usage) -> (Usage, Result<Cost, Unpriced>),
    ) -> Option<LedgerEntry> {
        let Row { mut entry, start, used } = *self.row.take()?;
        let latency = self.billing.clock.now().saturating_duration_since(start);
        let (used, cost) = end(self, used);
        entry.served = self.served.take();
        Some(entry.with_outcome(outcome, latency).with_usage(used).with_cost(cost))
    }

    /// Closes the bill of an answer.
    fn answered(&mut self, cost: Result<Cost, Unpriced>, usage: &Usage) -> Option<LedgerEntry> {
        self.close(AttemptOutcome::Answered, |_, _| (usage.clone(), cost))
    }

    /// Closes the bill of a failure.
    fn failed(&mut self, error: &Error) -> Option<LedgerEntry> {
        let partial = error.partial().filter(|partial| !partial.content.is_empty());
        let outcome = if partial.is_some() { AttemptOutcome::Interrupted } else { AttemptOutcome::Failed };
        let mut row = self.close(outcome, |bill, used| {
            let used = match error.partial() {
                Some(partial) if !partial.usage.is_unknown() => partial.usage.clone(),
                _ => used,
            };
            let cost = bill.estimate(error.possibly_billed(), &used);
            (used, cost)
        })?;
        row.error = Some(error.kind());
        row.request_id = error.request_id().map(str::to_owned);
        Some(row)
    }

    /// What a try cost that gave no whole answer.
    fn estimate(&self, billed: bool, used: &Usage) -> Result<Cost, Unpriced> {
        if !billed {
            return Ok(Cost::new(Money::usd(Decimal::ZERO), Provenance::Estimate));
        }
        if used.input.is_none() || used.output.is_none() {
            return Err(Unpriced::UnknownCount { part: Part::Output });
        }
        let mut sale = Sale::new(&self.target, used, self.at);
        sale.served = self.served.as_deref();
        let cost = self.billing.price(None, &sale)?;
        Ok(Cost::new(cost.money, Provenance::Estimate))
    }

    /// The row, unless a settlement takes it along.
    fn apart(&self, row: Option<LedgerEntry>) -> Option<LedgerEntry> {
        let row = row?;
        match &self.beside {
            Some(beside) => beside.put(row),
            None => Some(row),
        }
    }

    async fn keep(&self, row: Option<LedgerEntry>) {
        let (Some(ledger), Some(row)) = (&self.billing.ledger, self.apart(row)) else { return };
        if let Err(error) = ledger.record(row).await {
            tracing::error!(%error, "a row of the ledger was not kept");
        }
    }

    fn hand_over(&self, row: Option<LedgerEntry>) {
        if let (Some(ledger), Some(row)) = (&self.billing.ledger, self.apart(row)) {
            ledger.hand_over(row);
        }
    }

    /// Fills in what a whole answer cost.
    pub(crate) async fn chat(mut self, mut answer: ChatResponse) -> ChatResponse {
        let cost = self.billing.price(answer.cost.as_ref(), &Sale::of(&answer, self.at));
        answer.cost = cost.as_ref().ok().cloned();
        if let Some(mut row) = self.answered(cost, &answer.usage) {
            row.target = answer.served_by.clone();
            row.served = answer.model.clone();
            row.service_tier = answer.service_tier.clone();
            row.request_id = answer.request_id.clone();
            self.keep(Some(row)).await;
        }
        answer
    }

    /// The same of vectors.
    pub(crate) async fn vectors(mut self, mut answer: EmbeddingResponse) -> EmbeddingResponse {
        let cost = self.billing.price(answer.cost.as_ref(), &Sale::of_embeddings(&answer, self.at));
        answer.cost = cost.as_ref().ok().cloned();
        if let Some(mut row) = self.answered(cost, &answer.usage) {
            row.target = answer.served_by.clone();
            row.served = answer.model.clone();
            row.request_id = answer.request_id.clone();
            self.keep(Some(row)).await;
        }
        answer
    }

    /// Looks at a piece of a stream, and fills in what it cost at its end.
    fn note(&mut self, event: &mut StreamEvent) {
        match event {
            StreamEvent::Start(start) => {
                self.served = start.model.clone();
                self.target = start.served_by.clone();
                if let Some(row) = &mut self.row {
                    row.entry.target = start.served_by.clone();
                    row.entry.request_id = start.request_id.clone();
                }
            }
            StreamEvent::Usage(usage) => {
                if let Some(row) = &mut self.row {
                    row.used.update(usage);
                }
            }
            StreamEvent::Part { part, .. } => {
                self.first_content();
                if matches!(**part, AssistantPart::ProviderCall(_) | AssistantPart::Media(_)) {
                    self.tools.push((**part).clone());
                }
            }
            StreamEvent::Finish(finish) => {
                let mut sold = ChatResponse::new(
                    self.target.clone(),
                    std::mem::take(&mut self.tools),
                    finish.finish.reason,
                );
                sold.model = self.served.clone();
                sold.usage = finish.usage.clone();
                sold.service_tier = finish.service_tier.clone();
                let cost = self.billing.price(finish.cost.as_ref(), &Sale::of(&sold, self.at));
                finish.cost = cost.as_ref().ok().cloned();
                if let Some(mut row) = self.answered(cost, &finish.usage) {
                    row.service_tier = sold.service_tier;
                    self.hand_over(Some(row));
                }
            }
            event if event.is_content() => self.first_content(),
            _ => {}
        }
    }

    fn first_content(&mut self) {
        if let Some(row) = self.row.as_mut().filter(|row| row.entry.first_content.is_none()) {
            let passed = self.billing.clock.now().saturating_duration_since(row.start);
            row.entry.first_content = Some(passed);
        }
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        let row = self.close(AttemptOutcome::Cancelled, |bill, used| {
            let cost = bill.estimate(true, &used);
            (used, cost)
        });
        self.hand_over(row);
    }
}

/// A stream whose cost is filled in at its end.
pub(crate) struct Billed<S> {
    pub(crate) events: S,
    pub(crate) bill: Bill,
}

impl<S: Stream<Item = Result<StreamEvent>> + Unpin> Stream for Billed<S> {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let mut next = Pin::new(&mut this.events).poll_next(cx);
        match &mut next {
            Poll::Ready(Some(Ok(event))) => this.bill.note(event),
            Poll::Ready(Some(Err(error))) => {
                let row = this.bill.failed(error);
                this.bill.hand_over(row);
            }
            _ => {}
        }
        next
    }
}
