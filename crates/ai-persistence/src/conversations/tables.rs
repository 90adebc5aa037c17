//! The tables of conversations.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, ForeignKey, ForeignKeyAction, Index, Table};

use crate::amount;
use crate::schema::step::{Change, Step, id, instant, key, text};

pub(crate) const CONVERSATIONS: &str = "ai_conversations";
pub(crate) const MESSAGES: &str = "ai_messages";

/// The longest kind and id of an owner, in characters. The index over both has to fit into what MySQL allows.
pub(crate) const OWNER_KIND: u32 = 64;
pub(crate) const OWNER_ID: u32 = 191;

pub(crate) const STEP: Step = Step { name: "m0002_conversations", up, down };

fn up(backend: DbBackend) -> Vec<Change> {
    let mut conversations = Table::create();
    conversations
        .table(CONVERSATIONS)
        .if_not_exists()
        .col(id("id").not_null().primary_key())
        .col(key(backend, "owner_kind", OWNER_KIND).not_null())
        .col(key(backend, "owner_id", OWNER_ID).not_null())
        .col(text(backend, "title"))
        // The number of the next message.
        .col(ColumnDef::new("message_count").big_integer().not_null())
        .col(instant("created_at").not_null())
        .col(instant("updated_at").not_null());

    let mut messages = Table::create();
    messages
        .table(MESSAGES)
        .if_not_exists()
        .col(id("conversation_id").not_null())
        .col(ColumnDef::new("sequence").big_integer().not_null())
        .col(key(backend, "role", 16).not_null())
        .col(key(backend, "status", 64).not_null())
        // The message in its stored form, with every part.
        .col(text(backend, "content").not_null())
        .col(text(backend, "usage_counts"))
        // The cost as it was given, and its amount to be added up.
        .col(text(backend, "cost"))
        .col(amount::column(backend, "cost_amount"))
        .col(key(backend, "cost_currency", 3))
        .col(text(backend, "target"))
        .col(text(backend, "finish"))
        .col(instant("created_at").not_null())
        .primary_key(Index::create().col("conversation_id").col("sequence"))
        .foreign_key(
            ForeignKey::create()
                .name("ai_messages_conversation")
                .from(MESSAGES, "conversation_id")
                .to(CONVERSATIONS, "id")
                .on_delete(ForeignKeyAction::Cascade),
        );

    let name = "ai_conversations_owner";
    let mut of_owner = Index::create();
    of_owner.name(name).table(CONVERSATIONS).col("owner_kind").col("owner_id").col("id");
    vec![
        Change::Table(Box::new(conversations)),
        Change::Table(Box::new(messages)),
        Change::Index { table: CONVERSATIONS, name, create: Box::new(of_owner) },
    ]
}

fn down(_: DbBackend) -> Vec<String> {
    [MESSAGES, CONVERSATIONS].map(|table| format!("DROP TABLE IF EXISTS {table}")).into()
}
