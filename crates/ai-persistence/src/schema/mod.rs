//! The schema as a list of steps, each a pure function to SQL for a server, so that it can be run, printed and tested.

pub(crate) mod step;

use laravel_ai_core::{Error, ErrorKind, Result};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};
use sea_orm_migration::{MigrationStatus, MigrationTrait, MigratorTrait};

use self::step::Step;
use crate::failure::{failed, refusal};
use crate::{Database, analytics, audit, budgets, conversations, ledger, models, vault};

/// Every step, oldest first. A step that was released is never changed; another follows it.
const STEPS: &[Step] = &[
    ledger::STEP,
    conversations::STEP,
    audit::STEP,
    vault::STEP,
    budgets::STEP,
    models::STEP,
    analytics::STEP,
    conversations::PINNED,
];

/// A change of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migration {
    /// Its name; names sort in their order.
    pub name: String,
    /// Whether this database has it.
    pub applied: bool,
}

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|step| Box::new(*step) as Box<dyn MigrationTrait>).collect()
    }

    fn migration_table_name() -> sea_orm::DynIden {
        sea_orm::sea_query::IntoIden::into_iden("ai_migrations")
    }
}

pub(crate) async fn status(database: &Database) -> Result<Vec<Migration>> {
    let known =
        Migrator::get_migration_with_status_read_only(database.writer()).await.map_err(
            |cause| match cause {
                // The only error that the migrator makes itself: a row without a step.
                DbErr::Custom(_) => Error::new(
                    ErrorKind::Configuration,
                    format!(
                        "the schema of {} is newer than this library; update the library",
                        database.place()
                    ),
                ),
                cause => failed("the schema's version could not be read", &cause),
            },
        )?;
    Ok(known
        .iter()
        .map(|step| Migration {
            name: step.name().to_owned(),
            applied: step.status() == MigrationStatus::Applied,
        })
        .collect())
}

pub(crate) async fn migrate(database: &Database) -> Result<()> {
    status(database).await?;
    let run = async {
        let alone = alone(database).await?;
        Migrator::up(&alone, None).await?;
        release(alone).await
    };
    run.await.map_err(|cause| unchanged("migrated", &cause))
}

pub(crate) async fn rollback(database: &Database, steps: u32) -> Result<()> {
    status(database).await?;
    let run = async {
        let alone = alone(database).await?;
        Migrator::down(&alone, Some(steps)).await?;
        release(alone).await
    };
    run.await.map_err(|cause| unchanged("rolled back", &cause))
}

/// What the server says of a change of the schema quotes nothing but the schema.
fn unchanged(what: &str, cause: &DbErr) -> Error {
    let said = match refusal(cause) {
        Some(refusal) => refusal.message().to_owned(),
        None => "the connection broke".to_owned(),
    };
    failed(&format!("the schema could not be {what} ({said})"), cause)
}

pub(crate) fn sql(backend: DbBackend) -> String {
    let mut sql = String::new();
    for step in STEPS {
        sql.push_str(&format!("-- {}\n", step.name));
        for change in (step.up)(backend) {
            sql.push_str(&change.sql(backend));
            sql.push_str(";\n");
        }
    }
    sql
}

/// A transaction that no other migration runs beside. On SQLite and PostgreSQL it is all or nothing; MySQL commits every
/// change of a schema by itself, so each step can be run again on what it left.
async fn alone(database: &Database) -> Result<DatabaseTransaction, DbErr> {
    let transaction = database.begin().await?;
    match database.backend() {
        DbBackend::Postgres => {
            transaction.execute_unprepared("SELECT pg_advisory_xact_lock(7233175210147045)").await?;
        }
        DbBackend::MySql => {
            transaction.execute_unprepared("DO GET_LOCK('laravel-ai migrations', 600)").await?;
        }
        _ => {}
    }
    Ok(transaction)
}

async fn release(alone: DatabaseTransaction) -> Result<(), DbErr> {
    if alone.get_database_backend() == DbBackend::MySql {
        alone.execute_unprepared("DO RELEASE_LOCK('laravel-ai migrations')").await?;
    }
    alone.commit().await
}
