//! Splits a body that arrives in any pieces into lines, without copying what lies whole in one piece.

use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};

/// The byte order mark that a body may begin with; it is not part of the first line.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A line is longer than the reader allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// Which bytes end a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminator {
    /// LF alone, as newline-delimited JSON has it.
    LineFeed,
    /// CR, LF or CRLF, as server-sent events have it.
    Any,
    /// Nothing but the end of the body.
    None,
}

/// A place in the bytes that are held now; it is good until the next line is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    /// In the piece pushed last.
    Chunk(Range<usize>),
    /// In the buffer of a line that began in an earlier piece.
    Carry(Range<usize>),
}

impl Span {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Chunk(range) | Self::Carry(range) => range.is_empty(),
        }
    }

    /// The part of this span that begins `offset` bytes after its start.
    pub(super) fn skip(self, offset: usize) -> Self {
        match self {
            Self::Chunk(range) => Self::Chunk(range.start.saturating_add(offset)..range.end),
            Self::Carry(range) => Self::Carry(range.start.saturating_add(offset)..range.end),
        }
    }
}

/// The line splitter under both framings.
#[derive(Debug)]
pub(super) struct Lines {
    terminator: Terminator,
    limit: usize,
    chunk: Bytes,
    position: usize,
    /// The beginning of a line whose end has not come yet.
    carry: Vec<u8>,
    /// `carry` was handed out as a line and is thrown away when the next one is asked for.
    carry_spent: bool,
    /// The last line ended with CR at the very end of a piece: an LF at the front of the next one belongs to it.
    skip_line_feed: bool,
    first: bool,
    ended: bool,
}

impl Lines {
    pub(super) fn new(terminator: Terminator, limit: usize) -> Self {
        Self {
            terminator,
            limit,
            chunk: Bytes::new(),
            position: 0,
            carry: Vec::new(),
            carry_spent: false,
            skip_line_feed: false,
            first: true,
            ended: false,
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes the next piece. What the caller has not read of the last one stays in front of it, at the price of
    /// a copy. After the end, or after a failure, nothing is taken any more.
    pub(super) fn push(&mut self, chunk: Bytes) {
        if self.ended {
            return;
        }
        if self.position < self.chunk.len() {
            let mut rest = std::mem::take(&mut self.chunk);
            rest.advance(self.position);
            let mut joined = BytesMut::with_capacity(rest.len() + chunk.len());
            joined.extend_from_slice(&rest);
            joined.extend_from_slice(&chunk);
            self.chunk = joined.freeze();
        } else {
            self.chunk = chunk;
        }
        self.position = 0;
    }

    /// Gives up the piece pushed last if all of it was read. Spans into it are good no longer.
    pub(super) fn release(&mut self) {
        if self.position >= self.chunk.len() {
            self.chunk = Bytes::new();
            self.position = 0;
        }
    }

    /// No more bytes come: what is left is the last line.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Forgets everything, so that a reader which failed gives nothing more.
    pub(super) fn close(&mut self) {
        self.chunk = Bytes::new();
        self.position = 0;
        self.carry = Vec::new();
        self.ended = true;
    }

    pub(super) fn bytes(&self, span: &Span) -> &[u8] {
        match span {
            Span::Chunk(range) => self.chunk.get(range.clone()),
            Span::Carry(range) => self.carry.get(range.clone()),
        }
        .unwrap_or_default()
    }

    #[inline]
    pub(super) fn chunk(&self, range: &Range<usize>) -> &[u8] {
        self.chunk.get(range.clone()).unwrap_or_default()
    }

    /// Gives the buffer behind a [`Span::Carry`] away against another, so that a long line is not copied twice.
    pub(super) fn swap_carry(&mut self, buffer: &mut Vec<u8>) {
        std::mem::swap(&mut self.carry, buffer);
        self.carry.clear();
        self.carry_spent = false;
    }

    /// The next whole line without its terminator, `None` when more bytes are needed.
    #[inline]
    pub(super) fn next_line(&mut self) -> Result<Option<Span>, TooLong> {
        if self.carry_spent {
            self.carry.clear();
            self.carry_spent = false;
        }
        if self.skip_line_feed && self.position < self.chunk.len() {
            self.skip_line_feed = false;
            self.position += usize::from(self.chunk.get(self.position) == Some(&b'\n'));
        }
        let rest = self.chunk.get(self.position..).unwrap_or_default();
        let length = match (self.terminator, rest.first()) {
            (_, None) => return self.last_line(),
            // The blank line that ends every event is found without a search.
            (Terminator::Any, Some(b'\n')) => Some(0),
            (Terminator::Any, _) => memchr::memchr2(b'\n', b'\r', rest),
            (Terminator::LineFeed, _) => memchr::memchr(b'\n', rest),
            (Terminator::None, _) => None,
        };
        let Some(length) = length else { return self.keep_rest() };
        let start = self.position;
        let end = start + length;
        self.position = end + 1;
        if rest.get(length) == Some(&b'\r') {
            match rest.get(length + 1) {
                Some(b'\n') => self.position += 1,
                Some(_) => {}
                None => self.skip_line_feed = true,
            }
        }
        if self.carry.is_empty() {
            return self.checked(Span::Chunk(start..end), length);
        }
        self.carry.extend_from_slice(self.chunk.get(start..end).unwrap_or_default());
        self.take_carry()
    }

    /// The data of an event that is one `data: ` line with a blank line after it and lies whole in the piece: nearly every
    /// event of a stream. `None` says nothing; the lines are then read one by one.
    #[inline]
    pub(super) fn next_plain_event(&mut self) -> Option<Range<usize>> {
        const FIELD: &[u8] = b"data: ";
        if self.first || self.skip_line_feed || !self.carry.is_empty() {
            return None;
        }
        let rest = self.chunk.get(self.position..)?;
        if !rest.starts_with(FIELD) {
            return None;
        }
        let length = memchr::memchr2(b'\n', b'\r', rest)?;
        if length > self.limit || rest.get(length..length + 2)? != b"\n\n" {
            return None;
        }
        let data = self.position + FIELD.len()..self.position + length;
        self.position += length + 2;
        Some(data)
    }

    fn last_line(&mut self) -> Result<Option<Span>, TooLong> {
        if self.ended && !self.carry.is_empty() { self.take_carry() } else { Ok(None) }
    }

    /// Saves the beginning of a line. The limit is looked at here too, so that a line without an end can't fill the memory.
    fn keep_rest(&mut self) -> Result<Option<Span>, TooLong> {
        self.carry.extend_from_slice(self.chunk.get(self.position..).unwrap_or_default());
        self.position = self.chunk.len();
        let mark = if self.first { BYTE_ORDER_MARK.len() } else { 0 };
        if self.carry.len() > self.limit.saturating_add(mark) {
            return Err(TooLong);
        }
        self.last_line()
    }

    fn take_carry(&mut self) -> Result<Option<Span>, TooLong> {
        self.carry_spent = true;
        self.checked(Span::Carry(0..self.carry.len()), self.carry.len())
    }

    #[inline]
    fn checked(&mut self, span: Span, length: usize) -> Result<Option<Span>, TooLong> {
        let (span, length) = if self.first {
            self.first = false;
            let mark = if self.bytes(&span).starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
            (span.skip(mark), length - mark)
        } else {
            (span, length)
        };
        if length > self.limit { Err(TooLong) } else { Ok(Some(span)) }
    }
}
