//! Reading the roll-ups.

use std::time::{Duration, SystemTime};

use ai_costs::Day;
use laravel_ai_core::{Currency, Error, ErrorKind, Money, Result};
use rust_decimal::Decimal;
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, Order, Query};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use super::day::DAY;
use super::refresh::Analytics;
use super::tables::{COSTS, PERFORMANCE};
use crate::amount::SCALE;
use crate::failure::failed;
use crate::instant::{from_micros, to_micros};
use crate::ledger::{together, whole};
use crate::{AttemptFilter, Grouping, Total};

/// How a model did on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelPerformance {
    /// The day, in UTC.
    pub day: Day,
    /// The driver.
    pub driver: String,
    /// The connection.
    pub connection: String,
    /// The model, as it was asked for.
    pub model: String,
    /// How many attempts there were.
    pub attempts: u64,
    /// How many of them gave a whole answer.
    pub answered: u64,
    /// How many failed before anything of the answer came.
    pub failed: u64,
    /// How many broke in the middle of the answer.
    pub interrupted: u64,
    /// How many the caller gave up.
    pub cancelled: u64,
    /// The mean time of those that were answered; `None` without any.
    pub mean: Option<Duration>,
    /// The time that half of the answers did not exceed, as measured: the nearest rank, to the microsecond.
    pub p50: Option<Duration>,
    /// The time that 95 of 100 answers did not exceed.
    pub p95: Option<Duration>,
    /// The longest time of an answer.
    pub longest: Option<Duration>,
}

impl Analytics {
    /// What the attempts of whole days add up to, by groups and currency: what [`SqlLedger::totals`](crate::SqlLedger::totals)
    /// gives, as of the last [`refresh`](Self::refresh), in a time that does not depend on how many attempts there were.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) for a filter by run or outcome, or by a moment within a day: ask the ledger;
    /// [`Storage`](ErrorKind::Storage) when they can't be read.
    pub async fn totals(&self, filter: &AttemptFilter, by: &[Grouping]) -> Result<Vec<Total>> {
        if filter.run.is_some() || filter.outcome.is_some() {
            let message = "roll-ups know neither runs nor outcomes: ask `SqlLedger::totals`";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let backend = self.database.backend();
        let mut select = Query::select();
        for (place, group) in by.iter().enumerate() {
            select.expr_as(Expr::col(column(*group)), format!("name{place}"));
            select.group_by_col(column(*group)).order_by(column(*group), Order::Asc);
        }
        let sums = ["attempts", "answered", "unpriced", "input_tokens", "output_tokens"];
        for sum in sums.into_iter().chain(["cost_millionths", "cost_rest"]) {
            select.expr_as(whole(backend, &format!("SUM({sum})")), format!("{sum}_sum"));
        }
        select
            .column("cost_currency")
            .from(COSTS)
            .cond_where(condition(filter)?)
            .group_by_col("cost_currency")
            .order_by("cost_currency", Order::Asc);
        let rows = self.database.reader().query_all(&select).await.map_err(unread)?;
        let totals: Vec<_> =
            rows.iter().map(|row| total(by, row)).collect::<Result<_, _>>().map_err(unread)?;
        // Without groups there is one row also of nothing.
        Ok(together(totals.into_iter().filter(|total| total.attempts > 0).collect()))
    }

    /// How models did, day by day, as of the last [`refresh`](Self::refresh): days from `since` on and before `until`.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) for a moment within a day; [`Storage`](ErrorKind::Storage) when they can't
    /// be read.
    pub async fn performance(
        &self,
        since: Option<SystemTime>,
        until: Option<SystemTime>,
    ) -> Result<Vec<ModelPerformance>> {
        let mut select = Query::select();
        select
            .columns([
                "day",
                "driver",
                "connection",
                "model",
                "attempts",
                "answered",
                "failed",
                "interrupted",
            ])
            .columns(["cancelled", "latency_sum", "latency_p50", "latency_p95", "latency_max"])
            .from(PERFORMANCE)
            .cond_where(days(since, until)?);
        for column in ["day", "driver", "connection", "model"] {
            select.order_by(column, Order::Asc);
        }
        let rows = self.database.reader().query_all(&select).await.map_err(unread)?;
        rows.iter().map(performance).collect::<Result<_, _>>().map_err(unread)
    }
}

fn column(by: Grouping) -> &'static str {
    match by {
        Grouping::Day => "day",
        Grouping::Model => "model",
        Grouping::User => "user_id",
        Grouping::Project => "project",
        Grouping::Connection => "connection",
    }
}

fn condition(filter: &AttemptFilter) -> Result<Condition> {
    let is = |column: &'static str, value: &Option<String>| {
        value.as_deref().map(|value| Expr::col(column).eq(value))
    };
    Ok(days(filter.since, filter.until)?
        .add_option(is("user_id", &filter.user))
        .add_option(is("project", &filter.project))
        .add_option(is("connection", &filter.connection))
        .add_option(is("model", &filter.model)))
}

fn days(since: Option<SystemTime>, until: Option<SystemTime>) -> Result<Condition> {
    let day = |at: SystemTime| match to_micros(at) {
        micros if micros.rem_euclid(DAY) == 0 => Ok(micros.div_euclid(DAY)),
        _ => Err(Error::new(
            ErrorKind::InvalidRequest,
            "roll-ups know whole days in UTC: begin and end at midnight, or ask the ledger",
        )),
    };
    let (since, until) = (since.map(day).transpose()?, until.map(day).transpose()?);
    Ok(Condition::all()
        .add_option(since.map(|day| Expr::col("day").gte(day)))
        .add_option(until.map(|day| Expr::col("day").lt(day))))
}

fn total(by: &[Grouping], row: &QueryResult) -> Result<Total, DbErr> {
    let number = |name: &str| row.try_get::<i64>("", name);
    let count = |name: &str| number(name).map(|it| u64::try_from(it).unwrap_or_default());
    let name = |(place, group): (usize, &Grouping)| {
        let column = format!("name{place}");
        match group {
            Grouping::Day => number(&column).map(|day| Some(the_day(day).to_string())),
            _ => row.try_get::<Option<String>>("", &column),
        }
    };
    let currency: Option<String> = row.try_get("", "cost_currency")?;
    let millionths = i128::from(number("cost_millionths_sum")?);
    let sum = millionths * 1_000_000 + i128::from(number("cost_rest_sum")?);
    let amount = Decimal::from_i128_with_scale(sum, SCALE).normalize();
    Ok(Total {
        names: by.iter().enumerate().map(name).collect::<Result<_, _>>()?,
        attempts: count("attempts_sum")?,
        answered: count("answered_sum")?,
        unpriced: count("unpriced_sum")?,
        input_tokens: count("input_tokens_sum")?,
        output_tokens: count("output_tokens_sum")?,
        cost: currency.and_then(|code| Currency::new(&code)).map(|currency| Money::new(amount, currency)),
    })
}

fn the_day(day: i64) -> Day {
    Day::of(from_micros(day.saturating_mul(DAY)))
}

fn performance(row: &QueryResult) -> Result<ModelPerformance, DbErr> {
    let count =
        |name: &str| row.try_get::<i64>("", name).map(|count| u64::try_from(count).unwrap_or_default());
    let time = |name: &str| {
        let micros: Option<i64> = row.try_get("", name)?;
        Ok::<_, DbErr>(micros.map(|micros| Duration::from_micros(micros.unsigned_abs())))
    };
    let answered = count("answered")?;
    let mean = time("latency_sum")?.zip(u32::try_from(answered).ok());
    Ok(ModelPerformance {
        day: the_day(row.try_get("", "day")?),
        driver: row.try_get("", "driver")?,
        connection: row.try_get("", "connection")?,
        model: row.try_get("", "model")?,
        attempts: count("attempts")?,
        answered,
        failed: count("failed")?,
        interrupted: count("interrupted")?,
        cancelled: count("cancelled")?,
        mean: mean.and_then(|(sum, count)| sum.checked_div(count)),
        p50: time("latency_p50")?,
        p95: time("latency_p95")?,
        longest: time("latency_max")?,
    })
}

fn unread(cause: DbErr) -> Error {
    failed("the roll-ups could not be read", &cause)
}
