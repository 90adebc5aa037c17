//! The tables of budgets.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, Index, Table};

use crate::schema::step::{Change, Step, id, instant, key, text};

pub(super) const BUDGETS: &str = "ai_budgets";
pub(super) const ACCOUNTS: &str = "ai_budget_accounts";
pub(super) const RESERVATIONS: &str = "ai_budget_reservations";

pub(crate) const STEP: Step = Step { name: "m0004_budgets", up, down };

fn up(backend: DbBackend) -> Vec<Change> {
    let mut budgets = Table::create();
    budgets
        .table(BUDGETS)
        .if_not_exists()
        .col(key(backend, "name", 191).not_null().primary_key())
        // Accounts of an earlier one are nobody's any more.
        .col(ColumnDef::new("generation").big_integer().not_null())
        .col(text(backend, "budget").not_null());

    let mut accounts = Table::create();
    accounts
        .table(ACCOUNTS)
        .if_not_exists()
        // A digest of budget, generation, subject and period.
        .col(key(backend, "id", 64).not_null().primary_key())
        .col(key(backend, "budget", 191).not_null())
        .col(instant("touched_at").not_null())
        // What is spent and reserved, to the last digit, in one text: it is read and written under one lock.
        .col(text(backend, "account").not_null());

    let mut reservations = Table::create();
    reservations
        .table(RESERVATIONS)
        .if_not_exists()
        .col(id("attempt").not_null().primary_key())
        .col(ColumnDef::new("is_open").boolean().not_null())
        .col(instant("expires_at").not_null())
        .col(text(backend, "reservation").not_null());

    let index = |table: &'static str, name: &'static str, columns: &[&'static str]| {
        let mut create = Index::create();
        create.name(name).table(table);
        columns.iter().for_each(|column| _ = create.col(*column));
        Change::Index { table, name, create: Box::new(create) }
    };
    vec![
        Change::Table(Box::new(budgets)),
        Change::Table(Box::new(accounts)),
        Change::Table(Box::new(reservations)),
        index(ACCOUNTS, "ai_budget_accounts_budget", &["budget"]),
        index(ACCOUNTS, "ai_budget_accounts_touched", &["touched_at"]),
        index(RESERVATIONS, "ai_budget_reservations_expires", &["is_open", "expires_at"]),
    ]
}

fn down(_: DbBackend) -> Vec<String> {
    [RESERVATIONS, ACCOUNTS, BUDGETS].map(|table| format!("DROP TABLE IF EXISTS {table}")).into()
}
