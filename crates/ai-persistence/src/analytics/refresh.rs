//! Bringing the roll-ups up to date.

use std::time::SystemTime;

use laravel_ai_core::{Error, Result};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, IsolationLevel, TransactionOptions, TransactionTrait,
};

use super::day::{self, DAY};
use super::tables::{COSTS, DAYS, PERFORMANCE, USAGE};
use crate::Database;
use crate::failure::failed;
use crate::instant::to_micros;
use crate::ledger::ATTEMPTS;

/// The last days that were added up are looked at again: attempts are written when they end, which may be on another day.
const LATE: i64 = 3;

/// Roll-ups: what the attempts of each day (in UTC) add up to, by user and model, so that a report need not read the ledger.
///
/// They are derived from the ledger and equal to it to the last digit. Days are added up by [`refresh`](Self::refresh), each
/// from one state of the ledger and put in place at once, so that a report never sees half a day. Memory is that of the groups
/// of one day, not of its attempts.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// use std::time::SystemTime;
/// use ai_persistence::{Analytics, AttemptFilter, Database, Grouping};
///
/// let analytics = Analytics::new(Database::open("sqlite::memory:").await?);
/// let now = SystemTime::UNIX_EPOCH; // in a program: what the clock says
/// analytics.refresh(now).await?;
/// let totals = analytics.totals(&AttemptFilter::default(), &[Grouping::User, Grouping::Model]).await?;
/// assert!(totals.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Analytics {
    pub(super) database: Database,
}

/// What was added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refreshed {
    /// How many days.
    pub days: u64,
    /// How many attempts they had.
    pub attempts: u64,
}

impl Analytics {
    /// The roll-ups of this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Adds up what is new: days that were not yet, and of the last three those with other attempts than before. What is said to
    /// be written to the ledger but waits is not among them. Dropping the future leaves days whole, done or not.
    ///
    /// # Errors
    /// [`Storage`](laravel_ai_core::ErrorKind::Storage) when the database fails; days that were done stay done.
    pub async fn refresh(&self, now: SystemTime) -> Result<Refreshed> {
        let last = self.last_day().await.map_err(unfinished)?;
        self.add_up(last.map(|day| day - LATE + 1), now, false).await
    }

    /// Adds every day up anew that the ledger has attempts of. For rows that came later than three days, and for the doubtful.
    ///
    /// # Errors
    /// As [`refresh`](Self::refresh).
    pub async fn rebuild(&self, now: SystemTime) -> Result<Refreshed> {
        self.add_up(None, now, true).await
    }

    async fn add_up(&self, first: Option<i64>, now: SystemTime, all: bool) -> Result<Refreshed> {
        let mut done = Refreshed::default();
        let mut from = first.unwrap_or(i64::MIN / DAY);
        while let Some(day) = self.next_day(from).await.map_err(unfinished)? {
            let attempts = self.one(day, now, all).await.map_err(unfinished)?;
            if let Some(attempts) = attempts {
                done.days += 1;
                done.attempts += u64::try_from(attempts).unwrap_or_default();
            }
            from = day + 1;
        }
        Ok(done)
    }

    /// A day, where it is not as it was.
    async fn one(&self, day: i64, now: SystemTime, always: bool) -> Result<Option<i64>, DbErr> {
        let reading = self.snapshot().await?;
        let attempts = day::count(&reading, day).await?;
        if !always && self.known(&reading, day).await? == Some(attempts) {
            return Ok(None);
        }
        let rows = day::add_up(&reading, self.database.backend(), day).await?;
        reading.commit().await?;
        let writing = self.database.begin().await?;
        for table in [USAGE, COSTS, PERFORMANCE, DAYS] {
            let mut delete = Query::delete();
            delete.from_table(table).and_where(Expr::col("day").eq(day));
            writing.execute(&delete).await?;
        }
        for rows in rows {
            rows.insert(&writing, day).await?;
        }
        let mut insert = Query::insert();
        insert.into_table(DAYS).columns(["day", "attempts", "computed_at"]);
        insert.values_panic([day.into(), attempts.into(), to_micros(now).into()]);
        writing.execute(&insert).await?;
        writing.commit().await?;
        Ok(Some(attempts))
    }

    async fn known(&self, on: &impl ConnectionTrait, day: i64) -> Result<Option<i64>, DbErr> {
        let mut select = Query::select();
        select.column("attempts").from(DAYS).and_where(Expr::col("day").eq(day));
        on.query_one(&select).await?.map(|row| row.try_get("", "attempts")).transpose()
    }

    /// The last day that was added up.
    async fn last_day(&self) -> Result<Option<i64>, DbErr> {
        let mut select = Query::select();
        select.expr_as(Expr::col("day").max(), "day").from(DAYS);
        let row = self.database.reader().query_one(&select).await?;
        row.map_or(Ok(None), |row| row.try_get("", "day"))
    }

    /// The first day from `day` on that the ledger has an attempt of.
    async fn next_day(&self, day: i64) -> Result<Option<i64>, DbErr> {
        let mut select = Query::select();
        select.expr_as(Expr::col("started_at").min(), "first").from(ATTEMPTS);
        select.and_where(Expr::col("started_at").gte(day.saturating_mul(DAY)));
        let row = self.database.reader().query_one(&select).await?;
        let first: Option<i64> = row.map_or(Ok(None), |row| row.try_get("", "first"))?;
        Ok(first.map(|micros| micros.div_euclid(DAY)))
    }

    /// Several questions to one state of the database.
    async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let isolation_level = match self.database.backend() {
            // Every transaction is one there.
            sea_orm::DbBackend::Sqlite => None,
            _ => Some(IsolationLevel::RepeatableRead),
        };
        let options = TransactionOptions { isolation_level, ..TransactionOptions::default() };
        self.database.reader().begin_with_options(options).await
    }
}

fn unfinished(cause: DbErr) -> Error {
    failed("the ledger could not be added up", &cause)
}
