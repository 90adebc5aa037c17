//! A store that fails, and one that is slow.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ai_conversations::{
    Conversation, ConversationId, MemoryStore, NewConversation, Outcome, Owner, Status, Store, StoredMessage,
    Summary, Turn,
};
use async_trait::async_trait;
use futures_util::{FutureExt as _, StreamExt as _};
use laravel_ai_core::{ChatRequest, Context, Error, ErrorKind, Message, Result, Retry};

use crate::model::{Act, Script, answer, finished, owner, summary};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Nothing,
    SettleFails,
    SettleHangs,
    AppendFails,
}

#[derive(Debug)]
struct Faulty {
    inner: Arc<MemoryStore>,
    fault: Fault,
    handed_over: AtomicUsize,
}

#[async_trait]
impl Store for Faulty {
    async fn create(&self, owner: &Owner, new: NewConversation) -> Result<Conversation> {
        self.inner.create(owner, new).await
    }

    async fn find(&self, owner: &Owner, id: ConversationId) -> Result<Option<Conversation>> {
        self.inner.find(owner, id).await
    }

    async fn list(
        &self,
        owner: &Owner,
        before: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        self.inner.list(owner, before, limit).await
    }

    async fn messages(&self, owner: &Owner, id: ConversationId) -> Result<Vec<StoredMessage>> {
        self.inner.messages(owner, id).await
    }

    async fn append(
        &self,
        owner: &Owner,
        id: ConversationId,
        next: u64,
        messages: Vec<Message>,
    ) -> Result<u64> {
        match self.fault {
            Fault::AppendFails => Err(Error::new(ErrorKind::Transport, "the database is away")),
            _ => self.inner.append(owner, id, next, messages).await,
        }
    }

    async fn settle(
        &self,
        owner: &Owner,
        id: ConversationId,
        question: Range<u64>,
        outcome: Outcome,
    ) -> Result<()> {
        match self.fault {
            Fault::SettleFails => Err(Error::new(ErrorKind::Transport, "the database is away")),
            Fault::SettleHangs => std::future::pending().await,
            _ => self.inner.settle(owner, id, question, outcome).await,
        }
    }

    fn hand_over(&self, owner: &Owner, id: ConversationId, question: Range<u64>, outcome: Outcome) {
        self.handed_over.fetch_add(1, Ordering::Relaxed);
        self.inner.hand_over(owner, id, question, outcome);
    }

    async fn flush(&self) -> Result<()> {
        self.inner.flush().await
    }

    async fn rename(&self, owner: &Owner, id: ConversationId, title: Option<String>) -> Result<bool> {
        self.inner.rename(owner, id, title).await
    }

    async fn pin(&self, owner: &Owner, id: ConversationId, sequence: u64, pinned: bool) -> Result<bool> {
        self.inner.pin(owner, id, sequence, pinned).await
    }

    async fn keep_summary(
        &self,
        owner: &Owner,
        id: ConversationId,
        summary: Option<Summary>,
    ) -> Result<bool> {
        self.inner.keep_summary(owner, id, summary).await
    }

    async fn summary(&self, owner: &Owner, id: ConversationId) -> Result<Option<Summary>> {
        self.inner.summary(owner, id).await
    }

    async fn delete(&self, owner: &Owner, id: ConversationId) -> Result<bool> {
        self.inner.delete(owner, id).await
    }
}

async fn faulty(fault: Fault) -> (Arc<Faulty>, Conversation) {
    let store = Arc::new(Faulty { inner: Arc::default(), fault, handed_over: AtomicUsize::new(0) });
    let conversation = store.create(&owner(), NewConversation::new()).await.unwrap();
    (store, conversation)
}

async fn begin(store: &Arc<Faulty>, conversation: &Conversation) -> Result<Turn> {
    Turn::begin(store.clone(), owner(), conversation.id, ChatRequest::user("Peru?")).await
}

fn handed_over(store: &Faulty) -> usize {
    store.handed_over.load(Ordering::Relaxed)
}

#[tokio::test]
async fn what_was_settled_is_not_handed_over_too() {
    let (store, conversation) = faulty(Fault::Nothing).await;
    let model =
        Script::new([answer("Lima"), Act::Stream(finished(&["Lima"]), None), Act::Fail(ErrorKind::Server)]);
    begin(&store, &conversation).await.unwrap().send(&model, &Context::new()).await.unwrap();
    let stream = begin(&store, &conversation).await.unwrap().stream(&model, &Context::new()).await.unwrap();
    stream.into_response().await.unwrap();
    begin(&store, &conversation).await.unwrap().send(&model, &Context::new()).await.unwrap_err();
    assert_eq!(handed_over(&store), 0);
    drop(begin(&store, &conversation).await.unwrap());
    assert_eq!(handed_over(&store), 1);
}

#[tokio::test]
async fn a_question_that_can_not_be_stored_is_not_sent() {
    let (store, conversation) = faulty(Fault::AppendFails).await;
    assert_eq!(begin(&store, &conversation).await.unwrap_err().kind(), ErrorKind::Transport);
    assert_eq!(handed_over(&store), 0);
}

#[tokio::test]
async fn an_answer_that_can_not_be_stored_is_delivered_and_not_asked_for_again() {
    let (store, conversation) = faulty(Fault::SettleFails).await;
    let model = Script::new([answer("Lima")]);
    let error = begin(&store, &conversation).await.unwrap().send(&model, &Context::new()).await.unwrap_err();
    assert_eq!(error.partial().unwrap().text(), "Lima");
    assert_eq!(
        (error.kind(), error.retry(), error.possibly_billed()),
        (ErrorKind::Transport, Retry::Never, true)
    );
    assert_eq!(error.message(), "the answer could not be stored: the database is away");
    assert_eq!(handed_over(&store), 0, "the caller was told, so nothing is stored behind its back");
}

#[tokio::test]
async fn a_models_error_is_not_hidden_by_the_stores() {
    let (store, conversation) = faulty(Fault::SettleFails).await;
    let model = Script::new([Act::Fail(ErrorKind::RateLimited)]);
    let error = begin(&store, &conversation).await.unwrap().send(&model, &Context::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}

#[tokio::test]
async fn an_answer_whose_storing_is_dropped_is_handed_over_whole() {
    let (store, conversation) = faulty(Fault::SettleHangs).await;
    let model = Script::new([Act::Stream(finished(&["Lima"]), None), answer("Lima")]);
    let mut stream =
        begin(&store, &conversation).await.unwrap().stream(&model, &Context::new()).await.unwrap();
    while stream.next().now_or_never().is_some() {}
    drop(stream);
    let whole = ["user: Peru?", "assistant: Lima"].map(|it| (it.to_owned(), Status::Complete));
    assert_eq!(summary(&store.inner, &conversation).await, whole);

    let context = Context::new();
    let call = begin(&store, &conversation).await.unwrap().send(&model, &context).now_or_never();
    assert!(call.is_none());
    assert_eq!(summary(&store.inner, &conversation).await[2..], whole);
    assert_eq!(handed_over(&store), 2);
}
