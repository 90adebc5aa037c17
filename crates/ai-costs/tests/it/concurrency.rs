//! Many calls at once.
#![allow(clippy::disallowed_methods, reason = "each task is waited for")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ai_costs::{
    Ask, Budget, Budgets, Closing, Dimension, LedgerEntry, MemoryBudgets, MemoryLedger, Period, Scope,
    Settled,
};
use laravel_ai_core::{Context, Cost, Labels, Money, Provenance};
use rust_decimal::Decimal;

use crate::support::{target, today};

const TASKS: u64 = 64;
const CALLS: u64 = 250;

fn cents(count: u64) -> Money {
    Money::usd(Decimal::new(i64::try_from(count).unwrap(), 2))
}

/// Numbers that look thrown and are the same in each run.
fn thrown(seed: u64) -> u64 {
    let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn spent_and_reserved_never_exceed_a_limit_together() {
    let ledger = Arc::new(MemoryLedger::new());
    let budgets = Arc::new(MemoryBudgets::new().with_ledger(ledger.clone()));
    let each = Budget::new("each", Scope::each(Dimension::User), Period::Day, cents(2_000));
    let rolling =
        Budget::new("rolling", Scope::everything(), Period::Rolling(Duration::from_secs(60)), cents(9_000));
    for budget in [Budget::new("all", Scope::everything(), Period::Total, cents(10_000)), each, rolling] {
        budgets.define(budget).await.unwrap();
    }
    let done = Arc::new(AtomicBool::new(false));
    let (watched, over) = (budgets.clone(), done.clone());
    let watcher = tokio::spawn(async move {
        let mut looks = 0_u64;
        while !over.load(Ordering::Relaxed) || looks == 0 {
            for status in watched.status(today()).await.unwrap() {
                assert!(status.left() >= Decimal::ZERO, "{status:?}");
            }
            looks += 1;
            tokio::task::yield_now().await;
        }
        looks
    });

    let refused = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (budgets, refused) = (budgets.clone(), refused.clone());
            tokio::spawn(async move {
                let ctx = Context::new().with_labels(Labels::default().with_user((task % 8).to_string()));
                for call in 0..CALLS {
                    let chance = thrown(task * CALLS + call);
                    let most = chance % 40;
                    let ask = Ask::new(&ctx, target("openai", "gpt-4.1"), today()).with_most(cents(most));
                    let ask = if chance.is_multiple_of(3) { ask.with_least(cents(most / 4)) } else { ask };
                    let Ok(grant) = budgets.reserve(&ask).await else {
                        refused.fetch_add(1, Ordering::Relaxed);
                        continue;
                    };
                    let granted = grant.amount.unwrap();
                    tokio::task::yield_now().await;
                    let half = Money::usd(granted.amount / Decimal::TWO);
                    let (settled, cost) = match chance % 4 {
                        0 => (Settled::Released, Decimal::ZERO),
                        1 => (Settled::AsReserved, granted.amount),
                        _ => (Settled::Spent(half), half.amount),
                    };
                    let ctx = ctx.clone().with_attempt(grant.attempt);
                    let row = LedgerEntry::new(&ctx, target("openai", "gpt-4.1"), today())
                        .with_cost(Ok(Cost::new(Money::usd(cost), Provenance::Estimate)));
                    let closing = Closing::new(grant.attempt, settled, today()).with_row(row);
                    if chance.is_multiple_of(5) {
                        budgets.hand_over(closing);
                    } else {
                        budgets.settle(closing).await.unwrap();
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert!(watcher.await.unwrap() > 0);

    let refused = refused.load(Ordering::Relaxed);
    assert!(refused > 1_000, "the limits were never met: {refused}");
    let entries = ledger.entries();
    assert_eq!(entries.len() as u64, TASKS * CALLS - refused);
    let booked: Decimal =
        entries.iter().filter_map(|row| row.cost.as_ref()).map(|cost| cost.money.amount).sum();
    let status = budgets.status(today()).await.unwrap();
    let of = |name: &str| -> Decimal {
        status.iter().filter(|status| status.budget == name).map(|status| status.spent).sum()
    };
    assert!(status.iter().all(|status| status.reserved.is_zero()));
    assert_eq!([of("all"), of("each"), of("rolling")], [booked; 3], "the sums equal the ledger");
}
