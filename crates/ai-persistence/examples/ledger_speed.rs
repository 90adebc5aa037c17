//! How fast the ledger is on an SQLite file: `cargo run --release -p ai-persistence --example ledger_speed [URL]`.

use std::time::{Duration, SystemTime};

use ai_costs::{AttemptOutcome, Ledger, LedgerEntry};
use ai_persistence::{Database, SqlLedger};
use laravel_ai_core::{Context, Labels, Target, Usage};
use tokio::time::Instant;

#[tokio::main]
async fn main() -> laravel_ai_core::Result<()> {
    let folder = tempfile::tempdir().map_err(|_| laravel_ai_core::ErrorKind::Configuration)?;
    let url = match std::env::args().nth(1) {
        Some(url) => url,
        None => format!("sqlite:{}", folder.path().join("ai.db").display()),
    };
    let database = Database::connect(&url).await?;
    database.migrate().await?;
    let ledger = SqlLedger::new(database);
    let rows = 100_000;
    let ctx = Context::new().with_labels(Labels::default().with_user("7").with_project("peru"));
    let target = Target::new("openai", "work", "gpt-test");
    let entries: Vec<_> = (0..rows)
        .map(|row| {
            let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_000 + row);
            let mut entry = LedgerEntry::new(&ctx, target.clone(), at)
                .with_outcome(AttemptOutcome::Answered, Duration::from_millis(800))
                .with_usage(Usage::new(1_000, 30));
            entry.attempt = laravel_ai_core::AttemptId::new();
            entry
        })
        .collect();
    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    for entry in entries {
        let begun = Instant::now();
        ledger.record(entry).await?;
        slowest = slowest.max(begun.elapsed());
    }
    let taken = start.elapsed();
    ledger.flush().await?;
    let written = start.elapsed();
    let per_second = f64::from(u32::try_from(rows).unwrap_or(u32::MAX)) / written.as_secs_f64();
    println!(
        "{rows} rows: {per_second:.0} a second, {:?} a call, {slowest:?} the slowest",
        taken / u32::try_from(rows).unwrap_or(1)
    );
    Ok(())
}
