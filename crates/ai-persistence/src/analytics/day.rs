//! One day, added up by the database.

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Value};

use super::tables::{COSTS, PERFORMANCE, USAGE};
use crate::ledger::{ATTEMPTS, whole};

/// The microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;
/// How many rows are written by one statement.
const BATCH: usize = 200;

const COUNTED: [&str; 8] = [
    "attempts",
    "answered",
    "unpriced",
    "input_tokens",
    "output_tokens",
    "cost_currency",
    "cost_millionths",
    "cost_rest",
];
const USAGE_BY: [&str; 4] = ["driver", "connection", "model", "modality"];
const COSTS_BY: [&str; 4] = ["user_id", "project", "connection", "model"];
const PERFORMANCE_BY: [&str; 3] = ["driver", "connection", "model"];
const MEASURED: [&str; 9] = [
    "attempts",
    "answered",
    "failed",
    "interrupted",
    "cancelled",
    "latency_sum",
    "latency_p50",
    "latency_p95",
    "latency_max",
];

/// The rows of one roll-up for one day.
pub(super) struct Rows {
    pub(super) table: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

impl Rows {
    pub(super) async fn insert(self, on: &impl ConnectionTrait, day: i64) -> Result<(), DbErr> {
        let mut place = 0_i64;
        for rows in self.rows.chunks(BATCH) {
            let mut insert = Query::insert();
            insert.into_table(self.table).columns(["day", "place"].iter().chain(&self.columns).copied());
            for row in rows {
                let key = [Expr::val(day), Expr::val(place)];
                insert.values_panic(key.into_iter().chain(row.iter().cloned().map(Expr::val)));
                place += 1;
            }
            on.execute(&insert).await?;
        }
        Ok(())
    }
}

/// How many attempts the ledger has of a day.
pub(super) async fn count(on: &impl ConnectionTrait, day: i64) -> Result<i64, DbErr> {
    let mut select = of(day);
    select.expr_as(Expr::cust("COUNT(*)"), "attempts");
    on.query_one(&select).await?.map_or(Ok(0), |row| row.try_get("", "attempts"))
}

/// Everything that is rolled up of a day, from one state of the ledger.
pub(super) async fn add_up(
    on: &impl ConnectionTrait,
    backend: DbBackend,
    day: i64,
) -> Result<[Rows; 3], DbErr> {
    Ok([
        counted(on, backend, day, USAGE, &USAGE_BY).await?,
        counted(on, backend, day, COSTS, &COSTS_BY).await?,
        measured(on, backend, day).await?,
    ])
}

async fn counted(
    on: &impl ConnectionTrait,
    backend: DbBackend,
    day: i64,
    table: &'static str,
    by: &[&'static str],
) -> Result<Rows, DbErr> {
    let (millionths, rest) = match backend {
        DbBackend::Sqlite => ("SUM(cost_amount / 1000000)", "SUM(cost_amount % 1000000)"),
        _ => (
            "SUM(FLOOR(cost_amount * 1000000))",
            "SUM((cost_amount * 1000000 - FLOOR(cost_amount * 1000000)) * 1000000)",
        ),
    };
    let mut select = of(day);
    select
        .columns(by.iter().copied())
        .column("cost_currency")
        .expr_as(Expr::cust("COUNT(*)"), "attempts")
        .expr_as(whole(backend, "SUM(CASE WHEN outcome = 'answered' THEN 1 ELSE 0 END)"), "answered")
        .expr_as(whole(backend, "SUM(CASE WHEN cost_amount IS NULL THEN 1 ELSE 0 END)"), "unpriced")
        .expr_as(whole(backend, "SUM(input_tokens)"), "input_tokens")
        .expr_as(whole(backend, "SUM(output_tokens)"), "output_tokens")
        .expr_as(whole(backend, millionths), "cost_millionths")
        .expr_as(whole(backend, rest), "cost_rest")
        .group_by_columns(by.iter().copied())
        .group_by_col("cost_currency");
    let columns: Vec<_> = by.iter().copied().chain(COUNTED).collect();
    let texts = |column: &str| by.contains(&column) || column == "cost_currency";
    let mut rows = Vec::new();
    for row in on.query_all(&select).await? {
        let value = |column: &&str| match texts(column) {
            true => row.try_get::<Option<String>>("", column).map(Value::from),
            false => row.try_get::<i64>("", column).map(Value::from),
        };
        rows.push(columns.iter().map(value).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(Rows { table, columns, rows })
}

/// The nearest rank: the least value that so many percent of all do not exceed.
fn rank(percent: i64) -> String {
    format!(
        "MIN(CASE WHEN answer_place * 100 >= {percent} * answers AND outcome = 'answered' THEN latency END)"
    )
}

async fn measured(on: &impl ConnectionTrait, backend: DbBackend, day: i64) -> Result<Rows, DbErr> {
    let mut ranked = of(day);
    let group = "PARTITION BY driver, connection, model, CASE WHEN outcome = 'answered' THEN 1 ELSE 0 END";
    ranked
        .columns(PERFORMANCE_BY)
        .columns(["outcome", "latency"])
        .expr_as(Expr::cust(format!("ROW_NUMBER() OVER ({group} ORDER BY latency)")), "answer_place")
        .expr_as(Expr::cust(format!("COUNT(*) OVER ({group})")), "answers");
    let ended = |word: &str| whole(backend, &format!("SUM(CASE WHEN outcome = '{word}' THEN 1 ELSE 0 END)"));
    let answered = |what: &str| format!("{what}(CASE WHEN outcome = 'answered' THEN latency END)");
    let sum = match backend {
        DbBackend::Sqlite => answered("SUM"),
        DbBackend::Postgres => format!("CAST({} AS bigint)", answered("SUM")),
        _ => format!("CAST({} AS SIGNED)", answered("SUM")),
    };
    let mut select = Query::select();
    select
        .columns(PERFORMANCE_BY)
        .expr_as(Expr::cust("COUNT(*)"), "attempts")
        .expr_as(ended("answered"), "answered")
        .expr_as(ended("failed"), "failed")
        .expr_as(ended("interrupted"), "interrupted")
        .expr_as(ended("cancelled"), "cancelled")
        .expr_as(Expr::cust(sum), "latency_sum")
        .expr_as(Expr::cust(rank(50)), "latency_p50")
        .expr_as(Expr::cust(rank(95)), "latency_p95")
        .expr_as(Expr::cust(answered("MAX")), "latency_max")
        .from_subquery(ranked, "ranked")
        .group_by_columns(PERFORMANCE_BY);
    let columns: Vec<_> = PERFORMANCE_BY.into_iter().chain(MEASURED).collect();
    let mut rows = Vec::new();
    for row in on.query_all(&select).await? {
        let value = |column: &&str| match PERFORMANCE_BY.contains(column) {
            true => row.try_get::<String>("", column).map(Value::from),
            false => row.try_get::<Option<i64>>("", column).map(Value::from),
        };
        rows.push(columns.iter().map(value).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(Rows { table: PERFORMANCE, columns, rows })
}

/// The attempts of a day.
fn of(day: i64) -> SelectStatement {
    let mut select = Query::select();
    select
        .from(ATTEMPTS)
        .and_where(Expr::col("started_at").gte(day.saturating_mul(DAY)))
        .and_where(Expr::col("started_at").lt(day.saturating_add(1).saturating_mul(DAY)));
    select
}
