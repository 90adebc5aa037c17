//! What was sent.

use std::fmt;
use std::sync::Arc;

use laravel_ai_core::{AssistantPart, ChatRequest, Context, EmbeddingRequest, Message, Target, ToolResult};

/// A chat request as the mock received it, recorded when the call was made: a stream that nobody reads counts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recorded {
    /// The place among all calls of the mock, from 1.
    pub number: usize,
    /// Who was asked.
    pub target: Target,
    /// The environment of the call: run, step, labels, deadline.
    pub context: Context,
    /// What was asked.
    pub request: Arc<ChatRequest>,
    /// Whether the answer was asked for as a stream.
    pub streamed: bool,
}

impl Recorded {
    /// The text of the last user message; empty when there is none.
    pub fn text(&self) -> String {
        last_user_text(&self.request)
    }

    /// The instructions, all system texts joined by line breaks.
    pub fn system(&self) -> String {
        let system = self.request.messages.iter().filter(|message| matches!(message, Message::System(_)));
        system.map(Message::text).collect::<Vec<_>>().join("\n")
    }

    /// The model that was asked.
    pub fn model(&self) -> &str {
        self.target.model()
    }

    /// How many answers the model has given since the last user message: 0 for the first step of a tool loop.
    pub fn step(&self) -> usize {
        let since = self.request.messages.iter().rev().take_while(|m| !matches!(m, Message::User(_)));
        since.filter(|message| matches!(message, Message::Assistant(_))).count()
    }

    /// The results of tools that the request ends with, and the names of the tools.
    pub fn tool_results(&self) -> impl Iterator<Item = (&str, &ToolResult)> {
        tool_results(&self.request)
    }
}

/// One line for people.
impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.streamed { "stream" } else { "chat" };
        write!(f, "{}. {how} to {}: ", self.number, self.target)?;
        match &self.request.raw {
            Some(raw) => write!(f, "raw {}", excerpt(raw.as_str()))?,
            None => write!(f, "\"{}\"", excerpt(&self.text()))?,
        }
        let (messages, tools) = (self.request.messages.len(), self.request.tools.len());
        match tools {
            0 => write!(f, " ({messages} {})", plural(messages, "message")),
            _ => {
                write!(f, " ({messages} {}, {tools} {})", plural(messages, "message"), plural(tools, "tool"))
            }
        }
    }
}

/// An embedding request as the mock received it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedEmbedding {
    /// The place among all calls of the mock, from 1.
    pub number: usize,
    /// Who was asked.
    pub target: Target,
    /// The environment of the call.
    pub context: Context,
    /// What was asked.
    pub request: Arc<EmbeddingRequest>,
}

impl fmt::Display for RecordedEmbedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs = self.request.inputs.len();
        write!(f, "{}. embed to {}: {inputs} {}", self.number, self.target, plural(inputs, "input"))
    }
}

pub(crate) fn last_user_text(request: &ChatRequest) -> String {
    let user = request.messages.iter().rev().find(|message| matches!(message, Message::User(_)));
    user.map(Message::text).unwrap_or_default()
}

pub(crate) fn tool_results(request: &ChatRequest) -> impl Iterator<Item = (&str, &ToolResult)> {
    let results = match request.messages.last() {
        Some(Message::Tool(results)) => results.as_slice(),
        _ => &[],
    };
    results.iter().map(|result| {
        let called = || {
            let parts = request.messages.iter().rev().filter_map(|message| match message {
                Message::Assistant(parts) => Some(parts),
                _ => None,
            });
            let mut calls = parts.flatten().filter_map(AssistantPart::as_tool_call);
            calls.find(|call| call.id == result.call_id).map(|call| call.name.as_str())
        };
        (result.name.as_deref().or_else(called).unwrap_or_default(), result)
    })
}

/// The beginning of a text on one line, for messages.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut line: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

pub(crate) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}
