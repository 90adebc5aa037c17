//! Conversations on every server.

use std::sync::Arc;

use ai_conversations::{NewConversation, Outcome, Owner, Status, Store, Summary, conformance, repair};
use ai_persistence::{Database, SqlStore};
use laravel_ai_core::{ErrorKind, Message};

use crate::support::{Noon, Server, in_new_database};

fn store(database: Database) -> Arc<dyn Store> {
    Arc::new(SqlStore::new(database, Arc::new(Noon)))
}

on_every_server! {
    async fn the_laws_hold(database: Database) {
        conformance::all(&store(database)).await;
    }

    async fn an_owner_that_does_not_fit_is_refused(database: Database) {
        let store = store(database);
        for owner in [Owner::user("é".repeat(192)), Owner::new("k".repeat(65), "7")] {
            let error = store.create(&owner, NewConversation::new()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
            assert_eq!(store.list(&owner, None, 1).await.unwrap(), []);
        }
        assert!(store.create(&Owner::user("é".repeat(191)), NewConversation::new()).await.is_ok());
    }

    async fn what_was_said_before_pins_and_summaries_is_kept(database: Database) {
        let steps = database.migrations().await.unwrap();
        let since = steps.iter().skip_while(|step| step.name != "m0007_pinned").count();
        let store = store(database.clone());
        let owner = Owner::user("7");
        let id = store.create(&owner, NewConversation::new()).await.unwrap().id;
        store.append(&owner, id, 0, vec![Message::user("My name is Ana.")]).await.unwrap();
        assert!(store.pin(&owner, id, 0, true).await.unwrap());
        assert!(store.keep_summary(&owner, id, Some(Summary::new(1, "Ana"))).await.unwrap());

        database.rollback(u32::try_from(since).unwrap()).await.unwrap();
        database.migrate().await.unwrap();
        let messages = store.messages(&owner, id).await.unwrap();
        assert_eq!((messages.len(), messages[0].message.text().as_str()), (1, "My name is Ana."));
        assert!(!messages[0].pinned, "pins go with their column");
        assert_eq!(store.summary(&owner, id).await.unwrap(), None);
    }
}

/// A program that ends between question and answer leaves a conversation that can be loaded.
#[tokio::test]
async fn what_was_stored_is_there_when_the_file_is_opened_again() {
    in_new_database(Server::Sqlite, async |url| {
        let owner = Owner::user("7");
        let first = store(Database::open(&url).await.unwrap());
        let id = first.create(&owner, NewConversation::new().with_title("Peru")).await.unwrap().id;
        first.append(&owner, id, 0, vec![Message::user("Capital of Peru?")]).await.unwrap();
        first.hand_over(&owner, id, 0..1, Outcome::cancelled());
        // Dropping the store does what is left of its work, in the background.
        drop(first);

        let again = store(Database::open(&url).await.unwrap());
        let messages = loop {
            let messages = again.messages(&owner, id).await.unwrap();
            if messages[0].status != Status::Pending {
                break messages;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(messages[0].status, Status::Failed(ErrorKind::Cancelled));
        assert_eq!(again.find(&owner, id).await.unwrap().unwrap().title.as_deref(), Some("Peru"));

        again.append(&owner, id, 1, vec![Message::user("Hello?")]).await.unwrap();
        let (history, _) = repair(again.messages(&owner, id).await.unwrap());
        assert!(!history.is_empty());
    })
    .await;
}
