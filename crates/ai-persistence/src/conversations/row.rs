//! Between rows and what they stand for.

use ai_conversations::{Conversation, NewConversation, Owner, StoredMessage, Summary};
use laravel_ai_core::{Error, ErrorKind, Message, Result};
use sea_orm::{DbBackend, DbErr, QueryResult, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::amount;
use crate::failure::failed;

pub(super) const CONVERSATION: [&str; 5] = ["id", "owner_kind", "owner_id", "title", "message_count"];

pub(super) const MESSAGE: [&str; 8] =
    ["sequence", "status", "content", "usage_counts", "cost", "target", "finish", "pinned"];

pub(super) const NEW_MESSAGE: [&str; 13] = [
    "conversation_id",
    "sequence",
    "role",
    "status",
    "content",
    "usage_counts",
    "cost",
    "cost_amount",
    "cost_currency",
    "target",
    "finish",
    "pinned",
    "created_at",
];

pub(super) fn conversation(row: &QueryResult) -> Result<Conversation> {
    let read = || {
        let id: Uuid = row.try_get("", "id")?;
        let mut new = NewConversation::new().with_id(id.into());
        new.title = row.try_get("", "title")?;
        let owner =
            Owner::new(row.try_get::<String>("", "owner_kind")?, row.try_get::<String>("", "owner_id")?);
        let mut conversation = Conversation::new(owner, new);
        conversation.message_count = number(row.try_get("", "message_count")?);
        Ok(conversation)
    };
    read().map_err(|cause| failed("a conversation could not be read", &cause))
}

pub(super) fn message(row: &QueryResult) -> Result<StoredMessage> {
    let column = |name: &str| {
        row.try_get::<Option<String>>("", name)
            .map_err(|cause: DbErr| failed("a message could not be read", &cause))
    };
    let sequence =
        row.try_get::<i64>("", "sequence").map_err(|cause| failed("a message could not be read", &cause))?;
    let content: Message = json("content", column("content")?)?.ok_or_else(|| unreadable("content"))?;
    let mut message = StoredMessage::pending(number(sequence), content);
    message.status = json("status", column("status")?)?.ok_or_else(|| unreadable("status"))?;
    message.usage = json("usage_counts", column("usage_counts")?)?;
    message.cost = json("cost", column("cost")?)?;
    message.target = json("target", column("target")?)?;
    message.finish = json("finish", column("finish")?)?;
    message.pinned =
        row.try_get("", "pinned").map_err(|cause| failed("a message could not be read", &cause))?;
    Ok(message)
}

/// The summary of a conversation, if it has one.
pub(super) fn summary(row: &QueryResult) -> Result<Option<Summary>> {
    let text = row.try_get("", "summary").map_err(|cause| failed("a summary could not be read", &cause))?;
    json("summary", text)
}

/// The values of [`NEW_MESSAGE`].
pub(super) fn values(
    backend: DbBackend,
    conversation: Uuid,
    message: &StoredMessage,
    now: i64,
) -> Result<Vec<Value>> {
    let role = match &message.message {
        Message::System(_) => "system",
        Message::User(_) => "user",
        Message::Assistant(_) => "assistant",
        Message::Tool(_) => "tool",
    };
    let money = message.cost.as_ref().map(|cost| &cost.money);
    Ok(vec![
        conversation.into(),
        sequence(message.sequence).into(),
        role.into(),
        text(&message.status)?.into(),
        text(&message.message)?.into(),
        optional(message.usage.as_ref())?.into(),
        optional(message.cost.as_ref())?.into(),
        match money {
            Some(money) => amount::to_value(backend, money.amount)?,
            None => amount::null(backend),
        },
        money.map(|money| money.currency.as_str().to_owned()).into(),
        optional(message.target.as_ref())?.into(),
        optional(message.finish.as_ref())?.into(),
        message.pinned.into(),
        now.into(),
    ])
}

pub(super) fn text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|cause| {
        Error::new(ErrorKind::InvalidRequest, format!("a message can't be written as JSON: {cause}"))
    })
}

pub(super) fn optional<T: Serialize>(value: Option<&T>) -> Result<Option<String>> {
    value.map(text).transpose()
}

fn json<T: DeserializeOwned>(column: &str, text: Option<String>) -> Result<Option<T>> {
    text.map(|text| serde_json::from_str(&text).map_err(|_| unreadable(column))).transpose()
}

fn unreadable(column: &str) -> Error {
    let what = format!("the column `{column}` of a conversation holds what this version can't read");
    Error::new(ErrorKind::Storage, what)
}

/// A number of a message as the column has it; more than the column can hold is no message's.
pub(super) fn sequence(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn number(column: i64) -> u64 {
    u64::try_from(column).unwrap_or_default()
}
