//! Server-sent events, after the parsing rules of the WHATWG HTML standard (section 9.2.6).

use std::time::Duration;

use super::field::Field;
use super::lines::{Lines, Span, TooLong};

/// The block that is being read: fields up to the next blank line.
#[derive(Debug)]
pub(super) struct Block {
    data: Field,
    event: Field,
    /// The standard keeps the last id for all events that follow, so only a new `id:` replaces it.
    id: Field,
    retry: Option<Duration>,
    comments: u64,
    /// The block was handed out; its fields are reset when the next one begins.
    dispatched: bool,
    /// The bytes ended inside a block, and what it has so far counts as an event.
    lenient_end: bool,
}

impl Block {
    pub(super) fn new() -> Self {
        Self {
            data: Field::new(),
            event: Field::new(),
            id: Field::new(),
            retry: None,
            comments: 0,
            dispatched: false,
            lenient_end: true,
        }
    }

    pub(super) fn set_lenient_end(&mut self, lenient: bool) {
        self.lenient_end = lenient;
    }

    pub(super) fn comments(&self) -> u64 {
        self.comments
    }

    pub(super) fn data<'a>(&'a self, lines: &'a Lines) -> &'a [u8] {
        self.data.bytes(lines).unwrap_or_default()
    }

    pub(super) fn event<'a>(&'a self, lines: &'a Lines) -> Option<&'a [u8]> {
        self.event.bytes(lines)
    }

    pub(super) fn id<'a>(&'a self, lines: &'a Lines) -> Option<&'a [u8]> {
        self.id.bytes(lines)
    }

    pub(super) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// To be called before the lines get another piece: what points into the old one is copied.
    pub(super) fn save(&mut self, lines: &Lines) {
        if self.dispatched {
            self.reset();
        }
        self.data.save(lines);
        self.event.save(lines);
        self.id.save(lines);
    }

    /// Reads lines until an event is complete (`true`) or the bytes are used up (`false`).
    #[inline]
    pub(super) fn advance(&mut self, lines: &mut Lines) -> Result<bool, TooLong> {
        if self.dispatched {
            self.reset();
        }
        loop {
            if self.data.is_absent()
                && let Some(data) = lines.next_plain_event()
            {
                self.data.set(lines, Span::Chunk(data));
                self.dispatched = true;
                return Ok(true);
            }
            let Some(line) = lines.next_line()? else { break };
            if !line.is_empty() {
                self.read(lines, line)?;
                continue;
            }
            // A block without data is no event; its name is forgotten, its id is kept.
            if !self.data.is_absent() {
                self.dispatched = true;
                return Ok(true);
            }
            self.reset();
        }
        if lines.has_ended() && self.lenient_end && !self.data.is_absent() {
            self.dispatched = true;
            return Ok(true);
        }
        Ok(false)
    }

    /// Forgets the block that is being read.
    pub(super) fn reset(&mut self) {
        self.data.clear();
        self.event.clear();
        self.retry = None;
        self.dispatched = false;
    }

    #[inline]
    fn read(&mut self, lines: &mut Lines, line: Span) -> Result<(), TooLong> {
        let bytes = lines.bytes(&line);
        // Two vendors name every event, so this line is worth a short cut.
        if bytes.starts_with(b"event: ") {
            self.event.set(lines, line.skip(7));
            return Ok(());
        }
        let colon = memchr::memchr(b':', bytes);
        let name = bytes.get(..colon.unwrap_or(bytes.len())).unwrap_or_default();
        let skipped = match colon {
            None => bytes.len(),
            Some(at) if bytes.get(at + 1) == Some(&b' ') => at + 2,
            Some(at) => at + 1,
        };
        match name {
            b"" => self.comments += 1,
            b"data" => return self.read_data(lines, line.skip(skipped)),
            b"event" => self.event.set(lines, line.skip(skipped)),
            b"id" if memchr::memchr(0, bytes).is_none() => self.id.set(lines, line.skip(skipped)),
            b"retry" => self.read_retry(bytes.get(skipped..).unwrap_or_default()),
            _ => {}
        }
        Ok(())
    }

    #[inline]
    fn read_data(&mut self, lines: &mut Lines, value: Span) -> Result<(), TooLong> {
        if self.data.is_absent() {
            self.data.set(lines, value);
        } else {
            self.data.append(lines, &value);
            if self.data.len() > lines.limit() {
                return Err(TooLong);
            }
        }
        Ok(())
    }

    /// Only ASCII digits count, in milliseconds; anything else is ignored, as the standard says.
    fn read_retry(&mut self, value: &[u8]) {
        if let Ok(text) = std::str::from_utf8(value)
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(milliseconds) = text.parse()
        {
            self.retry = Some(Duration::from_millis(milliseconds));
        }
    }
}
