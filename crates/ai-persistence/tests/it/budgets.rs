//! Budgets that hold for all who use the database together.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ai_costs::{
    Ask, AttemptOutcome, Budget, Budgets, Closing, Dimension, LedgerEntry, Period, Scope, Settled,
    conformance,
};
use ai_persistence::{AttemptFilter, Database, SqlBudgets, SqlLedger};
use futures_util::future::join_all;
use laravel_ai_core::{AttemptId, Context, Cost, ErrorKind, Labels, Money, Provenance, Target};
use rust_decimal::Decimal;

use crate::support::{Server, in_new_database, variable};

fn cents(count: i64) -> Money {
    Money::usd(Decimal::new(count, 2))
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn target() -> Target {
    Target::new("openai", "work", "gpt-4.1")
}

fn ask(user: &str, most: i64) -> Ask {
    let ctx = Context::new().with_labels(Labels::default().with_user(user));
    Ask::new(&ctx, target(), now()).with_most(cents(most))
}

async fn limited(database: &Database, limit: i64) -> SqlBudgets {
    let budgets = SqlBudgets::new(database.clone());
    budgets.define(Budget::new("all", Scope::everything(), Period::Total, cents(limit))).await.unwrap();
    budgets
        .define(Budget::new("each", Scope::each(Dimension::User), Period::Month, cents(limit)))
        .await
        .unwrap();
    budgets
}

fn row(attempt: AttemptId, cost: Money) -> LedgerEntry {
    let entry = LedgerEntry::new(&Context::new().with_attempt(attempt), target(), now());
    entry
        .with_outcome(AttemptOutcome::Answered, Duration::from_secs(1))
        .with_cost(Ok(Cost::new(cost, Provenance::Override)))
}

async fn rows(database: &Database) -> Vec<LedgerEntry> {
    SqlLedger::new(database.clone()).attempts(&AttemptFilter::default(), None, 10_000).await.unwrap()
}

on_every_server! {
    async fn they_keep_every_law(database: Database) {
        let budgets: Arc<dyn Budgets> = Arc::new(SqlBudgets::new(database));
        conformance::all(&budgets).await;
    }

    async fn many_at_once_never_exceed_a_limit(database: Database) {
        let budgets = limited(&database, 1_000).await;
        // As processes do: each has its own pool of nothing but the database.
        let others: Vec<SqlBudgets> = (0..4).map(|_| SqlBudgets::new(database.clone())).collect();
        let calls = others.iter().enumerate().flat_map(|(number, budgets)| {
            (0..40_i64).map(move |call| async move {
                let grant = match budgets.reserve(&ask(&number.to_string(), 10)).await {
                    Ok(grant) => grant,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::BudgetExceeded, "{error}");
                        return 0;
                    }
                };
                let spent = call % 11;
                let closing = Closing::new(grant.attempt, Settled::Spent(cents(spent)), now());
                budgets.settle(closing.with_row(row(grant.attempt, cents(spent)))).await.unwrap();
                spent
            })
        });
        let spent: i64 = join_all(calls).await.into_iter().sum();
        let status = budgets.status(now()).await.unwrap();
        let all = status.iter().find(|status| status.budget == "all").unwrap();
        assert!(spent <= 1_000 && all.left() >= Decimal::ZERO, "{all:?}");
        assert_eq!((all.spent, all.reserved), (Decimal::new(spent, 2), Decimal::ZERO));
        let each: Decimal = status.iter().filter(|status| status.budget == "each").map(|status| status.spent).sum();
        let booked: Decimal = rows(&database).await.iter().filter_map(|row| row.cost.as_ref()).map(|cost| cost.money.amount).sum();
        assert_eq!((each, booked), (all.spent, all.spent), "the sums equal the ledger");
    }

    async fn what_outruns_its_reservation_is_recorded_flagged_and_blocks_the_next(database: Database) {
        let budgets = limited(&database, 100).await;
        let grant = budgets.reserve(&ask("1", 50)).await.unwrap();
        let closing = Closing::new(grant.attempt, Settled::Spent(cents(120)), now());
        let settled = budgets.settle(closing.with_row(row(grant.attempt, cents(120)))).await.unwrap();
        assert_eq!(settled.overrun, Some(cents(70)));
        let rows = rows(&database).await;
        assert!(rows[0].overran && rows.len() == 1);
        assert_eq!(budgets.reserve(&ask("1", 1)).await.unwrap_err().kind(), ErrorKind::BudgetExceeded);
    }

    async fn a_row_that_can_not_be_kept_leaves_the_reservation_open(database: Database) {
        let budgets = limited(&database, 100).await;
        let grant = budgets.reserve(&ask("1", 50)).await.unwrap();
        // More than any of the servers keeps in a row.
        let huge = Money::usd("100000000000000000000".parse().unwrap());
        let closing = Closing::new(grant.attempt, Settled::Spent(cents(10)), now());
        assert!(budgets.settle(closing.clone().with_row(row(grant.attempt, huge))).await.is_err());
        assert_eq!(rows(&database).await, []);
        let status = budgets.status(now()).await.unwrap();
        assert!(status.iter().all(|status| status.spent.is_zero() && status.reserved == Decimal::new(50, 2)), "{status:?}");
        budgets.settle(closing).await.unwrap();
        assert!(budgets.status(now()).await.unwrap().iter().all(|status| status.spent == Decimal::new(10, 2)));
    }

    async fn what_a_dead_process_reserved_is_given_back_by_its_lease(database: Database) {
        let dead = limited(&database, 100).await;
        dead.reserve(&ask("1", 100).with_lease(Duration::from_secs(60))).await.unwrap();
        drop(dead);
        let budgets = SqlBudgets::new(database);
        assert!(budgets.reserve(&ask("1", 1)).await.is_err());
        let mut later = ask("1", 100);
        later.at = now() + Duration::from_secs(60);
        budgets.reserve(&later).await.unwrap();
    }

    async fn what_is_over_is_forgotten(database: Database) {
        let budgets = SqlBudgets::new(database.clone());
        budgets.define(Budget::new("call", Scope::everything(), Period::Request, cents(100))).await.unwrap();
        for _ in 0..5 {
            let grant = budgets.reserve(&ask("1", 1)).await.unwrap();
            budgets.settle(Closing::new(grant.attempt, Settled::Spent(cents(1)), now())).await.unwrap();
        }
        budgets.forget_what_is_over(now() + Duration::from_secs(24 * 3600)).await.unwrap();
        assert_eq!(budgets.status(now()).await.unwrap().len(), 5, "it may still be asked for");
        budgets.forget_what_is_over(now() + Duration::from_secs(27 * 3600)).await.unwrap();
        assert_eq!(budgets.status(now()).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_database_that_is_gone_refuses_calls() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("ai.db").display());
    let database = Database::open(&url).await.unwrap();
    let budgets = limited(&database, 100).await;
    database.close().await.unwrap();
    let error = budgets.reserve(&ask("1", 1)).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Storage, false));
}

/// What a process of the test below does; nothing in a test run of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let (Some(url), Some(calls)) = (variable("AI_TEST_SPENDER_URL"), variable("AI_TEST_SPENDER_CALLS"))
    else {
        return;
    };
    let budgets = SqlBudgets::new(Database::connect(&url).await.unwrap());
    let mut chance = u64::from(std::process::id());
    for _ in 0..calls.parse::<u32>().unwrap() {
        chance = chance.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        let most = i64::try_from((chance >> 33) % 40).unwrap();
        let grant = match budgets
            .reserve(&ask(&(most % 3).to_string(), most).with_lease(Duration::from_secs(60)))
            .await
        {
            Ok(grant) => grant,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::BudgetExceeded, "{error}");
                continue;
            }
        };
        let spent = cents(most / 2);
        let closing = match most % 5 {
            0 => Closing::new(grant.attempt, Settled::Released, now()).with_row(row(grant.attempt, cents(0))),
            _ => {
                Closing::new(grant.attempt, Settled::Spent(spent), now()).with_row(row(grant.attempt, spent))
            }
        };
        budgets.settle(closing).await.unwrap();
    }
}

fn spend(url: &str, calls: u32) -> std::process::Child {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "budgets::child", "--nocapture"]).env("AI_TEST_SPENDER_URL", url);
    command.env("AI_TEST_SPENDER_CALLS", calls.to_string());
    command.stdout(std::process::Stdio::null()).spawn().unwrap()
}

/// Eight processes spend a thousand times each, two of them are killed in the middle: no limit is passed at any moment, what
/// the dead had reserved comes back, and the sums equal the ledger.
async fn eight_processes(url: String) {
    let database = Database::connect(&url).await.unwrap();
    database.migrate().await.unwrap();
    let budgets = limited(&database, 20_000).await;
    let mut children: Vec<_> = (0..8).map(|_| spend(&url, 1_000)).collect();
    let mut looks = 0;
    while !children.is_empty() {
        for status in budgets.status(now()).await.unwrap() {
            assert!(status.left() >= Decimal::ZERO, "{status:?}");
        }
        looks += 1;
        if looks == 5 {
            for mut dead in children.drain(..2) {
                dead.kill().unwrap();
                dead.wait().unwrap();
            }
        }
        let mut left = Vec::new();
        for mut child in children {
            match child.try_wait().unwrap() {
                Some(status) => assert!(status.success(), "a process failed"),
                None => left.push(child),
            }
        }
        children = left;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let later = now() + Duration::from_secs(61);
    let status = budgets.status(later).await.unwrap();
    let of = |name: &str| {
        status.iter().filter(|status| status.budget == name).map(|status| status.spent).sum::<Decimal>()
    };
    assert!(status.iter().all(|status| status.reserved.is_zero()), "{status:?}");
    let all =
        SqlLedger::new(database.clone()).attempts(&AttemptFilter::default(), None, 20_000).await.unwrap();
    let booked: Decimal = all.iter().filter_map(|row| row.cost.as_ref()).map(|cost| cost.money.amount).sum();
    assert!(looks > 5 && all.len() > 1_000, "{looks} looks, {} calls", all.len());
    assert_eq!((of("all"), of("each")), (booked, booked), "the sums equal the ledger");
    database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_on_sqlite() {
    in_new_database(Server::Sqlite, eight_processes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_on_postgres() {
    in_new_database(Server::Postgres, eight_processes).await;
}
