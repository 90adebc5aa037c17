//! The ledger on every server.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ai_costs::{AttemptOutcome, Ledger, LedgerEntry, Unpriced};
use ai_persistence::{AttemptFilter, Database, Durability, Grouping, SqlLedger, Total};
use laravel_ai_core::{
    AttemptId, Context, Cost, Currency, ErrorKind, Labels, Modality, Money, Provenance, RawJson, Secret,
    Target, Usage,
};

use crate::support::{Server, in_new_database};

const NOON: u64 = 1_800_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOON + seconds)
}

fn usd(amount: &str) -> Cost {
    Cost::new(Money::new(amount.parse().unwrap(), Currency::USD), Provenance::Override)
}

fn entry(user: &str, model: &str, seconds: u64, cost: Option<&str>) -> LedgerEntry {
    let ctx = Context::new().with_labels(Labels::default().with_user(user));
    let unknown = || Unpriced::UnknownModel { driver: "openai".into(), model: model.into() };
    LedgerEntry::new(&ctx, Target::new("openai", "work", model), at(seconds))
        .with_outcome(AttemptOutcome::Answered, Duration::from_millis(800))
        .with_usage(Usage::new(1_000, 30))
        .with_cost(cost.map(usd).ok_or_else(unknown))
}

async fn all(ledger: &SqlLedger) -> Vec<LedgerEntry> {
    ledger.flush().await.unwrap();
    ledger.attempts(&AttemptFilter::default(), None, 100_000).await.unwrap()
}

on_every_server! {
    async fn a_row_comes_back_as_it_was_and_once(database: Database) {
        let ledger = SqlLedger::new(database.clone());
        let key = Secret::new("sk-canary").fingerprint();
        let labels = Labels::default().with_tenant("acme").with_user("é 7").with_project("x".repeat(300));
        let ctx = Context::new().with_labels(labels);
        let mut given = LedgerEntry::new(&ctx, Target::new("openai", "work", "gpt").with_credential(key), at(0));
        given = given.with_outcome(AttemptOutcome::Interrupted, Duration::from_micros(1_234_567));
        let mut usage = Usage::new(24, u64::MAX / 4);
        usage.raw = Some(RawJson::parse(r#"{"n":1.0,"deep":{"a":"\u0000"}}"#).unwrap());
        given = given.with_usage(usage).with_cost(Ok(usd("0.1234567890123456789012345678")));
        given.first_content = Some(Duration::from_micros(1));
        given.error = Some(ErrorKind::StreamInterrupted);
        given.modality = Modality::Embedding;
        given.served = Some("gpt-2026".into());
        given.service_tier = Some("flex".into());
        given.request_id = Some("req_1".into());
        given.overran = true;
        given.step = 3;
        ledger.record(given.clone()).await.unwrap();
        ledger.hand_over(given.clone());
        ledger.clone().with_durability(Durability::Sync).record(given.clone()).await.unwrap();
        assert_eq!(all(&ledger).await, [given]);
        assert_eq!(ledger.lost(), 0);
    }

    async fn rows_are_read_newest_first_page_by_page_and_by_what_they_are(database: Database) {
        let ledger = SqlLedger::new(database);
        for seconds in [5, 1, 3, 3, 4] {
            ledger.hand_over(entry("7", "small", seconds, None));
        }
        ledger.hand_over(entry("8", "large", 9, Some("1")));
        ledger.flush().await.unwrap();
        let mut seen = Vec::new();
        let filter = |edit: fn(&mut AttemptFilter)| {
            let mut filter = AttemptFilter::default();
            edit(&mut filter);
            filter
        };
        let of_seven = filter(|filter| filter.user = Some("7".into()));
        let mut page = ledger.attempts(&of_seven, None, 2).await.unwrap();
        while let Some(last) = page.last() {
            let next = ledger.attempts(&of_seven, Some(last), 2).await.unwrap();
            seen.append(&mut page);
            page = next;
        }
        let times: Vec<_> = seen.iter().map(|row| row.started).collect();
        assert_eq!(times, [5, 4, 3, 3, 1].map(at));
        for (filter, count) in [
            (filter(|filter| filter.model = Some("large".into())), 1),
            (filter(|filter| filter.model = Some("Large".into())), 0),
            (filter(|filter| filter.since = Some(at(3))), 5),
            (filter(|filter| filter.until = Some(at(3))), 1),
            (filter(|filter| filter.outcome = Some(AttemptOutcome::Failed)), 0),
            (filter(|filter| filter.connection = Some("work".into())), 6),
            (filter(|filter| filter.project = Some("x".into())), 0),
        ] {
            assert_eq!(ledger.attempts(&filter, None, 99).await.unwrap().len(), count, "{filter:?}");
        }
    }

    async fn totals_are_exact_and_apart_by_currency(database: Database) {
        let ledger = SqlLedger::new(database);
        let mut euros = entry("7", "large", 86_400, None);
        euros = euros.with_cost(Ok(Cost::new(
            Money::new("0.30".parse().unwrap(), Currency::new("EUR").unwrap()),
            Provenance::Override,
        )));
        ledger.hand_over(euros);
        // Binary fractions would make 0.30000000000000004 of these.
        for amount in ["0.1", "0.2", "0.000000000001"] {
            ledger.hand_over(entry("7", "small", 0, Some(amount)));
        }
        // Together more than a 64-bit count of 10^-12 can hold.
        ledger.hand_over(entry("8", "small", 0, Some("9000000")));
        ledger.hand_over(entry("8", "small", 0, Some("9000000.5")));
        ledger.hand_over(entry("8", "small", 0, None));
        ledger.flush().await.unwrap();
        let totals = async |by| ledger.totals(&AttemptFilter::default(), &[by]).await.unwrap();
        let short = |total: &Total| {
            let cost = total.cost.map(|money| format!("{} {}", money.amount, money.currency));
            (total.names[0].clone().unwrap(), total.attempts, total.unpriced, cost.unwrap_or_default())
        };
        let mut by_user: Vec<_> = totals(Grouping::User).await.iter().map(short).collect();
        by_user.sort();
        let expect = |name: &str, attempts, unpriced, cost: &str| (name.to_owned(), attempts, unpriced, cost.to_owned());
        assert_eq!(by_user, [
            expect("7", 1, 0, "0.3 EUR"),
            expect("7", 3, 0, "0.300000000001 USD"),
            expect("8", 3, 1, "18000000.5 USD"),
        ]);
        let by_day = totals(Grouping::Day).await;
        let mut days: Vec<_> = by_day.iter().map(|total| total.names[0].clone().unwrap()).collect();
        days.dedup();
        assert_eq!(days, ["2027-01-15", "2027-01-16"]);
        assert_eq!(by_day.iter().map(|total| total.input_tokens).sum::<u64>(), 7_000);
        assert_eq!(by_day.iter().map(|total| total.output_tokens).sum::<u64>(), 210);
        assert_eq!(by_day.iter().map(|total| total.answered).sum::<u64>(), 7);
        assert_eq!(totals(Grouping::Project).await[0].names[0], None);
    }

    async fn an_amount_that_does_not_fit_loses_no_other_row(database: Database) {
        let ledger = SqlLedger::new(database);
        ledger.hand_over(entry("7", "small", 0, Some("1")));
        ledger.hand_over(entry("7", "small", 1, Some("79228162514264337593543950335")));
        ledger.hand_over(entry("7", "small", 2, Some("2")));
        let told = ledger.flush().await;
        assert_eq!(told.unwrap_err().kind(), ErrorKind::Storage);
        assert_eq!((ledger.lost(), all(&ledger).await.len()), (1, 2));
    }
}

#[tokio::test]
async fn a_closed_database_is_told_and_nothing_hangs() {
    let database = Database::open("sqlite::memory:").await.unwrap();
    let ledger = SqlLedger::new(database.clone()).with_durability(Durability::Sync);
    database.close().await.unwrap();
    let error = ledger.record(entry("7", "small", 0, None)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
}

/// Started by the test below: writes until it is killed, and says what is safe.
#[tokio::test]
async fn child_that_writes() {
    #[expect(clippy::disallowed_methods, reason = "the parent says where")]
    let Ok(url) = std::env::var("AI_TEST_LEDGER_CHILD") else { return };
    let ledger = SqlLedger::new(Database::open(&url).await.unwrap());
    for round in 0.. {
        for _ in 0..20 {
            ledger.record(entry("7", "small", round, Some("0.01"))).await.unwrap();
        }
        ledger.flush().await.unwrap();
        println!("safe {}", (round + 1) * 20);
    }
}

/// A program that is killed loses nothing that was flushed, and never a part of a row.
#[tokio::test]
async fn fifty_kills_lose_nothing_that_was_flushed() {
    in_new_database(Server::Sqlite, async |url| {
        let ledger = SqlLedger::new(Database::open(&url).await.unwrap());
        let mut before = 0;
        for kill in 0..50_u64 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "ledger::child_that_writes", "--nocapture"])
                .env("AI_TEST_LEDGER_CHILD", &url)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
            // Killed in the middle of a later round.
            let safe: u64 = (0..1 + kill % 3)
                .map(|_| {
                    let mut safe = lines.by_ref().map(Result::unwrap);
                    let line = safe.find(|line| line.starts_with("safe ")).unwrap();
                    line.trim_start_matches("safe ").parse().unwrap()
                })
                .last()
                .unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            let rows = all(&ledger).await;
            let now = rows.len() as u64;
            assert!(now >= before + safe, "kill {kill}: {now} rows of {before} and {safe} that were safe");
            before = now;
        }
        let whole = entry("7", "small", 0, Some("0.01"));
        assert!(all(&ledger).await.iter().all(|row| row.cost == whole.cost && row.usage == whole.usage));
    })
    .await;
}

/// Ids of attempts stay apart, whoever makes them.
#[tokio::test]
async fn many_writers_at_once_lose_nothing() {
    let database = Database::open("sqlite::memory:").await.unwrap();
    let ledger = Arc::new(SqlLedger::new(database));
    let writers = (0..16).map(|writer| {
        let ledger = Arc::clone(&ledger);
        async move {
            for row in 0..500 {
                let mut entry = entry("7", "small", row, Some("0.01"));
                entry.attempt = AttemptId::new();
                entry.step = writer;
                ledger.record(entry).await.unwrap();
            }
        }
    });
    futures_util::future::join_all(writers).await;
    assert_eq!((all(&ledger).await.len(), ledger.lost()), (8_000, 0));
}
