//! One question and its answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use laravel_ai_core::{
    ChatResponse, ChatStream, Error, ErrorKind, Message, Partial, Result, StreamEvent, Target, Warning,
};

use crate::{ConversationId, Owner, Question, Settlement, Status, Store, StoredMessage, repair};

/// One question and its answer: stored before it is sent, and settled whatever happens.
///
/// A turn that is dropped unsettled, as a cancelled future does, is stored as cancelled.
#[derive(Debug)]
#[must_use = "a turn that is dropped is stored as cancelled"]
pub struct Turn {
    store: Arc<dyn Store>,
    question: Question,
    messages: Vec<Message>,
    warnings: Vec<Warning>,
    /// How the turn ends when it is dropped now; `None` once that is stored.
    ending: Option<Settlement>,
}

impl Turn {
    /// Stores `question` behind what the conversation holds, and loads what is to be sent.
    ///
    /// Sent are the questions that were answered, with their answers, the partial answers of broken ones, and the
    /// new question. A question that failed stays stored, but is not sent again unless it is asked again.
    ///
    /// # Errors
    /// Those of the store; [`InvalidRequest`](ErrorKind::InvalidRequest) when the conversation is not there or
    /// another writer was faster.
    pub async fn begin(
        store: &Arc<dyn Store>,
        owner: &Owner,
        id: ConversationId,
        question: Vec<Message>,
    ) -> Result<Self> {
        let stored = store.messages(owner, id).await?;
        let last = stored.last().map_or(0, |message| message.sequence);
        let asked = store.ask(owner, id, last, &question).await?;
        let history = sendable(stored).into_iter().chain(question).collect();
        let (messages, warnings) = repair(history);
        let ending = Some(cancelled(None, None));
        Ok(Self { store: Arc::clone(store), question: asked, messages, warnings, ending })
    }

    /// What is to be sent: history and question.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// What was done to make the history fit to be sent.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Stores the answer.
    ///
    /// # Errors
    /// Those of the store. The answer is in the caller's hands all the same.
    pub async fn complete(self, response: &ChatResponse) -> Result<()> {
        self.settle(answered(response)).await
    }

    /// Stores that there is no whole answer: what arrived of it, and why.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn fail(self, error: &Error) -> Result<()> {
        self.settle(failed(error)).await
    }

    /// The stream that stores its answer when it is finished, what arrived when it breaks, and that it was
    /// cancelled when it is dropped. Warnings of the repair come first.
    pub fn watch(mut self, stream: ChatStream) -> ChatStream {
        let target = stream.target().clone();
        let warnings = std::mem::take(&mut self.warnings);
        let watched = Watched {
            warnings: warnings.into_iter(),
            stream: Some(stream),
            turn: Some(self),
            settling: None,
        };
        ChatStream::new(target, watched)
    }

    async fn settle(mut self, settlement: Settlement) -> Result<()> {
        // Kept while the store works: a caller that is dropped meanwhile must not lose the answer.
        self.ending = Some(settlement.clone());
        self.store.settle(&self.question, settlement).await?;
        self.ending = None;
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(ending) = self.ending.take() {
            self.store.settle_later(&self.question, ending);
        }
    }
}

/// Of stored messages those that a model should see again.
fn sendable(stored: Vec<StoredMessage>) -> Vec<Message> {
    let mut messages = Vec::with_capacity(stored.len());
    let mut unanswered = Vec::new();
    for message in stored {
        match (message.status, &message.message) {
            // A partial answer makes its question worth sending.
            (Status::Complete, _) | (Status::Interrupted | Status::Cancelled, Message::Assistant(_)) => {
                messages.append(&mut unanswered);
                messages.push(message.message);
            }
            (Status::Interrupted | Status::Cancelled, _) => unanswered.push(message.message),
            (Status::Pending | Status::Failed, _) => unanswered.clear(),
        }
    }
    messages
}

fn answered(response: &ChatResponse) -> Settlement {
    let mut settlement =
        Settlement::new(Status::Complete).with_content(response.content.clone(), response.usage.clone());
    settlement.served_by = Some(response.served_by.clone());
    settlement
}

fn failed(error: &Error) -> Settlement {
    let partial = error.partial().filter(|partial| !partial.content.is_empty());
    let status = if partial.is_some() { Status::Interrupted } else { Status::Failed };
    let mut settlement = Settlement::new(status);
    if let Some(Partial { content, usage, .. }) = partial.cloned() {
        settlement = settlement.with_content(content, usage);
    }
    settlement.served_by = error.target().cloned();
    settlement.error = Some(error.kind());
    settlement
}

fn cancelled(partial: Option<Partial>, served_by: Option<Target>) -> Settlement {
    let Partial { content, usage, .. } = partial.unwrap_or_default();
    let mut settlement = Settlement::new(Status::Cancelled).with_content(content, usage);
    settlement.served_by = served_by;
    settlement.error = Some(ErrorKind::Cancelled);
    settlement
}

/// A stream that settles its turn.
struct Watched {
    warnings: std::vec::IntoIter<Warning>,
    stream: Option<ChatStream>,
    turn: Option<Turn>,
    settling: Option<Settling>,
}

/// The answer is being stored; then the last item is given out.
struct Settling {
    stored: Pin<Box<dyn Future<Output = Result<()>> + Send>>,
    last: Option<Result<StreamEvent>>,
}

impl Stream for Watched {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(warning) = this.warnings.next() {
            return Poll::Ready(Some(Ok(StreamEvent::Warning(Box::new(warning)))));
        }
        if this.settling.is_none() {
            let Some(stream) = &mut this.stream else { return Poll::Ready(None) };
            let item = match Pin::new(stream).poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(item) => item,
            };
            if matches!(&item, Some(Ok(event)) if !matches!(event, StreamEvent::Finish(_))) {
                return Poll::Ready(item);
            }
            let (Some(stream), Some(turn)) = (this.stream.take(), this.turn.take()) else {
                return Poll::Ready(item);
            };
            // A stream that is over answers at once, be it with the response or with the error that ended it.
            let stored = async move {
                match stream.into_response().await {
                    Ok(response) => turn.complete(&response).await,
                    Err(error) => turn.fail(&error).await,
                }
            };
            this.settling = Some(Settling { stored: Box::pin(stored), last: item });
        }
        let Some(settling) = &mut this.settling else { return Poll::Ready(None) };
        match settling.stored.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(stored) => {
                let last = settling.last.take();
                this.settling = None;
                Poll::Ready(match (stored, last) {
                    // The vendor's own error says more than the failure to note it.
                    (_, Some(Err(error))) => Some(Err(error)),
                    (Err(error), _) => Some(Err(error)),
                    (Ok(()), last) => last,
                })
            }
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let (Some(stream), Some(mut turn)) = (self.stream.take(), self.turn.take()) {
            let target = stream.target().clone();
            turn.ending = Some(cancelled(stream.into_partial(), Some(target)));
        }
    }
}
