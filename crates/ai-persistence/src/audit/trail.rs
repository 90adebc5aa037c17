//! Writing, reading and proving the trail.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use laravel_ai_core::{Clock, Error, ErrorKind, Result};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

use super::chain::{COLUMNS, Row};
use super::entry::{AuditEntry, AuditRecord};
use super::tables::{HEAD, LOG};
use crate::Database;
use crate::failure::failed;
use crate::instant::to_micros;

/// How many rows are read at a time.
const PAGE: u64 = 500;

/// An audit trail in a [`Database`]: rows that are only ever added, each with a hash over itself and the one before.
///
/// There is one chain for all tenants, so a tenant that was removed whole is missed as well. Writers queue for the row of the
/// head, on every server.
///
/// The chain shows what was changed by someone who does not rewrite all of it. Against someone who can, keep its
/// [head](Self::head) where they can't write, and [verify](Self::verify) against it.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_persistence::{AuditEntry, AuditTrail, Database};
/// # use laravel_ai_core::Clock;
///
/// # async fn keep(clock: Arc<dyn Clock>) -> laravel_ai_core::Result<()> {
/// let trail = AuditTrail::new(Database::open("sqlite:ai.db").await?, clock);
/// trail.append(&AuditEntry::new("user:7", "export", "conversation 12")).await?;
/// let kept_elsewhere = trail.head().await?.to_string();
/// trail.verify(Some(&kept_elsewhere.parse()?)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AuditTrail {
    database: Database,
    clock: Arc<dyn Clock>,
}

/// The end of a trail: how many entries it has, and the hash of the last. As text `<entries>:<hash>`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditHead {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last one in hexadecimal, or nothing where there is none.
    pub hash: String,
}

impl AuditTrail {
    /// The trail of a database, with times from `clock`.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// Adds an entry. It is in the database when this returns; when the future is dropped, it is there whole or not at all.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) when it could not be written.
    pub async fn append(&self, entry: &AuditEntry) -> Result<()> {
        self.append_all(std::slice::from_ref(entry)).await
    }

    /// Adds entries, all or none.
    pub(crate) async fn append_all(&self, entries: &[AuditEntry]) -> Result<()> {
        let transaction = self.database.begin().await.map_err(unwritten)?;
        for entry in entries {
            self.append_in(&transaction, entry).await?;
        }
        transaction.commit().await.map_err(unwritten)
    }

    /// Adds an entry together with what it is about.
    pub(crate) async fn append_in(
        &self,
        transaction: &DatabaseTransaction,
        entry: &AuditEntry,
    ) -> Result<()> {
        let detail = serde_json::to_string(&entry.detail)
            .map_err(|_| Error::new(ErrorKind::InvalidRequest, "an audit entry can't be written as JSON"))?;
        // First the lock: other writers wait here, and then read what this one wrote.
        let mut lock = Query::update();
        lock.table(HEAD).value("entries", Expr::col("entries").add(1)).and_where(Expr::col("id").eq(1));
        if transaction.execute(&lock).await.map_err(unwritten)?.rows_affected() != 1 {
            return Err(broken("its head is missing"));
        }
        let row = transaction.query_one(&head()).await.map_err(unwritten)?;
        let head = read_head(row.as_ref()).map_err(unwritten)?;
        let mut row = Row {
            sequence: i64::try_from(head.entries).unwrap_or(i64::MAX),
            at: to_micros(self.clock.wall()),
            // PostgreSQL keeps no NUL, and a label that has one must not keep an entry out.
            texts: [&entry.actor, &entry.action, &entry.subject, &entry.outcome, &detail]
                .map(|text| text.replace('\0', "\u{fffd}")),
            hash: String::new(),
        };
        row.hash = row.hash(&head.hash);
        let mut insert = Query::insert();
        insert.into_table(LOG).columns(COLUMNS);
        let mut values = vec![row.sequence.into(), row.at.into()];
        values.extend(row.texts.into_iter().map(sea_orm::Value::from));
        values.push(row.hash.clone().into());
        insert.values_panic(values.into_iter().map(Into::into));
        transaction.execute(&insert).await.map_err(unwritten)?;
        let mut end = Query::update();
        end.table(HEAD).value("hash", row.hash).and_where(Expr::col("id").eq(1));
        transaction.execute(&end).await.map_err(unwritten)?;
        Ok(())
    }

    /// The end of the trail, to be kept where nobody who writes to the database can change it.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) when it can't be read.
    pub async fn head(&self) -> Result<AuditHead> {
        let row = self.database.reader().query_one(&head()).await.map_err(unread)?;
        row.as_ref()
            .map_or_else(|| Err(broken("its head is missing")), |row| read_head(Some(row)).map_err(unread))
    }

    /// At most `limit` entries before the number `before`, newest first.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) when they can't be read.
    pub async fn list(&self, before: Option<u64>, limit: u64) -> Result<Vec<AuditRecord>> {
        let mut select = Query::select();
        select.columns(COLUMNS).from(LOG).order_by("sequence", Order::Desc).limit(limit);
        if let Some(before) = before {
            select.and_where(Expr::col("sequence").lt(i64::try_from(before).unwrap_or(i64::MAX)));
        }
        let rows = self.database.reader().query_all(&select).await.map_err(unread)?;
        rows.iter()
            .map(|row| {
                let row = Row::read(row).map_err(unread)?;
                let sequence = row.sequence;
                row.record().ok_or_else(|| broken(&format!("entry {sequence} was changed")))
            })
            .collect()
    }

    /// Reads the whole trail, 500 entries at a time, and proves that none was changed, removed or moved since it was written,
    /// nor since `kept`, a head of an earlier time. Returns the head.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) that names the first entry that is not as it was.
    pub async fn verify(&self, kept: Option<&AuditHead>) -> Result<AuditHead> {
        let head = self.head().await?;
        let mut proven = AuditHead { entries: 0, hash: String::new() };
        let mut kept_seen = kept.is_none_or(|kept| *kept == proven);
        loop {
            let from = i64::try_from(proven.entries).unwrap_or(i64::MAX);
            let mut page = Query::select();
            page.columns(COLUMNS)
                .from(LOG)
                .and_where(Expr::col("sequence").gt(from))
                .order_by("sequence", Order::Asc)
                .limit(PAGE);
            let rows = self.database.reader().query_all(&page).await.map_err(unread)?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let row = Row::read(row).map_err(unread)?;
                let next = proven.entries + 1;
                if u64::try_from(row.sequence) != Ok(next) {
                    return Err(broken(&format!("entry {next} is missing")));
                }
                if row.hash(&proven.hash) != row.hash {
                    return Err(broken(&format!("entry {next} was changed or moved")));
                }
                proven = AuditHead { entries: next, hash: row.hash };
                kept_seen |= kept == Some(&proven);
                if proven.entries == head.entries && proven.hash != head.hash {
                    return Err(broken(&format!("entry {next} is not the one that was written")));
                }
            }
        }
        // Entries that were added while this read are proven too.
        if proven.entries < head.entries {
            return Err(broken(&format!("entry {} is missing at its end", proven.entries + 1)));
        }
        match kept {
            Some(kept) if !kept_seen => {
                Err(broken(&format!("entry {} is not the one of the head that was kept", kept.entries)))
            }
            _ => Ok(proven),
        }
    }
}

impl fmt::Debug for AuditTrail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditTrail").field("database", &self.database).finish_non_exhaustive()
    }
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.entries, self.hash)
    }
}

impl FromStr for AuditHead {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let head = text.trim().split_once(':').and_then(|(entries, hash)| {
            let entries = entries.parse().ok()?;
            let length = if entries == 0 { 0 } else { 64 };
            let known = hash.len() == length && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            known.then(|| Self { entries, hash: hash.to_ascii_lowercase() })
        });
        head.ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "the head of an audit trail is written `<entries>:<hash>`")
        })
    }
}

fn head() -> SelectStatement {
    let mut select = Query::select();
    select.columns(["entries", "hash"]).from(HEAD).and_where(Expr::col("id").eq(1));
    select
}

fn read_head(row: Option<&sea_orm::QueryResult>) -> Result<AuditHead, DbErr> {
    let row = row.ok_or_else(|| DbErr::RecordNotFound(HEAD.to_owned()))?;
    let entries: i64 = row.try_get("", "entries")?;
    Ok(AuditHead { entries: entries.unsigned_abs(), hash: row.try_get("", "hash")? })
}

fn broken(what: &str) -> Error {
    Error::new(ErrorKind::Storage, format!("the audit trail is broken: {what}"))
}

fn unread(cause: DbErr) -> Error {
    failed("the audit trail could not be read", &cause)
}

fn unwritten(cause: DbErr) -> Error {
    failed("the audit entry was not written", &cause)
}
