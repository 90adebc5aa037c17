//! One question and its answer.

use std::ops::Range;
use std::sync::Arc;

use laravel_ai_core::{
    ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, ErrorKind, Message, Partial, Result,
    Retry, Warning,
};

use crate::recorder::Recorder;
use crate::repair::{is_the_questions_fault, repair_in_place};
use crate::window::{Window, WindowReport, fit};
use crate::{Answer, ConversationId, Outcome, Owner, Repair, RepairKind, Status, Store, StoredMessage};

/// One step of a conversation: a question that is stored, and the answer that is going to be.
///
/// The question is stored before anything is sent, and the answer, or what there is of it, when the call is over.
/// Nothing of the store is held while the model works. Dropping a turn, a future of it or its stream stops the
/// call and stores that.
#[derive(Debug)]
#[must_use = "a turn that is dropped is stored as cancelled"]
pub struct Turn {
    pub(crate) pending: Pending,
    request: Arc<ChatRequest>,
    repairs: Vec<Repair>,
    report: WindowReport,
}

impl Turn {
    /// Loads the conversation, repairs its history where needed, and stores the question.
    ///
    /// The messages of `request` are the question; system messages at their beginning are instructions of the
    /// application, which go first with this call and are not stored. With no further message the last question
    /// is asked again, if it has no answer.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the owner has no such conversation, when another writer was faster (a
    /// [`Conflict`](crate::Conflict)), when there is nothing to answer, or when the request is wrong in itself;
    /// otherwise what the store says. Nothing is stored then.
    pub async fn begin(
        store: Arc<dyn Store>,
        owner: Owner,
        conversation: ConversationId,
        request: ChatRequest,
    ) -> Result<Self> {
        Self::begin_in(store, owner, conversation, request, &Window::whole(), &Context::new()).await
    }

    /// [`begin`](Self::begin) with as much of the history as fits a window. Tokens are counted in the environment `ctx`,
    /// before the question is stored.
    ///
    /// # Errors
    /// As [`begin`](Self::begin); [`ErrorKind::ContextTooLong`] when what has to go is too long for the window by
    /// itself; [`ErrorKind::Configuration`] when nothing [counts](Window::needs_counter); those of the counter. Nothing is
    /// stored then.
    pub async fn begin_in(
        store: Arc<dyn Store>,
        owner: Owner,
        conversation: ConversationId,
        request: ChatRequest,
        window: &Window,
        ctx: &Context,
    ) -> Result<Self> {
        let prepared = prepare(&*store, &owner, conversation, request, window, ctx).await?;
        let Prepared { request, question, first, next, repairs, report } = prepared;
        let end = match question.is_empty() {
            true => next,
            false => store.append(&owner, conversation, next, question).await?,
        };
        let pending = Pending {
            store,
            owner,
            conversation,
            question: first..end,
            otherwise: Some(Outcome::cancelled()),
        };
        Ok(Self { pending, request: Arc::new(request), repairs, report })
    }

    /// The request that [`begin_in`](Self::begin_in) would make, and what the window leaves out of it. Stores nothing.
    ///
    /// # Errors
    /// As [`begin_in`](Self::begin_in).
    pub async fn preview(
        store: &dyn Store,
        owner: &Owner,
        conversation: ConversationId,
        request: ChatRequest,
        window: &Window,
        ctx: &Context,
    ) -> Result<(ChatRequest, WindowReport)> {
        let prepared = prepare(store, owner, conversation, request, window, ctx).await?;
        Ok((prepared.request, prepared.report))
    }

    /// The request that is going to be sent: instructions, history, question.
    pub fn request(&self) -> &Arc<ChatRequest> {
        &self.request
    }

    /// What had to be done to the history. The answer says it, too, as warnings.
    pub fn repairs(&self) -> &[Repair] {
        &self.repairs
    }

    /// What the window left out of the request. The answer says it, too, as a warning.
    pub fn window(&self) -> &WindowReport {
        &self.report
    }

    fn warnings(&self) -> Vec<Warning> {
        self.repairs.iter().map(Repair::warning).chain(self.report.warning()).collect()
    }

    /// Asks, waits for the whole answer and stores it. Dropping the future stores the turn as cancelled.
    ///
    /// # Errors
    /// Those of the model, after storing that; or those of the store, with the answer as
    /// [`partial`](Error::partial), since it was paid for.
    pub async fn send(mut self, model: &dyn ChatModel, ctx: &Context) -> Result<ChatResponse> {
        match model.chat(ctx, self.request.clone()).await {
            Ok(mut response) => {
                response.warnings.extend(self.warnings());
                let stored = self.pending.settle(Outcome::Answered(Answer::from(&response))).await;
                stored.map_err(|error| not_stored(error, &response)).map(|()| response)
            }
            Err(error) => Err(self.pending.fail(error, model).await),
        }
    }

    /// Asks and gives the answer while it is made. It is stored before its finish is delivered. A stream that
    /// breaks or is dropped stores what was delivered until then.
    ///
    /// # Errors
    /// Those of the model, after storing that; an answer that can't be stored ends the stream with the store's
    /// error in place of the finish.
    pub async fn stream(mut self, model: &dyn ChatModel, ctx: &Context) -> Result<ChatStream> {
        match model.stream(ctx, self.request.clone()).await {
            Ok(stream) => {
                let warnings = self.warnings();
                Ok(Recorder::stream(stream, self.pending, warnings))
            }
            Err(error) => Err(self.pending.fail(error, model).await),
        }
    }
}

/// What a turn is made of, before anything is stored.
struct Prepared {
    request: ChatRequest,
    question: Vec<Message>,
    /// Where the messages begin that are going to be answered, and the number of the next message.
    first: u64,
    next: u64,
    repairs: Vec<Repair>,
    report: WindowReport,
}

async fn prepare(
    store: &dyn Store,
    owner: &Owner,
    conversation: ConversationId,
    mut request: ChatRequest,
    window: &Window,
    ctx: &Context,
) -> Result<Prepared> {
    if request.raw.is_some() {
        let message = "a raw body can't be a turn of a conversation, because its messages are not known";
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    let mut stored = store.messages(owner, conversation).await?;
    let next = stored.len() as u64;
    let end = request.messages.iter().take_while(|message| matches!(message, Message::System(_))).count();
    let question = request.messages.split_off(end);

    let first = reopen(&mut stored, question.is_empty());
    if question.is_empty() && first == next {
        let message = "there is nothing to answer: give the turn a message";
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    stored.extend((next..).zip(&question).map(|(sequence, it)| StoredMessage::pending(sequence, it.clone())));
    let (history, repairs) = repair_in_place(stored);
    // What is stored can only be repaired, but what is given now can be put right by whoever gives it.
    if let Some(wrong) = repairs.iter().find(|it| it.sequence >= next && it.kind != RepairKind::CallClosed) {
        let message = format!("the question can't be sent as it is: {wrong}");
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    let summary = match window.is_whole() {
        true => None,
        false => store.summary(owner, conversation).await?,
    };
    let (messages, report) = fit(window, &request, history, first, summary.as_ref(), ctx).await?;
    request.messages = messages;
    request.validate()?;
    Ok(Prepared { request, question, first, next, repairs, report })
}

/// Where the messages at the end begin that have no answer and are going to be answered now. When they are asked
/// again on purpose, that they failed before does not count.
pub(crate) fn reopen(stored: &mut [StoredMessage], again: bool) -> u64 {
    let mut first = stored.len();
    for (index, message) in stored.iter_mut().enumerate().rev() {
        let waits = match message.status {
            Status::Pending => true,
            Status::Failed(kind) => again || !is_the_questions_fault(kind),
            _ => false,
        };
        if !waits {
            break;
        }
        message.status = Status::Pending;
        first = index;
    }
    first as u64
}

/// The answer is there and paid for, so nobody may ask again only because it could not be stored.
pub(crate) fn not_stored(error: Error, response: &ChatResponse) -> Error {
    let message = format!("the answer could not be stored: {}", error.message());
    Error::new(error.kind(), message)
        .with_source(error)
        .with_retry(Retry::Never)
        .with_possibly_billed(true)
        .with_target(&response.served_by)
        .with_partial(Partial::new(response.content.clone()).with_usage(response.usage.clone()))
}

/// A question that is stored and waits. Whatever happens, it is settled once.
#[derive(Debug)]
pub(crate) struct Pending {
    store: Arc<dyn Store>,
    owner: Owner,
    conversation: ConversationId,
    question: Range<u64>,
    /// What is stored when this is dropped now.
    pub(crate) otherwise: Option<Outcome>,
}

impl Pending {
    pub(crate) async fn settle(&mut self, outcome: Outcome) -> Result<()> {
        // Should this future be dropped half way, the store gets the outcome a second time, which is a conflict
        // at worst.
        self.otherwise = Some(outcome.clone());
        let settled = self.store.settle(&self.owner, self.conversation, self.question.clone(), outcome).await;
        self.otherwise = None;
        settled
    }

    /// Stores the failure and gives it back. That it could not be stored is the smaller problem.
    pub(crate) async fn fail(&mut self, error: Error, model: &dyn ChatModel) -> Error {
        let target = error.target().unwrap_or_else(|| model.target()).clone();
        let _ = self.settle(Outcome::failed(&error, Some(&target))).await;
        error
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(outcome) = self.otherwise.take() {
            self.store.hand_over(&self.owner, self.conversation, self.question.clone(), outcome);
        }
    }
}
