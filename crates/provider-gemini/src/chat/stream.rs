//! From the pieces of a streamed answer to events.

use std::collections::VecDeque;
use std::sync::Arc;

use laravel_ai_core::{
    BlockId, BlockKind, RawJson, ResponseFinish, ResponseStart, Result, Source, StreamEvent, Usage, Warning,
};
use provider_http::calls::repeated_id;
use provider_http::wire::{List, Raw, parse_into};
use provider_http::words::{broken, broken_frame, interrupted};
use provider_http::{Failure, Frame, FrameDecoder};
use serde_json::value::RawValue;

use super::ending::{Notes, blocked, finish, further_candidates, told};
use super::grounding;
use super::part::{Read, Reader, Said, THOUGHT};
use super::usage;
use super::wire::{Answer, Candidate};
use crate::error::error_in_answer;

/// Reads a streamed answer: the data of each frame in, events out. Nothing waits.
///
/// * Each frame is an answer of its own with what is new. Text and thoughts of one kind that follow each other are one block;
///   what has a signature is a block by itself, since it must go back alone. Calls come whole.
/// * The usage of a frame is that of the whole answer so far; the last one holds.
/// * The end is the end of the body, and then only complete when a frame said why the answer ended. All else is
///   [`StreamInterrupted`](laravel_ai_core::ErrorKind::StreamInterrupted), with the usage so far.
/// * A blocked prompt and an error object, alone or in a list, are the error that they say.
///
/// It is a [`FrameDecoder`] for [`chat_stream`](provider_http::chat_stream).
#[derive(Debug)]
pub struct StreamDecoder {
    answer: Arc<Failure>,
    reader: Reader,
    /// Until the answer begins.
    start: Option<Box<ResponseStart>>,
    /// To be told after the start.
    warnings: Vec<Warning>,
    open: Option<Open>,
    next: u32,
    /// The bytes of all text before the open block.
    before: u64,
    /// What was cited so far.
    cited: Vec<Source>,
    notes: Notes,
    /// The metadata about tools, as it was last told.
    grounding: Option<RawJson>,
    urls: Option<RawJson>,
    /// The last usage, in one buffer for all frames.
    usage: String,
    /// Google's word for the end.
    ended: Option<String>,
    further: bool,
    over: bool,
}

/// The block that is being said.
#[derive(Debug)]
struct Open {
    block: BlockId,
    thought: bool,
    said: u64,
}

impl StreamDecoder {
    /// Reads an answer that begins with `start`, which id and model of the answer are added to. `answer` is what error objects
    /// are told with, see [`FrameReader::failure`](provider_http::FrameReader::failure).
    pub fn new(start: ResponseStart, answer: Arc<Failure>) -> Self {
        Self {
            answer,
            reader: Reader::new(start.served_by.clone()),
            start: Some(Box::new(start)),
            warnings: Vec::new(),
            open: None,
            next: 0,
            before: 0,
            cited: Vec::new(),
            notes: Notes::default(),
            grounding: None,
            urls: None,
            usage: String::new(),
            ended: None,
            further: false,
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
    /// What an error object or a blocked prompt says; [`Decode`](laravel_ai_core::ErrorKind::Decode) for a frame that is no JSON, and
    /// [`StreamInterrupted`](laravel_ai_core::ErrorKind::StreamInterrupted) for one that breaks off. Nothing may be pushed after an error.
    pub fn push(&mut self, data: &str, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        let data = data.trim();
        if self.over || data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        if data.starts_with('[') {
            let list: Vec<&RawValue> = serde_json::from_str(data).map_err(broken)?;
            return list.into_iter().try_for_each(|one| self.push(one.get(), events));
        }
        let mut answer = Answer::default();
        if let Err(error) = parse_into(data, &mut answer) {
            self.tell_usage(events);
            return Err(broken_frame(data, error));
        }
        if answer.error.is_some() || !data.starts_with('{') {
            self.tell_usage(events);
            let error = error_in_answer(&self.answer, data);
            // What was generated before the failure may be charged.
            return Err(if self.next == 0 { error } else { error.with_possibly_billed(true) });
        }
        if let Some(raw) = answer.usage {
            self.usage.clear();
            self.usage.push_str(raw.get());
        }
        self.begin(&answer, events);
        self.notes.answer(&answer);
        let (candidate, further) = Candidate::first(std::mem::take(&mut answer.candidates));
        self.further |= further;
        if let Some(candidate) = candidate {
            self.candidate(candidate, events);
        } else if let Some(error) = blocked(&answer, &self.answer, Usage::default()) {
            self.tell_usage(events);
            return Err(error);
        }
        Ok(())
    }

    /// Says that the body ended cleanly.
    ///
    /// # Errors
    /// [`StreamInterrupted`](laravel_ai_core::ErrorKind::StreamInterrupted) when the answer was not finished.
    pub fn finish(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        if self.over {
            return Ok(());
        }
        let Some(word) = self.ended.take() else {
            self.tell_usage(events);
            return Err(interrupted("the answer ended before it was complete"));
        };
        self.close(events);
        let (grounding, urls) = (self.grounding.take(), self.urls.take());
        for part in grounding::calls(&mut self.reader, borrowed(grounding.as_ref()), borrowed(urls.as_ref()))
        {
            let block = self.fresh();
            events.push_back(StreamEvent::Part { block, part: Box::new(part) });
        }
        let warnings = [
            self.further.then(further_candidates),
            repeated_id(self.reader.ids.iter().map(String::as_str)),
            told(Some(&word)),
        ];
        events.extend(warnings.into_iter().flatten().map(warning));
        let (used, tier) = self.used();
        let mut end = ResponseFinish::new(finish(Some(&word), !self.reader.ids.is_empty()), used);
        end.service_tier = tier;
        end.metadata = std::mem::take(&mut self.notes).into_metadata();
        events.push_back(StreamEvent::Finish(Box::new(end)));
        self.over = true;
        Ok(())
    }

    fn begin(&mut self, answer: &Answer<'_>, events: &mut VecDeque<StreamEvent>) {
        let Some(mut start) = self.start.take() else { return };
        start.id = answer.id.owned();
        start.model = answer.model.owned();
        self.reader.answer.clone_from(&start.id);
        events.push_back(StreamEvent::Start(start));
        events.extend(self.warnings.drain(..).map(warning));
    }

    fn candidate(&mut self, mut candidate: Candidate<'_>, events: &mut VecDeque<StreamEvent>) {
        self.notes.candidate(&candidate);
        let parts = candidate.take_parts();
        // They belong to the text that they come with or after, which a signature may end in the same frame.
        let mut sources: Vec<Source> = match (candidate.grounding, candidate.citations) {
            (None, None) => Vec::new(),
            (grounding, citations) => {
                grounding::sources(grounding, citations).into_iter().map(|(_, source)| source).collect()
            }
        };
        for (place, part) in [(&mut self.grounding, candidate.grounding), (&mut self.urls, candidate.urls)] {
            *place = part.map(RawJson::from).or_else(|| place.take());
        }
        self.parts(parts, &mut sources, events);
        self.cite(&mut sources, events);
        if !sources.is_empty() {
            self.open(false, events);
            self.cite(&mut sources, events);
        }
        if let Some(word) = candidate.finish.filled() {
            self.ended = Some(word.to_owned());
        }
    }

    fn parts(
        &mut self,
        parts: List<super::wire::Part<'_>>,
        sources: &mut Vec<Source>,
        events: &mut VecDeque<StreamEvent>,
    ) {
        for part in parts {
            match self.reader.read(part) {
                Read::Said(Said { text, thought, state: None }) => {
                    self.say(thought, text.into_owned(), events)
                }
                Read::Said(Said { text, thought, state: Some(state) }) => {
                    if text.is_empty() {
                        self.cite(sources, events);
                    }
                    self.close(events);
                    let block = self.open(thought, events);
                    if !text.is_empty() {
                        self.say(thought, text.into_owned(), events);
                        self.cite(sources, events);
                    }
                    self.before += self.open.take().map_or(0, |open| open.said);
                    let opaque = Some(Box::new(self.reader.opaque(state)));
                    events.push_back(StreamEvent::BlockEnd { block, opaque });
                }
                Read::Whole(part, note) => {
                    self.cite(sources, events);
                    self.close(events);
                    events.extend(note.map(warning));
                    let block = self.fresh();
                    events.push_back(StreamEvent::Part { block, part });
                }
                Read::Nothing => {}
            }
        }
    }

    fn say(&mut self, thought: bool, text: String, events: &mut VecDeque<StreamEvent>) {
        let block = self.open(thought, events);
        if let Some(open) = self.open.as_mut().filter(|_| !thought) {
            open.said += u64::try_from(text.len()).unwrap_or(0);
        }
        events.push_back(if thought {
            StreamEvent::ReasoningDelta { block, text }
        } else {
            StreamEvent::TextDelta { block, text }
        });
    }

    /// The block of this kind, begun if another one or none is open.
    fn open(&mut self, thought: bool, events: &mut VecDeque<StreamEvent>) -> BlockId {
        if let Some(open) = self.open.as_ref().filter(|open| open.thought == thought) {
            return open.block;
        }
        self.close(events);
        let block = self.fresh();
        let kind = if thought { BlockKind::Reasoning } else { BlockKind::Text };
        events.push_back(StreamEvent::BlockStart { block, kind });
        self.open = Some(Open { block, thought, said: 0 });
        block
    }

    fn close(&mut self, events: &mut VecDeque<StreamEvent>) {
        let Some(open) = self.open.take() else { return };
        self.before += open.said;
        let state = open.thought.then(|| RawJson::parse(THOUGHT.to_owned()).ok()).flatten();
        let opaque = state.map(|state| Box::new(self.reader.opaque(state)));
        events.push_back(StreamEvent::BlockEnd { block: open.block, opaque });
    }

    /// Gives the sources to the text that is open, if one is. Google counts places from the beginning of all text.
    fn cite(&mut self, sources: &mut Vec<Source>, events: &mut VecDeque<StreamEvent>) {
        let Some(open) = self.open.as_ref().filter(|open| !open.thought) else { return };
        for mut source in sources.drain(..) {
            // Some answers tell all they rest on with every frame.
            if self.cited.contains(&source) {
                continue;
            }
            self.cited.push(source.clone());
            source.span = source.span.and_then(|(start, end)| {
                Some((start.checked_sub(self.before)?, end.checked_sub(self.before)?))
            });
            events.push_back(StreamEvent::Source { block: open.block, source });
        }
    }

    fn used(&self) -> (Usage, Option<String>) {
        serde_json::from_str(&self.usage).map(usage::read).unwrap_or_default()
    }

    fn tell_usage(&self, events: &mut VecDeque<StreamEvent>) {
        if !self.usage.is_empty() {
            events.push_back(StreamEvent::Usage(Box::new(self.used().0)));
        }
    }

    fn fresh(&mut self) -> BlockId {
        let block = BlockId::new(self.next);
        self.next = self.next.saturating_add(1);
        block
    }
}

/// Kept metadata, as what was read.
fn borrowed(kept: Option<&RawJson>) -> Raw<'_> {
    serde_json::from_str(kept?.as_str()).ok()
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
