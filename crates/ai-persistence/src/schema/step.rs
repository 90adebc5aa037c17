//! One step of the schema.

use async_trait::async_trait;
use sea_orm::sea_query::{ColumnDef, IndexCreateStatement, IntoIden, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, StatementBuilder};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

/// A step: what it adds, and the statements that take it away again. Columns that it adds are taken away without one.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// `mNNNN_what`; names sort in their order.
    pub(crate) name: &'static str,
    pub(crate) up: fn(DbBackend) -> Vec<Change>,
    pub(crate) down: fn(DbBackend) -> Vec<String>,
}

/// A change that does nothing where it was made already.
pub(crate) enum Change {
    /// Made with `if_not_exists`.
    Table(Box<TableCreateStatement>),
    /// An index with its name and the name of its table.
    Index { table: &'static str, name: &'static str, create: Box<IndexCreateStatement> },
    /// A column of a table that an earlier step made. What is there already gets its default.
    Column { table: &'static str, name: &'static str, column: Box<ColumnDef> },
    /// SQL of one server, written so that it can be repeated.
    Sql(String),
}

impl Change {
    pub(crate) fn sql(&self, backend: DbBackend) -> String {
        match self {
            Self::Table(create) => StatementBuilder::build(&**create, &backend).to_string(),
            Self::Index { create, .. } => StatementBuilder::build(&**create, &backend).to_string(),
            Self::Column { table, column, .. } => {
                let mut alter = Table::alter();
                alter.table(*table).add_column((**column).clone());
                StatementBuilder::build(&alter, &backend).to_string()
            }
            Self::Sql(sql) => sql.clone(),
        }
    }
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for change in (self.up)(backend) {
            let is_there = match &change {
                Change::Index { table, name, .. } => manager.has_index(table, name).await?,
                Change::Column { table, name, .. } => manager.has_column(table, name).await?,
                Change::Table(_) | Change::Sql(_) => false,
            };
            if is_there {
                continue;
            }
            manager.get_connection().execute_unprepared(&change.sql(backend)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for change in (self.up)(backend) {
            if let Change::Column { table, name, .. } = change
                && manager.has_column(table, name).await?
            {
                let drop = format!("ALTER TABLE {table} DROP COLUMN {name}");
                manager.get_connection().execute_unprepared(&drop).await?;
            }
        }
        for statement in (self.down)(backend) {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}

/// The column of an id: a UUID, sixteen bytes.
pub(crate) fn id(name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.uuid();
    column
}

/// The column of a time, see [`crate::instant`].
pub(crate) fn instant(name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.big_integer();
    column
}

/// The column of a name or key that is part of an index: text that is compared byte for byte on every server.
pub(crate) fn key(backend: DbBackend, name: impl IntoIden, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match backend {
        // The default there takes `A` for `a`. Only here may the character set stand.
        DbBackend::MySql => {
            column.custom(format!("varchar({length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"))
        }
        _ => column.string_len(length),
    };
    column
}

/// The column of a text of any length, such as JSON.
pub(crate) fn text(backend: DbBackend, name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match backend {
        // `TEXT` ends at 64 KiB there.
        DbBackend::MySql => column.custom("LONGTEXT"),
        _ => column.text(),
    };
    column
}
