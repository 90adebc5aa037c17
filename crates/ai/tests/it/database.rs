//! Conversations that outlive the program.

use ai::{Ai, Config, Database, ErrorKind, MemoryStore};
use std::sync::Arc;

fn configured(folder: &std::path::Path) -> Config {
    let url = format!("sqlite:{}", folder.join("ai.db").display());
    let text = format!(
        "default_model = \"demo/m\"\n[connections.demo]\ndriver = \"mock\"\n[database]\nurl = {url:?}\n"
    );
    Config::parse("ai.toml", &text).unwrap()
}

#[tokio::test]
async fn a_conversation_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let ai = Ai::builder().config(configured(folder.path())).start().await.unwrap();
    let mut chat = ai.conversation().for_user("7").title("Names");
    chat.ask("My name is Ada.").await.unwrap();
    let id = chat.id().unwrap();
    ai.flush().await.unwrap();
    drop((chat, ai));

    let ai = Ai::builder().config(configured(folder.path())).start().await.unwrap();
    ai.conversation().for_user("7").continue_(id).ask("Who am I?").await.unwrap();
    let owner = ai::Owner::user("7");
    assert_eq!(ai.store().messages(&owner, id).await.unwrap().len(), 4);
    let found = ai.store().find(&owner, id).await.unwrap().unwrap();
    assert_eq!(found.title.as_deref(), Some("Names"));
    let stranger = ai.conversation().for_user("8").continue_(id).ask("Who am I?").await;
    assert_eq!(stranger.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn a_configured_database_is_never_silently_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let error = Ai::builder().config(configured(folder.path())).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.message().contains("start().await"), "{error}");
    let forgetful = Ai::builder().config(configured(folder.path())).store(Arc::new(MemoryStore::new()));
    assert!(forgetful.build().unwrap().database().is_none());
    assert!(!folder.path().join("ai.db").exists());
    let error = Ai::builder().database("sqlite::memory:").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn an_open_database_is_taken_as_it_is() {
    let database = Database::open("sqlite::memory:").await.unwrap();
    let ai = Ai::builder().database(database).start().await.unwrap();
    assert!(ai.database().is_some());
    let error = Ai::builder().database("sqlite:/nowhere/at/all/ai.db").start().await.unwrap_err();
    assert!(error.message().contains("/nowhere/at/all/ai.db"), "{error}");
}
