//! The tables of roll-ups.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, Index, Table, TableCreateStatement};

use crate::schema::step::{Change, Step, instant, key};

pub(super) const DAYS: &str = "ai_analytics_days";
pub(super) const USAGE: &str = "ai_usage_analytics";
pub(super) const COSTS: &str = "ai_cost_tracking";
pub(super) const PERFORMANCE: &str = "ai_model_performance";

pub(crate) const STEP: Step = Step { name: "m0006_analytics", up, down };

fn up(backend: DbBackend) -> Vec<Change> {
    let number = |name: &'static str| ColumnDef::new(name).big_integer().to_owned();
    let name = |name: &'static str| key(backend, name, 191);
    let table = |named: &'static str| {
        let mut table = Table::create();
        // The number of the row in its day, so that every row has a key.
        table.table(named).if_not_exists().col(number("day").not_null()).col(number("place").not_null());
        table.primary_key(Index::create().col("day").col("place"));
        table
    };
    let counts = |table: &mut TableCreateStatement| {
        for column in ["attempts", "answered", "unpriced", "input_tokens", "output_tokens"] {
            table.col(number(column).not_null());
        }
        table.col(key(backend, "cost_currency", 3));
        // Of the amount the whole millionths, and what is left of it in millionths of a millionth: two integers are added
        // exactly on every server.
        table.col(number("cost_millionths").not_null()).col(number("cost_rest").not_null());
    };

    let mut days = Table::create();
    days.table(DAYS)
        .if_not_exists()
        // Days since 1970, in UTC.
        .col(number("day").not_null().primary_key())
        .col(number("attempts").not_null())
        .col(instant("computed_at").not_null());

    let mut usage = table(USAGE);
    usage.col(name("driver").not_null()).col(name("connection").not_null()).col(name("model").not_null());
    usage.col(key(backend, "modality", 16).not_null());
    counts(&mut usage);

    let mut costs = table(COSTS);
    costs.col(name("user_id")).col(name("project"));
    costs.col(name("connection").not_null()).col(name("model").not_null());
    counts(&mut costs);

    let mut performance = table(PERFORMANCE);
    performance
        .col(name("driver").not_null())
        .col(name("connection").not_null())
        .col(name("model").not_null());
    for column in ["attempts", "answered", "failed", "interrupted", "cancelled"] {
        performance.col(number(column).not_null());
    }
    // Microseconds, of the attempts that were answered.
    for column in ["latency_sum", "latency_p50", "latency_p95", "latency_max"] {
        performance.col(number(column));
    }

    let index = |table: &'static str, name: &'static str, column: &'static str| {
        let mut create = Index::create();
        create.name(name).table(table).col(column).col("day");
        Change::Index { table, name, create: Box::new(create) }
    };
    vec![
        Change::Table(Box::new(days)),
        Change::Table(Box::new(usage)),
        Change::Table(Box::new(costs)),
        Change::Table(Box::new(performance)),
        index(COSTS, "ai_cost_tracking_user", "user_id"),
    ]
}

fn down(_: DbBackend) -> Vec<String> {
    [PERFORMANCE, COSTS, USAGE, DAYS].map(|table| format!("DROP TABLE IF EXISTS {table}")).into()
}
