//! From what is stored to what can be sent.

use std::fmt;

use laravel_ai_core::{AssistantPart, ErrorKind, Message, ToolCall, ToolResult, Warning, WarningKind};

use crate::{Status, StoredMessage};

/// Something that a stored history needed before it could be sent. What is stored stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repair {
    /// The message that it is about.
    pub sequence: u64,
    /// What was done.
    pub kind: RepairKind,
    /// The tool or role concerned.
    pub subject: String,
}

/// What a [`Repair`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RepairKind {
    /// A tool call had no result: it was given an error result, since vendors refuse calls without one.
    CallClosed,
    /// A tool call whose arguments were cut was left out.
    CallLeftOut,
    /// A tool result without its call before it was left out.
    ResultLeftOut,
    /// A question was left out, with what there was of its answer, because it is why its call failed: sent
    /// again, it would fail every later call too.
    QuestionLeftOut,
    /// A message with nothing in it was left out.
    EmptyLeftOut,
}

impl Repair {
    /// The repair as a warning on an answer.
    pub fn warning(&self) -> Warning {
        Warning::new(WarningKind::HistoryRepaired, self.subject.clone(), self.to_string())
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            RepairKind::CallClosed => "a tool call without a result was closed with an error result",
            RepairKind::CallLeftOut => "a tool call with cut arguments was left out",
            RepairKind::ResultLeftOut => "a tool result without its call was left out",
            RepairKind::QuestionLeftOut => "a question that could not be answered was left out",
            RepairKind::EmptyLeftOut => "an empty message was left out",
        };
        write!(f, "{what} (message {} of the conversation)", self.sequence)
    }
}

/// A history that can be sent, of messages as they are stored: no call without its result, no result without its
/// call, nothing cut, and no question that would fail again. Repairing twice changes nothing more.
///
/// Questions whose call failed for a passing reason stay, so that "try again" has a meaning.
pub fn repair(stored: impl IntoIterator<Item = StoredMessage>) -> (Vec<Message>, Vec<Repair>) {
    let (placed, repairs) = repair_in_place(stored);
    (placed.into_iter().map(|it| it.message).collect(), repairs)
}

/// A message that can be sent.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) message: Message,
    /// The stored messages that it is made of; none for results that a repair made up.
    pub(crate) sequences: Vec<u64>,
    /// One of them is pinned.
    pub(crate) pinned: bool,
}

/// [`repair`] for who has to know what became of which message.
pub(crate) fn repair_in_place(stored: impl IntoIterator<Item = StoredMessage>) -> (Vec<Placed>, Vec<Repair>) {
    let mut history = History::default();
    for message in stored {
        history.add(message);
    }
    history.close_calls();
    (history.messages, history.repairs)
}

#[derive(Default)]
struct History {
    messages: Vec<Placed>,
    repairs: Vec<Repair>,
    /// Calls of the last assistant message that have no result yet, and its place.
    open: Vec<ToolCall>,
    calls_of: u64,
    /// The last question was left out, so what there is of its answer goes, too.
    skipping: bool,
}

impl History {
    fn add(&mut self, stored: StoredMessage) {
        let StoredMessage { sequence, status, message, pinned, .. } = stored;
        let cut = matches!(status, Status::Interrupted | Status::Cancelled);
        match status {
            Status::Failed(kind) if is_the_questions_fault(kind) => {
                self.skipping = true;
                return self.note(sequence, RepairKind::QuestionLeftOut, message.role());
            }
            _ if cut && self.skipping => return,
            _ => self.skipping = false,
        }
        let message = match message {
            Message::Assistant(parts) => {
                self.close_calls();
                Message::Assistant(self.assistant(sequence, parts))
            }
            Message::Tool(results) => {
                let results = self.results(sequence, results);
                if results.is_empty() {
                    return;
                }
                // Vendors want all results of an answer together.
                if let Some(Placed { message: Message::Tool(before), sequences, pinned: either }) =
                    self.messages.last_mut()
                {
                    sequences.push(sequence);
                    *either |= pinned;
                    return before.extend(results);
                }
                Message::Tool(results)
            }
            other => {
                self.close_calls();
                other
            }
        };
        if message.is_empty() {
            return self.note(sequence, RepairKind::EmptyLeftOut, message.role());
        }
        self.messages.push(Placed { message, sequences: vec![sequence], pinned });
    }

    fn assistant(&mut self, sequence: u64, parts: Vec<AssistantPart>) -> Vec<AssistantPart> {
        let mut kept = Vec::with_capacity(parts.len());
        for part in parts {
            match part.as_tool_call() {
                Some(call) if call.truncated => {
                    self.note(sequence, RepairKind::CallLeftOut, &call.name);
                    continue;
                }
                Some(call) => self.open.push(call.clone()),
                None => {}
            }
            kept.push(part);
        }
        self.calls_of = sequence;
        kept
    }

    fn results(&mut self, sequence: u64, results: Vec<ToolResult>) -> Vec<ToolResult> {
        let mut kept = Vec::with_capacity(results.len());
        for result in results {
            match self.open.iter().position(|call| call.id == result.call_id) {
                Some(at) => {
                    self.open.remove(at);
                    kept.push(result);
                }
                None => {
                    let name = result.name.as_deref().unwrap_or("tool");
                    self.note(sequence, RepairKind::ResultLeftOut, name);
                }
            }
        }
        kept
    }

    fn close_calls(&mut self) {
        let open = std::mem::take(&mut self.open);
        if open.is_empty() {
            return;
        }
        let mut closed = Vec::with_capacity(open.len());
        for call in open {
            closed.push(ToolResult::error(
                &call,
                "The call was interrupted; it is not known whether it took effect.",
            ));
            self.note(self.calls_of, RepairKind::CallClosed, &call.name);
        }
        match self.messages.last_mut() {
            Some(Placed { message: Message::Tool(results), .. }) => results.extend(closed),
            _ => {
                let message = Message::Tool(closed);
                self.messages.push(Placed { message, sequences: Vec::new(), pinned: false });
            }
        }
    }

    fn note(&mut self, sequence: u64, kind: RepairKind, subject: &str) {
        self.repairs.push(Repair { sequence, kind, subject: subject.to_owned() });
    }
}

/// Whether the same question would fail in the same way after others, too.
pub(crate) fn is_the_questions_fault(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::InvalidRequest
            | ErrorKind::ContextTooLong
            | ErrorKind::ContentFiltered
            | ErrorKind::Unsupported
            | ErrorKind::Unknown
    )
}
