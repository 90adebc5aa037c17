//! The value of one field of an event that is being put together.

use std::ops::Range;

use super::lines::{Lines, Span};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Absent,
    /// In the piece pushed last: nothing was copied.
    Chunk(Range<usize>),
    /// In `saved`.
    Saved(Range<usize>),
}

/// Borrows its value from the piece pushed last as long as it can, and owns it only when the event spans several
/// pieces or the value several lines. The buffer is used again for the next event.
#[derive(Debug)]
pub(super) struct Field {
    place: Place,
    saved: Vec<u8>,
}

impl Field {
    pub(super) fn new() -> Self {
        Self { place: Place::Absent, saved: Vec::new() }
    }

    pub(super) fn is_absent(&self) -> bool {
        self.place == Place::Absent
    }

    pub(super) fn clear(&mut self) {
        self.place = Place::Absent;
    }

    /// Replaces the value.
    #[inline]
    pub(super) fn set(&mut self, lines: &mut Lines, span: Span) {
        self.place = match span {
            Span::Chunk(range) => Place::Chunk(range),
            Span::Carry(range) => {
                lines.swap_carry(&mut self.saved);
                Place::Saved(range)
            }
        };
    }

    /// Adds a line to the value, after a line feed.
    pub(super) fn append(&mut self, lines: &Lines, span: &Span) {
        self.save(lines);
        self.saved.push(b'\n');
        self.saved.extend_from_slice(lines.bytes(span));
        if let Place::Saved(range) = &mut self.place {
            range.end = self.saved.len();
        }
    }

    /// Copies the value out of the piece, because the piece is about to go or the value to grow.
    pub(super) fn save(&mut self, lines: &Lines) {
        if let Place::Chunk(range) = &self.place {
            self.saved.clear();
            self.saved.extend_from_slice(lines.bytes(&Span::Chunk(range.clone())));
            self.place = Place::Saved(0..self.saved.len());
        }
    }

    /// `None` if the field did not occur.
    #[inline]
    pub(super) fn bytes<'a>(&'a self, lines: &'a Lines) -> Option<&'a [u8]> {
        match &self.place {
            Place::Absent => None,
            Place::Chunk(range) => Some(lines.chunk(range)),
            Place::Saved(range) => Some(self.saved.get(range.clone()).unwrap_or_default()),
        }
    }

    pub(super) fn len(&self) -> usize {
        match &self.place {
            Place::Absent => 0,
            Place::Chunk(range) | Place::Saved(range) => range.len(),
        }
    }
}
