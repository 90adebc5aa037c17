//! What the targets share.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use laravel_ai_core::{
    ChatResponse, ErrorKind, Message, ResponseStart, Result, StreamEvent, StreamLaw, Target,
};
use provider_http::{Failure, Frame, FrameDecoder, Framer};

/// Where the bytes are cut, as the first of them says, and the rest.
pub fn cut(data: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = data.split_first_chunk::<2>()?;
    let at = usize::from(u16::from_le_bytes(*first));
    Some((if rest.is_empty() { 0 } else { at % rest.len() }, rest))
}

/// Pushes the bytes in two pieces and gives each frame to `take`.
pub fn frames(
    mut framer: Framer,
    pieces: [&[u8]; 2],
    mut take: impl FnMut(&Frame<'_>) -> Result<()>,
) -> Result<()> {
    let mut drain = |framer: &mut Framer| -> Result<()> {
        while let Some(frame) = framer.next_frame()? {
            take(&frame)?;
        }
        Ok(())
    };
    for piece in pieces {
        framer.push(Bytes::copy_from_slice(piece));
        drain(&mut framer)?;
    }
    framer.finish();
    drain(&mut framer)
}

/// All frames, as text.
pub fn texts(framer: Framer, pieces: [&[u8]; 2]) -> (Vec<(Option<String>, String)>, Option<ErrorKind>) {
    let mut seen = Vec::new();
    let outcome = frames(framer, pieces, |frame| {
        seen.push((frame.event().map(str::to_owned), frame.data().to_owned()));
        Ok(())
    });
    (seen, outcome.err().map(|error| error.kind()))
}

/// The target of every decoder.
pub fn target() -> Target {
    Target::new("fuzz", "fuzz", "m")
}

/// The head of a streamed answer.
pub fn head() -> Arc<Failure> {
    Arc::new(Failure::new(StatusCode::OK, &HeaderMap::new(), Bytes::new(), SystemTime::UNIX_EPOCH))
}

/// How an answer begins.
pub fn start() -> ResponseStart {
    ResponseStart::new(target())
}

/// A whole answer with this body.
pub fn answer(data: &[u8]) -> Response<Bytes> {
    Response::new(Bytes::copy_from_slice(data))
}

/// The answer as a failure.
pub fn failure(answer: &Response<Bytes>) -> Failure {
    Failure::new(answer.status(), answer.headers(), answer.body().clone(), SystemTime::UNIX_EPOCH)
}

/// A stream means the same wherever the network cuts it; where, say the first bytes.
pub fn cuts_alike<D: FrameDecoder>(framer: fn() -> Framer, decoder: impl Fn() -> D, data: &[u8]) {
    let Some((at, data)) = cut(data) else { return };
    let whole = events(framer(), decoder(), [data, b""]);
    assert_eq!(events(framer(), decoder(), [&data[..at], &data[at..]]), whole);
}

/// Whatever is read of an answer can be stored and read back.
pub fn is_stored(response: Result<ChatResponse>) {
    let Ok(response) = response else { return };
    let stored = serde_json::to_string(&response.message()).expect("an answer can be stored");
    let restored: Message = serde_json::from_str(&stored).expect("what was stored can be read");
    // Blanks inside JSON that is no state may go, and then stay as they are.
    assert_eq!(serde_json::to_string(&restored).expect("it can be stored again"), stored);
}

/// Events and end of a stream that is cut at one place; they keep the law.
fn events(
    framer: Framer,
    mut decoder: impl FrameDecoder,
    pieces: [&[u8]; 2],
) -> (Vec<StreamEvent>, Option<ErrorKind>) {
    let mut events = VecDeque::new();
    let finished = |events: &VecDeque<StreamEvent>| matches!(events.back(), Some(StreamEvent::Finish(_)));
    let outcome = frames(framer, pieces, |frame| match finished(&events) {
        true => Ok(()),
        false => decoder.decode(frame, &mut events),
    });
    // What comes after the finish is read away, so an error there is none.
    let outcome = match outcome {
        _ if finished(&events) => Ok(()),
        Ok(()) => decoder.end(&mut events),
        Err(error) => Err(error),
    };
    let mut law = StreamLaw::default();
    for event in &events {
        law.event(event).expect("the events keep the law");
    }
    let kind = outcome.err().map(|error| error.kind());
    match kind {
        Some(_) => law.error().expect("an error may end it"),
        None if finished(&events) => law.end().expect("the finish ends it"),
        None => {}
    }
    (events.into(), kind)
}
