//! The place where everything is kept.

use std::fmt;
use std::time::Duration;

use laravel_ai_core::{Error, ErrorKind, Result};
use sea_orm::{ConnectOptions, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr};
use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait};

use crate::failure::failed;
use crate::schema;

/// How long a statement waits for another writer of SQLite before it gives up.
const BUSY: Duration = Duration::from_secs(10);
/// How long a connection may take to be had: a server that was just started is waited for.
const REACH: Duration = Duration::from_secs(5);
/// Readers of an SQLite file beside its one writer.
const READERS: u32 = 8;

/// A database with our tables. Clones share their connections.
#[derive(Clone)]
pub struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    place: String,
}

impl Database {
    /// Opens a database whose schema is up to date. A new, empty SQLite database gets its schema here; no other one is
    /// changed.
    ///
    /// # Errors
    /// [`Configuration`](ErrorKind::Configuration) when the URL names no server that was built in, or when the schema is
    /// older or newer than this library; [`Storage`](ErrorKind::Storage) when the server can't be reached.
    pub async fn open(url: &str) -> Result<Self> {
        let database = Self::connect(url).await?;
        let migrations = database.migrations().await?;
        if migrations.iter().all(|migration| migration.applied) {
            return Ok(database);
        }
        if database.backend() == DbBackend::Sqlite && !migrations.iter().any(|migration| migration.applied) {
            database.migrate().await?;
            return Ok(database);
        }
        let pending = migrations.iter().filter(|migration| !migration.applied).count();
        Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "{} lacks {pending} migrations; run `ai db migrate`, or `Database::migrate`",
                database.place
            ),
        ))
    }

    /// Connects without a look at the schema, to migrate it.
    ///
    /// # Errors
    /// As of [`open`](Self::open), the schema aside.
    pub async fn connect(url: &str) -> Result<Self> {
        let place = place(url);
        let Some(backend) = backend(url) else {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!("{place} is no database: write `sqlite:FILE`, `postgres://…` or `mysql://…`"),
            ));
        };
        let unreachable = |cause: DbErr| match cause {
            DbErr::BackendNotSupported { .. } => Error::new(
                ErrorKind::Configuration,
                format!("{place} needs a feature of `ai-persistence` that is not built in"),
            ),
            cause => failed(&format!("{place} could not be opened"), &cause),
        };
        #[cfg(unix)]
        private(url, backend).map_err(|cause| {
            Error::new(ErrorKind::Configuration, format!("{place} can't be made: {}", cause.kind()))
        })?;
        let in_memory = backend == DbBackend::Sqlite && url.contains(":memory:");
        let writer = sea_orm::Database::connect(options(url, backend, in_memory, true)).await;
        let writer = writer.map_err(unreachable)?;
        let reader = match backend {
            DbBackend::Sqlite if !in_memory => {
                let reader = sea_orm::Database::connect(options(url, backend, in_memory, false)).await;
                reader.map_err(unreachable)?
            }
            _ => writer.clone(),
        };
        Ok(Self { writer, reader, place })
    }

    /// Every migration of this library with whether it was applied, in their order.
    ///
    /// # Errors
    /// [`Configuration`](ErrorKind::Configuration) when the schema is newer than this library.
    pub async fn migrations(&self) -> Result<Vec<schema::Migration>> {
        schema::status(self).await
    }

    /// Applies what is pending. Safe to repeat, to run from several processes at once, and after a run that was killed.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) when a change fails; the next run repairs what was left half done.
    pub async fn migrate(&self) -> Result<()> {
        schema::migrate(self).await
    }

    /// Takes the last `steps` migrations back, with everything that their tables hold.
    ///
    /// # Errors
    /// As of [`migrate`](Self::migrate).
    pub async fn rollback(&self, steps: u32) -> Result<()> {
        schema::rollback(self, steps).await
    }

    /// The SQL of every migration, for those who run it themselves.
    pub fn sql(&self) -> String {
        schema::sql(self.backend())
    }

    /// Closes the connections after the statements that are under way.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) when one could not be closed.
    pub async fn close(self) -> Result<()> {
        let closed = |cause: DbErr| failed("the database could not be closed", &cause);
        self.reader.close().await.map_err(closed)?;
        self.writer.close().await.map_err(closed)
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// For statements that change something.
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// For questions.
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// A transaction that writes. On SQLite it takes the write lock at once, so it can't fail half-way because of another.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
        self.writer
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode,
                ..TransactionOptions::default()
            })
            .await
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("place", &self.place).finish_non_exhaustive()
    }
}

fn backend(url: &str) -> Option<DbBackend> {
    match url.split_once(':')?.0 {
        "sqlite" => Some(DbBackend::Sqlite),
        "postgres" | "postgresql" => Some(DbBackend::Postgres),
        "mysql" | "mariadb" => Some(DbBackend::MySql),
        _ => None,
    }
}

/// The URL without its password, user and parameters.
fn place(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return match url.strip_prefix("sqlite:") {
            Some(file) => format!("`sqlite:{}`", file.split('?').next().unwrap_or_default()),
            None => "the URL".to_owned(),
        };
    };
    let rest = rest.split('?').next().unwrap_or_default();
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("`{scheme}://{host}`")
}

/// Makes a new file readable for its owner alone: it holds conversations. SQLite gives its other files the same rights.
#[cfg(unix)]
fn private(url: &str, backend: DbBackend) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = url.strip_prefix("sqlite:").map(|file| file.strip_prefix("//").unwrap_or(file));
    let file = file.and_then(|file| file.split('?').next()).unwrap_or_default();
    if backend != DbBackend::Sqlite || file.is_empty() || file.contains(":memory:") {
        return Ok(());
    }
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(cause) if cause.kind() != std::io::ErrorKind::AlreadyExists => Err(cause),
        _ => Ok(()),
    }
}

fn options(url: &str, backend: DbBackend, in_memory: bool, writes: bool) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).acquire_timeout(REACH).connect_timeout(REACH);
    if backend != DbBackend::Sqlite {
        options.max_connections(16);
        return options;
    }
    options.max_connections(if writes { 1 } else { READERS });
    if in_memory {
        // The database lives as long as its one connection.
        options.min_connections(1).idle_timeout(None).max_lifetime(None);
    }
    options.map_sqlx_sqlite_opts(move |sqlite| {
        use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
        sqlite
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY)
            .foreign_keys(true)
            .read_only(!writes)
    });
    options
}
