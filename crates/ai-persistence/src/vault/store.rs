//! Accounts in the database.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use laravel_ai_core::{Clock, Error, ErrorKind, Fingerprint, Result, Secret};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};
use uuid::Uuid;

use super::account::{Account, AccountName};
use super::envelope::{Envelope, Place};
use super::error::VaultError;
use super::master_key::MasterKeys;
use super::tables::ACCOUNTS;
use crate::Database;
use crate::audit::{AuditEntry, AuditTrail};
use crate::failure::{failed, is_taken};
use crate::instant::{from_micros, to_micros};

const COLUMNS: [&str; 14] = [
    "id",
    "tenant",
    "provider",
    "name",
    "is_default",
    "is_active",
    "version",
    "master_key",
    "wrapped_key",
    "credentials_encrypted",
    "fingerprint",
    "created_at",
    "updated_at",
    "sealed_at",
];

/// Keeps credentials in a [`Database`], each sealed under a data key of its own, which is sealed under a master key.
///
/// * An envelope is bound to its tenant, connection, name and version: moved to another row it does not open. An older row
///   that is put back as a whole does open; the audit trail shows which fingerprint was given out.
/// * What is done to an account and its audit entry are one transaction. A credential is given out only after its entry was
///   written.
/// * As [`Credentials`](laravel_ai_core::Credentials) it reads the database for each attempt, so a rotated credential is used
///   by the next one, in every process. A call uses the default account of its connection and of the tenant in its labels; a
///   tenant without an account is refused, never served with the house's.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_persistence::{AccountName, Database, MasterKeys, Vault};
/// use laravel_ai_core::Secret;
/// # use laravel_ai_core::Clock;
///
/// # async fn keep(clock: Arc<dyn Clock>, master_key: Secret, key: Secret, newer: Secret) -> laravel_ai_core::Result<()> {
/// let vault = Vault::new(Database::open("sqlite:ai.db").await?, MasterKeys::parse(&master_key)?, clock);
/// let account = AccountName::new("openai", "production").with_tenant("acme");
/// vault.add("user:7", &account, &key).await?;
/// vault.rotate("user:7", &account, &newer).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Vault {
    database: Database,
    keys: Arc<MasterKeys>,
    pub(super) trail: AuditTrail,
    clock: Arc<dyn Clock>,
}

pub(super) struct Stored {
    id: Uuid,
    sealed_at: i64,
    envelope: Envelope,
    pub(super) account: Account,
}

impl Vault {
    /// The vault of a database.
    pub fn new(database: Database, keys: MasterKeys, clock: Arc<dyn Clock>) -> Self {
        let trail = AuditTrail::new(database.clone(), clock.clone());
        Self { database, keys: Arc::new(keys), trail, clock }
    }

    /// Adds an account. The first one of a tenant's connection is the default.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) for a name that does not fit or is taken, and for a blank credential.
    pub async fn add(&self, actor: &str, name: &AccountName, secret: &Secret) -> Result<()> {
        name.check()?;
        sendable(secret)?;
        let (id, version) = (Uuid::now_v7(), 1);
        let envelope = Envelope::seal(&self.keys, &Place { id, name, version }, secret)?;
        let transaction = self.begin(actor, "credential.add", name, Some(secret.fingerprint())).await?;
        let mut others = Query::select();
        others
            .column("id")
            .from(ACCOUNTS)
            .cond_where(connection(name.tenant.as_deref(), &name.provider))
            .limit(1);
        let first = transaction.query_one(&others).await.map_err(unread)?.is_none();
        let now = to_micros(self.clock.wall());
        let mut insert = Query::insert();
        insert.into_table(ACCOUNTS).columns(COLUMNS).values_panic([
            id.into(),
            name.tenant.clone().unwrap_or_default().into(),
            name.provider.clone().into(),
            name.name.clone().into(),
            first.into(),
            true.into(),
            version.into(),
            envelope.master_key.to_string().into(),
            envelope.wrapped_key.into(),
            envelope.credentials.into(),
            secret.fingerprint().to_string().into(),
            now.into(),
            now.into(),
            now.into(),
        ]);
        match transaction.execute(&insert).await {
            Err(cause) if is_taken(&cause) => Err(VaultError::Taken.about(name)),
            Err(cause) => Err(unwritten(cause)),
            Ok(_) => transaction.commit().await.map_err(unwritten),
        }
    }

    /// Every account by tenant, connection and name; nothing that is secret.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) when they can't be read.
    pub async fn list(&self) -> Result<Vec<Account>> {
        Ok(self.stored(Condition::all()).await?.into_iter().map(|stored| stored.account).collect())
    }

    /// Opens an account to prove that it can be, and forgets what was in it. That is an access, and written down as one.
    ///
    /// # Errors
    /// As [`VaultError`] says.
    pub async fn test(&self, actor: &str, name: &AccountName) -> Result<()> {
        self.give(AuditEntry::new(actor, "credential.test", name.to_string()), named(name), name)
            .await
            .map(drop)
    }

    /// Replaces the credential, under a new data key. The next attempt of any process uses it.
    ///
    /// # Errors
    /// As [`VaultError`] says; the old credential stays.
    pub async fn rotate(&self, actor: &str, name: &AccountName, secret: &Secret) -> Result<()> {
        sendable(secret)?;
        let stored = self.find(name).await?;
        self.replace(actor, "credential.rotate", &stored, secret).await
    }

    /// Makes this the account that calls of its tenant and connection use.
    ///
    /// # Errors
    /// As [`VaultError`] says.
    pub async fn make_default(&self, actor: &str, name: &AccountName) -> Result<()> {
        let transaction = self.begin(actor, "credential.make_default", name, None).await?;
        let mut found = Query::select();
        found.column("id").from(ACCOUNTS).cond_where(named(name));
        if transaction.query_one(&found).await.map_err(unread)?.is_none() {
            return Err(VaultError::UnknownAccount.about(name));
        }
        let mut update = Query::update();
        update
            .table(ACCOUNTS)
            .value("is_default", Expr::col("name").eq(name.name.as_str()))
            .cond_where(connection(name.tenant.as_deref(), &name.provider));
        transaction.execute(&update).await.map_err(unwritten)?;
        transaction.commit().await.map_err(unwritten)
    }

    /// Gives the credential out no longer, until it is [enabled](Self::enable).
    ///
    /// # Errors
    /// As [`VaultError`] says.
    pub async fn disable(&self, actor: &str, name: &AccountName) -> Result<()> {
        self.set_active(actor, "credential.disable", name, false).await
    }

    /// Gives the credential out again.
    ///
    /// # Errors
    /// As [`VaultError`] says.
    pub async fn enable(&self, actor: &str, name: &AccountName) -> Result<()> {
        self.set_active(actor, "credential.enable", name, true).await
    }

    /// Removes an account with its envelope. No other one takes its place as the default.
    ///
    /// # Errors
    /// As [`VaultError`] says.
    pub async fn remove(&self, actor: &str, name: &AccountName) -> Result<()> {
        let transaction = self.begin(actor, "credential.remove", name, None).await?;
        let mut delete = Query::delete();
        delete.from_table(ACCOUNTS).cond_where(named(name));
        if transaction.execute(&delete).await.map_err(unwritten)?.rows_affected() == 0 {
            return Err(VaultError::UnknownAccount.about(name));
        }
        transaction.commit().await.map_err(unwritten)
    }

    /// Seals every account anew, under a new data key and the first master key, that is under another master key or whose
    /// data key is older than `before`. Returns how many were.
    ///
    /// Calls go on meanwhile. Each account is one transaction, so a run that was killed is finished by another with the same
    /// `before`, which is not in the future. `SystemTime::UNIX_EPOCH` changes the master key alone. Afterwards the older master keys are no longer needed.
    ///
    /// # Errors
    /// As [`VaultError`] says, at the first account that can't be opened or was changed meanwhile; run it again.
    pub async fn seal_anew(&self, actor: &str, before: SystemTime) -> Result<u64> {
        let due = Condition::any()
            .add(Expr::col("master_key").ne(self.keys.sealing_id().to_string()))
            .add(Expr::col("sealed_at").lt(to_micros(before)));
        let mut sealed = 0;
        for stored in self.stored(due).await? {
            let secret = self.open(&stored)?;
            self.replace(actor, "credential.seal", &stored, &secret).await?;
            sealed += 1;
        }
        Ok(sealed)
    }

    /// Opens the one account of `condition` and writes down that it was, or why not.
    pub(super) async fn give(
        &self,
        mut entry: AuditEntry,
        condition: Condition,
        sought: &AccountName,
    ) -> Result<Secret> {
        let outcome = match self.stored(condition).await?.first() {
            None => Err(VaultError::UnknownAccount.about(sought)),
            Some(stored) => {
                entry.subject = stored.account.name.to_string();
                entry = entry.with_detail("fingerprint", stored.account.fingerprint.to_string());
                match stored.account.is_active {
                    false => Err(VaultError::Disabled.about(&stored.account.name)),
                    true => self.open(stored),
                }
            }
        };
        if let Err(error) = &outcome {
            entry.outcome = error.vendor::<VaultError>().map_or("failed", VaultError::outcome).to_owned();
        }
        self.trail.append(&entry).await?;
        outcome
    }

    fn open(&self, stored: &Stored) -> Result<Secret> {
        let Stored { id, envelope, account, .. } = stored;
        let version = version(account.version);
        let secret = envelope
            .open(&self.keys, &Place { id: *id, name: &account.name, version })
            .map_err(|error| error.about(&account.name))?;
        if secret.fingerprint() != account.fingerprint {
            return Err(VaultError::Tampered.about(&account.name));
        }
        Ok(secret)
    }

    async fn replace(&self, actor: &str, action: &str, stored: &Stored, secret: &Secret) -> Result<()> {
        let account = &stored.account;
        let (old, new) = (version(account.version), version(account.version + 1));
        let place = Place { id: stored.id, name: &account.name, version: new };
        let envelope = Envelope::seal(&self.keys, &place, secret)?;
        let fingerprint = secret.fingerprint();
        let transaction = self.begin(actor, action, &account.name, Some(fingerprint)).await?;
        let now = to_micros(self.clock.wall());
        let changed = fingerprint != account.fingerprint;
        let mut update = Query::update();
        update
            .table(ACCOUNTS)
            .value("version", new)
            .value("master_key", envelope.master_key.to_string())
            .value("wrapped_key", envelope.wrapped_key)
            .value("credentials_encrypted", envelope.credentials)
            .value("fingerprint", fingerprint.to_string())
            .value("updated_at", if changed { now } else { to_micros(account.updated_at) })
            // Never before the time of the last one: clocks of two machines differ.
            .value("sealed_at", Ord::max(now, stored.sealed_at))
            .and_where(Expr::col("id").eq(stored.id))
            .and_where(Expr::col("version").eq(old));
        if transaction.execute(&update).await.map_err(unwritten)?.rows_affected() == 0 {
            return Err(VaultError::Conflict.about(&account.name));
        }
        transaction.commit().await.map_err(unwritten)
    }

    async fn set_active(&self, actor: &str, action: &str, name: &AccountName, active: bool) -> Result<()> {
        let transaction = self.begin(actor, action, name, None).await?;
        let mut found = Query::select();
        found.column("id").from(ACCOUNTS).cond_where(named(name));
        // MySQL counts no row that was so already.
        if transaction.query_one(&found).await.map_err(unread)?.is_none() {
            return Err(VaultError::UnknownAccount.about(name));
        }
        let mut update = Query::update();
        update.table(ACCOUNTS).value("is_active", active).cond_where(named(name));
        transaction.execute(&update).await.map_err(unwritten)?;
        transaction.commit().await.map_err(unwritten)
    }

    /// A transaction that begins with its audit entry, whose lock keeps writers of the vault apart. One that is dropped leaves
    /// neither.
    async fn begin(
        &self,
        actor: &str,
        action: &str,
        name: &AccountName,
        fingerprint: Option<Fingerprint>,
    ) -> Result<DatabaseTransaction> {
        let mut entry = AuditEntry::new(actor, action, name.to_string());
        if let Some(fingerprint) = fingerprint {
            entry = entry.with_detail("fingerprint", fingerprint.to_string());
        }
        let transaction = self.database.begin().await.map_err(unwritten)?;
        self.trail.append_in(&transaction, &entry).await?;
        Ok(transaction)
    }

    async fn find(&self, name: &AccountName) -> Result<Stored> {
        let found = self.stored(named(name)).await?.into_iter().next();
        found.ok_or_else(|| VaultError::UnknownAccount.about(name))
    }

    async fn stored(&self, condition: Condition) -> Result<Vec<Stored>> {
        let mut select = Query::select();
        select.columns(COLUMNS).from(ACCOUNTS).cond_where(condition);
        for column in ["tenant", "provider", "name"] {
            select.order_by(column, Order::Asc);
        }
        let rows = self.database.reader().query_all(&select).await.map_err(unread)?;
        rows.iter().map(stored).collect()
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("database", &self.database)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

pub(super) fn connection(tenant: Option<&str>, provider: &str) -> Condition {
    Condition::all()
        .add(Expr::col("tenant").eq(tenant.unwrap_or_default()))
        .add(Expr::col("provider").eq(provider))
}

fn named(name: &AccountName) -> Condition {
    connection(name.tenant.as_deref(), &name.provider).add(Expr::col("name").eq(name.name.as_str()))
}

fn sendable(secret: &Secret) -> Result<()> {
    if secret.is_blank() {
        return Err(Error::new(ErrorKind::InvalidRequest, "the credential is blank"));
    }
    secret.header("").map(drop)
}

fn version(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn stored(row: &QueryResult) -> Result<Stored> {
    let text = |name: &str| row.try_get::<String>("", name).map_err(unread);
    let time = |name: &str| row.try_get::<i64>("", name).map_err(unread);
    let tenant = text("tenant")?;
    let name = AccountName {
        tenant: (!tenant.is_empty()).then_some(tenant),
        provider: text("provider")?,
        name: text("name")?,
    };
    let print = |text: String| text.parse::<Fingerprint>().map_err(|_| VaultError::Tampered.about(&name));
    let (master_key, fingerprint) = (print(text("master_key")?)?, print(text("fingerprint")?)?);
    Ok(Stored {
        id: row.try_get("", "id").map_err(unread)?,
        sealed_at: time("sealed_at")?,
        envelope: Envelope {
            master_key,
            wrapped_key: row.try_get("", "wrapped_key").map_err(unread)?,
            credentials: row.try_get("", "credentials_encrypted").map_err(unread)?,
        },
        account: Account {
            is_default: row.try_get("", "is_default").map_err(unread)?,
            is_active: row.try_get("", "is_active").map_err(unread)?,
            version: time("version")?.unsigned_abs(),
            fingerprint,
            master_key,
            created_at: from_micros(time("created_at")?),
            updated_at: from_micros(time("updated_at")?),
            name,
        },
    })
}

fn unread(cause: DbErr) -> Error {
    failed("the vault could not be read", &cause)
}

fn unwritten(cause: DbErr) -> Error {
    failed("the vault was not changed", &cause)
}
