//! The table of accounts.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, Index, Table};

use crate::schema::step::{Change, Step, id, instant, key};

pub(crate) const ACCOUNTS: &str = "ai_accounts";

/// The longest tenant or name, and the longest connection, in characters: the index over them has to fit into MySQL's.
pub(crate) const NAME: u32 = 191;
pub(crate) const CONNECTION: u32 = 64;

pub(crate) const STEP: Step = Step { name: "m0004_vault", up, down };

fn up(backend: DbBackend) -> Vec<Change> {
    let mut accounts = Table::create();
    accounts
        .table(ACCOUNTS)
        .if_not_exists()
        .col(id("id").not_null().primary_key())
        // Empty for the house itself: a NULL would be no key.
        .col(key(backend, "tenant", NAME).not_null())
        .col(key(backend, "provider", CONNECTION).not_null())
        .col(key(backend, "name", NAME).not_null())
        .col(ColumnDef::new("is_default").boolean().not_null())
        .col(ColumnDef::new("is_active").boolean().not_null())
        // Counts every new envelope.
        .col(ColumnDef::new("version").big_integer().not_null())
        .col(key(backend, "master_key", 12).not_null())
        .col(ColumnDef::new("wrapped_key").blob().not_null())
        .col(ColumnDef::new("credentials_encrypted").blob().not_null())
        .col(key(backend, "fingerprint", 12).not_null())
        .col(instant("created_at").not_null())
        .col(instant("updated_at").not_null())
        // When the data key was made.
        .col(instant("sealed_at").not_null());

    let name = "ai_accounts_name";
    let mut names = Index::create();
    names.unique().name(name).table(ACCOUNTS).col("tenant").col("provider").col("name");
    vec![Change::Table(Box::new(accounts)), Change::Index { table: ACCOUNTS, name, create: Box::new(names) }]
}

fn down(_: DbBackend) -> Vec<String> {
    vec![format!("DROP TABLE IF EXISTS {ACCOUNTS}")]
}
