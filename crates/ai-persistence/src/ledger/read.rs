//! Reading rows.

use std::time::SystemTime;

use ai_costs::{AttemptOutcome, Day, LedgerEntry};
use laravel_ai_core::{Currency, Error, Money, Result, RunId};
use rust_decimal::Decimal;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, Order, Query};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};

use super::row::{self, COLUMNS};
use super::tables::ATTEMPTS;
use super::write::SqlLedger;
use crate::amount;
use crate::failure::failed;
use crate::instant::{from_micros, to_micros};

/// Which attempts are meant; what is not set does not matter.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct AttemptFilter {
    /// Begun at this moment or later.
    pub since: Option<SystemTime>,
    /// Begun before this moment.
    pub until: Option<SystemTime>,
    /// Of this call of the application.
    pub run: Option<RunId>,
    /// With this label.
    pub user: Option<String>,
    /// With this label.
    pub project: Option<String>,
    /// Through this connection.
    pub connection: Option<String>,
    /// To this model, as it was asked for.
    pub model: Option<String>,
    /// Ended so.
    pub outcome: Option<AttemptOutcome>,
}

/// By what attempts are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grouping {
    /// By the day in UTC, as `YYYY-MM-DD`.
    Day,
    /// By the model, as it was asked for.
    Model,
    /// By the label `user`.
    User,
    /// By the label `project`.
    Project,
    /// By the connection.
    Connection,
}

/// What the attempts of a group add up to. Amounts in different currencies are not added: each has a total of its own, and
/// what has no known cost is with the first of them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Total {
    /// The group's names, one for each [`Grouping`] in its order; `None` for attempts without the label.
    pub names: Vec<Option<String>>,
    /// How many attempts there were.
    pub attempts: u64,
    /// How many of them gave an answer.
    pub answered: u64,
    /// How many of them have no known cost.
    pub unpriced: u64,
    /// The tokens that went in, as far as they are known.
    pub input_tokens: u64,
    /// The tokens that came out, as far as they are known.
    pub output_tokens: u64,
    /// What they cost, exactly, as far as it is known; `None` when no cost of them is.
    pub cost: Option<Money>,
}

impl SqlLedger {
    /// The newest attempts, at most `limit`; older than `before` for the next page. What waits to be written is not among
    /// them: [`flush`](ai_costs::Ledger::flush) first where that matters.
    ///
    /// # Errors
    /// [`Storage`](laravel_ai_core::ErrorKind::Storage) when they can't be read.
    pub async fn attempts(
        &self,
        filter: &AttemptFilter,
        before: Option<&LedgerEntry>,
        limit: u64,
    ) -> Result<Vec<LedgerEntry>> {
        let mut select = Query::select();
        select
            .columns(COLUMNS)
            .from(ATTEMPTS)
            .cond_where(condition(filter)?)
            .order_by("started_at", Order::Desc)
            .order_by("id", Order::Desc)
            .limit(limit);
        if let Some(before) = before {
            let started = to_micros(before.started);
            let earlier = Expr::col("started_at").lt(started);
            let same = Expr::col("started_at").eq(started);
            let last = same.and(Expr::col("id").lt(*before.attempt.as_uuid()));
            select.cond_where(Condition::any().add(earlier).add(last));
        }
        let rows = self.database.reader().query_all(&select).await.map_err(unread)?;
        rows.iter().map(row::entry).collect()
    }

    /// What attempts add up to, by group and currency, in the order of the groups' names.
    ///
    /// # Errors
    /// As [`attempts`](Self::attempts).
    pub async fn totals(&self, filter: &AttemptFilter, by: &[Grouping]) -> Result<Vec<Total>> {
        let backend = self.database.backend();
        let mut select = Query::select();
        for (place, by) in by.iter().enumerate() {
            select.expr_as(group(backend, *by), format!("name{place}"));
            select.add_group_by([group(backend, *by)]).order_by_expr(group(backend, *by), Order::Asc);
        }
        select
            .expr_as(Func::count(Expr::col("id")), "attempts")
            .expr_as(whole(backend, "SUM(CASE WHEN outcome = 'answered' THEN 1 ELSE 0 END)"), "answered")
            .expr_as(whole(backend, "SUM(CASE WHEN cost_amount IS NULL THEN 1 ELSE 0 END)"), "unpriced")
            .expr_as(whole(backend, "SUM(input_tokens)"), "input_tokens")
            .expr_as(whole(backend, "SUM(output_tokens)"), "output_tokens")
            .expr_as(Expr::col("cost_currency"), "currency")
            .from(ATTEMPTS)
            .cond_where(condition(filter)?)
            .add_group_by([Expr::col("cost_currency")])
            .order_by("cost_currency", Order::Asc);
        match backend {
            // In two parts, so that no sum leaves what an integer can hold.
            DbBackend::Sqlite => {
                select
                    .expr_as(Expr::cust("SUM(cost_amount / 1000000)"), "cost")
                    .expr_as(Expr::cust("SUM(cost_amount % 1000000)"), "cost_rest");
            }
            _ => {
                select.expr_as(Expr::cust("SUM(cost_amount)"), "cost");
            }
        }
        let rows = self.database.reader().query_all(&select).await.map_err(unread)?;
        let totals: Vec<_> = rows.iter().map(|row| total(backend, by, row)).collect::<Result<_>>()?;
        // Without groups there is one row also of nothing.
        Ok(together(totals.into_iter().filter(|total| total.attempts > 0).collect()))
    }
}

/// A sum as an integer, 0 of nothing: servers make decimals of sums.
pub(crate) fn whole(backend: DbBackend, sum: &str) -> Expr {
    match backend {
        DbBackend::Sqlite => Expr::cust(format!("COALESCE({sum}, 0)")),
        DbBackend::Postgres => Expr::cust(format!("CAST(COALESCE({sum}, 0) AS bigint)")),
        _ => Expr::cust(format!("CAST(COALESCE({sum}, 0) AS SIGNED)")),
    }
}

/// Puts the attempts without a known cost to the others of their group.
pub(crate) fn together(totals: Vec<Total>) -> Vec<Total> {
    let (mut known, unknown): (Vec<_>, Vec<_>) = totals.into_iter().partition(|total| total.cost.is_some());
    for total in unknown {
        let Some(other) = known.iter_mut().find(|other| other.names == total.names) else {
            known.push(total);
            continue;
        };
        other.attempts += total.attempts;
        other.answered += total.answered;
        other.unpriced += total.unpriced;
        other.input_tokens = other.input_tokens.saturating_add(total.input_tokens);
        other.output_tokens = other.output_tokens.saturating_add(total.output_tokens);
    }
    known.sort_by(|one, other| one.names.cmp(&other.names));
    known
}

fn total(backend: DbBackend, by: &[Grouping], row: &QueryResult) -> Result<Total> {
    let read = || {
        let number =
            |name: &str| row.try_get::<i64>("", name).map(|it| u64::try_from(it).unwrap_or_default());
        let name = |(place, by): (usize, &Grouping)| {
            let column = format!("name{place}");
            match by {
                Grouping::Day => {
                    let days: i64 = row.try_get("", &column)?;
                    Ok::<_, DbErr>(Some(
                        Day::of(from_micros(days.saturating_mul(86_400_000_000))).to_string(),
                    ))
                }
                _ => row.try_get("", &column),
            }
        };
        let currency: Option<String> = row.try_get("", "currency")?;
        let amount = match backend {
            DbBackend::Sqlite => {
                let whole: Option<i64> = row.try_get("", "cost")?;
                let rest: Option<i64> = row.try_get("", "cost_rest")?;
                whole.zip(rest).map(|(whole, rest)| {
                    let sum = i128::from(whole) * 1_000_000 + i128::from(rest);
                    Decimal::from_i128_with_scale(sum, amount::SCALE).normalize()
                })
            }
            _ => amount::read(backend, row, "cost")?,
        };
        Ok(Total {
            names: by.iter().enumerate().map(name).collect::<Result<_, _>>()?,
            attempts: number("attempts")?,
            answered: number("answered")?,
            unpriced: number("unpriced")?,
            input_tokens: number("input_tokens")?,
            output_tokens: number("output_tokens")?,
            cost: currency
                .and_then(|code| Currency::new(&code))
                .zip(amount)
                .map(|(currency, amount)| Money::new(amount, currency)),
        })
    };
    read().map_err(unread)
}

/// What attempts are grouped by: a column, or the days since 1970.
fn group(backend: DbBackend, by: Grouping) -> Expr {
    match by {
        Grouping::Day if backend == DbBackend::MySql => Expr::cust("started_at DIV 86400000000"),
        Grouping::Day => Expr::cust("started_at / 86400000000"),
        Grouping::Model => Expr::col("model"),
        Grouping::User => Expr::col("user_id"),
        Grouping::Project => Expr::col("project"),
        Grouping::Connection => Expr::col("connection"),
    }
}

fn condition(filter: &AttemptFilter) -> Result<Condition> {
    let is = |column: &'static str, value: &Option<String>| {
        value.as_deref().map(|value| Expr::col(column).eq(value))
    };
    let outcome = filter.outcome.as_ref().map(row::word).transpose()?;
    Ok(Condition::all()
        .add_option(filter.since.map(|at| Expr::col("started_at").gte(to_micros(at))))
        .add_option(filter.until.map(|at| Expr::col("started_at").lt(to_micros(at))))
        .add_option(filter.run.map(|run| Expr::col("run_id").eq(*run.as_uuid())))
        .add_option(is("user_id", &filter.user))
        .add_option(is("project", &filter.project))
        .add_option(is("connection", &filter.connection))
        .add_option(is("model", &filter.model))
        .add_option(is("outcome", &outcome)))
}

fn unread(cause: DbErr) -> Error {
    failed("the ledger could not be read", &cause)
}
