//! Who is measured: the floors and ours here, the peers in packages of their own (`benches/peers`).

#[cfg(feature = "ours")]
pub(crate) mod mock;
#[cfg(feature = "ours")]
mod ours;
mod raw;
mod sse_stream;

use std::fmt;
use std::time::Instant;

use anyhow::{Result, bail};
use bytes::Bytes;

#[cfg(feature = "ours")]
pub(crate) use self::ours::Ours;
pub(crate) use self::raw::Raw;
pub(crate) use self::sse_stream::SseStream;
use crate::payload::Totals;
use crate::wire::Wire;

/// A way to ask a model, written as a careful user of it would.
pub trait Contender: Sized + 'static {
    /// How many bytes of a text's end it is known to cut off.
    const TRIMS: usize = 0;

    /// A client for the API at `base_url`, made once for all calls.
    ///
    /// # Errors
    /// When it can't be made.
    fn new(base_url: &str, wire: Wire) -> Result<Self>;

    /// Asks and hands the text of the whole answer over.
    fn oneshot(&self, prompt: &Prompt, sink: &mut Sink) -> impl Future<Output = Result<()>>;

    /// Asks and hands over what arrives, as it arrives.
    fn stream(&self, prompt: &Prompt, sink: &mut Sink) -> impl Future<Output = Result<()>>;

    /// Asks for a stream and hands the text over when the answer is whole.
    fn fold(&self, _prompt: &Prompt, _sink: &mut Sink) -> impl Future<Output = Result<()>> {
        async { bail!("it can't be asked for the whole of a stream") }
    }

    /// Cuts a body into frames and gives the bytes of their data; `None` if it hands out no framing of its own.
    ///
    /// # Errors
    /// When the body can't be read.
    fn frames(&self, _body: &[Bytes]) -> Result<Option<usize>> {
        Ok(None)
    }

    /// Prepares the writing of a request with this history, and gives what writes it; `None` if it can't be asked for alone. The
    /// history is in the contender's own types by then, as a program holds it.
    ///
    /// # Errors
    /// When the history can't be expressed.
    fn encoder(&self, _history: &[String]) -> Result<Option<Encoder>> {
        Ok(None)
    }
}

/// Writes the body of a request and gives its length.
pub type Encoder = Box<dyn Fn() -> Result<usize>>;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Prompt {
    /// The model.
    pub model: &'static str,
    /// The instructions.
    pub system: &'static str,
    /// The question.
    pub user: &'static str,
    /// The randomness.
    pub temperature: f64,
    /// The longest answer.
    pub max_tokens: u32,
}

/// The same for everyone.
pub const PROMPT: Prompt = Prompt {
    model: "gpt-test",
    system: "You are a careful assistant. Answer briefly and precisely, and say so when you do not know.",
    user: "Summarise in three sentences how streaming works: server-sent events, one JSON object in each, a client \
        that splits lines, reads the JSON and hands the text over without holding the whole answer in memory. Mention \
        back-pressure and what happens when the reader goes away.",
    temperature: 0.7,
    max_tokens: 1_024,
};

/// The key that everyone sends.
pub const KEY: &str = "test-key";

/// Where an answer goes: counted, so that whoever loses a part of it fails.
#[derive(Debug, Default)]
pub struct Sink {
    totals: Totals,
    first: Option<Instant>,
    kept: Option<String>,
}

impl Sink {
    /// One that keeps the text.
    pub(crate) fn keeping() -> Self {
        Self { kept: Some(String::new()), ..Self::default() }
    }

    pub(crate) fn kept(&self) -> &str {
        self.kept.as_deref().unwrap_or_default()
    }

    /// Takes text of the answer.
    #[inline]
    pub fn text(&mut self, text: &str) {
        self.first.get_or_insert_with(Instant::now);
        self.totals.text += std::hint::black_box(text).len();
        if let Some(kept) = &mut self.kept {
            kept.push_str(text);
        }
    }

    /// Takes a part of a tool call's arguments.
    #[inline]
    pub fn arguments(&mut self, text: &str) {
        self.first.get_or_insert_with(Instant::now);
        self.totals.arguments += std::hint::black_box(text).len();
    }

    /// When the first part came.
    pub(crate) fn first(&self) -> Option<Instant> {
        self.first
    }

    /// Fails unless all of it came, but for what the contender is known to trim.
    pub(crate) fn check(&self, expected: Totals, trims: usize) -> Result<()> {
        let whole = self.totals.arguments == expected.arguments
            && (expected.text.saturating_sub(trims)..=expected.text).contains(&self.totals.text);
        if !whole {
            bail!("an answer came incomplete: {:?} in place of {expected:?}", self.totals);
        }
        Ok(())
    }
}

/// A contender's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Name(&'static str);

impl Name {
    /// reqwest and serde_json, the floor that the ratios are of.
    pub const RAW: Self = Self("raw");
    /// The floor with a limit on the silence of the vendor, as the library has.
    pub const LIMITED: Self = Self("raw-limited");
    /// The crate that others frame with.
    pub(crate) const SSE_STREAM: Self = Self("sse-stream");
    /// The library.
    pub const OURS: Self = Self("ours");

    pub(crate) const fn of(name: &'static str) -> Self {
        Self(name)
    }

    /// As it is printed.
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        match name {
            "raw" => Self::RAW,
            "raw-limited" => Self::LIMITED,
            "sse-stream" => Self::SSE_STREAM,
            "ours" => Self::OURS,
            // A handful for each run.
            peer => Self(Box::leak(peer.to_owned().into_boxed_str())),
        }
    }
}
