//! Reserving and settling, each in one short transaction under the locks of the accounts it touches.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use ai_costs::{Ask, Book, Budget, BudgetStatus, Budgets, Closing, Grant, Settlement};
use async_trait::async_trait;
use laravel_ai_core::{AttemptId, Error, ErrorKind, Result};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::tables::{ACCOUNTS, BUDGETS, RESERVATIONS};
use crate::failure::failed;
use crate::instant::to_micros;
use crate::ledger::insert_row;
use crate::queue::{Queue, Work};
use crate::{Database, StorageError};

/// So many settlements wait for the database at most.
const ROOM: usize = 10_000;
const BATCH: usize = 64;
/// So often an operation is begun again that lost against another.
const TRIES: u32 = 40;
/// After so many reservations, what is over is looked for.
const SWEEP: u64 = 1_024;
/// For how long a reservation that is over is still known, and an account that is over stays.
const REMEMBERED: Duration = Duration::from_secs(25 * 3600);

/// Budgets in a database: they hold for all processes that use it together.
///
/// * Reserving and settling are one transaction each, which locks the accounts of the call and no others. No connection is held
///   while a call is made.
/// * A row of the ledger that comes with a settlement is in the same transaction: there is both or neither.
/// * The reservation of a process that died is given back when its lease is over.
/// * The rules are those of [`MemoryBudgets`](ai_costs::MemoryBudgets), by the same code.
///
/// A database that can't be asked is an error, and the call is refused, unless
/// [`Spending::open_on_failure`] says otherwise.
///
/// [`Spending::open_on_failure`]: https://docs.rs/ai-layers
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// use ai_costs::{Budget, Budgets, Dimension, Period, Scope};
/// use ai_persistence::{Database, SqlBudgets};
/// use laravel_ai_core::Money;
///
/// let database = Database::open("sqlite::memory:").await?;
/// let budgets = SqlBudgets::new(database);
/// let limit = Money::usd("20".parse().unwrap());
/// budgets.define(Budget::new("per user", Scope::each(Dimension::User), Period::Month, limit)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqlBudgets {
    shared: Arc<Shared>,
    queue: Arc<Queue<Closing>>,
}

struct Shared {
    database: Database,
    reserved: AtomicU64,
}

/// Why an operation did not end: what it says, or the database.
enum Stop {
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

type Step<T> = std::result::Result<T, Stop>;

impl SqlBudgets {
    /// Budgets in this database.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which settles what was handed over.
    pub fn new(database: Database) -> Self {
        let shared = Arc::new(Shared { database, reserved: AtomicU64::new(0) });
        let queue = Arc::new(Queue::new(ROOM, BATCH, Settling(Arc::clone(&shared))));
        Self { shared, queue }
    }

    /// Forgets accounts of periods that are long over and reservations that nobody will ask for, at this time. Now and then a
    /// reservation does it by itself.
    ///
    /// # Errors
    /// When the database could not be asked.
    pub async fn forget_what_is_over(&self, at: SystemTime) -> Result<()> {
        self.shared.sweep(at).await
    }

    /// How many settlements were handed over and could not be kept; their reservations end by themselves.
    pub fn lost(&self) -> u64 {
        self.queue.lost()
    }
}

impl Shared {
    /// Does something in one transaction, again when it lost against another that did something to the same accounts.
    async fn transact<T, F>(&self, what: &str, work: impl Fn(DatabaseTransaction) -> F) -> Result<T>
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
    async fn book(&self, on: &impl ConnectionTrait) -> Step<Book> {
        Ok(Book::of(self.budgets(on).await?))
    }

    async fn budgets(&self, on: &impl ConnectionTrait) -> Step<Vec<(Budget, u64)>> {
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
    async fn accounts(
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
    async fn write(
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

    async fn reservation(
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

    async fn keep_reservation(
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
    async fn lapse(&self, at: SystemTime) -> Result<()> {
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
    async fn sweep(&self, at: SystemTime) -> Result<()> {
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

    async fn settle(&self, closing: &Closing) -> Result<Settlement> {
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

fn accounts() -> SelectStatement {
    let mut select = Query::select();
    select.columns(["id", "account"]).from(ACCOUNTS).order_by("id", Order::Asc);
    select
}

/// Reads accounts onto a page. Their ids.
fn read(rows: Vec<QueryResult>, book: &mut Book) -> Step<Vec<String>> {
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        book.add_account(&row.try_get::<String>("", "account")?)?;
        ids.push(row.try_get("", "id")?);
    }
    Ok(ids)
}

fn digest(name: &str) -> String {
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

#[async_trait]
impl Budgets for SqlBudgets {
    async fn define(&self, budget: Budget) -> Result<()> {
        budget.validate()?;
        let text = serde_json::to_string(&budget);
        let text =
            text.map_err(|_| Error::new(ErrorKind::Configuration, "a budget can't be written as JSON"))?;
        let shared = &self.shared;
        shared
            .transact("a budget could not be set", async |transaction| {
                let before = shared.budgets(&transaction).await?;
                let known = before.iter().any(|(known, _)| known.name == budget.name);
                let mut book = Book::of(before);
                let (new, _) = Uuid::now_v7().as_u64_pair();
                let generation = book.define(budget.clone(), new >> 1)?.cast_signed();
                if known {
                    let mut update = Query::update();
                    update.table(BUDGETS).value("generation", generation).value("budget", text.clone());
                    update.and_where(Expr::col("name").eq(budget.name.clone()));
                    transaction.execute(&update).await?;
                } else {
                    let mut insert = Query::insert();
                    insert.into_table(BUDGETS).columns(["name", "generation", "budget"]);
                    insert.values_panic([budget.name.clone().into(), generation.into(), text.clone().into()]);
                    transaction.execute(&insert).await?;
                }
                Ok((transaction, ()))
            })
            .await
    }

    async fn remove(&self, name: &str) -> Result<bool> {
        self.shared
            .transact("a budget could not be removed", async |transaction| {
                let mut accounts = Query::delete();
                accounts.from_table(ACCOUNTS).and_where(Expr::col("budget").eq(name));
                transaction.execute(&accounts).await?;
                let mut budget = Query::delete();
                budget.from_table(BUDGETS).and_where(Expr::col("name").eq(name));
                let found = transaction.execute(&budget).await?.rows_affected() > 0;
                Ok((transaction, found))
            })
            .await
    }

    async fn reset(&self, name: &str) -> Result<bool> {
        let shared = &self.shared;
        shared
            .transact("a budget could not be reset", async |transaction| {
                let budgets = shared.budgets(&transaction).await?;
                let found = budgets.iter().any(|(budget, _)| budget.name == name);
                let mut book = Book::of(budgets);
                let mut select = accounts();
                select.and_where(Expr::col("budget").eq(name)).lock(LockType::Update);
                let known = read(transaction.query_all(&select).await?, &mut book)?;
                book.reset(name);
                for (account, _, text) in book.changed()? {
                    let id = digest(&account);
                    if known.contains(&id) {
                        let mut update = Query::update();
                        update.table(ACCOUNTS).value("account", text).and_where(Expr::col("id").eq(id));
                        transaction.execute(&update).await?;
                    }
                }
                Ok((transaction, found))
            })
            .await
    }

    async fn list(&self) -> Result<Vec<Budget>> {
        let budgets = self.shared.budgets(self.shared.database.reader()).await.map_err(unread)?;
        Ok(budgets.into_iter().map(|(budget, _)| budget).collect())
    }

    async fn status(&self, at: SystemTime) -> Result<Vec<BudgetStatus>> {
        self.shared.lapse(at).await?;
        let reader = self.shared.database.reader();
        let mut book = self.shared.book(reader).await.map_err(unread)?;
        let rows = reader.query_all(&accounts()).await.map_err(|cause| unread(cause.into()))?;
        read(rows, &mut book).map_err(unread)?;
        Ok(book.status(at))
    }

    async fn reserve(&self, ask: &Ask) -> Result<Grant> {
        let shared = &self.shared;
        if shared.reserved.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            shared.sweep(ask.at).await?;
        }
        shared.lapse(ask.at).await?;
        shared
            .transact("the budgets could not be asked", async |transaction| {
                let mut book = shared.book(&transaction).await?;
                if let Some(text) = shared.reservation(&transaction, ask.attempt, false).await? {
                    book.add_reservation(ask.attempt, &text)?;
                    return Ok((transaction, book.reserve(ask)?));
                }
                let names = book.accounts_of(ask);
                let known = shared.accounts(&transaction, &mut book, &names).await?;
                let grant = book.reserve(ask)?;
                shared.write(&transaction, &book, &known, ask.at).await?;
                shared.keep_reservation(&transaction, &book, ask.attempt, true).await?;
                Ok((transaction, grant))
            })
            .await
    }

    async fn settle(&self, closing: Closing) -> Result<Settlement> {
        self.shared.settle(&closing).await
    }

    fn hand_over(&self, closing: Closing) {
        self.queue.offer(closing);
    }

    async fn flush(&self) -> Result<()> {
        self.queue.flush().await
    }
}

fn unread(stop: Stop) -> Error {
    match stop {
        Stop::Said(error) => error,
        Stop::Database(cause) => failed("the budgets could not be read", &cause),
    }
}

/// Settles what was handed over.
struct Settling(Arc<Shared>);

impl Work<Closing> for Settling {
    async fn work(&self, batch: Vec<Closing>) -> Result<u64> {
        let mut lost = 0;
        for closing in batch {
            if let Err(error) = self.0.settle(&closing).await {
                tracing::error!(%error, "what a call spent was not settled; its reservation ends by itself");
                lost += 1;
            }
        }
        Ok(lost)
    }
}

impl fmt::Debug for SqlBudgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlBudgets")
            .field("database", &self.shared.database)
            .field("queue", &self.queue)
            .finish()
    }
}
