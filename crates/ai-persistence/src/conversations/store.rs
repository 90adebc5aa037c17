//! The store of conversations.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ai_conversations::{
    Conflict, Conversation, ConversationId, NewConversation, Outcome, Owner, Store, StoredMessage, Summary,
};
use async_trait::async_trait;
use laravel_ai_core::{Clock, Error, ErrorKind, Message, Result};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::row::{self, CONVERSATION, MESSAGE, NEW_MESSAGE};
use super::tables::{CONVERSATIONS, MESSAGES, OWNER_ID, OWNER_KIND};
use crate::Database;
use crate::failure::{failed, is_taken};
use crate::instant::to_micros;
use crate::queue::{Queue, Work};

/// How many outcomes of dropped calls wait for the database at most.
const ROOM: usize = 1_024;

/// Keeps conversations in a [`Database`].
///
/// * The owner is in the condition of every statement.
/// * A write is one transaction that begins with the conversation's own row, so of two writers one waits for the other and
///   then finds that it came second.
/// * What is [handed over](Store::hand_over) is written by a task in the order in which it came; up to 1,024 outcomes wait.
///   [`lost`](Self::lost) counts those that found no room; their questions stay pending.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_conversations::{NewConversation, Owner, Store};
/// use ai_persistence::{Database, SqlStore};
/// # use laravel_ai_core::Clock;
///
/// # async fn keep(clock: Arc<dyn Clock>) -> laravel_ai_core::Result<()> {
/// let store = SqlStore::new(Database::open("sqlite:ai.db").await?, clock);
/// let conversation = store.create(&Owner::user("7"), NewConversation::new()).await?;
/// assert!(store.find(&Owner::user("8"), conversation.id).await?.is_none());
/// # Ok(())
/// # }
/// ```
pub struct SqlStore {
    tables: Tables,
    handed_over: Queue<HandedOver>,
}

#[derive(Clone)]
struct Tables {
    database: Database,
    clock: Arc<dyn Clock>,
}

struct HandedOver {
    owner: Owner,
    id: ConversationId,
    question: Range<u64>,
    outcome: Outcome,
}

impl SqlStore {
    /// The conversations of a database, with times from `clock`. Inside of a tokio runtime only, which does what is handed
    /// over.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        let tables = Tables { database, clock };
        Self { handed_over: Queue::new(ROOM, 1, tables.clone()), tables }
    }

    /// How many outcomes of dropped calls could not be stored.
    pub fn lost(&self) -> u64 {
        self.handed_over.lost()
    }
}

fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

fn unread(cause: DbErr) -> Error {
    failed("conversations could not be read", &cause)
}

fn unwritten(cause: DbErr) -> Error {
    failed("the conversation was not stored", &cause)
}

impl Tables {
    fn owned(&self, owner: &Owner, id: ConversationId) -> Condition {
        self.of(owner).add(Expr::col("id").eq(*id.as_uuid()))
    }

    /// The messages of the conversation, if it is the owner's.
    fn of_conversation(&self, owner: &Owner, id: ConversationId) -> Expr {
        let mut owned = Query::select();
        owned.column("id").from(CONVERSATIONS).cond_where(self.owned(owner, id));
        Expr::col("conversation_id").in_subquery(owned)
    }

    fn of(&self, owner: &Owner) -> Condition {
        let same = Condition::all()
            .add(Expr::col("owner_kind").eq(owner.kind.as_str()))
            .add(Expr::col("owner_id").eq(owner.id.as_str()));
        match self.database.backend() {
            // There a blank at the end makes no difference to `=`.
            DbBackend::MySql => same
                .add(Expr::cust("CHAR_LENGTH(owner_kind)").eq(length(&owner.kind)))
                .add(Expr::cust("CHAR_LENGTH(owner_id)").eq(length(&owner.id))),
            _ => same,
        }
    }

    async fn find(&self, owner: &Owner, id: ConversationId) -> Result<Option<Conversation>> {
        let mut select = Query::select();
        select.columns(CONVERSATION).from(CONVERSATIONS).cond_where(self.owned(owner, id));
        let row = self.database.reader().query_one(&select).await.map_err(unread)?;
        row.as_ref().map(row::conversation).transpose()
    }

    /// Writes `messages` from the number `next` on, and how the messages `question` came out, or nothing.
    async fn write(
        &self,
        owner: &Owner,
        id: ConversationId,
        next: u64,
        question: Option<(Range<u64>, String)>,
        messages: &[StoredMessage],
    ) -> Result<()> {
        let now = to_micros(self.clock.wall());
        let backend = self.database.backend();
        let uuid = *id.as_uuid();
        let rows: Vec<_> =
            messages.iter().map(|message| row::values(backend, uuid, message, now)).collect::<Result<_>>()?;
        let transaction = self.database.begin().await.map_err(unwritten)?;
        let mut count = Query::update();
        let more = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        count
            .table(CONVERSATIONS)
            .value("message_count", Expr::col("message_count").add(more))
            .value("updated_at", now)
            .cond_where(self.owned(owner, id).add(Expr::col("message_count").eq(row::sequence(next))));
        let taken = transaction.execute(&count).await.map_err(unwritten)?;
        if taken.rows_affected() == 0 {
            transaction.rollback().await.map_err(unwritten)?;
            let found = self.find(owner, id).await?;
            return Err(match found {
                Some(found) if found.message_count != next => Conflict::error(next, found.message_count),
                // The number came back to what was expected, or MySQL saw nothing to change: never silently.
                Some(_) => Error::new(ErrorKind::Storage, "the conversation was not stored: try again"),
                None => Conflict::unknown(id),
            });
        }
        if let Some((question, status)) = question {
            let mut answered = Query::update();
            answered
                .table(MESSAGES)
                .value("status", status)
                .and_where(Expr::col("conversation_id").eq(uuid))
                .and_where(Expr::col("sequence").gte(row::sequence(question.start)))
                .and_where(Expr::col("sequence").lt(row::sequence(question.end)));
            transaction.execute(&answered).await.map_err(unwritten)?;
        }
        if !rows.is_empty() {
            let mut insert = Query::insert();
            insert.into_table(MESSAGES).columns(NEW_MESSAGE);
            for row in rows {
                insert.values_panic(row.into_iter().map(Into::into));
            }
            transaction.execute(&insert).await.map_err(unwritten)?;
        }
        transaction.commit().await.map_err(unwritten)
    }

    async fn settle(
        &self,
        owner: &Owner,
        id: ConversationId,
        question: Range<u64>,
        outcome: Outcome,
    ) -> Result<()> {
        let status = row::text(&outcome.question_status())?;
        let next = question.end;
        let answer: Vec<_> = outcome.into_message(next).into_iter().collect();
        self.write(owner, id, next, Some((question, status)), &answer).await
    }
}

impl Work<HandedOver> for Tables {
    async fn work(&self, batch: Vec<HandedOver>) -> Result<u64> {
        for HandedOver { owner, id, question, outcome } in batch {
            match self.settle(&owner, id, question, outcome).await {
                // Another writer came first, which is its right.
                Err(error) if error.kind() == ErrorKind::InvalidRequest => {}
                done => done?,
            }
        }
        Ok(0)
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn create(&self, owner: &Owner, new: NewConversation) -> Result<Conversation> {
        let now = to_micros(self.tables.clock.wall());
        for (what, text, most) in [("kind", &owner.kind, OWNER_KIND), ("id", &owner.id, OWNER_ID)] {
            if length(text) > i64::from(most) {
                let message = format!("an owner's {what} has at most {most} characters");
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            }
        }
        let conversation = Conversation::new(owner.clone(), new);
        let mut insert = Query::insert();
        insert
            .into_table(CONVERSATIONS)
            .columns(CONVERSATION.into_iter().chain(["created_at", "updated_at"]));
        insert.values_panic([
            (*conversation.id.as_uuid()).into(),
            owner.kind.as_str().into(),
            owner.id.as_str().into(),
            conversation.title.clone().into(),
            0_i64.into(),
            now.into(),
            now.into(),
        ]);
        match self.tables.database.writer().execute(&insert).await {
            Ok(_) => Ok(conversation),
            Err(cause) if is_taken(&cause) => {
                let message = format!("there is a conversation {} already", conversation.id);
                Err(Error::new(ErrorKind::InvalidRequest, message))
            }
            Err(cause) => Err(unwritten(cause)),
        }
    }

    async fn find(&self, owner: &Owner, id: ConversationId) -> Result<Option<Conversation>> {
        self.tables.find(owner, id).await
    }

    async fn list(
        &self,
        owner: &Owner,
        before: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        let mut select = Query::select();
        select
            .columns(CONVERSATION)
            .from(CONVERSATIONS)
            .cond_where(self.tables.of(owner))
            .order_by("id", Order::Desc)
            .limit(limit as u64);
        if let Some(before) = before {
            select.and_where(Expr::col("id").lt(*before.as_uuid()));
        }
        let rows = self.tables.database.reader().query_all(&select).await.map_err(unread)?;
        rows.iter().map(row::conversation).collect()
    }

    async fn messages(&self, owner: &Owner, id: ConversationId) -> Result<Vec<StoredMessage>> {
        let mut select = Query::select();
        select
            .columns(MESSAGE)
            .from(MESSAGES)
            .and_where(self.tables.of_conversation(owner, id))
            .order_by("sequence", Order::Asc);
        let rows = self.tables.database.reader().query_all(&select).await.map_err(unread)?;
        if rows.is_empty() && self.tables.find(owner, id).await?.is_none() {
            return Err(Conflict::unknown(id));
        }
        rows.iter().map(row::message).collect()
    }

    async fn append(
        &self,
        owner: &Owner,
        id: ConversationId,
        next: u64,
        messages: Vec<Message>,
    ) -> Result<u64> {
        let numbered = messages.into_iter().zip(0..);
        let messages: Vec<_> = numbered
            .map(|(message, place)| StoredMessage::pending(next.saturating_add(place), message))
            .collect();
        self.tables.write(owner, id, next, None, &messages).await?;
        Ok(next.saturating_add(messages.len() as u64))
    }

    async fn settle(
        &self,
        owner: &Owner,
        id: ConversationId,
        question: Range<u64>,
        outcome: Outcome,
    ) -> Result<()> {
        self.tables.settle(owner, id, question, outcome).await
    }

    fn hand_over(&self, owner: &Owner, id: ConversationId, question: Range<u64>, outcome: Outcome) {
        self.handed_over.offer(HandedOver { owner: owner.clone(), id, question, outcome });
    }

    async fn flush(&self) -> Result<()> {
        self.handed_over.flush().await
    }

    async fn rename(&self, owner: &Owner, id: ConversationId, title: Option<String>) -> Result<bool> {
        let mut update = Query::update();
        update
            .table(CONVERSATIONS)
            .value("title", title)
            .value("updated_at", to_micros(self.tables.clock.wall()))
            .cond_where(self.tables.owned(owner, id));
        let done = self.tables.database.writer().execute(&update).await.map_err(unwritten)?;
        // MySQL counts the rows that changed, not those that were found.
        Ok(done.rows_affected() > 0 || self.find(owner, id).await?.is_some())
    }

    async fn pin(&self, owner: &Owner, id: ConversationId, sequence: u64, pinned: bool) -> Result<bool> {
        let message = Condition::all()
            .add(self.tables.of_conversation(owner, id))
            .add(Expr::col("sequence").eq(row::sequence(sequence)));
        let mut update = Query::update();
        update.table(MESSAGES).value("pinned", pinned).cond_where(message.clone());
        let done = self.tables.database.writer().execute(&update).await.map_err(unwritten)?;
        if done.rows_affected() > 0 {
            return Ok(true);
        }
        // MySQL counts the rows that changed, not those that were found.
        let mut select = Query::select();
        select.column("sequence").from(MESSAGES).cond_where(message);
        Ok(self.tables.database.reader().query_one(&select).await.map_err(unread)?.is_some())
    }

    async fn keep_summary(
        &self,
        owner: &Owner,
        id: ConversationId,
        summary: Option<Summary>,
    ) -> Result<bool> {
        let until = row::sequence(summary.as_ref().map_or(0, |summary| summary.until));
        let long_enough = self.tables.owned(owner, id).add(Expr::col("message_count").gte(until));
        let mut update = Query::update();
        update
            .table(CONVERSATIONS)
            .value("summary", row::optional(summary.as_ref())?)
            .cond_where(long_enough.clone());
        let done = self.tables.database.writer().execute(&update).await.map_err(unwritten)?;
        if done.rows_affected() > 0 {
            return Ok(true);
        }
        let mut select = Query::select();
        select.column("id").from(CONVERSATIONS).cond_where(long_enough);
        Ok(self.tables.database.reader().query_one(&select).await.map_err(unread)?.is_some())
    }

    async fn summary(&self, owner: &Owner, id: ConversationId) -> Result<Option<Summary>> {
        let mut select = Query::select();
        select.column("summary").from(CONVERSATIONS).cond_where(self.tables.owned(owner, id));
        let row = self.tables.database.reader().query_one(&select).await.map_err(unread)?;
        row.as_ref().map_or(Ok(None), row::summary)
    }

    async fn delete(&self, owner: &Owner, id: ConversationId) -> Result<bool> {
        let mut delete = Query::delete();
        delete.from_table(CONVERSATIONS).cond_where(self.tables.owned(owner, id));
        let done = self.tables.database.writer().execute(&delete).await.map_err(unwritten)?;
        Ok(done.rows_affected() > 0)
    }
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore")
            .field("database", &self.tables.database)
            .field("handed_over", &self.handed_over)
            .finish()
    }
}
