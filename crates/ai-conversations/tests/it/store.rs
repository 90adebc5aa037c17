use ai_conversations::{
    Conflict, ConversationId, MemoryStore, NewConversation, Outcome, Owner, Status, Store,
};
use laravel_ai_core::{ErrorKind, Message};

use crate::model::{owner, started, stored};

#[tokio::test]
async fn a_foreign_owner_finds_nothing_and_changes_nothing() {
    let (store, conversation) = started().await;
    let id = conversation.id;
    store.append(&owner(), id, 0, vec![Message::user("private")]).await.unwrap();
    for foreign in [Owner::user("8"), Owner::new("team", "7")] {
        assert_eq!(store.find(&foreign, id).await.unwrap(), None);
        assert_eq!(store.list(&foreign, None, 10).await.unwrap(), []);
        let unknown = Conflict::unknown(id);
        for error in [
            store.messages(&foreign, id).await.unwrap_err(),
            store.append(&foreign, id, 1, vec![Message::user("x")]).await.unwrap_err(),
            store.settle(&foreign, id, 0..1, Outcome::cancelled()).await.unwrap_err(),
            store.messages(&foreign, ConversationId::new()).await.map_err(|_| unknown.clone()).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.message()), (unknown.kind(), unknown.message()));
        }
        store.hand_over(&foreign, id, 0..1, Outcome::cancelled());
        assert!(!store.rename(&foreign, id, Some("mine".into())).await.unwrap());
        assert!(!store.delete(&foreign, id).await.unwrap());
        let taken = store.create(&foreign, NewConversation::new().with_id(id)).await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::InvalidRequest);
    }
    let messages = stored(&store, &conversation).await;
    assert_eq!((messages.len(), messages[0].status), (1, Status::Pending));
    assert_eq!(store.find(&owner(), id).await.unwrap().unwrap().title, None);
}

#[tokio::test]
async fn a_write_for_another_state_is_a_conflict_and_stores_nothing() {
    let (store, conversation) = started().await;
    let append = |next| store.append(&conversation.owner, conversation.id, next, vec![Message::user("x")]);
    assert_eq!(append(0).await.unwrap(), 1);
    for wrong in [0, 2, u64::MAX] {
        let error = append(wrong).await.unwrap_err();
        let conflict = error.vendor::<Conflict>().unwrap();
        assert_eq!((conflict.expected, conflict.actual), (wrong, 1));
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
    let late = store.settle(&owner(), conversation.id, 0..0, Outcome::cancelled()).await;
    assert!(late.unwrap_err().vendor::<Conflict>().is_some());
    assert_eq!(stored(&store, &conversation).await.len(), 1);
}

#[tokio::test]
async fn of_many_writers_one_wins_each_number() {
    let (store, conversation) = started().await;
    let writes = (0..20).map(|index| {
        let (store, id) = (store.clone(), conversation.id);
        async move { store.append(&owner(), id, 0, vec![Message::user(index.to_string())]).await.is_ok() }
    });
    let won = futures_util::future::join_all(writes).await.into_iter().filter(|won| *won).count();
    assert_eq!((won, stored(&store, &conversation).await.len()), (1, 1));
}

#[tokio::test]
async fn conversations_are_listed_newest_first_page_by_page() {
    let store = MemoryStore::new();
    let mut made = Vec::new();
    for title in ["a", "b", "c"] {
        made.push(store.create(&owner(), NewConversation::new().with_title(title)).await.unwrap().id);
        store.create(&Owner::user("other"), NewConversation::new()).await.unwrap();
    }
    let titles = async |before, limit| -> Vec<String> {
        let page = store.list(&owner(), before, limit).await.unwrap();
        page.into_iter().map(|it| it.title.unwrap()).collect()
    };
    assert_eq!(titles(None, 2).await, ["c", "b"]);
    assert_eq!(titles(Some(made[1]), 2).await, ["a"]);
    assert_eq!(titles(None, 0).await, [""; 0]);
    assert!(store.rename(&owner(), made[2], None).await.unwrap());
    assert_eq!(store.find(&owner(), made[2]).await.unwrap().unwrap().title, None);
    assert!(store.delete(&owner(), made[2]).await.unwrap());
    assert!(!store.delete(&owner(), made[2]).await.unwrap());
    assert_eq!(store.find(&owner(), made[2]).await.unwrap(), None);
    assert_eq!(titles(None, 9).await, ["b", "a"]);
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
