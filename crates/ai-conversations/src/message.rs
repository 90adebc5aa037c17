//! Messages as they are stored.

use laravel_ai_core::{
    AssistantPart, ChatResponse, Cost, Error, ErrorKind, Finish, Message, Partial, Target, Usage,
};
use serde::{Deserialize, Serialize};

/// A message in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredMessage {
    /// Its place, from 0 and without gaps. Messages are ordered by this, since times can be equal or run backwards.
    pub sequence: u64,
    /// How far it got.
    pub status: Status,
    /// What was said.
    pub message: Message,
    /// For an answer: what it used.
    pub usage: Option<Usage>,
    /// For an answer: what it cost, when that is known.
    pub cost: Option<Cost>,
    /// For an answer: who served it.
    pub target: Option<Target>,
    /// For a complete answer: why it ended.
    pub finish: Option<Finish>,
    /// No [`Window`](crate::Window) leaves it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

impl StoredMessage {
    /// A message that waits for its answer.
    pub fn pending(sequence: u64, message: Message) -> Self {
        Self {
            sequence,
            status: Status::Pending,
            message,
            usage: None,
            cost: None,
            target: None,
            finish: None,
            pinned: false,
        }
    }

    /// An answer.
    pub fn answer(sequence: u64, status: Status, answer: Answer) -> Self {
        Self {
            sequence,
            status,
            message: Message::Assistant(answer.content),
            usage: Some(answer.usage),
            cost: answer.cost,
            target: answer.target,
            finish: answer.finish,
            pinned: false,
        }
    }
}

/// How far a stored message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// It waits for its answer. After a crash it stays so.
    Pending,
    /// A question that was answered, or an answer that is whole.
    Complete,
    /// A question whose call failed like this.
    Failed(ErrorKind),
    /// What there is of an answer that broke off.
    Interrupted,
    /// What there is of an answer that the caller stopped.
    Cancelled,
}

/// What a model answered, with what has to be stored beside it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The parts.
    pub content: Vec<AssistantPart>,
    /// What it used.
    pub usage: Usage,
    /// What it cost, when that is known.
    pub cost: Option<Cost>,
    /// Who served it.
    pub target: Option<Target>,
    /// Why it ended; `None` for one that is not whole.
    pub finish: Option<Finish>,
}

impl From<&ChatResponse> for Answer {
    fn from(response: &ChatResponse) -> Self {
        Self {
            content: response.content.clone(),
            usage: response.usage.clone(),
            cost: response.cost.clone(),
            target: Some(response.served_by.clone()),
            finish: Some(response.finish.clone()),
        }
    }
}

impl Answer {
    /// What there is of an answer.
    pub fn partial(partial: &Partial, target: Option<&Target>) -> Self {
        Self {
            content: partial.content.clone(),
            usage: partial.usage.clone(),
            target: target.cloned(),
            ..Self::default()
        }
    }
}

/// How the call for a question came out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was answered.
    Answered(Answer),
    /// It failed.
    Failed {
        /// How; [`Cancelled`](ErrorKind::Cancelled) when the caller stopped it.
        kind: ErrorKind,
        /// What was delivered before that.
        partial: Option<Answer>,
    },
}

impl Outcome {
    /// The caller stopped the call before anything was delivered.
    pub fn cancelled() -> Self {
        Self::Failed { kind: ErrorKind::Cancelled, partial: None }
    }

    /// The call failed; what the error carries of the answer is kept.
    pub fn failed(error: &Error, target: Option<&Target>) -> Self {
        let partial = error.partial().map(|partial| Answer::partial(partial, target.or(error.target())));
        Self::Failed { kind: error.kind(), partial }
    }

    /// The status that the question gets.
    pub fn question_status(&self) -> Status {
        match self {
            Self::Answered(_) => Status::Complete,
            Self::Failed { kind, .. } => Status::Failed(*kind),
        }
    }

    /// The message that is added after the question, when there is one.
    pub fn into_message(self, sequence: u64) -> Option<StoredMessage> {
        match self {
            Self::Answered(answer) => Some(StoredMessage::answer(sequence, Status::Complete, answer)),
            Self::Failed { kind, partial } => {
                let status = match kind {
                    ErrorKind::Cancelled => Status::Cancelled,
                    _ => Status::Interrupted,
                };
                partial.map(|answer| StoredMessage::answer(sequence, status, answer))
            }
        }
    }
}
