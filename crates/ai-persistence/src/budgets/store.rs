//! Reserving and settling, each in one short transaction under the locks of the accounts it touches.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use ai_costs::{Ask, Book, Budget, BudgetStatus, Budgets, Closing, Grant, Settlement};
use async_trait::async_trait;
use laravel_ai_core::{Error, ErrorKind, Result};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Query};
use uuid::Uuid;

use super::shared::{Shared, accounts, digest, read, unread};
use super::tables::{ACCOUNTS, BUDGETS};
use crate::Database;
use crate::queue::{Queue, Work};

/// So many settlements wait for the database at most.
const ROOM: usize = 10_000;
const BATCH: usize = 64;
/// After so many reservations, what is over is looked for.
const SWEEP: u64 = 1_024;

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
