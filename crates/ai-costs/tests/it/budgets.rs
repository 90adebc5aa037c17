//! Limits that hold: the laws of every store, and what a store in memory has of its own.

use std::sync::Arc;
use std::time::Duration;

use ai_costs::{
    Ask, AttemptOutcome, Budget, Budgets, Closing, Dimension, Exceeded, Ledger, LedgerEntry, MemoryBudgets,
    MemoryLedger, Period, Scope, Settled, Unpriced, conformance,
};
use laravel_ai_core::{AttemptId, Context, ErrorKind, Labels, Money, Secret, Target};

use crate::support::{at, target, today};

fn usd(text: &str) -> Money {
    Money::usd(text.parse().unwrap())
}

fn all(limit: &str) -> Budget {
    Budget::new("all", Scope::everything(), Period::Total, usd(limit))
}

fn ask(most: &str) -> Ask {
    Ask::new(&Context::new(), target("openai", "gpt-4.1"), today()).with_most(usd(most))
}

fn spent(attempt: AttemptId, amount: &str) -> Closing {
    Closing::new(attempt, Settled::Spent(usd(amount)), today())
}

/// What is spent and reserved of the budget's only account.
async fn state(budgets: &Arc<dyn Budgets>) -> (String, String) {
    let status = &budgets.status(today()).await.unwrap()[0];
    (status.spent.normalize().to_string(), status.reserved.normalize().to_string())
}

macro_rules! laws {
    ($($law:ident)*) => {
        $(#[tokio::test]
        async fn $law() {
            let budgets: Arc<dyn Budgets> = Arc::new(MemoryBudgets::new());
            conformance::$law(&budgets).await;
        })*

        #[tokio::test]
        async fn one_after_the_other() {
            let budgets: Arc<dyn Budgets> = Arc::new(MemoryBudgets::new());
            conformance::all(&budgets).await;
        }
    };
}

laws! {
    what_is_reserved_is_spent_or_given_back
    a_write_can_be_repeated
    a_call_is_reserved_in_all_of_its_budgets_or_in_none
    less_is_granted_where_the_call_can_do_with_less
    a_price_that_is_not_known_is_refused_unless_that_is_allowed
    nothing_is_converted
    thresholds_are_told_once_in_a_period
    a_threshold_says_whose_and_which_period_it_is
    a_new_period_begins_at_the_midnight_of_the_zone
    what_was_reserved_yesterday_is_spent_yesterday
    a_rolling_period_has_room_when_enough_of_it_has_passed
    each_call_of_the_application_is_for_itself_with_all_its_attempts
    a_reservation_that_nobody_closes_is_given_back_and_closed_late_all_the_same
    a_budget_can_be_changed_reset_and_removed
}

#[tokio::test]
async fn a_call_that_outruns_its_reservation_is_recorded_and_blocks_the_next() {
    let ledger = Arc::new(MemoryLedger::new());
    let budgets: Arc<dyn Budgets> = Arc::new(MemoryBudgets::new().with_ledger(ledger.clone()));
    budgets.define(all("1")).await.unwrap();
    let (first, second) =
        (budgets.reserve(&ask("0.50")).await.unwrap(), budgets.reserve(&ask("0.50")).await.unwrap());
    let ctx = Context::new().with_attempt(first.attempt);
    let row = LedgerEntry::new(&ctx, target("openai", "gpt-4.1"), today());
    let settled = budgets.settle(spent(first.attempt, "0.70").with_row(row)).await.unwrap();
    assert_eq!(settled.overrun, Some(usd("0.20")));
    assert!(ledger.entries()[0].overran);
    assert_eq!(state(&budgets).await, ("0.7".into(), "0.5".into()));
    budgets.settle(Closing::new(second.attempt, Settled::Released, today())).await.unwrap();
    let third = budgets.reserve(&ask("0.30")).await.unwrap();
    budgets.settle(spent(third.attempt, "0.50")).await.unwrap();
    let error = budgets.reserve(&ask("0.000001")).await.unwrap_err();
    assert_eq!(error.vendor::<Exceeded>().unwrap().spent, "1.20".parse().unwrap());
    assert_eq!(budgets.status(today()).await.unwrap()[0].left(), "-0.2".parse().unwrap());
    budgets.reserve(&ask("0")).await.unwrap();
}

#[tokio::test]
async fn row_and_settlement_are_kept_together_or_not_at_all() {
    let ctx = Context::new().with_attempt(AttemptId::new());
    let row = || {
        LedgerEntry::new(&ctx, target("openai", "gpt-4.1"), today())
            .with_outcome(AttemptOutcome::Answered, Duration::from_millis(5))
            .with_cost(Err(Unpriced::TooLarge))
    };
    let ask = Ask::new(&ctx, target("openai", "gpt-4.1"), today()).with_most(usd("0.10"));
    let without: Arc<dyn Budgets> = Arc::new(MemoryBudgets::new());
    without.define(all("1")).await.unwrap();
    let grant = without.reserve(&ask).await.unwrap();
    let refused = without.settle(spent(grant.attempt, "0.10").with_row(row())).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Configuration);
    assert_eq!(state(&without).await, ("0".into(), "0.1".into()));

    let ledger = Arc::new(MemoryLedger::new());
    let budgets: Arc<dyn Budgets> = Arc::new(MemoryBudgets::new().with_ledger(ledger.clone()));
    budgets.define(all("1")).await.unwrap();
    assert!(budgets.settle(spent(AttemptId::new(), "0.10").with_row(row())).await.is_err());
    assert!(ledger.entries().is_empty());
    let grant = budgets.reserve(&ask).await.unwrap();
    assert_eq!(Some(grant.attempt), ctx.attempt);
    for _ in 0..2 {
        budgets.settle(spent(grant.attempt, "0.10").with_row(row())).await.unwrap();
    }
    assert_eq!(ledger.entries(), [row()]);
    assert_eq!(state(&budgets).await, ("0.1".into(), "0".into()));
}

#[tokio::test]
async fn the_ledger_keeps_each_row_once() {
    let ledger = MemoryLedger::new();
    let row = LedgerEntry::new(&Context::new(), target("openai", "gpt-4.1"), today());
    ledger.record(row.clone()).await.unwrap();
    ledger.record(row.clone()).await.unwrap();
    ledger.flush().await.unwrap();
    let stored = serde_json::to_string(&ledger.take()).unwrap();
    assert_eq!(serde_json::from_str::<Vec<LedgerEntry>>(&stored).unwrap(), [row]);
    assert!(ledger.entries().is_empty());
}

#[test]
fn scopes_tell_calls_apart_and_leaving_a_label_out_is_no_way_around() {
    let key = Secret::new("sk-test-1").fingerprint();
    let target = Target::new("openai", "work", "gpt-4.1").with_credential(key);
    let labels = Labels::default().with_tenant("t").with_user("u").with_project("p").with_conversation("c");
    for (dimension, value) in [
        (Dimension::Organisation, "t"),
        (Dimension::Project, "p"),
        (Dimension::User, "u"),
        (Dimension::Conversation, "c"),
        (Dimension::Key, key.to_string().as_str()),
        (Dimension::Connection, "work"),
        (Dimension::Model, "gpt-4.1"),
    ] {
        assert_eq!(Scope::each(dimension).subject(&target, &labels).as_deref(), Some(value));
        assert_eq!(Scope::only(dimension, value).subject(&target, &labels).as_deref(), Some(value));
        assert_eq!(Scope::only(dimension, "x").subject(&target, &labels), None);
    }
    assert_eq!(Scope::each(Dimension::User).subject(&target, &Labels::default()).as_deref(), Some(""));
    assert_eq!(Scope::only(Dimension::User, "u").subject(&target, &Labels::default()), None);
    assert_eq!(Scope::everything().subject(&target, &labels).as_deref(), Some(""));
}

#[test]
fn windows_follow_the_calendar_of_their_zone() {
    let zone = "Europe/Berlin".parse().unwrap();
    let when = at("2026-03-29T12:00:00Z"); // A Sunday of 23 hours.
    for (period, start, end) in [
        (Period::Day, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        (Period::Week, "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"),
        (Period::Month, "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
        (Period::Year, "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z"),
    ] {
        let window = period.window(when, &zone);
        assert_eq!((window.start, window.end), (Some(at(start)), Some(at(end))), "{period}");
    }
    // In Beirut midnight of that day does not exist: clocks go from 0:00 to 1:00.
    let beirut = "Asia/Beirut".parse().unwrap();
    let window = Period::Day.window(when, &beirut);
    assert_eq!(window.start, Some(at("2026-03-28T22:00:00Z")));
    let month = Period::Month.window(at("2024-02-29T23:59:59Z"), &ai_costs::Zone::UTC);
    assert_eq!(month.end, Some(at("2024-03-01T00:00:00Z")));
}
