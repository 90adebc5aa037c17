//! What is measured.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, bail};

use crate::wire::Wire;

/// One thing to measure, on one wire. Its name is also the first segment of the vendor's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scenario {
    /// The vendor's language.
    pub wire: Wire,
    /// What happens.
    pub kind: Kind,
}

/// What happens in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A whole answer of 1.5 KB.
    Unary,
    /// A stream of 2,000 text chunks that arrive in large reads.
    Bulk,
    /// The bulk stream with OpenAI's padding, which differs in every chunk.
    Padded,
    /// The bulk stream with another time in every chunk, so that no chunk repeats the one before.
    Unlike,
    /// A stream of 2,000 fragments of a tool call's arguments, in large reads.
    Tools,
    /// The bulk stream, kept until it is a whole answer.
    Fold,
    /// A stream of 100 text chunks, each written by itself.
    Single,
    /// A thousand streams at once, each with a pause before every chunk.
    Crowd,
    /// Cutting the bytes of the bulk stream into frames, without a network.
    Framing,
    /// Writing the body of a request with a history of 200 messages, without a network.
    Encode,
    /// A program that makes one call and ends.
    Start,
    /// A whole answer of the mock, without a network: what is left is the library.
    MockUnary,
    /// A stream of 2,000 chunks from the mock.
    MockBulk,
}

impl Kind {
    const ALL: [Self; 13] = [
        Self::Unary,
        Self::Bulk,
        Self::Padded,
        Self::Unlike,
        Self::Tools,
        Self::Fold,
        Self::Single,
        Self::Crowd,
        Self::Framing,
        Self::Encode,
        Self::Start,
        Self::MockUnary,
        Self::MockBulk,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::Bulk => "bulk-2000",
            Self::Padded => "padded-2000",
            Self::Unlike => "unlike-2000",
            Self::Tools => "tools-2000",
            Self::Fold => "fold-2000",
            Self::Single => "single-100",
            Self::Crowd => "crowd-1000",
            Self::Framing => "framing",
            Self::Encode => "encode-200",
            Self::Start => "start",
            Self::MockUnary => "mock-unary",
            Self::MockBulk => "mock-2000",
        }
    }

    /// What is worth measuring once more on another wire: what its codec decides.
    fn is_of(self, wire: Wire) -> bool {
        match wire {
            Wire::Chat => true,
            Wire::Responses => {
                matches!(self, Self::Unary | Self::Bulk | Self::Tools | Self::Single | Self::Encode)
            }
            Wire::Gemini | Wire::Ollama => {
                matches!(self, Self::Unary | Self::Bulk | Self::Single | Self::Encode)
            }
            Wire::Xai => matches!(self, Self::Unary | Self::Bulk),
        }
    }
}

impl Scenario {
    /// All of them, in the order of the report.
    pub fn all() -> Vec<Self> {
        let of = |wire: Wire| {
            Kind::ALL.into_iter().filter(move |kind| kind.is_of(wire)).map(move |kind| Self { wire, kind })
        };
        Wire::ALL.into_iter().flat_map(of).collect()
    }

    /// What its numbers are divided by.
    pub fn unit(self) -> &'static str {
        match self.kind {
            Kind::Unary | Kind::Encode | Kind::MockUnary => "call",
            Kind::Crowd => "stream",
            Kind::Framing => "frame",
            Kind::Start => "program",
            _ => "chunk",
        }
    }

    /// How many chunks one exchange has.
    pub fn chunks(self) -> usize {
        match self.kind {
            Kind::Unary | Kind::Encode | Kind::MockUnary | Kind::Start => 1,
            Kind::Single => 100,
            Kind::Crowd => 20,
            _ => 2_000,
        }
    }

    /// How many exchanges one sample has: enough for a fifth of a second.
    pub fn exchanges(self) -> usize {
        match self.kind {
            Kind::Unary => 2_000,
            Kind::Single => 60,
            Kind::Crowd | Kind::Framing | Kind::Encode => 1_000,
            Kind::Start => 1,
            Kind::MockUnary => 20_000,
            _ => 150,
        }
    }

    /// Few and many exchanges: what the many cost more is free of the start of the program.
    pub fn counted_exchanges(self) -> (usize, usize) {
        match self.chunks() {
            1 => (20, 120),
            _ => (2, 6),
        }
    }

    /// Whether the vendor is asked.
    pub fn is_networked(self) -> bool {
        !matches!(self.kind, Kind::Framing | Kind::Encode | Kind::MockUnary | Kind::MockBulk)
    }

    /// Whether the mock is asked.
    pub fn is_mocked(self) -> bool {
        matches!(self.kind, Kind::MockUnary | Kind::MockBulk)
    }

    /// Whether allocations and instructions are counted. In the crowd memory is the measure, of a program's start its time.
    pub fn is_counted(self) -> bool {
        !matches!(self.kind, Kind::Crowd | Kind::Start)
    }

    /// Whether the time to the first text says something: in large reads it is that of one read, and a whole answer has none.
    pub fn has_first(self) -> bool {
        self.kind == Kind::Single
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}{}", self.wire.prefix(), self.kind.name()))
    }
}

impl FromStr for Scenario {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let all = Self::all();
        match all.iter().find(|scenario| scenario.to_string() == name) {
            Some(scenario) => Ok(*scenario),
            None => {
                let names: Vec<_> = all.iter().map(Self::to_string).collect();
                bail!("no scenario is named `{name}`: {}", names.join(", "))
            }
        }
    }
}
