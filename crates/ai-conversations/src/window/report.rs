//! What became of a history in a window.

use std::fmt;
use std::ops::Range;

use laravel_ai_core::{Warning, WarningKind};

/// What a [`Window`](crate::Window) sent and what it left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WindowReport {
    /// The numbers of the stored messages that were left out, in order. What a [`Repair`](crate::Repair) left out is not
    /// among them.
    pub left_out: Vec<Range<u64>>,
    /// A summary was sent; it stands for the messages before this number.
    pub summary_until: Option<u64>,
    /// The tokens of the request, if the window limits them.
    pub counted: Option<Counted>,
}

impl WindowReport {
    /// How many messages were left out.
    pub fn left_out_count(&self) -> u64 {
        self.left_out.iter().map(|range| range.end - range.start).sum()
    }

    /// The report as a warning on an answer, if something was left out.
    pub fn warning(&self) -> Option<Warning> {
        let what = || Warning::new(WarningKind::HistoryTrimmed, "window", self.to_string());
        (!self.left_out.is_empty()).then(what)
    }

    pub(super) fn of(mut left_out: Vec<u64>, summary_until: Option<u64>, counted: Option<Counted>) -> Self {
        left_out.sort_unstable();
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for number in left_out {
            match ranges.last_mut() {
                Some(range) if range.end == number => range.end += 1,
                _ => ranges.push(number..number + 1),
            }
        }
        Self { left_out: ranges, summary_until, counted }
    }
}

impl fmt::Display for WindowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (plural, were) = if self.left_out_count() == 1 { ("", "was") } else { ("s", "were") };
        write!(f, "{} message{plural} of the conversation {were} not sent", self.left_out_count())?;
        for (at, range) in self.left_out.iter().enumerate() {
            f.write_str(if at == 0 { " (" } else { ", " })?;
            match range.end - range.start {
                1 => write!(f, "{}", range.start)?,
                _ => write!(f, "{} to {}", range.start, range.end - 1)?,
            }
        }
        f.write_str(if self.left_out.is_empty() { "" } else { ")" })?;
        if let Some(until) = self.summary_until {
            write!(f, "; a summary stands for those before {until}")?;
        }
        match &self.counted {
            Some(counted) => write!(f, "; the request has {counted}"),
            None => Ok(()),
        }
    }
}

/// A number of tokens and where it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counted {
    /// Tokens of the input.
    pub tokens: u64,
    /// Who counted them.
    pub by: CountedBy,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            CountedBy::Vendor => "counted by the vendor",
            CountedBy::Tokenizer => "counted by the tokenizer",
            CountedBy::Estimate => "estimated",
        };
        write!(f, "{} tokens, {by}", self.tokens)
    }
}

/// Where a number of tokens is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CountedBy {
    /// The vendor, or a counter that counts as exactly.
    Vendor,
    /// The window's tokenizer, which saw every text of the request.
    Tokenizer,
    /// Nobody: it is an estimate, wholly or in part.
    Estimate,
}
