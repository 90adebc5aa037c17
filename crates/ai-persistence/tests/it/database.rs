//! Opening, migrating, and what is said when that can't be.

use ai_persistence::{Database, StorageError};
use laravel_ai_core::ErrorKind;

use crate::support::{Server, in_new_database};

on_every_server! {
    async fn the_newest_schema_can_be_taken_back_and_made_again(database: Database) {
        let all = database.migrations().await.unwrap();
        assert!(all.iter().all(|migration| migration.applied), "{all:?}");

        database.rollback(u32::try_from(all.len()).unwrap()).await.unwrap();
        let none = database.migrations().await.unwrap();
        assert!(none.iter().all(|migration| !migration.applied), "{none:?}");

        // Two at once, and once more: the schema is made once.
        let (first, second) = tokio::join!(database.migrate(), database.migrate());
        first.unwrap();
        second.unwrap();
        database.migrate().await.unwrap();
        assert_eq!(database.migrations().await.unwrap(), all);
    }
}

#[tokio::test]
async fn an_empty_file_gets_its_schema() {
    in_new_database(Server::Sqlite, async |url| {
        let database = Database::open(&url).await.unwrap();
        assert!(database.migrations().await.unwrap().iter().all(|migration| migration.applied));
    })
    .await;
}

#[tokio::test]
async fn a_password_is_in_no_text() {
    let url = "postgres://app:c4nary-secret@127.0.0.1:1/ai?password=c4nary-secret";
    let error = Database::open(url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.vendor::<StorageError>().unwrap().unavailable, "{error:?}");
    assert!(error.message().contains("postgres://127.0.0.1:1/ai"), "{error}");
    assert!(!format!("{error} {error:?}").contains("c4nary"), "{error:?}");
}

#[tokio::test]
async fn a_url_of_no_server_is_told() {
    for url in ["redis://127.0.0.1", "c4nary-secret", ""] {
        let error = Database::open(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().contains("sqlite:FILE"), "{error}");
        assert!(!error.message().contains("c4nary"), "{error}");
    }
}
