//! Conversations in memory.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use laravel_ai_core::{Error, ErrorKind, Message, Result};

use crate::{
    Conflict, Conversation, ConversationId, NewConversation, Outcome, Owner, Store, StoredMessage, Summary,
};

/// Keeps conversations as long as it lives itself, for programs that need no more and for tests. It forgets
/// nothing on its own.
#[derive(Default)]
pub struct MemoryStore {
    conversations: Mutex<HashMap<ConversationId, Entry>>,
}

struct Entry {
    conversation: Conversation,
    messages: Vec<StoredMessage>,
    summary: Option<Summary>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// No operation leaves an entry half changed, so what a panic elsewhere poisoned is still right.
    fn lock(&self) -> MutexGuard<'_, HashMap<ConversationId, Entry>> {
        self.conversations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(
        &self,
        owner: &Owner,
        id: ConversationId,
        act: impl FnOnce(&mut Entry) -> Result<T>,
    ) -> Result<T> {
        match self.lock().get_mut(&id).filter(|entry| entry.conversation.owner == *owner) {
            Some(entry) => act(entry),
            None => Err(Conflict::unknown(id)),
        }
    }

    fn settle_now(
        &self,
        owner: &Owner,
        id: ConversationId,
        question: Range<u64>,
        outcome: Outcome,
    ) -> Result<()> {
        self.with(owner, id, |entry| {
            entry.expect(question.end)?;
            for message in entry.messages.iter_mut().filter(|it| question.contains(&it.sequence)) {
                message.status = outcome.question_status();
            }
            entry.push(outcome.into_message(question.end));
            Ok(())
        })
    }
}

impl Entry {
    fn expect(&self, next: u64) -> Result<()> {
        match self.conversation.message_count {
            actual if actual == next => Ok(()),
            actual => Err(Conflict::error(next, actual)),
        }
    }

    fn push(&mut self, messages: impl IntoIterator<Item = StoredMessage>) {
        self.messages.extend(messages);
        self.conversation.message_count = self.messages.len() as u64;
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn create(&self, owner: &Owner, new: NewConversation) -> Result<Conversation> {
        let mut conversations = self.lock();
        if conversations.contains_key(&new.id) {
            let message = format!("there is a conversation {} already", new.id);
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let conversation = Conversation::new(owner.clone(), new);
        let entry = Entry { conversation: conversation.clone(), messages: Vec::new(), summary: None };
        conversations.insert(conversation.id, entry);
        Ok(conversation)
    }

    async fn find(&self, owner: &Owner, id: ConversationId) -> Result<Option<Conversation>> {
        Ok(self.with(owner, id, |entry| Ok(entry.conversation.clone())).ok())
    }

    async fn list(
        &self,
        owner: &Owner,
        before: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        let mut found: Vec<_> = {
            let conversations = self.lock();
            let all = conversations.values().map(|entry| &entry.conversation);
            all.filter(|it| it.owner == *owner && before.is_none_or(|before| it.id < before))
                .cloned()
                .collect()
        };
        found.sort_unstable_by_key(|conversation| std::cmp::Reverse(conversation.id));
        found.truncate(limit);
        Ok(found)
    }

    async fn messages(&self, owner: &Owner, id: ConversationId) -> Result<Vec<StoredMessage>> {
        self.with(owner, id, |entry| Ok(entry.messages.clone()))
    }

    async fn append(
        &self,
        owner: &Owner,
        id: ConversationId,
        next: u64,
        messages: Vec<Message>,
    ) -> Result<u64> {
        self.with(owner, id, |entry| {
            entry.expect(next)?;
            entry.push((next..).zip(messages).map(|(sequence, it)| StoredMessage::pending(sequence, it)));
            Ok(entry.conversation.message_count)
        })
    }

    async fn settle(
        &self,
        owner: &Owner,
        id: ConversationId,
        question: Range<u64>,
        outcome: Outcome,
    ) -> Result<()> {
        self.settle_now(owner, id, question, outcome)
    }

    fn hand_over(&self, owner: &Owner, id: ConversationId, question: Range<u64>, outcome: Outcome) {
        // Whoever is dropped has nobody to tell of a conflict.
        let _ = self.settle_now(owner, id, question, outcome);
    }

    async fn flush(&self) -> Result<()> {
        Ok(())
    }

    async fn rename(&self, owner: &Owner, id: ConversationId, title: Option<String>) -> Result<bool> {
        let renamed = self.with(owner, id, |entry| {
            entry.conversation.title = title;
            Ok(())
        });
        Ok(renamed.is_ok())
    }

    async fn pin(&self, owner: &Owner, id: ConversationId, sequence: u64, pinned: bool) -> Result<bool> {
        let found = self.with(owner, id, |entry| {
            let message = entry.messages.iter_mut().find(|message| message.sequence == sequence);
            Ok(message.map(|message| message.pinned = pinned).is_some())
        });
        Ok(found.unwrap_or(false))
    }

    async fn keep_summary(
        &self,
        owner: &Owner,
        id: ConversationId,
        summary: Option<Summary>,
    ) -> Result<bool> {
        let kept = self.with(owner, id, |entry| {
            let fits = summary.as_ref().is_none_or(|it| it.until <= entry.conversation.message_count);
            if fits {
                entry.summary = summary;
            }
            Ok(fits)
        });
        Ok(kept.unwrap_or(false))
    }

    async fn summary(&self, owner: &Owner, id: ConversationId) -> Result<Option<Summary>> {
        Ok(self.with(owner, id, |entry| Ok(entry.summary.clone())).ok().flatten())
    }

    async fn delete(&self, owner: &Owner, id: ConversationId) -> Result<bool> {
        let mut conversations = self.lock();
        let owned = conversations.get(&id).is_some_and(|entry| entry.conversation.owner == *owner);
        Ok(owned && conversations.remove(&id).is_some())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("conversations", &self.lock().len()).finish()
    }
}
