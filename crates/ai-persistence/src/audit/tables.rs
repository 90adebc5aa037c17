//! The tables of the audit trail.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, Table};

use crate::schema::step::{Change, Step, instant, key, text};

pub(crate) const LOG: &str = "ai_audit_log";
pub(crate) const HEAD: &str = "ai_audit_head";

pub(crate) const STEP: Step = Step { name: "m0003_audit", up, down };

fn up(backend: DbBackend) -> Vec<Change> {
    let mut log = Table::create();
    log.table(LOG)
        .if_not_exists()
        // From 1, without a gap.
        .col(ColumnDef::new("sequence").big_integer().not_null().primary_key())
        .col(instant("at").not_null())
        .col(text(backend, "actor").not_null())
        .col(text(backend, "action").not_null())
        .col(text(backend, "subject").not_null())
        .col(text(backend, "outcome").not_null())
        .col(text(backend, "detail").not_null())
        // Over the columns above and the hash of the row before.
        .col(key(backend, "hash", 64).not_null());

    let mut head = Table::create();
    head.table(HEAD)
        .if_not_exists()
        .col(ColumnDef::new("id").integer().not_null().primary_key())
        .col(ColumnDef::new("entries").big_integer().not_null())
        .col(key(backend, "hash", 64).not_null());

    // The one row that every writer locks first.
    let (insert, again) = match backend {
        DbBackend::MySql => ("INSERT IGNORE", ""),
        _ => ("INSERT", " ON CONFLICT DO NOTHING"),
    };
    let first = format!("{insert} INTO {HEAD} (id, entries, hash) VALUES (1, 0, ''){again}");
    vec![Change::Table(Box::new(log)), Change::Table(Box::new(head)), Change::Sql(first)]
}

fn down(_: DbBackend) -> Vec<String> {
    [LOG, HEAD].map(|table| format!("DROP TABLE IF EXISTS {table}")).into()
}
