//! Failures of the database as errors of the library.

use std::fmt;

use laravel_ai_core::{Error, ErrorKind};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr, sqlx};

/// What is known of a failure of the database: `error.vendor::<StorageError>()`.
///
/// It holds neither SQL nor values: both may quote a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorageError {
    /// The server's code: an SQLSTATE, or SQLite's extended result code.
    pub code: Option<String>,
    /// The constraint that was violated, where the server names it.
    pub constraint: Option<String>,
    /// The connection could not be had or broke: another try may succeed.
    pub unavailable: bool,
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.unavailable {
            "the database could not be reached"
        } else {
            "the database refused"
        })?;
        if let Some(code) = &self.code {
            write!(f, " (code {code})")?;
        }
        if let Some(constraint) = &self.constraint {
            write!(f, ", constraint {constraint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for StorageError {}

/// The error for `what` that failed, such as "the ledger's rows were not stored".
pub(crate) fn failed(what: &str, cause: &DbErr) -> Error {
    let known = known(cause);
    Error::new(ErrorKind::Storage, format!("{what}: {known}")).with_source(known)
}

/// Whether a row was refused because another has its key.
pub(crate) fn is_taken(cause: &DbErr) -> bool {
    matches!(cause.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// What the server itself said, if it said something.
pub(crate) fn refusal(cause: &DbErr) -> Option<&dyn sqlx::error::DatabaseError> {
    match cause {
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            cause.as_database_error()
        }
        _ => None,
    }
}

fn known(cause: &DbErr) -> StorageError {
    let nothing = StorageError { code: None, constraint: None, unavailable: false };
    match cause {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout | ConnAcquireErr::ConnectionClosed) => {
            StorageError { unavailable: true, ..nothing }
        }
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => match cause.as_database_error() {
            Some(refusal) => StorageError {
                code: refusal.code().map(Into::into),
                constraint: refusal.constraint().map(Into::into),
                unavailable: false,
            },
            None => StorageError {
                unavailable: matches!(
                    cause.as_ref(),
                    sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
                ),
                ..nothing
            },
        },
        _ => nothing,
    }
}
