//! Cuts a body that arrives in any pieces into frames: server-sent events or lines of newline-delimited JSON.
//!
//! Everything here is pure: bytes go in, frames come out, nothing waits. However the bytes are cut, the frames are the
//! same. A frame that lies whole in one piece is borrowed from it, without a copy and without an allocation.

mod field;
mod lines;
mod sse;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use laravel_ai_core::{Error, ErrorKind, Result};

use self::lines::{Lines, Span, Terminator, TooLong};
use self::sse::Block;

/// The longest frame a [`Framer`] takes if nothing else is said: 32 MiB, since a frame may carry a whole image as base64.
pub const DEFAULT_FRAME_LIMIT: usize = 32 << 20;

/// Cuts a body into frames, piece by piece.
///
/// ```
/// use provider_http::Framer;
///
/// let mut framer = Framer::sse();
/// let mut seen = Vec::new();
/// for piece in ["event: delta\nda", "ta: {\"text\":\"Hel\"}\n", "\n: still here\n\ndata: [DONE]\n\n"] {
///     framer.push(piece.into());
///     while let Some(frame) = framer.next_frame()? {
///         seen.push((frame.event().map(str::to_owned), frame.data().to_owned()));
///     }
/// }
/// assert_eq!(seen, [(Some("delta".to_owned()), "{\"text\":\"Hel\"}".to_owned()), (None, "[DONE]".to_owned())]);
/// assert_eq!(framer.comments(), 1);
/// # Ok::<(), laravel_ai_core::Error>(())
/// ```
///
/// Bytes that are no UTF-8 become U+FFFD, as the WHATWG standard says for events: local servers cut characters apart at
/// token borders, and one broken character must not cost the whole answer.
#[derive(Debug)]
pub struct Framer {
    lines: Lines,
    format: Format,
}

#[derive(Debug)]
enum Format {
    Sse(Block),
    NdJson(Span),
    Document(Span),
}

impl Framer {
    /// Reads server-sent events (`text/event-stream`) by the WHATWG rules.
    ///
    /// An event that the end of the body cuts off before its blank line is handed out all the same, because many
    /// compatible servers forget that line; see [`strict_end`](Self::strict_end).
    #[must_use]
    pub fn sse() -> Self {
        Self { lines: Lines::new(Terminator::Any, DEFAULT_FRAME_LIMIT), format: Format::Sse(Block::new()) }
    }

    /// Reads newline-delimited JSON: each line that is not blank is a frame, the last one also without its newline.
    #[must_use]
    pub fn ndjson() -> Self {
        let lines = Lines::new(Terminator::LineFeed, DEFAULT_FRAME_LIMIT);
        Self { lines, format: Format::NdJson(Span::Chunk(0..0)) }
    }

    /// Takes the whole body for one frame; a blank one for none.
    #[must_use]
    pub fn document() -> Self {
        let mut framer = Self::ndjson();
        framer.become_document();
        framer
    }

    /// Sets the longest line, and the longest data of one event, in bytes.
    #[must_use]
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.lines.set_limit(limit);
        self
    }

    /// Drops an event whose blank line is missing at the end of the body, as the WHATWG standard says.
    #[must_use]
    pub fn strict_end(mut self) -> Self {
        if let Format::Sse(block) = &mut self.format {
            block.set_lenient_end(false);
        }
        self
    }

    /// Takes the next piece of the body, of any length. Ask [`next_frame`](Self::next_frame) until it says `None` before
    /// the next push: frames not read by then are kept, but copied.
    pub fn push(&mut self, piece: Bytes) {
        if let Format::Sse(block) = &mut self.format {
            block.save(&self.lines);
        }
        self.lines.push(piece);
    }

    /// Says that the body ended, so that what is left can be handed out by [`next_frame`](Self::next_frame).
    pub fn finish(&mut self) {
        self.lines.end();
    }

    /// The next complete frame, or `None` if more bytes are needed.
    ///
    /// # Errors
    ///
    /// `Decode` if a line or the data of an event is longer than the limit. Nothing comes after that.
    #[inline]
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>> {
        Ok(if self.advance()? { Some(self.frame()) } else { None })
    }

    /// How many comment lines have come so far. Servers send them to say that they are alive.
    #[must_use]
    pub fn comments(&self) -> u64 {
        match &self.format {
            Format::Sse(block) => block.comments(),
            Format::NdJson(_) | Format::Document(_) => 0,
        }
    }

    pub(crate) fn is_sse(&self) -> bool {
        matches!(self.format, Format::Sse(_))
    }

    /// What to ask the server for.
    pub(crate) fn media_type(&self) -> &'static str {
        match self.format {
            Format::Sse(_) => "text/event-stream",
            Format::NdJson(_) => "application/x-ndjson",
            Format::Document(_) => "application/json",
        }
    }

    /// Reads what comes from here on as one frame. To be called before the first push.
    pub(crate) fn become_document(&mut self) {
        self.lines = Lines::new(Terminator::None, self.lines.limit());
        self.format = Format::Document(Span::Chunk(0..0));
    }

    /// Forgets what is not read yet; nothing comes any more.
    pub(crate) fn discard(&mut self) {
        self.lines.close();
        if let Format::Sse(block) = &mut self.format {
            block.reset();
        }
    }

    /// Reads on to the next frame and says whether there is one.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool> {
        let found = match &mut self.format {
            Format::Sse(block) => block.advance(&mut self.lines),
            Format::NdJson(line) | Format::Document(line) => advance_line(&mut self.lines, line),
        };
        match found {
            Ok(true) => Ok(true),
            Ok(false) => {
                self.release();
                Ok(false)
            }
            Err(TooLong) => Err(self.fail()),
        }
    }

    /// Lets go of a piece that was read, because whoever reads from the network can only use its buffer again when nobody
    /// else holds a part of it.
    fn release(&mut self) {
        if let Format::Sse(block) = &mut self.format {
            block.save(&self.lines);
        }
        self.lines.release();
    }

    #[cold]
    fn fail(&mut self) -> Error {
        self.discard();
        let limit = self.lines.limit();
        Error::new(ErrorKind::Decode, format!("a frame of the stream is longer than {limit} bytes"))
    }

    /// The frame that the last `advance` found.
    #[inline]
    pub(crate) fn frame(&self) -> Frame<'_> {
        match &self.format {
            Format::Sse(block) => Frame {
                data: text(block.data(&self.lines)),
                event: block.event(&self.lines),
                id: block.id(&self.lines),
                retry: block.retry(),
            },
            Format::NdJson(line) | Format::Document(line) => {
                Frame { data: text(self.lines.bytes(line)), event: None, id: None, retry: None }
            }
        }
    }
}

/// One event, or one line of JSON; borrowed from the [`Framer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    data: Cow<'a, str>,
    event: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    retry: Option<Duration>,
}

impl Frame<'_> {
    /// The text of the frame: the `data:` lines of an event joined by line feeds, or the line of JSON.
    #[must_use]
    #[inline]
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The name after `event:`. `None` if there was none, which the standard reads as `message`, or if it is no UTF-8.
    #[must_use]
    #[inline]
    pub fn event(&self) -> Option<&str> {
        self.event.and_then(|name| std::str::from_utf8(name).ok())
    }

    /// The last `id:` seen so far in the stream, if it is UTF-8.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.and_then(|id| std::str::from_utf8(id).ok())
    }

    /// The `retry:` of this event: how long a browser would wait before it connects again. Only reported.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }
}

fn advance_line(lines: &mut Lines, found: &mut Span) -> Result<bool, TooLong> {
    while let Some(line) = lines.next_line()? {
        // Keep-alive lines, and the CR of a CRLF, are white space to JSON too.
        if !lines.bytes(&line).iter().all(u8::is_ascii_whitespace) {
            *found = line;
            return Ok(true);
        }
    }
    Ok(false)
}

#[inline]
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(String::from_utf8_lossy(bytes).into_owned()),
    }
}
