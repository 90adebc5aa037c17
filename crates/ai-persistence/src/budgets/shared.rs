//! What every operation on budgets is made of: one short transaction, a page of the books, the locks of its accounts.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use ai_costs::{Book, Budget, Closing, Settlement};
use laravel_ai_core::{AttemptId, Error, ErrorKind, Result};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::tables::{ACCOUNTS, BUDGETS, RESERVATIONS};
use crate::failure::failed;
use crate::instant::to_micros;
use crate::ledger::insert_row;
use crate::{Database, StorageError};

/// So often an operation is begun again that lost against another.
const TRIES: u32 = 40;
/// For how long a reservation that is over is still known, and an account that is over stays.
const REMEMBERED: Duration = Duration::from_secs(25 * 3600);

pub(super) struct Shared {
    pub(super) database: Database,
    pub(super) reserved: AtomicU64,
}

/// Why an operation did not end: what it says, or the database.
pub(super) enum Stop {
    Said(Error),
    Database(DbErr),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Said(error)
    }
}

impl From<DbErr> for Stop {
    fn from(cause: DbErr) -> Self {
        Self::Database(cause)
    }
}

pub(super) type Step<T> = std::result::Result<T, Stop>;

impl Shared {
    /// Does something in one transaction, again when it lost against another that did something to the same accounts.
    pub(super) async fn transact<T, F>(
        &self,
        what: &str,
        work: impl Fn(DatabaseTransaction) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Step<(DatabaseTransaction, T)>>,
    {
        let mut tries = 0;
        loop {
            let done = async {
                let transaction = self.database.begin().await?;
                let (transaction, value) = work(transaction).await?;
                transaction.commit().await?;
                Ok(value)
            };
            let cause = match done.await {
                Ok(value) => return Ok(value),
                Err(Stop::Said(error)) => return Err(error),
                Err(Stop::Database(cause)) => cause,
            };
            let error = failed(what, &cause);
            tries += 1;
            if tries >= TRIES || !is_lost_race(&error) {
                return Err(error.with_possibly_billed(false));
            }
            tokio::time::sleep(Duration::from_millis(u64::from(tries))).await;
        }
    }

    /// A page about all budgets.
    pub(super) async fn book(&self, on: &impl ConnectionTrait) -> Step<Book> {
        Ok(Book::of(self.budgets(on).await?))
    }

    pub(super) async fn budgets(&self, on: &impl ConnectionTrait) -> Step<Vec<(Budget, u64)>> {
        let mut select = Query::select();
        select.columns(["generation", "budget"]).from(BUDGETS).order_by("name", Order::Asc);
        let budget = |row: QueryResult| -> Step<(Budget, u64)> {
            let text: String = row.try_get("", "budget")?;
            let generation: i64 = row.try_get("", "generation")?;
            let budget = serde_json::from_str(&text);
            let unreadable = |_| Error::new(ErrorKind::Storage, "a budget in the database can't be read");
            Ok((budget.map_err(unreadable)?, generation.cast_unsigned()))
        };
        on.query_all(&select).await?.into_iter().map(budget).collect()
    }

    /// Reads accounts onto a page and locks them, in the order of their ids, which all take.
    pub(super) async fn accounts(
        &self,
        on: &DatabaseTransaction,
        book: &mut Book,
        names: &[String],
    ) -> Step<Vec<String>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = names.iter().map(|name| digest(name)).collect();
        let mut select = accounts();
        select.and_where(Expr::col("id").is_in(ids)).lock(LockType::Update);
        read(on.query_all(&select).await?, book)
    }

    /// Writes what an operation changed. Accounts that were not there are made: two who do that at once find out.
    pub(super) async fn write(
        &self,
        on: &DatabaseTransaction,
        book: &Book,
        known: &[String],
        at: SystemTime,
    ) -> Step<()> {
        for (name, budget, text) in book.changed()? {
            let id = digest(&name);
            if known.contains(&id) {
                let mut update = Query::update();
                update.table(ACCOUNTS).value("account", text).value("touched_at", to_micros(at));
                update.and_where(Expr::col("id").eq(id));
                on.execute(&update).await?;
            } else {
                let mut insert = Query::insert();
                insert.into_table(ACCOUNTS).columns(["id", "budget", "touched_at", "account"]);
                insert.values_panic([id.into(), budget.into(), to_micros(at).into(), text.into()]);
                on.execute(&insert).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn reservation(
        &self,
        on: &impl ConnectionTrait,
        attempt: AttemptId,
        lock: bool,
    ) -> Step<Option<String>> {
        let mut select = Query::select();
        select
            .column("reservation")
            .from(RESERVATIONS)
            .and_where(Expr::col("attempt").eq(*attempt.as_uuid()));
        if lock {
            select.lock(LockType::Update);
        }
        let row = on.query_one(&select).await?;
        Ok(row.map(|row| row.try_get("", "reservation")).transpose()?)
    }

    pub(super) async fn keep_reservation(
        &self,
        on: &DatabaseTransaction,
        book: &Book,
        attempt: AttemptId,
        new: bool,
    ) -> Step<()> {
        let Some((text, open, expires)) = book.reservation(attempt)? else { return Ok(()) };
        let id = *attempt.as_uuid();
        if new {
            let mut insert = Query::insert();
            insert.into_table(RESERVATIONS).columns(["attempt", "is_open", "expires_at", "reservation"]);
            insert.values_panic([id.into(), open.into(), to_micros(expires).into(), text.into()]);
            on.execute(&insert).await?;
        } else {
            let mut update = Query::update();
            update.table(RESERVATIONS).value("is_open", open).value("reservation", text);
            update.and_where(Expr::col("attempt").eq(id));
            on.execute(&update).await?;
        }
        Ok(())
    }

    /// Gives back what reservations hold whose life is over: their process died, or never closed them.
    pub(super) async fn lapse(&self, at: SystemTime) -> Result<()> {
        let over = async {
            let mut select = Query::select();
            select.column("attempt").from(RESERVATIONS).and_where(Expr::col("is_open").eq(true));
            select
                .and_where(Expr::col("expires_at").lte(to_micros(at)))
                .order_by("expires_at", Order::Asc)
                .limit(100);
            let rows = self.database.writer().query_all(&select).await?;
            rows.iter()
                .map(|row| row.try_get::<Uuid>("", "attempt"))
                .collect::<std::result::Result<Vec<_>, _>>()
        };
        let unasked = |cause| failed("the budgets could not be asked", &cause).with_possibly_billed(false);
        let over = over.await.map_err(unasked)?;
        for attempt in over.into_iter().map(AttemptId::from) {
            self.transact("a reservation could not be given back", async |transaction| {
                let Some(text) = self.reservation(&transaction, attempt, true).await? else {
                    return Ok((transaction, ()));
                };
                let mut book = self.book(&transaction).await?;
                let known =
                    self.accounts(&transaction, &mut book, &Book::accounts_of_reservation(&text)?).await?;
                book.add_reservation(attempt, &text)?;
                book.lapse(at);
                self.write(&transaction, &book, &known, at).await?;
                self.keep_reservation(&transaction, &book, attempt, false).await?;
                Ok((transaction, ()))
            })
            .await?;
        }
        Ok(())
    }

    /// Forgets what is over: accounts of past periods, and reservations that nobody will ask for.
    pub(super) async fn sweep(&self, at: SystemTime) -> Result<()> {
        let old = to_micros(at.checked_sub(REMEMBERED).unwrap_or(at));
        let work = async {
            let mut forget = Query::delete();
            forget.from_table(RESERVATIONS).and_where(Expr::col("is_open").eq(false));
            forget.and_where(Expr::col("expires_at").lt(old));
            self.database.writer().execute(&forget).await?;
            let mut select = accounts();
            select.and_where(Expr::col("touched_at").lt(old)).limit(1_000);
            let mut book = self.book(self.database.writer()).await?;
            read(self.database.writer().query_all(&select).await?, &mut book)?;
            let over = book.over(at);
            if !over.is_empty() {
                let mut forget = Query::delete();
                // One that was used again since it was read stays.
                forget.from_table(ACCOUNTS).and_where(Expr::col("touched_at").lt(old));
                forget.and_where(Expr::col("id").is_in(over.iter().map(|name| digest(name))));
                self.database.writer().execute(&forget).await?;
            }
            Ok(())
        };
        work.await.map_err(|stop| match stop {
            Stop::Said(error) => error,
            Stop::Database(cause) => failed("what is over of budgets could not be forgotten", &cause),
        })
    }

    pub(super) async fn settle(&self, closing: &Closing) -> Result<Settlement> {
        let attempt = closing.attempt;
        self.transact("what a call spent could not be settled", async |transaction| {
            let text = self.reservation(&transaction, attempt, true).await?;
            let mut book = self.book(&transaction).await?;
            let mut known = Vec::new();
            if let Some(text) = &text {
                known = self.accounts(&transaction, &mut book, &Book::accounts_of_reservation(text)?).await?;
                book.add_reservation(attempt, text)?;
            }
            let settlement = book.settle(closing)?;
            self.write(&transaction, &book, &known, closing.at).await?;
            self.keep_reservation(&transaction, &book, attempt, false).await?;
            if let Some(row) = &closing.row {
                let mut row = (**row).clone();
                row.overran |= settlement.overrun.is_some();
                insert_row(&transaction, self.database.backend(), row).await.map_err(Stop::Said)?;
            }
            Ok((transaction, settlement))
        })
        .await
    }
}

pub(super) fn accounts() -> SelectStatement {
    let mut select = Query::select();
    select.columns(["id", "account"]).from(ACCOUNTS).order_by("id", Order::Asc);
    select
}

/// Reads accounts onto a page. Their ids.
pub(super) fn read(rows: Vec<QueryResult>, book: &mut Book) -> Step<Vec<String>> {
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        book.add_account(&row.try_get::<String>("", "account")?)?;
        ids.push(row.try_get("", "id")?);
    }
    Ok(ids)
}

pub(super) fn digest(name: &str) -> String {
    Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether another operation was quicker: a deadlock, a serialization failure, a row that both made, a busy file.
fn is_lost_race(error: &Error) -> bool {
    let code = error.vendor::<StorageError>().and_then(|error| error.code.as_deref());
    matches!(
        code,
        Some(
            "40001"
                | "40P01"
                | "23505"
                | "55P03"
                | "1213"
                | "1205"
                | "1062"
                | "23000"
                | "5"
                | "6"
                | "517"
                | "1555"
                | "2067"
        )
    )
}

pub(super) fn unread(stop: Stop) -> Error {
    match stop {
        Stop::Said(error) => error,
        Stop::Database(cause) => failed("the budgets could not be read", &cause),
    }
}
