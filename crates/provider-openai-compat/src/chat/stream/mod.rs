//! From the chunks of a streamed answer to events.

mod calls;
mod pattern;

use std::collections::VecDeque;
use std::sync::Arc;

use laravel_ai_core::{
    BlockId, BlockKind, Error, ErrorKind, ResponseFinish, ResponseStart, Result, Source, StreamEvent, Target,
    Usage, Warning,
};
use provider_http::calls::repeated_id;
use provider_http::wire::parse_into;
use provider_http::words::{broken, interrupted};
use provider_http::{Failure, Frame, FrameDecoder};

use self::calls::Calls;
use self::pattern::Pattern;
use super::WEB_PAGE;
use super::decode::{further_choices, unknown_part};
use super::extras::Extras;
use super::finish::{Held, finish_of};
use super::usage;
use super::wire::{Answer, Choice, Message, Piece};
use crate::dialect::Dialect;
use crate::error::{OpenAiError, error_in_answer};

/// Reads a streamed answer: the data of each frame in, events out. Nothing waits.
///
/// * Text, reasoning and refusal are one block as long as they follow each other; tool calls are blocks beside them.
/// * The finish is given at `[DONE]`, or at the end of the body when a finish reason was seen, since the usage may come after
///   it. `[DONE]` without a finish reason ends the answer for an unknown reason if anything was said, because the server
///   says that it is whole. All else is [`StreamInterrupted`](ErrorKind::StreamInterrupted).
/// * An error object in a frame is the error that it says, and so is a frame named `error`. A frame that is a whole `chat.completion` is read as one.
/// * Unknown members are kept in the metadata, unknown frames are skipped.
///
/// It is a [`FrameDecoder`] for [`chat_stream`](provider_http::chat_stream).
#[derive(Debug)]
pub struct StreamDecoder {
    dialect: Arc<Dialect>,
    answer: Arc<Failure>,
    target: Target,
    /// Until the answer begins.
    start: Option<Box<ResponseStart>>,
    /// To be told after the start.
    warnings: Vec<Warning>,
    answer_id: Option<String>,
    next_block: u32,
    open: Option<(Prose, BlockId)>,
    /// Of the open text block.
    sources: Vec<Source>,
    refused: bool,
    said: bool,
    calls: Calls,
    pattern: Pattern,
    extras: Extras,
    usage: Usage,
    service_tier: Option<String>,
    finish_reason: Option<String>,
    warned_of_choices: bool,
    over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prose {
    Text,
    Reasoning,
    Refusal,
}

impl StreamDecoder {
    /// Reads an answer that begins with `start`, which id and model of the answer are added to. `answer` is what error objects
    /// are told with, see [`FrameReader::failure`](provider_http::FrameReader::failure).
    pub fn new(dialect: Arc<Dialect>, start: ResponseStart, answer: Arc<Failure>) -> Self {
        Self {
            dialect,
            answer,
            target: start.served_by.clone(),
            start: Some(Box::new(start)),
            warnings: Vec::new(),
            answer_id: None,
            next_block: 0,
            open: None,
            sources: Vec::new(),
            refused: false,
            said: false,
            calls: Calls::default(),
            pattern: Pattern::default(),
            extras: Extras::default(),
            usage: Usage::default(),
            service_tier: None,
            finish_reason: None,
            warned_of_choices: false,
            over: false,
        }
    }

    /// With what the encoder warned of, to be told at the start.
    pub fn with_warnings(mut self, warnings: Vec<Warning>) -> Self {
        self.warnings = warnings;
        self
    }

    /// Reads the data of one frame and adds the events it stands for.
    ///
    /// # Errors
    /// What an error object says; [`Decode`](ErrorKind::Decode) for a frame that is no JSON, and
    /// [`StreamInterrupted`](ErrorKind::StreamInterrupted) for one that breaks off. Nothing may be pushed after an error.
    pub fn push(&mut self, data: &str, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        if self.over {
            return Ok(());
        }
        if !data.starts_with('{') {
            return self.push_other(data.trim(), events);
        }
        let mut message = Message::default();
        if self.pattern.read(data, &mut message) {
            self.take_in(&mut message, events);
            return Ok(());
        }
        self.pattern.forget();
        let mut answer = Answer::default();
        parse_into(data, &mut answer).map_err(broken)?;
        if answer.is_error() {
            return Err(self.failed(data));
        }
        self.begin(&answer, events);
        self.extras.of_answer(&answer);
        if let Some(raw) = answer.usage {
            self.use_up(usage::read(&self.dialect, raw), events);
        }
        if let Some(tier) = answer.service_tier.filled()
            && self.service_tier.as_deref() != Some(tier)
        {
            self.service_tier = Some(tier.to_owned());
        }
        self.pattern.learn(data, &answer);
        answer.choices.iter_mut().for_each(|choice| self.choose(choice, events));
        Ok(())
    }

    /// Says that the body ended cleanly. After `[DONE]` it does nothing.
    ///
    /// # Errors
    /// [`StreamInterrupted`](ErrorKind::StreamInterrupted) when the answer was not finished.
    pub fn finish(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        match self.finish_reason {
            _ if self.over => Ok(()),
            Some(_) => self.complete(events),
            None if self.start.is_some() => Err(interrupted("the stream ended without a part of an answer")),
            None => Err(interrupted("the answer ended without a finish reason")),
        }
    }

    /// What is no object: the end mark, blanks, a list or a text.
    fn push_other(&mut self, data: &str, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        match data.as_bytes().first() {
            None => Ok(()),
            _ if data == "[DONE]" && self.finish_reason.is_none() && !self.said && self.calls.is_empty() => {
                Err(interrupted("the answer ended before it began"))
            }
            _ if data == "[DONE]" => self.complete(events),
            Some(b'{') => self.push(data, events),
            Some(b'[') => match OpenAiError::read(data.as_bytes()) {
                Some(_) => Err(self.failed(data)),
                None => serde_json::from_str::<serde::de::IgnoredAny>(data).map(drop).map_err(broken),
            },
            Some(b'<') => Err(Error::new(ErrorKind::Decode, WEB_PAGE)),
            Some(_) => Err(self.failed(data)),
        }
    }

    fn failed(&self, data: &str) -> Error {
        let error = error_in_answer(&self.dialect, &self.answer, data);
        // What was generated before the failure may be charged.
        if self.said || !self.calls.is_empty() { error.with_possibly_billed(true) } else { error }
    }

    fn begin(&mut self, answer: &Answer<'_>, events: &mut VecDeque<StreamEvent>) {
        // Azure's first chunk has nothing but filter results. A usage is told, so it begins the answer wherever it comes.
        let begins = !answer.choices.is_empty() || answer.id.filled().is_some() || answer.usage.is_some();
        if let Some(mut start) = self.start.take_if(|_| begins) {
            start.id = answer.id.owned();
            start.model = answer.model.owned();
            self.answer_id.clone_from(&start.id);
            self.emit_start(start, events);
        }
    }

    fn emit_start(&mut self, start: Box<ResponseStart>, events: &mut VecDeque<StreamEvent>) {
        events.push_back(StreamEvent::Start(start));
        events.extend(self.warnings.drain(..).map(|warning| StreamEvent::Warning(Box::new(warning))));
    }

    fn use_up(&mut self, usage: Usage, events: &mut VecDeque<StreamEvent>) {
        if !usage.is_unknown() && usage != self.usage {
            self.usage.update(&usage);
            events.push_back(StreamEvent::Usage(Box::new(usage)));
        }
    }

    fn choose(&mut self, choice: &mut Choice<'_>, events: &mut VecDeque<StreamEvent>) {
        if choice.index.0.is_some_and(|index| index > 0) {
            if !std::mem::replace(&mut self.warned_of_choices, true) {
                events.push_back(StreamEvent::Warning(Box::new(further_choices())));
            }
            return;
        }
        if let Some(reason) = choice.finish_reason.owned() {
            self.finish_reason = Some(reason);
        }
        if let Some(logprobs) = choice.logprobs {
            self.extras.logprobs(logprobs);
        }
        self.extras.notes(&choice.other);
        self.take_in(&mut choice.body, events);
    }

    fn take_in(&mut self, message: &mut Message<'_>, events: &mut VecDeque<StreamEvent>) {
        message.take_pieces(|piece| self.say(piece, events));
        for source in message.sources() {
            let block = self.block(Prose::Text, events);
            self.sources.push(source.clone());
            events.push_back(StreamEvent::Source { block, source });
        }
        for fragment in message.take_calls() {
            self.calls.add(fragment, self.answer_id.as_deref(), &mut self.next_block, events);
        }
        self.extras.of_message(&self.dialect, &message.other, |warning| {
            events.push_back(StreamEvent::Warning(Box::new(warning)));
        });
    }

    fn say(&mut self, piece: Piece<'_>, events: &mut VecDeque<StreamEvent>) {
        self.said = true;
        let event = match piece {
            Piece::Text(text) => {
                let block = self.block(Prose::Text, events);
                StreamEvent::TextDelta { block, text: text.into_owned() }
            }
            Piece::Reasoning(text) => {
                let block = self.block(Prose::Reasoning, events);
                StreamEvent::ReasoningDelta { block, text: text.into_owned() }
            }
            Piece::Refusal(text) => {
                self.refused = true;
                let block = self.block(Prose::Refusal, events);
                StreamEvent::RefusalDelta { block, text: text.into_owned() }
            }
            Piece::Unknown(raw) => {
                let (part, warning) = unknown_part(raw);
                events.push_back(StreamEvent::Warning(Box::new(warning)));
                StreamEvent::Part { block: fresh(&mut self.next_block), part: Box::new(part) }
            }
        };
        events.push_back(event);
    }

    /// The open block of this kind; another one ends, and a new one starts where none is.
    fn block(&mut self, prose: Prose, events: &mut VecDeque<StreamEvent>) -> BlockId {
        match self.open {
            Some((open, block)) if open == prose => block,
            _ => {
                self.end_prose(events);
                let kind = match prose {
                    Prose::Text => BlockKind::Text,
                    Prose::Reasoning => BlockKind::Reasoning,
                    Prose::Refusal => BlockKind::Refusal,
                };
                let block = fresh(&mut self.next_block);
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

    fn complete(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        self.over = true;
        if let Some(start) = self.start.take() {
            self.emit_start(start, events);
        }
        if let Some((Prose::Text, block)) = self.open {
            for url in self.extras.citations() {
                if !self.sources.iter().any(|source| source.url.as_ref() == Some(&url)) {
                    events.push_back(StreamEvent::Source { block, source: Source::new(url) });
                }
            }
        }
        self.end_prose(events);
        self.calls.end(&self.target, self.answer_id.as_deref(), &mut self.next_block, events);
        if let Some(part) = self.extras.native(&self.target) {
            events.push_back(StreamEvent::Part { block: fresh(&mut self.next_block), part: Box::new(part) });
        }
        let repeated = repeated_id(self.calls.ids()).map(|warning| StreamEvent::Warning(Box::new(warning)));
        events.extend(repeated);
        let held = Held { calls: !self.calls.is_empty(), refusal: self.refused };
        let finish = finish_of(self.finish_reason.as_deref(), held);
        let mut end = ResponseFinish::new(finish, std::mem::take(&mut self.usage));
        end.cost = end.usage.raw.as_ref().and_then(self.dialect.cost);
        end.service_tier = self.service_tier.take();
        end.metadata = std::mem::take(&mut self.extras).into_metadata();
        events.push_back(StreamEvent::Finish(Box::new(end)));
        Ok(())
    }
}

impl FrameDecoder for StreamDecoder {
    fn decode(&mut self, frame: &Frame<'_>, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        // Whatever its data looks like, it is no part of an answer.
        if frame.event() == Some("error") && !self.over {
            return Err(self.failed(frame.data()));
        }
        self.push(frame.data(), events)
    }

    fn end(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        self.finish(events)
    }
}

fn fresh(next: &mut u32) -> BlockId {
    let block = BlockId::new(*next);
    *next = next.saturating_add(1);
    block
}
