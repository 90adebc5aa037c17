//! What the vendor is going to answer, and what it saw.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Request;
use laravel_ai_core::Resources;
use serde_json::Value;

use super::Memory;
use crate::Answer;
use crate::clock::RuntimeClock;

/// Where a body is cut into pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Split {
    /// Not at all.
    Whole,
    /// At each byte.
    Bytes,
    /// At places that follow from this number; the reader also waits between the pieces.
    Random(u64),
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Clean,
    /// The connection breaks.
    Broken,
    /// Nothing more comes, for ever.
    Stalled,
}

/// What one request gets.
#[derive(Clone, Debug)]
pub struct Reply {
    /// `None`: the connection is refused, or nothing ever comes.
    pub(crate) answer: Option<Answer>,
    split: Split,
    /// Where the pieces end, if they were given as they are.
    cuts: Vec<usize>,
    pub(crate) end: End,
}

impl Reply {
    /// The whole answer.
    pub fn new(answer: impl Into<Answer>) -> Self {
        Self { answer: Some(answer.into()), ..Self::refused() }.until(usize::MAX, End::Clean)
    }

    /// A JSON document with this status.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(Answer::new("application/json", body).with_status(status))
    }

    /// A body that comes in these pieces.
    pub fn in_pieces<T: Into<Bytes>>(pieces: impl IntoIterator<Item = T>) -> Self {
        let (mut body, mut cuts) = (Vec::new(), Vec::new());
        for piece in pieces {
            body.extend_from_slice(&piece.into());
            cuts.push(body.len());
        }
        Self { cuts, ..Self::new(Answer::new("application/octet-stream", body)) }
    }

    /// Cut into pieces.
    pub fn split(mut self, split: Split) -> Self {
        self.split = split;
        self
    }

    /// A body that ends after so many bytes as if that were all.
    pub fn ending_at(self, length: usize) -> Self {
        self.until(length, End::Clean)
    }

    /// A body whose connection breaks after so many bytes.
    pub fn breaking_at(self, length: usize) -> Self {
        self.until(length, End::Broken)
    }

    /// A body after whose first bytes nothing more comes.
    pub fn stalling_at(self, length: usize) -> Self {
        self.until(length, End::Stalled)
    }

    /// A connection that can't be made.
    pub fn refused() -> Self {
        Self { answer: None, split: Split::Whole, cuts: Vec::new(), end: End::Broken }
    }

    /// A server that takes the request and never answers.
    pub fn silent() -> Self {
        Self { end: End::Stalled, ..Self::refused() }
    }

    /// Whether the reader also waits between the pieces.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.split, Split::Random(_))
    }

    /// The body, piece by piece.
    pub(crate) fn pieces(&self) -> VecDeque<Bytes> {
        let mut rest = self.answer.as_ref().map(|answer| answer.body.clone()).unwrap_or_default();
        let mut pieces = VecDeque::new();
        let (mut cuts, whole) = (self.cuts.iter(), rest.len());
        let mut seed = match self.split {
            Split::Random(seed) => seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            _ => 0,
        };
        while !rest.is_empty() {
            let length = match self.split {
                Split::Whole => cuts.next().map_or(rest.len(), |cut| cut.saturating_sub(whole - rest.len())),
                Split::Bytes => 1,
                Split::Random(_) => {
                    seed ^= seed << 13;
                    seed ^= seed >> 7;
                    seed ^= seed << 17;
                    1 + usize::try_from(seed % 24).unwrap_or(0)
                }
            };
            pieces.push_back(rest.split_to(length.min(rest.len())));
        }
        pieces
    }

    fn until(mut self, length: usize, end: End) -> Self {
        if let Some(answer) = &mut self.answer {
            answer.body.truncate(length);
        }
        self.end = end;
        self
    }
}

/// The vendor's side of the calls: replies to give, requests that came, and what is still open. Also by itself, for a
/// driver's own tests:
///
/// ```
/// use std::sync::Arc;
///
/// use laravel_ai_core::Resources;
/// use provider_testkit::{Reply, Script};
///
/// let script = Script::new([Reply::json(200, "{}"), Reply::refused()]);
/// let resources: Resources = script.resources();
/// // What `Driver::connect` takes; the first call gets `{}`, the second no connection, and a third one fails.
/// # let _ = resources;
/// assert!(script.sent().is_empty());
/// ```
#[derive(Default)]
pub struct Script {
    replies: Mutex<VecDeque<Reply>>,
    sent: Mutex<Vec<Request<Bytes>>>,
    open: AtomicUsize,
    taken: AtomicUsize,
}

impl Script {
    /// A vendor that gives these replies, one for each request.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        Arc::new(Self { replies: Mutex::new(replies.into_iter().collect()), ..Self::default() })
    }

    /// The script as a transport, with the runtime's time: what a driver connects with.
    pub fn resources(self: &Arc<Self>) -> Resources {
        Resources::new(Arc::new(Memory(Arc::clone(self))), Arc::new(RuntimeClock))
    }

    /// The body of a request as JSON, counted from 0; `null` when there is none.
    pub fn body(&self, index: usize) -> Value {
        let sent = self.sent();
        sent.get(index).and_then(|sent| serde_json::from_slice(sent.body()).ok()).unwrap_or_default()
    }

    /// Notes a request and gives its reply, or `None` when there are no more.
    pub(crate) fn take(&self, request: Request<Bytes>) -> Option<Reply> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// The requests that came, in their order.
    pub fn sent(&self) -> Vec<Request<Bytes>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many answers are waited for or read at this moment.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// How many pieces of bodies were given out.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    pub(crate) fn count_piece(&self) {
        self.taken.fetch_add(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The requests hold the key.
        f.debug_struct("Script").field("open", &self.open()).finish_non_exhaustive()
    }
}

/// Counts an answer as open until it is over or given up.
pub(crate) struct Open(Arc<Script>);

impl Open {
    pub(crate) fn new(script: &Arc<Script>) -> Self {
        script.open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(script))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}
