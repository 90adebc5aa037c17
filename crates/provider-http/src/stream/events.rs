//! A vendor's decoder, driven to a stream of events.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use laravel_ai_core::{ChatStream, Error, ErrorKind, Result, StreamEvent, Target};

use super::reader::FrameReader;
use crate::framing::Frame;

/// What a driver writes to read its vendor's stream: frames in, events out, nothing waits.
///
/// # Contract
///
/// Events keep the law of [`StreamEvent`]. After [`StreamEvent::Finish`] nothing more is asked of the decoder: what the
/// vendor still sends is read away. An error ends the stream.
pub trait FrameDecoder: Debug + Send + 'static {
    /// Reads one frame and adds the events it stands for, often none.
    ///
    /// # Errors
    ///
    /// `Decode` for a frame that can't be read; what the frame says if it is an error object.
    fn decode(&mut self, frame: &Frame<'_>, events: &mut VecDeque<StreamEvent>) -> Result<()>;

    /// The body ended cleanly and no finish was given yet. A decoder whose vendor ends without a mark adds it here; one
    /// that adds none, as this does if nothing is said, makes the stream
    /// [`StreamInterrupted`](ErrorKind::StreamInterrupted).
    ///
    /// # Errors
    ///
    /// If what came so far is no answer.
    fn end(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        let _ = events;
        Ok(())
    }
}

/// Drives `decoder` over the frames of `reader`.
///
/// The finish is held back until the rest of the body is read ([`FrameReader::drain`]), because nothing is asked of a
/// stream after it and the connection would be lost. A body that breaks off becomes
/// [`StreamInterrupted`](ErrorKind::StreamInterrupted) with the transport's error as its source; a server that falls
/// silent stays a `Timeout`. Dropping the stream gives the connection up at once.
pub fn chat_stream(target: Target, reader: FrameReader, decoder: impl FrameDecoder) -> ChatStream {
    ChatStream::new(target, Events { reader, decoder, waiting: VecDeque::new(), state: State::Reading })
}

struct Events<D> {
    reader: FrameReader,
    decoder: D,
    waiting: VecDeque<StreamEvent>,
    /// A finish that waits is always the last: what comes after it is dropped.
    state: State,
}

#[derive(Debug)]
enum State {
    Reading,
    /// Only what waits is left: the body ended, or failed with this after the events that wait.
    Ended(Option<Error>),
    Over,
}

impl<D: FrameDecoder> Stream for Events<D> {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match this.waiting.front() {
                Some(StreamEvent::Finish(_)) => {
                    ready!(this.reader.poll_drain(cx));
                    this.state = State::Over;
                    return Poll::Ready(this.waiting.pop_front().map(Ok));
                }
                Some(_) => return Poll::Ready(this.waiting.pop_front().map(Ok)),
                None => {}
            }
            match &mut this.state {
                State::Reading => {}
                State::Over => return Poll::Ready(None),
                State::Ended(error) => {
                    let error = error.take();
                    this.state = State::Over;
                    return Poll::Ready(error.map(Err));
                }
            }
            let decoded = match ready!(this.reader.poll_advance(cx)) {
                Ok(true) => this.decoder.decode(&this.reader.frame(), &mut this.waiting),
                Ok(false) => {
                    this.state = State::Ended(None);
                    this.decoder.end(&mut this.waiting)
                }
                Err(error) => Err(interrupted(error)),
            };
            if let Err(error) = decoded {
                this.reader.close();
                this.state = State::Ended(Some(located(error, &this.reader)));
            }
        }
    }
}

impl<D> Unpin for Events<D> {}

fn interrupted(error: Error) -> Error {
    if error.kind() != ErrorKind::Transport {
        return error;
    }
    Error::new(ErrorKind::StreamInterrupted, error.message().to_owned()).with_source(error)
}

/// An error after the head of the answer had come, with what the head said.
fn located(mut error: Error, reader: &FrameReader) -> Error {
    if error.status().is_none() {
        error = error.with_status(reader.failure().status.as_u16());
    }
    match reader.request_id() {
        Some(id) if error.request_id().is_none() => error.with_request_id(id),
        _ => error,
    }
}
