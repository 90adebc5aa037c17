//! What each try costs, and its row.

use std::sync::Arc;
use std::time::Duration;

use ai_costs::{
    AttemptOutcome, Catalogue, LedgerEntry, MemoryLedger, ModelPrices, Overrides, Prices, Rates, Unpriced,
};
use ai_layers::{Billing, Pipeline};
use async_trait::async_trait;
use futures_util::StreamExt;
use laravel_ai_core::{
    ChatModel, Context, EmbeddingRequest, Error, ErrorKind, Labels, Layer, Modality, Provenance, Provider,
    Result, Usage,
};
use provider_mock::{Mock, Reply, TestClock};

use crate::support::{bus, hello};

/// A dollar for each token.
fn prices() -> Arc<Prices> {
    let mut own = Overrides::default();
    let million = "1000000".parse().unwrap();
    own.set("mock", "*", ModelPrices::new(Rates::new(million, million)));
    Arc::new(Prices::new(Catalogue::embedded().unwrap()).with_overrides(own))
}

fn billed(mock: &Mock, ledger: &Arc<MemoryLedger>) -> Arc<dyn ChatModel> {
    let billing = Billing::new(Arc::new(TestClock::new())).with_prices(prices()).with_ledger(ledger.clone());
    pipeline().billing(billing).chat(mock.chat_model("any").unwrap())
}

fn pipeline() -> Pipeline {
    Pipeline::standard(Arc::new(TestClock::new()), bus().0)
}

fn used(row: &LedgerEntry) -> Option<String> {
    row.cost.as_ref().map(|cost| cost.money.amount.normalize().to_string())
}

#[tokio::test(start_paused = true)]
async fn an_answer_has_its_cost_and_a_row() {
    let mock = Mock::new().reply(Reply::text("Lima").usage(Usage::new(3, 4)).delay(Duration::from_secs(2)));
    let ledger = Arc::new(MemoryLedger::new());
    let ctx = Context::new().with_labels(Labels::default().with_user("7"));
    let answer = billed(&mock, &ledger).chat(&ctx, hello()).await.unwrap();
    assert_eq!(answer.cost.as_ref().map(|cost| cost.provenance.clone()), Some(Provenance::Override));
    let [row] = &ledger.entries()[..] else { panic!("one row") };
    assert_eq!(
        (used(row).as_deref(), row.outcome, row.modality),
        (Some("7"), AttemptOutcome::Answered, Modality::Chat)
    );
    assert_eq!(
        (row.run, row.labels.user.as_deref(), row.latency),
        (ctx.run, Some("7"), Duration::from_secs(2))
    );
    assert_eq!(Some(row.attempt), mock.recorded()[0].context.attempt);
    assert_eq!(row.cost, answer.cost);
}

#[tokio::test(start_paused = true)]
async fn a_stream_has_its_cost_at_its_end_and_the_same_row() {
    let mock = Mock::new().reply(Reply::text("Lima").usage(Usage::new(3, 4)).delay(Duration::from_secs(2)));
    let ledger = Arc::new(MemoryLedger::new());
    let stream = billed(&mock, &ledger).stream(&Context::new(), hello()).await.unwrap();
    let answer = stream.into_response().await.unwrap();
    let [row] = &ledger.entries()[..] else { panic!("one row") };
    assert_eq!(answer.cost.as_ref().unwrap().money.amount, 7.into());
    assert_eq!((row.cost.clone(), row.first_content), (answer.cost, Some(Duration::from_secs(2))));
}

#[tokio::test(start_paused = true)]
async fn failed_tries_have_rows_too_and_cost_nothing_only_where_nothing_is_charged() {
    let mock = Mock::new().sequence([
        Reply::fail(ErrorKind::RateLimited),
        Reply::fail(ErrorKind::Server),
        Reply::text("Lima").usage(Usage::new(3, 4)),
    ]);
    let ledger = Arc::new(MemoryLedger::new());
    let answer = billed(&mock, &ledger).chat(&Context::new(), hello()).await.unwrap();
    assert_eq!(answer.attempts, 3);
    let rows = ledger.entries();
    let kinds: Vec<_> = rows.iter().map(|row| row.error).collect();
    assert_eq!(kinds, [Some(ErrorKind::RateLimited), Some(ErrorKind::Server), None]);
    let costs: Vec<_> = rows.iter().map(used).collect();
    assert_eq!(costs, [Some("0".into()), None, Some("7".into())], "a server's failure may be charged");
    assert!(matches!(rows[1].unpriced, Some(Unpriced::UnknownCount { .. })));
    let runs: Vec<_> = rows.iter().map(|row| row.run).collect();
    assert!(runs.windows(2).all(|pair| pair[0] == pair[1]) && rows[0].attempt != rows[1].attempt);
}

#[tokio::test(start_paused = true)]
async fn what_was_given_up_has_a_row() {
    let mock = Mock::new().reply(Reply::text("Lima is the capital").pace(Duration::from_secs(1)));
    let ledger = Arc::new(MemoryLedger::new());
    let model = billed(&mock, &ledger);
    let mut stream = model.stream(&Context::new(), hello()).await.unwrap();
    while !stream.next().await.unwrap().unwrap().is_content() {}
    drop(stream);
    let waiting = Mock::new().reply(Reply::text("Lima").delay(Duration::from_secs(60)));
    let call = tokio::time::timeout(Duration::from_secs(5), async {
        billed(&waiting, &ledger).chat(&Context::new(), hello()).await
    });
    call.await.unwrap_err();
    let rows = ledger.entries();
    assert!(
        rows.iter().all(|row| row.outcome == AttemptOutcome::Cancelled && row.unpriced.is_some()),
        "{rows:?}"
    );
    assert_eq!((rows.len(), rows[1].latency), (2, Duration::from_secs(5)));
}

#[tokio::test(start_paused = true)]
async fn a_broken_stream_is_interrupted() {
    let mock = Mock::new().reply(Reply::text("Hello there").then_fail(ErrorKind::StreamInterrupted));
    let ledger = Arc::new(MemoryLedger::new());
    let stream = billed(&mock, &ledger).stream(&Context::new(), hello()).await.unwrap();
    stream.into_response().await.unwrap_err();
    let [row] = &ledger.entries()[..] else { panic!("one row") };
    assert_eq!(row.error, Some(ErrorKind::StreamInterrupted));
    assert!(
        matches!(row.outcome, AttemptOutcome::Interrupted | AttemptOutcome::Failed)
            && row.first_content.is_some()
    );
}

#[tokio::test]
async fn vectors_have_a_row() {
    let ledger = Arc::new(MemoryLedger::new());
    let billing = Billing::new(Arc::new(TestClock::new())).with_prices(prices()).with_ledger(ledger.clone());
    let model = billing.embedding(Mock::new().embedding_model("any").unwrap());
    let answer = model.embed(&Context::new(), Arc::new(EmbeddingRequest::from("Lima"))).await.unwrap();
    let [row] = &ledger.entries()[..] else { panic!("one row") };
    assert_eq!((row.modality, row.cost.clone()), (Modality::Embedding, answer.cost));
}

#[derive(Debug)]
struct Broken;

#[async_trait]
impl ai_costs::Ledger for Broken {
    async fn record(&self, _: LedgerEntry) -> Result<()> {
        Err(Error::new(ErrorKind::Storage, "the disk is full"))
    }

    fn hand_over(&self, _: LedgerEntry) {}

    async fn flush(&self) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_ledger_that_fails_takes_no_answer_that_was_paid_for() {
    let billing = Billing::new(Arc::new(TestClock::new())).with_ledger(Arc::new(Broken));
    let model = billing.chat(Mock::new().reply("Lima").chat_model("any").unwrap());
    let answer = model.chat(&Context::new(), hello()).await.unwrap();
    assert_eq!((answer.text().as_str(), answer.cost), ("Lima", None));
}
