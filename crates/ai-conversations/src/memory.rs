//! The store without a database.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use laravel_ai_core::{Error, ErrorKind, Message, Result};

use crate::{Conversation, ConversationId, Owner, Question, Settlement, Status, Store, StoredMessage};

/// Keeps conversations in memory, as long as the value lives.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<HashMap<ConversationId, Record>>);

#[derive(Debug)]
struct Record {
    conversation: Conversation,
    messages: Vec<StoredMessage>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn records(&self) -> MutexGuard<'_, HashMap<ConversationId, Record>> {
        // A panic elsewhere can't leave a record half written, since each change is one assignment or push.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, question: &Question, settlement: Settlement) -> Result<()> {
        let mut records = self.records();
        let record = owned(&mut records, &question.owner, question.conversation)?;
        let (first, last) = (question.first, question.last);
        let mut pending = false;
        for message in record.messages.iter_mut().filter(|message| (first..=last).contains(&message.sequence))
        {
            if message.status == Status::Pending {
                pending = true;
                message.status = settlement.status;
                message.error = settlement.error;
            }
        }
        if pending && !settlement.content.is_empty() {
            let sequence = record.messages.last().map_or(0, |message| message.sequence) + 1;
            record.messages.push(StoredMessage {
                usage: Some(settlement.usage),
                served_by: settlement.served_by,
                error: settlement.error,
                ..StoredMessage::new(sequence, Message::Assistant(settlement.content), settlement.status)
            });
        }
        Ok(())
    }
}

fn owned<'a>(
    records: &'a mut HashMap<ConversationId, Record>,
    owner: &Owner,
    id: ConversationId,
) -> Result<&'a mut Record> {
    records.get_mut(&id).filter(|record| record.conversation.owner == *owner).ok_or_else(|| {
        Error::new(ErrorKind::InvalidRequest, format!("there is no conversation {id} of this owner"))
    })
}

#[async_trait]
impl Store for MemoryStore {
    async fn create(&self, conversation: &Conversation) -> Result<()> {
        let mut records = self.records();
        if records.contains_key(&conversation.id) {
            let message = format!("the conversation id {} is taken", conversation.id);
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        records.insert(conversation.id, Record { conversation: conversation.clone(), messages: Vec::new() });
        Ok(())
    }

    async fn find(&self, owner: &Owner, id: ConversationId) -> Result<Option<Conversation>> {
        let mut records = self.records();
        Ok(owned(&mut records, owner, id).ok().map(|record| record.conversation.clone()))
    }

    async fn messages(&self, owner: &Owner, id: ConversationId) -> Result<Vec<StoredMessage>> {
        let mut records = self.records();
        Ok(owned(&mut records, owner, id).map(|record| record.messages.clone()).unwrap_or_default())
    }

    async fn ask(
        &self,
        owner: &Owner,
        id: ConversationId,
        after: u64,
        messages: &[Message],
    ) -> Result<Question> {
        if messages.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "there is nothing to ask: the question has no messages",
            ));
        }
        let mut records = self.records();
        let record = owned(&mut records, owner, id)?;
        let last = record.messages.last().map_or(0, |message| message.sequence);
        if last != after {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                format!("another writer added to conversation {id}: load it again and ask again"),
            ));
        }
        let stored = (after + 1..).zip(messages);
        record
            .messages
            .extend(stored.map(|(at, message)| StoredMessage::new(at, message.clone(), Status::Pending)));
        Ok(Question::new(owner.clone(), id, after + 1, after + messages.len() as u64))
    }

    async fn settle(&self, question: &Question, settlement: Settlement) -> Result<()> {
        self.write(question, settlement)
    }

    fn settle_later(&self, question: &Question, settlement: Settlement) {
        // In memory "later" is now. Only a conversation that is gone can fail, and then there is nothing to write.
        _ = self.write(question, settlement);
    }
}
