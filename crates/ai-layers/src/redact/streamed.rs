//! Streams without what is taken out of them.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use futures_core::Stream;
use laravel_ai_core::{BlockId, Result, StreamEvent};

use super::window::Window;
use super::{Redactor, Redacts as _};

pub(crate) struct Redacted<S> {
    events: S,
    redactor: Redactor,
    open: Vec<Block>,
    ready: VecDeque<Result<StreamEvent>>,
}

struct Block {
    id: BlockId,
    kind: Kind,
}

enum Kind {
    /// Text, and how more of it is told.
    Text(Window, fn(BlockId, String) -> StreamEvent),
    /// Arguments, held until they are whole.
    Input(String),
}

impl<S> Redacted<S> {
    pub(crate) fn new(events: S, redactor: Redactor) -> Self {
        Self { events, redactor, open: Vec::new(), ready: VecDeque::new() }
    }

    fn text(&mut self, id: BlockId, more: &str, delta: fn(BlockId, String) -> StreamEvent) {
        let place = match self.open.iter().position(|block| block.id == id) {
            Some(place) => place,
            None => {
                self.open.push(Block { id, kind: Kind::Text(Window::default(), delta) });
                self.open.len() - 1
            }
        };
        if let Some(Block { kind: Kind::Text(window, _), .. }) = self.open.get_mut(place) {
            let clean = window.push(&self.redactor, more);
            if !clean.is_empty() {
                self.ready.push_back(Ok(delta(id, clean)));
            }
        }
    }

    fn input(&mut self, id: BlockId, more: String) {
        match self.open.iter_mut().find(|block| block.id == id) {
            Some(Block { kind: Kind::Input(all), .. }) => all.push_str(&more),
            _ => self.open.push(Block { id, kind: Kind::Input(more) }),
        }
    }

    /// Lets go of what is held of the blocks that this is true of.
    fn end(&mut self, ends: impl Fn(BlockId) -> bool) {
        for block in self.open.extract_if(.., |block| ends(block.id)) {
            let event = match block.kind {
                Kind::Text(mut window, delta) => {
                    let rest = window.end(&self.redactor);
                    (!rest.is_empty()).then(|| delta(block.id, rest))
                }
                Kind::Input(mut text) => {
                    self.redactor.json(&mut text);
                    (!text.is_empty()).then_some(StreamEvent::ToolInputDelta { block: block.id, text })
                }
            };
            self.ready.extend(event.map(Ok));
        }
    }

    fn take(&mut self, next: Result<StreamEvent>) {
        match next {
            Ok(StreamEvent::TextDelta { block, text }) => {
                self.text(block, &text, |block, text| StreamEvent::TextDelta { block, text });
            }
            Ok(StreamEvent::ReasoningDelta { block, text }) => {
                self.text(block, &text, |block, text| StreamEvent::ReasoningDelta { block, text });
            }
            Ok(StreamEvent::RefusalDelta { block, text }) => {
                self.text(block, &text, |block, text| StreamEvent::RefusalDelta { block, text });
            }
            Ok(StreamEvent::ToolInputDelta { block, text }) => self.input(block, text),
            Ok(StreamEvent::Part { block, mut part }) => {
                part.clean(&self.redactor);
                self.ready.push_back(Ok(StreamEvent::Part { block, part }));
            }
            Ok(event) => {
                match &event {
                    StreamEvent::BlockEnd { block, .. } => self.end(|id| id == *block),
                    StreamEvent::Finish(_) => self.end(|_| true),
                    _ => {}
                }
                self.ready.push_back(Ok(event));
            }
            Err(error) => {
                self.end(|_| true);
                let error = self.redactor.error(error);
                self.ready.push_back(Err(error));
            }
        }
    }
}

impl<S: Stream<Item = Result<StreamEvent>> + Unpin> Stream for Redacted<S> {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(event) = this.ready.pop_front() {
                return Poll::Ready(Some(event));
            }
            match ready!(Pin::new(&mut this.events).poll_next(cx)) {
                Some(next) => this.take(next),
                None => return Poll::Ready(None),
            }
        }
    }
}
