//! From the events of a streamed answer to ours.

use std::collections::VecDeque;
use std::sync::Arc;

use laravel_ai_core::{Error, ErrorKind, ResponseStart, Result, StreamEvent, Target, Warning};
use provider_http::wire::{parse, parse_into};
use provider_http::words::{broken, interrupted};
use provider_http::{Failure, Frame, FrameDecoder};
use serde_json::value::RawValue;

use super::blocks::{Blocks, Spoken};
use super::ending::{ending, failure, transformed, usage};
use super::item;
use super::wire::{Answer, Event, Written};
use crate::chat::WEB_PAGE;
use crate::dialect::Dialect;
use crate::error::error_in_answer;

/// Reads a streamed answer: the data of each frame in, events out. Nothing waits.
///
/// * The type in the data says what a frame is; the `event:` line is not needed. Unknown types are skipped.
/// * Deltas belong to the item with their `output_index`. What an item says when it is done is the truth: what the deltas
///   did not say is added, and its state is only known then. Items that the end of the answer lists and that were
///   not done before are read there.
/// * The end is `response.completed` or `response.incomplete`; `response.failed` and `error` events, nested or flat, are the
///   error that they say. All else, `[DONE]` too, is [`StreamInterrupted`](laravel_ai_core::ErrorKind::StreamInterrupted).
/// * A frame that is a whole response is read as one.
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
    blocks: Blocks,
    over: bool,
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
            blocks: Blocks::default(),
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
    /// What an error says; [`Decode`](laravel_ai_core::ErrorKind::Decode) for a frame that is no JSON, and
    /// [`StreamInterrupted`](laravel_ai_core::ErrorKind::StreamInterrupted) for one that breaks off. Nothing may be pushed after an error.
    pub fn push(&mut self, data: &str, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        let data = data.trim();
        if self.over || data.is_empty() {
            return Ok(());
        }
        if data == "[DONE]" {
            return self.finish(events);
        }
        if data.starts_with('<') {
            return Err(Error::new(ErrorKind::Decode, WEB_PAGE));
        }
        let mut event = Event::default();
        parse_into(data, &mut event).map_err(broken)?;
        let spoken = match event.kind.filled().unwrap_or_default() {
            "response.output_text.delta" => Spoken::Text,
            "response.refusal.delta" => Spoken::Refusal,
            "response.reasoning_summary_text.delta" => Spoken::Summary,
            "response.reasoning_text.delta" => Spoken::Reasoning,
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                Spoken::Input
            }
            _ => return self.push_other(data, &event, events),
        };
        if let Some(delta) = std::mem::take(&mut event.delta).into_filled() {
            self.begin(None, events);
            self.blocks.say(spoken, &event, delta, events);
        }
        Ok(())
    }

    /// Says that the body ended cleanly. After the end of the answer it does nothing.
    ///
    /// # Errors
    /// [`StreamInterrupted`](laravel_ai_core::ErrorKind::StreamInterrupted) when the answer was not finished.
    pub fn finish(&mut self, _: &mut VecDeque<StreamEvent>) -> Result<()> {
        if self.over { Ok(()) } else { Err(interrupted("the answer ended before it was complete")) }
    }

    fn push_other(
        &mut self,
        data: &str,
        event: &Event<'_>,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<()> {
        match (event.kind.filled().unwrap_or_default(), event.item, event.response) {
            ("response.output_item.added", Some(item), _) => {
                self.begin(None, events);
                self.blocks.add(&self.dialect, event.output_index.0, item, events);
            }
            ("response.output_item.done", Some(item), _) => {
                self.begin(None, events);
                let index = event.output_index.0;
                let position = index.and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
                self.blocks.done(
                    index,
                    item::read_alone(&self.dialect, &self.target, position, item),
                    events,
                );
            }
            ("response.output_text.annotation.added", ..) => {
                if let Some(source) = event.annotation.and_then(item::source) {
                    self.begin(None, events);
                    self.blocks.cite(event, source, events);
                }
            }
            ("response.created" | "response.in_progress" | "response.queued", _, Some(response)) => {
                let answer = parse(response.get()).unwrap_or_default();
                self.begin(Some(&answer), events);
            }
            (
                "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled",
                _,
                response,
            ) => {
                return self.complete(response, events);
            }
            // xAI's, at times in place of the others.
            ("response.done", _, response @ Some(_)) => return self.complete(response, events),
            ("error", ..) => return Err(self.failed(data)),
            ("", ..) if event.object.filled() == Some("response") => {
                let whole: &RawValue = serde_json::from_str(data).map_err(broken)?;
                return self.complete(Some(whole), events);
            }
            (kind, ..) if event.error.is_some() && !kind.starts_with("response.") => {
                return Err(self.failed(data));
            }
            ("", ..) if !data.starts_with('{') => return Err(self.failed(data)),
            _ => {}
        }
        Ok(())
    }

    fn failed(&self, data: &str) -> Error {
        let error = error_in_answer(&self.dialect, &self.answer, data);
        // What was generated before the failure may be charged.
        if self.blocks.is_empty() { error } else { error.with_possibly_billed(true) }
    }

    fn begin(&mut self, answer: Option<&Answer<'_>>, events: &mut VecDeque<StreamEvent>) {
        let Some(mut start) = self.start.take() else { return };
        if let Some(answer) = answer {
            start.id = answer.id.owned();
            start.model = answer.model.owned();
        }
        events.push_back(StreamEvent::Start(start));
        events.extend(self.warnings.drain(..).map(warning));
    }

    fn complete(&mut self, response: Option<&RawValue>, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        let (mut answer, written) = match response {
            Some(raw) => (parse::<Answer<'_>>(raw.get()).map_err(broken)?, Written::new(raw.get())),
            None => return Err(interrupted("the answer ended without saying how")),
        };
        self.begin(Some(&answer), events);
        for (position, item) in std::mem::take(&mut answer.output).into_iter().enumerate() {
            let index = u64::try_from(position).ok();
            if !self.blocks.is_done(index) {
                let whole = || written.item(position);
                let read = item::read(&self.dialect, &self.target, position, item, &whole);
                self.blocks.done(index, read, events);
            }
        }
        if let Some(error) = failure(&self.dialect, &answer, || (*self.answer).clone()) {
            let used = usage(&self.dialect, &answer);
            let generated = !self.blocks.is_empty() || !used.is_unknown();
            if !used.is_unknown() {
                events.push_back(StreamEvent::Usage(Box::new(used)));
            }
            return Err(if generated { error.with_possibly_billed(true) } else { error });
        }
        let held = self.blocks.end(events);
        events.extend(held.repeated().into_iter().chain(transformed(&answer)).map(warning));
        events.push_back(StreamEvent::Finish(Box::new(ending(&self.dialect, &answer, held))));
        self.over = true;
        Ok(())
    }
}

fn warning(warning: Warning) -> StreamEvent {
    StreamEvent::Warning(Box::new(warning))
}

impl FrameDecoder for StreamDecoder {
    fn decode(&mut self, frame: &Frame<'_>, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        self.push(frame.data(), events)
    }

    fn end(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        self.finish(events)
    }
}
