//! The table of attempts.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, Index, IndexOrder, Table};

use crate::amount;
use crate::schema::step::{Change, Step, id, instant, key, text};

pub(crate) const ATTEMPTS: &str = "ai_attempts";

pub(crate) const STEP: Step = Step { name: "m0001_ledger", up, down };

/// The longest name of a column that is searched for; what is longer is cut there and whole in `details`.
pub(super) const NAME: u32 = 191;

/// Whose attempts are looked for, newest first.
const INDEXES: [(&str, Option<&str>); 6] = [
    ("ai_attempts_started", None),
    ("ai_attempts_user", Some("user_id")),
    ("ai_attempts_project", Some("project")),
    ("ai_attempts_connection", Some("connection")),
    ("ai_attempts_model", Some("model")),
    ("ai_attempts_run", Some("run_id")),
];

fn up(backend: DbBackend) -> Vec<Change> {
    let number = |name: &'static str| ColumnDef::new(name).big_integer().to_owned();
    let mut attempts = Table::create();
    attempts
        .table(ATTEMPTS)
        .if_not_exists()
        .col(id("id").not_null().primary_key())
        .col(id("run_id").not_null())
        .col(number("step").not_null())
        .col(key(backend, "modality", 16).not_null())
        .col(key(backend, "driver", NAME).not_null())
        .col(key(backend, "connection", NAME).not_null())
        .col(key(backend, "model", NAME).not_null())
        .col(key(backend, "tenant", NAME))
        .col(key(backend, "user_id", NAME))
        .col(key(backend, "project", NAME))
        .col(key(backend, "conversation", NAME))
        .col(instant("started_at").not_null())
        // Microseconds.
        .col(number("latency").not_null())
        .col(number("first_content"))
        .col(key(backend, "outcome", 16).not_null())
        .col(key(backend, "error", 32))
        .col(number("input_tokens"))
        .col(number("output_tokens"))
        .col(amount::column(backend, "cost_amount"))
        .col(key(backend, "cost_currency", 3))
        .col(ColumnDef::new("overran").boolean().not_null())
        // Everything else, and what the columns above hold only a part of.
        .col(text(backend, "details").not_null());

    let mut changes = vec![Change::Table(Box::new(attempts))];
    changes.extend(INDEXES.map(|(name, column)| {
        let mut create = Index::create();
        create.name(name).table(ATTEMPTS);
        column.map(|column| create.col(column));
        create.col(("started_at", IndexOrder::Asc)).col(("id", IndexOrder::Asc));
        Change::Index { table: ATTEMPTS, name, create: Box::new(create) }
    }));
    changes
}

fn down(_: DbBackend) -> Vec<String> {
    vec![format!("DROP TABLE IF EXISTS {ATTEMPTS}")]
}
