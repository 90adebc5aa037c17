//! The database behind the library.

use std::fmt;
use std::sync::Arc;

use ai_costs::Budgets as _;
use ai_persistence::{Database, SqlBudgets, SqlLedger, SqlModels, SqlPrices, SqlStore};
use laravel_ai_core::{Error, ErrorKind, Result};

use crate::{Ai, AiBuilder};

/// A database, or where to find one: a URL (`sqlite:FILE`, `postgres://…`, `mysql://…`) or a [`Database`].
pub struct DatabaseSource(Source);

enum Source {
    Url(String),
    Open(Database),
}

impl From<&str> for DatabaseSource {
    fn from(url: &str) -> Self {
        Self(Source::Url(url.to_owned()))
    }
}

impl From<String> for DatabaseSource {
    fn from(url: String) -> Self {
        Self(Source::Url(url))
    }
}

impl From<Database> for DatabaseSource {
    fn from(database: Database) -> Self {
        Self(Source::Open(database))
    }
}

impl AiBuilder {
    /// With a database, in place of that of the configuration: conversations are kept there, unless
    /// [`store`](Self::store) says where, and the ledger, unless [`ledger`](Self::ledger) does. It is opened by [`start`](Self::start).
    ///
    /// ```
    /// use ai::Ai;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// let ai = Ai::builder().database("sqlite::memory:").start().await?;
    /// let conversation = ai.conversation();
    /// ai.flush().await?; // before the program ends
    /// # Ok(())
    /// # }
    /// ```
    pub fn database(mut self, database: impl Into<DatabaseSource>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// The library, with the database opened that the code or the configuration names. The tokio runtime in which this is
    /// called writes what can't be waited for.
    ///
    /// # Errors
    /// As [`build`](Self::build), and [`Database::open`]: an unreachable server, a schema that is older or newer.
    pub async fn start(mut self) -> Result<Ai> {
        let opened = match self.database.take() {
            Some(DatabaseSource(Source::Open(database))) => Some(database),
            Some(DatabaseSource(Source::Url(url))) => Some(Database::open(&url).await?),
            None => match self.settled().database()?.url {
                Some(url) => Some(Database::open(url.expose()).await?),
                None => None,
            },
        };
        if let Some(database) = opened {
            let kept = || Arc::new(SqlStore::new(database.clone(), Arc::clone(&self.clock))) as _;
            self.store = Some(self.store.take().unwrap_or_else(kept));
            let rows = || Arc::new(SqlLedger::new(database.clone())) as _;
            let own_ledger = self.ledger.is_none();
            self.ledger = Some(self.ledger.take().unwrap_or_else(rows));
            if self.budgets.is_none() {
                let budgets = SqlBudgets::new(database.clone());
                // Without one a call has nothing to ask, so a program that has none pays nothing for them.
                let some = !budgets.list().await?.is_empty();
                self.budgets = some.then(|| Arc::new(budgets) as _);
                // Both are in this database, so a row and its settlement can be one transaction.
                self.rows_beside = own_ledger;
            }
            self.kept_prices = SqlPrices::new(database.clone()).overrides().await?;
            self.lists = Arc::new(SqlModels::new(database.clone()));
            self.opened = Some(database);
        }
        self.build()
    }

    /// Refuses to forget what a database is there to keep.
    pub(crate) fn without_database(&mut self) -> Result<()> {
        let named = self.database.is_some() || self.settled().database()?.url.is_some();
        if named && self.opened.is_none() && self.store.is_none() {
            let message = "a database is configured, which is opened by `start().await` in place of `build()`; \
                           `.store(…)` says where conversations are kept without it";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        Ok(())
    }
}

impl Ai {
    /// The database that was opened by [`AiBuilder::start`].
    pub fn database(&self) -> Option<&Database> {
        self.0.database.as_ref()
    }
}

impl fmt::Debug for DatabaseSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            // It may hold a password.
            Source::Url(_) => f.write_str("DatabaseSource(url)"),
            Source::Open(database) => f.debug_tuple("DatabaseSource").field(database).finish(),
        }
    }
}
