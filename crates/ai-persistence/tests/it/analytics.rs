//! Roll-ups equal the ledger, to the last digit.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ai_costs::{AttemptOutcome, Ledger, LedgerEntry, Unpriced};
use ai_persistence::{Analytics, AttemptFilter, Grouping, SqlLedger};
use laravel_ai_core::{Context, Cost, Currency, ErrorKind, Labels, Money, Provenance, Target, Usage};
use rust_decimal::Decimal;

fn at(day: u64, second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_132_800 + day * 86_400 + second)
}

/// Attempts of ten days: users, models, currencies and outcomes, by a number alone.
fn entry(number: u64) -> LedgerEntry {
    let mut ctx = Context::new();
    let mut labels = Labels::default();
    labels.user = (!number.is_multiple_of(5)).then(|| format!("user {}", number % 7));
    labels.project = number.is_multiple_of(3).then(|| "größe".to_owned());
    ctx.labels = Arc::new(labels);
    let target = Target::new("acme", ["work", "Work"][(number % 2) as usize], format!("acme-{}", number % 4));
    let outcome = match number % 11 {
        0 => AttemptOutcome::Failed,
        1 => AttemptOutcome::Interrupted,
        2 => AttemptOutcome::Cancelled,
        _ => AttemptOutcome::Answered,
    };
    let cost = match number % 6 {
        0 => Err(Unpriced::TooLarge),
        1 => Ok(Money::new(Decimal::new(i64::from(number as u32) * 7, 2), Currency::new("EUR").unwrap())),
        // Twelve places.
        _ => Ok(Money::usd(Decimal::new(1_234_567_890_123 + number as i64, 12))),
    };
    LedgerEntry::new(&ctx, target, at(number % 10, number))
        .with_outcome(outcome, Duration::from_micros(1_000 + number * number))
        .with_usage(Usage::new(number * 3, number))
        .with_cost(cost.map(|money| Cost::new(money, Provenance::Estimate)))
}

const GROUPS: [&[Grouping]; 6] = [
    &[],
    &[Grouping::Day],
    &[Grouping::User, Grouping::Model],
    &[Grouping::Project],
    &[Grouping::Connection, Grouping::Day],
    &[Grouping::Model],
];

async fn equal(ledger: &SqlLedger, analytics: &Analytics) {
    let mut days = AttemptFilter::default();
    (days.since, days.until) = (Some(at(2, 0)), Some(at(9, 0)));
    let mut user = AttemptFilter::default();
    (user.user, user.model) = (Some("user 3".to_owned()), Some("acme-1".to_owned()));
    let mut nobody = AttemptFilter::default();
    nobody.user = Some("nobody".to_owned());
    for filter in [AttemptFilter::default(), days, user, nobody] {
        for by in GROUPS {
            let right = ledger.totals(&filter, by).await.unwrap();
            let told = analytics.totals(&filter, by).await.unwrap();
            assert_eq!(told, right, "{filter:?} by {by:?}");
        }
    }
}

on_every_server! {
    async fn roll_ups_equal_the_ledger_to_the_last_digit(database: Database) {
        let (ledger, analytics) = (SqlLedger::new(database.clone()), Analytics::new(database));
        for number in 0..700 {
            ledger.record(entry(number)).await.unwrap();
        }
        ledger.flush().await.unwrap();
        let done = analytics.refresh(at(10, 0)).await.unwrap();
        assert_eq!((done.days, done.attempts), (10, 700));
        equal(&ledger, &analytics).await;
        assert!(!ledger.totals(&AttemptFilter::default(), &[]).await.unwrap().is_empty());

        // Nothing is new, then something is, also of yesterday, then something that came very late.
        assert_eq!(analytics.refresh(at(10, 0)).await.unwrap().days, 0);
        for number in [708, 709] {
            ledger.record(entry(number)).await.unwrap();
        }
        ledger.flush().await.unwrap();
        assert_eq!(analytics.refresh(at(10, 1)).await.unwrap().days, 2);
        equal(&ledger, &analytics).await;
        ledger.record(entry(711)).await.unwrap();
        ledger.flush().await.unwrap();
        assert_eq!(analytics.refresh(at(10, 2)).await.unwrap().days, 0);
        assert_eq!(analytics.rebuild(at(10, 3)).await.unwrap().attempts, 703);
        equal(&ledger, &analytics).await;
    }

    async fn percentiles_are_those_of_the_nearest_rank(database: Database) {
        let (ledger, analytics) = (SqlLedger::new(database.clone()), Analytics::new(database));
        let target = || Target::new("acme", "work", "acme-1");
        let answered = |millis: u64| {
            LedgerEntry::new(&Context::new(), target(), at(0, millis))
                .with_outcome(AttemptOutcome::Answered, Duration::from_millis(millis))
        };
        // 1 to 101 milliseconds, in no order, and a failure that took longest.
        for millis in 1..=101_u64 {
            ledger.record(answered(millis * 37 % 103)).await.unwrap();
        }
        let failed = LedgerEntry::new(&Context::new(), target(), at(0, 0));
        ledger.record(failed.with_outcome(AttemptOutcome::Failed, Duration::from_secs(60))).await.unwrap();
        ledger.flush().await.unwrap();
        analytics.refresh(at(1, 0)).await.unwrap();
        let mut times: Vec<_> = (1..=101_u64).map(|millis| millis * 37 % 103).collect();
        times.sort_unstable();
        let rank = |percent: usize| Some(Duration::from_millis(times[(times.len() * percent).div_ceil(100) - 1]));
        let all = analytics.performance(Some(at(0, 0)), Some(at(1, 0))).await.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        let model = &all[0];
        assert_eq!((model.attempts, model.answered, model.failed), (102, 101, 1));
        assert_eq!((model.p50, model.p95), (rank(50), rank(95)));
        assert_eq!(model.longest, times.last().map(|most| Duration::from_millis(*most)));
        assert_eq!(model.mean, Some(Duration::from_millis(times.iter().sum::<u64>()) / 101));
        assert!(analytics.performance(Some(at(1, 0)), None).await.unwrap().is_empty());
    }

    async fn what_roll_ups_can_not_tell_is_refused(database: Database) {
        let analytics = Analytics::new(database);
        let mut within = AttemptFilter::default();
        within.since = Some(at(0, 1));
        let mut failed = AttemptFilter::default();
        failed.outcome = Some(AttemptOutcome::Failed);
        for filter in [within, failed] {
            let refused = analytics.totals(&filter, &[]).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidRequest);
            assert!(refused.to_string().contains("ledger") || refused.to_string().contains("SqlLedger"));
        }
        assert_eq!(analytics.refresh(at(0, 0)).await.unwrap().days, 0);
        assert!(analytics.totals(&AttemptFilter::default(), &[]).await.unwrap().is_empty());
    }
}
