//! Who is measured. To add one: a module, a variant of [`Name`], an arm in `with_contender`.

mod ours;
mod raw;

use std::fmt;
use std::str::FromStr;
use std::time::Instant;

use anyhow::{Error, Result, bail};
use bytes::Bytes;

pub(crate) use self::ours::Ours;
pub(crate) use self::raw::Raw;
use crate::payload::Totals;

/// A way to ask a model, written as a careful user of it would.
pub trait Contender: Sized + 'static {
    /// A client for the API at `base_url`, made once for all calls.
    ///
    /// # Errors
    /// When it can't be made.
    fn new(base_url: &str) -> Result<Self>;

    /// Asks and hands the text of the whole answer over.
    fn oneshot(&self, prompt: &Prompt, sink: &mut Sink) -> impl Future<Output = Result<()>>;

    /// Asks and hands over what arrives, as it arrives.
    fn stream(&self, prompt: &Prompt, sink: &mut Sink) -> impl Future<Output = Result<()>>;

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
pub(crate) const PROMPT: Prompt = Prompt {
    model: "gpt-test",
    system: "You are a careful assistant. Answer briefly and precisely, and say so when you do not know.",
    user: "Summarise in three sentences how streaming works: server-sent events, one JSON object in each, a client \
        that splits lines, reads the JSON and hands the text over without holding the whole answer in memory. Mention \
        back-pressure and what happens when the reader goes away.",
    temperature: 0.7,
    max_tokens: 1_024,
};

/// The key that everyone sends.
pub(crate) const KEY: &str = "test-key";

/// Where an answer goes: counted, so that whoever loses a part of it fails.
#[derive(Debug, Default)]
pub struct Sink {
    totals: Totals,
    first: Option<Instant>,
}

impl Sink {
    /// Takes text of the answer.
    #[inline]
    pub fn text(&mut self, text: &str) {
        self.first.get_or_insert_with(Instant::now);
        self.totals.text += std::hint::black_box(text).len();
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

    /// Fails unless all of it came.
    pub(crate) fn check(&self, expected: Totals) -> Result<()> {
        if self.totals != expected {
            bail!("an answer came incomplete: {:?} in place of {expected:?}", self.totals);
        }
        Ok(())
    }
}

/// A contender's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// reqwest and serde_json, the floor that the ratios are of.
    Raw,
    /// The library.
    Ours,
}

impl Name {
    /// All of them; the first is the floor.
    pub const ALL: [Self; 2] = [Self::Raw, Self::Ours];

    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Ours => "ours",
        }
    }
}

/// Runs an expression with `$type` as the contender of this name.
macro_rules! with_contender {
    ($name:expr, $type:ident => $run:expr) => {
        match $name {
            $crate::Name::Raw => {
                type $type = $crate::contender::Raw;
                $run
            }
            $crate::Name::Ours => {
                type $type = $crate::contender::Ours;
                $run
            }
        }
    };
}

pub(crate) use with_contender;

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|known| known.name() == name) {
            Some(known) => Ok(known),
            None => bail!("no contender is named `{name}`: {}", Self::ALL.map(Self::name).join(", ")),
        }
    }
}
