//! From the lines of a streamed answer to events.

use std::collections::VecDeque;
use std::sync::Arc;

use laravel_ai_core::{
    BlockId, BlockKind, ResponseStart, Result, StreamEvent, ToolCall, ToolCallKind, Warning,
};
use provider_http::calls::repeated_id;
use provider_http::wire::parse_into;
use provider_http::words::{broken_frame, interrupted};
use provider_http::{Failure, Frame, FrameDecoder};

use super::ending::{Extras, ending};
use super::prompt::Prompt;
use super::wire::{Answer, Piece};
use crate::error::error_in_line;

/// Reads a streamed answer: one line in, events out. Nothing waits.
///
/// * Text and thinking are one block as long as they follow each other; tool calls, which come whole, are blocks beside them.
/// * The finish is given at the line that says `done`. A body that ends without one is
///   [`StreamInterrupted`](laravel_ai_core::ErrorKind::StreamInterrupted), and so is one that ends inside a line.
/// * A line with an `error` is the error that it says.
/// * Unknown members are kept in the metadata.
///
/// It is a [`FrameDecoder`] for [`chat_stream`](provider_http::chat_stream).
#[derive(Debug)]
pub struct StreamDecoder {
    answer: Arc<Failure>,
    prompt: Prompt,
    hosted: bool,
    /// Until the answer begins.
    start: Option<Box<ResponseStart>>,
    /// To be told after the start.
    warnings: Vec<Warning>,
    /// When the answer began, as the server says it.
    born: String,
    next_block: u32,
    open: Option<(Prose, BlockId)>,
    said: bool,
    /// The ids of the calls.
    calls: Vec<String>,
    extras: Extras,
    over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prose {
    Text,
    Thinking,
}

impl StreamDecoder {
    /// Reads an answer that begins with `start`, which the model's name is added to. `answer` is what error lines are told
    /// with, see [`FrameReader::failure`](provider_http::FrameReader::failure).
    pub fn new(start: ResponseStart, answer: Arc<Failure>) -> Self {
        Self {
            answer,
            prompt: Prompt::default(),
            hosted: false,
            start: Some(Box::new(start)),
            warnings: Vec::new(),
            born: String::new(),
            next_block: 0,
            open: None,
            said: false,
            calls: Vec::new(),
            extras: Extras::default(),
            over: false,
        }
    }

    /// With what is known of the prompt, to tell whether it was cut.
    pub fn with_prompt(mut self, prompt: Prompt) -> Self {
        self.prompt = prompt;
        self
    }

    /// Whether Ollama's own service gives the answer, which decides what a missing model means.
    pub fn with_hosted(mut self, hosted: bool) -> Self {
        self.hosted = hosted;
        self
    }

    /// With what the encoder warned of, to be told at the start.
    pub fn with_warnings(mut self, warnings: Vec<Warning>) -> Self {
        self.warnings = warnings;
        self
    }

    /// Reads one line and adds the events it stands for.
    ///
    /// # Errors
    /// What an error line says; [`Decode`](laravel_ai_core::ErrorKind::Decode) for a line that is no JSON, and
    /// [`StreamInterrupted`](laravel_ai_core::ErrorKind::StreamInterrupted) for one that breaks off. Nothing may be pushed after an error.
    pub fn push(&mut self, line: &str, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        if self.over {
            return Ok(());
        }
        let mut answer = Answer::default();
        parse_into(line, &mut answer).map_err(|error| broken_frame(line, error))?;
        if answer.error.is_some() {
            let error = error_in_line(self.hosted, &self.answer, line);
            // What was generated before the failure has cost time, and at the hosted service a part of the limit.
            return Err(if self.said { error.with_possibly_billed(true) } else { error });
        }
        if let Some(start) = self.start.take() {
            self.begin(start, &answer, events);
        }
        answer.message.take_pieces(|piece| self.say(piece, events));
        for call in std::mem::take(&mut answer.message.tool_calls) {
            if let Some(call) = call.into_tool_call(&self.born, self.calls.len()) {
                self.call(call, events);
            }
        }
        self.extras.note(&answer.other);
        self.extras.note(&answer.message.other);
        if let Some(list) = answer.logprobs {
            self.extras.likelihoods(list);
        }
        if answer.is_done() {
            self.complete(&answer, events);
        }
        Ok(())
    }

    /// Says that the body ended cleanly. After the line that says `done` it does nothing.
    ///
    /// # Errors
    /// [`StreamInterrupted`](laravel_ai_core::ErrorKind::StreamInterrupted) when the answer was not done.
    pub fn finish(&self) -> Result<()> {
        match self.start {
            _ if self.over => Ok(()),
            Some(_) => Err(interrupted("the stream ended without a part of an answer")),
            None => Err(interrupted("the answer ended before it was done")),
        }
    }

    fn begin(
        &mut self,
        mut start: Box<ResponseStart>,
        answer: &Answer<'_>,
        events: &mut VecDeque<StreamEvent>,
    ) {
        start.model = answer.model.owned();
        self.born = answer.created_at.owned().unwrap_or_default();
        events.push_back(StreamEvent::Start(start));
        events.extend(self.warnings.drain(..).map(|warning| StreamEvent::Warning(Box::new(warning))));
    }

    fn say(&mut self, piece: Piece<'_>, events: &mut VecDeque<StreamEvent>) {
        self.said = true;
        let event = match piece {
            Piece::Text(text) => {
                let block = self.block(Prose::Text, events);
                StreamEvent::TextDelta { block, text: text.into_owned() }
            }
            Piece::Thinking(text) => {
                let block = self.block(Prose::Thinking, events);
                StreamEvent::ReasoningDelta { block, text: text.into_owned() }
            }
            Piece::Part(part, warning) => {
                events.extend(warning.map(|warning| StreamEvent::Warning(Box::new(warning))));
                StreamEvent::Part { block: self.fresh(), part: Box::new(part) }
            }
        };
        events.push_back(event);
    }

    /// A call comes whole: its block starts and ends at once.
    fn call(&mut self, call: ToolCall, events: &mut VecDeque<StreamEvent>) {
        self.said = true;
        self.calls.push(call.id.clone());
        let block = self.fresh();
        let kind = BlockKind::ToolInput { id: call.id, name: call.name, call: ToolCallKind::Function };
        events.push_back(StreamEvent::BlockStart { block, kind });
        events.push_back(StreamEvent::ToolInputDelta { block, text: call.arguments });
        events.push_back(StreamEvent::BlockEnd { block, opaque: None });
    }

    /// The open block of this kind; another one ends, and a new one starts where none is.
    fn block(&mut self, prose: Prose, events: &mut VecDeque<StreamEvent>) -> BlockId {
        match self.open {
            Some((open, block)) if open == prose => block,
            _ => {
                self.end_prose(events);
                let kind = match prose {
                    Prose::Text => BlockKind::Text,
                    Prose::Thinking => BlockKind::Reasoning,
                };
                let block = self.fresh();
                events.push_back(StreamEvent::BlockStart { block, kind });
                self.open = Some((prose, block));
                block
            }
        }
    }

    fn end_prose(&mut self, events: &mut VecDeque<StreamEvent>) {
        if let Some((_, block)) = self.open.take() {
            events.push_back(StreamEvent::BlockEnd { block, opaque: None });
        }
    }

    fn fresh(&mut self) -> BlockId {
        let block = BlockId::new(self.next_block);
        self.next_block = self.next_block.saturating_add(1);
        block
    }

    fn complete(&mut self, answer: &Answer<'_>, events: &mut VecDeque<StreamEvent>) {
        self.over = true;
        self.end_prose(events);
        let end = ending(answer, !self.calls.is_empty(), std::mem::take(&mut self.extras));
        let repeated = repeated_id(self.calls.iter().map(String::as_str));
        let warnings = repeated.into_iter().chain(self.prompt.cut(&end.usage));
        events.extend(warnings.map(|warning| StreamEvent::Warning(Box::new(warning))));
        events.push_back(StreamEvent::Finish(Box::new(end)));
    }
}

impl FrameDecoder for StreamDecoder {
    fn decode(&mut self, frame: &Frame<'_>, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        self.push(frame.data(), events)
    }

    fn end(&mut self, _: &mut VecDeque<StreamEvent>) -> Result<()> {
        self.finish()
    }
}
