//! What is measured.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, bail};

/// One thing to measure. Its name is also the first segment of the vendor's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scenario {
    /// A whole answer of 1.5 KB.
    Unary,
    /// A stream of 2,000 text chunks that arrive in large reads.
    Bulk,
    /// A stream of 2,000 fragments of a tool call's arguments, in large reads.
    Tools,
    /// The bulk stream with OpenAI's padding, which differs in every chunk.
    Padded,
    /// The bulk stream with another time in every chunk, so that no chunk repeats the one before.
    Unlike,
    /// A stream of 100 text chunks, each written by itself.
    Single,
    /// A thousand streams at once, each with a pause before every chunk.
    Crowd,
    /// Cutting the bytes of the bulk stream into frames, without a network.
    Framing,
    /// Writing the body of a request with a history of 200 messages, without a network.
    Encode,
}

impl Scenario {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 9] = [
        Self::Unary,
        Self::Bulk,
        Self::Padded,
        Self::Unlike,
        Self::Tools,
        Self::Single,
        Self::Crowd,
        Self::Framing,
        Self::Encode,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::Bulk => "bulk-2000",
            Self::Padded => "padded-2000",
            Self::Unlike => "unlike-2000",
            Self::Tools => "tools-2000",
            Self::Single => "single-100",
            Self::Crowd => "crowd-1000",
            Self::Framing => "framing",
            Self::Encode => "encode-200",
        }
    }

    /// What its numbers are divided by.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Unary | Self::Encode => "call",
            Self::Bulk | Self::Padded | Self::Unlike | Self::Tools | Self::Single => "chunk",
            Self::Crowd => "stream",
            Self::Framing => "frame",
        }
    }

    /// How many chunks one exchange has.
    pub fn chunks(self) -> usize {
        match self {
            Self::Unary | Self::Encode => 1,
            Self::Bulk | Self::Padded | Self::Unlike | Self::Tools | Self::Framing => 2_000,
            Self::Single => 100,
            Self::Crowd => 20,
        }
    }

    /// How many exchanges one sample has: enough for a fifth of a second.
    pub fn exchanges(self) -> usize {
        match self {
            Self::Unary => 2_000,
            Self::Bulk | Self::Padded | Self::Unlike | Self::Tools => 150,
            Self::Single => 60,
            Self::Crowd => 1_000,
            Self::Framing | Self::Encode => 1_000,
        }
    }

    /// Whether the vendor is asked.
    pub fn is_networked(self) -> bool {
        !matches!(self, Self::Framing | Self::Encode)
    }

    /// Whether allocations are counted. In the crowd memory is the measure.
    pub fn is_counted(self) -> bool {
        self != Self::Crowd
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scenario {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match Self::ALL.into_iter().find(|scenario| scenario.name() == name) {
            Some(scenario) => Ok(scenario),
            None => bail!("no scenario is named `{name}`: {}", Self::ALL.map(Self::name).join(", ")),
        }
    }
}
