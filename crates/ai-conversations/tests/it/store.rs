use std::sync::Arc;

use ai_conversations::{ConversationId, MemoryStore, Owner, Store, conformance};
use laravel_ai_core::ErrorKind;

#[tokio::test]
async fn the_store_in_memory_keeps_to_the_laws() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    conformance::all(&store).await;
}

#[test]
fn ids_and_owners_are_read_and_shown() {
    let id = ConversationId::new();
    assert_eq!(id.to_string().parse::<ConversationId>().unwrap(), id);
    assert_eq!("x".parse::<ConversationId>().unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert_eq!(ConversationId::from(*id.as_uuid()), id);
    assert_eq!(Owner::user("7").to_string(), "user:7");
    assert_ne!(Owner::local(), Owner::user("local"));
}
