//! Budgets that hold by themselves.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ai_costs::{
    Ask, Budget, BudgetStatus, Budgets, Catalogue, Closing, Dimension, Exceeded, Grant, MemoryBudgets,
    MemoryLedger, ModelPrices, Overrides, Period, Prices, Rates, Scope, Settlement,
};
use ai_events::{EventKind, Recorder};
use ai_layers::{Billing, Pipeline, Spending};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::future::join_all;
use laravel_ai_core::{
    ChatModel, ChatRequest, Clock, Context, EmbeddingRequest, Error, ErrorKind, Labels, Layer, Money,
    Provider, RawJson, Result, Usage,
};
use provider_mock::{Mock, Reply, TestClock};
use rust_decimal::Decimal;

use crate::support::bus;

/// A dollar for each token.
fn prices() -> Arc<Prices> {
    let mut own = Overrides::default();
    let million = "1000000".parse().unwrap();
    own.set("mock", "*", ModelPrices::new(Rates::new(million, million)));
    Arc::new(Prices::new(Catalogue::embedded().unwrap()).with_overrides(own))
}

struct House {
    budgets: Arc<MemoryBudgets>,
    ledger: Arc<MemoryLedger>,
    recorder: Recorder,
    pipeline: Pipeline,
}

/// A pipeline under one budget a day of so many dollars.
async fn house(limit: i64) -> House {
    let budgets = Arc::new(MemoryBudgets::new());
    budgets
        .define(Budget::new("all", Scope::default(), Period::Day, Money::usd(limit.into())))
        .await
        .unwrap();
    let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
    let ledger = Arc::new(MemoryLedger::new());
    let (bus, recorder) = bus();
    let billing = Billing::new(Arc::clone(&clock)).with_prices(prices()).with_ledger(ledger.clone());
    let spending = Spending::new(Arc::clone(&clock), budgets.clone(), prices());
    let pipeline = Pipeline::standard(clock, bus).billing(billing).spending(spending);
    House { budgets, ledger, recorder, pipeline }
}

impl House {
    fn model(&self, mock: &Mock) -> Arc<dyn ChatModel> {
        self.pipeline.chat(mock.chat_model("any").unwrap())
    }

    async fn status(&self) -> BudgetStatus {
        let at = TestClock::new().wall();
        self.budgets.status(at).await.unwrap().pop().unwrap()
    }

    /// What is spent and reserved.
    async fn used(&self) -> (Decimal, Decimal) {
        let status = self.status().await;
        (status.spent, status.reserved)
    }
}

/// Ten tokens at most go in, by the estimate.
fn ask(output: u32) -> Arc<ChatRequest> {
    Arc::new(ChatRequest::user("Hi").with_max_output_tokens(output))
}

fn answer() -> Reply {
    Reply::text("Lima").usage(Usage::new(3, 4))
}

#[tokio::test(start_paused = true)]
async fn what_is_reserved_is_settled_at_what_it_cost() {
    let house = house(1_000).await;
    let mock = Mock::new().reply(answer());
    house.model(&mock).chat(&Context::new(), ask(100)).await.unwrap();
    assert_eq!(house.used().await, (7.into(), 0.into()));
    let stream = house.model(&mock).stream(&Context::new(), ask(100)).await.unwrap();
    assert!(house.used().await.1 > 100.into(), "reserved while it is under way");
    stream.into_response().await.unwrap();
    assert_eq!(house.used().await, (14.into(), 0.into()));
    let rows = house.ledger.entries();
    let sum: Decimal = rows.iter().filter_map(|row| row.cost.as_ref()).map(|cost| cost.money.amount).sum();
    assert_eq!(sum, house.used().await.0, "the ledger says the same");
    assert_eq!(Some(rows[0].attempt), mock.recorded()[0].context.attempt);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_refused_unsent_and_goes_nowhere_else() {
    let house = house(50).await;
    let mock = Mock::new().reply(answer());
    let error = house.model(&mock).chat(&Context::new(), ask(100)).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::BudgetExceeded, false));
    assert!(error.vendor::<Exceeded>().is_some(), "{error:?}");
    let raw = ChatRequest::raw(RawJson::parse("{}").unwrap());
    let error = house.model(&mock).chat(&Context::new(), Arc::new(raw)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BudgetExceeded, "nothing limits what a raw request costs");
    let error = house.model(&mock).stream(&Context::new(), ask(100)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BudgetExceeded);
    mock.assert_nothing_sent();
    assert!(house.ledger.entries().is_empty());
    assert_eq!(house.recorder.count("AttemptStarted"), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_limit_is_limited_to_what_is_left() {
    let house = house(500).await;
    let mock = Mock::new().reply(answer());
    let unlimited = Arc::new(ChatRequest::user("Hi"));
    let answer = house.model(&mock).chat(&Context::new(), Arc::clone(&unlimited)).await.unwrap();
    let limit = mock.recorded()[0].request.max_output_tokens.unwrap();
    assert!((256..500).contains(&limit), "{limit}");
    assert!(answer.warnings.iter().any(|it| it.subject == "max_output_tokens"), "{:?}", answer.warnings);
    assert_eq!(unlimited.max_output_tokens, None, "the caller's request stays as it was");
    let poor = crate::spending::house(200).await;
    let error = poor.model(&mock).chat(&Context::new(), unlimited).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BudgetExceeded, "less than 256 tokens are no answer");
}

#[tokio::test(start_paused = true)]
async fn a_failure_gives_back_what_it_surely_did_not_cost() {
    let house = house(1_000).await;
    let mock = Mock::new().sequence([Reply::fail(ErrorKind::RateLimited), answer()]);
    house.model(&mock).chat(&Context::new(), ask(100)).await.unwrap();
    assert_eq!(house.used().await, (7.into(), 0.into()), "the refused try cost nothing");
    let mock = Mock::new().fail(ErrorKind::Unknown);
    house.model(&mock).chat(&Context::new(), ask(100)).await.unwrap_err();
    let (spent, reserved) = house.used().await;
    assert!(
        spent >= 107.into() && reserved.is_zero(),
        "what nobody knows takes all that was reserved: {spent}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_takes_what_was_reserved() {
    let house = house(1_000).await;
    let mock = Mock::new().reply(Reply::text("Lima is the capital").pace(Duration::from_secs(1)));
    let mut stream = house.model(&mock).stream(&Context::new(), ask(100)).await.unwrap();
    while !stream.next().await.unwrap().unwrap().is_content() {}
    drop(stream);
    let (spent, reserved) = house.used().await;
    assert!(spent >= 100.into() && reserved.is_zero(), "{spent} {reserved}");
}

#[tokio::test(start_paused = true)]
async fn of_many_calls_at_once_no_more_pass_than_are_paid_for() {
    let house = house(1_000).await;
    let mock = Mock::new().reply(answer().delay(Duration::from_secs(1)));
    let model = house.model(&mock);
    let done = join_all((0..50).map(|_| {
        let model = Arc::clone(&model);
        async move { model.chat(&Context::new(), ask(190)).await }
    }))
    .await;
    let passed = done.iter().filter(|it| it.is_ok()).count();
    assert_eq!(passed, 5, "200 each are reserved of 1,000, ten of them for what goes in");
    assert_eq!(house.used().await, (Decimal::from(7 * passed), 0.into()));
}

#[tokio::test(start_paused = true)]
async fn thresholds_are_told_once_by_calls_and_by_streams() {
    let house = house(300).await;
    let mock = Mock::new().reply(Reply::text("Lima").usage(Usage::new(3, 77)));
    let model = house.model(&mock);
    for call in 0..3 {
        if call == 2 {
            model.stream(&Context::new(), ask(20)).await.unwrap().into_response().await.unwrap();
        } else {
            model.chat(&Context::new(), ask(20)).await.unwrap();
        }
    }
    assert_eq!(house.recorder.count("BudgetThresholdReached"), 1, "80 per cent at 240");
    house.recorder.assert_published(|event| {
        matches!(&event.kind, EventKind::BudgetThresholdReached { percent: 80, spent, .. } if spent.amount == 240.into())
    });
}

#[tokio::test(start_paused = true)]
async fn each_user_has_a_budget_and_a_model_without_a_price_is_refused() {
    let house = house(100_000).await;
    let each = Budget::new("each", Scope::each(Dimension::User), Period::Month, Money::usd(120.into()));
    house.budgets.define(each).await.unwrap();
    let mock = Mock::new().reply(Reply::text("Lima").usage(Usage::new(3, 97)));
    let model = house.model(&mock);
    let of = |user: &str| Context::new().with_labels(Labels::default().with_user(user));
    model.chat(&of("ada"), ask(100)).await.unwrap();
    assert_eq!(model.chat(&of("ada"), ask(100)).await.unwrap_err().kind(), ErrorKind::BudgetExceeded);
    model.chat(&of("bob"), ask(100)).await.unwrap();

    let unpriced = Arc::new(Prices::new(Catalogue::embedded().unwrap()));
    let spending = Spending::new(Arc::new(TestClock::new()), house.budgets.clone(), unpriced);
    let error = spending.chat(mock.chat_model("any").unwrap()).chat(&of("eve"), ask(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BudgetExceeded);
}

#[tokio::test(start_paused = true)]
async fn vectors_are_paid_for_too() {
    let house = house(5).await;
    let mock = Mock::new();
    let model = house.pipeline.embedding(mock.embedding_model("any").unwrap());
    let error =
        model.embed(&Context::new(), Arc::new(EmbeddingRequest::from("x".repeat(400)))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BudgetExceeded);
    model.embed(&Context::new(), Arc::new(EmbeddingRequest::from("Lima"))).await.unwrap();
    assert_eq!(house.used().await, (1.into(), 0.into()));
}

/// Budgets behind a database that is gone.
#[derive(Debug)]
struct Gone;

fn gone<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Storage, "the database is gone"))
}

#[async_trait]
impl Budgets for Gone {
    async fn define(&self, _: Budget) -> Result<()> {
        gone()
    }
    async fn remove(&self, _: &str) -> Result<bool> {
        gone()
    }
    async fn reset(&self, _: &str) -> Result<bool> {
        gone()
    }
    async fn list(&self) -> Result<Vec<Budget>> {
        gone()
    }
    async fn status(&self, _: SystemTime) -> Result<Vec<BudgetStatus>> {
        gone()
    }
    async fn reserve(&self, _: &Ask) -> Result<Grant> {
        gone()
    }
    async fn settle(&self, _: Closing) -> Result<Settlement> {
        gone()
    }
    fn hand_over(&self, _: Closing) {}
    async fn flush(&self) -> Result<()> {
        gone()
    }
}

#[tokio::test]
async fn budgets_that_can_not_be_asked_refuse_unless_that_is_allowed() {
    let mock = Mock::new().reply(answer());
    let closed = Spending::new(Arc::new(TestClock::new()), Arc::new(Gone), prices());
    let error = closed.chat(mock.chat_model("any").unwrap()).chat(&Context::new(), ask(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Storage, false));
    mock.assert_nothing_sent();
    let open = closed.clone().open_on_failure();
    open.chat(mock.chat_model("any").unwrap()).chat(&Context::new(), ask(1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_row_goes_with_its_settlement_and_by_itself_when_that_fails() {
    for settles in [true, false] {
        let (together, apart) = (Arc::new(MemoryLedger::new()), Arc::new(MemoryLedger::new()));
        let kept = MemoryBudgets::new().with_ledger(together.clone());
        kept.define(Budget::new("all", Scope::default(), Period::Day, Money::usd(1_000.into())))
            .await
            .unwrap();
        let budgets: Arc<dyn Budgets> = match settles {
            true => Arc::new(kept),
            false => Arc::new(Unsettled(kept)),
        };
        let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
        let billing = Billing::new(Arc::clone(&clock)).with_prices(prices()).with_ledger(apart.clone());
        let spending = Spending::new(Arc::clone(&clock), budgets, prices()).with_rows_of(apart.clone());
        let pipeline = Pipeline::standard(clock, bus().0).retry(None).billing(billing).spending(spending);
        let model = |reply: Reply| pipeline.chat(Mock::new().reply(reply).chat_model("any").unwrap());
        let ctx = Context::new();

        model(answer()).chat(&ctx, ask(5)).await.unwrap();
        model(answer()).stream(&ctx, ask(5)).await.unwrap().into_response().await.unwrap();
        assert!(model(Reply::fail(ErrorKind::InvalidRequest)).chat(&ctx, ask(5)).await.is_err());
        let mut dropped = model(answer()).stream(&ctx, ask(5)).await.unwrap();
        dropped.next().await;
        drop(dropped);
        let slow = model(Reply::stall());
        assert!(tokio::time::timeout(Duration::from_secs(1), slow.chat(&ctx, ask(5))).await.is_err());

        let (with, by_itself) = (together.entries().len(), apart.entries().len());
        match settles {
            true => assert_eq!((with, by_itself), (5, 0), "each row once, and each with its settlement"),
            // What is dropped is handed over to the budgets, whose store says what it could not keep.
            false => assert_eq!((with, by_itself), (2, 3), "no row of a call that was waited for is lost"),
        }
    }
}

/// Budgets that can't settle while somebody waits.
#[derive(Debug)]
struct Unsettled(MemoryBudgets);

#[async_trait]
impl Budgets for Unsettled {
    async fn define(&self, budget: Budget) -> Result<()> {
        self.0.define(budget).await
    }

    async fn remove(&self, name: &str) -> Result<bool> {
        self.0.remove(name).await
    }

    async fn reset(&self, name: &str) -> Result<bool> {
        self.0.reset(name).await
    }

    async fn list(&self) -> Result<Vec<Budget>> {
        self.0.list().await
    }

    async fn status(&self, at: SystemTime) -> Result<Vec<BudgetStatus>> {
        self.0.status(at).await
    }

    async fn reserve(&self, ask: &Ask) -> Result<Grant> {
        self.0.reserve(ask).await
    }

    async fn settle(&self, _: Closing) -> Result<Settlement> {
        Err(ErrorKind::Storage.into())
    }

    fn hand_over(&self, closing: Closing) {
        self.0.hand_over(closing);
    }

    async fn flush(&self) -> Result<()> {
        self.0.flush().await
    }
}
