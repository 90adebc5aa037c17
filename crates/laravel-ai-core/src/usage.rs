//! Token counts in one convention for all vendors.

use serde::{Deserialize, Serialize};

use crate::RawJson;

/// What a call used, in tokens. `None` means the vendor did not say; it is never written as 0.
///
/// Totals are **inclusive**: `input` contains `cached_input`, `cache_write_input`, `audio_input` and
/// `image_input`; `output` contains `reasoning` and `audio_output`. Drivers whose vendor counts otherwise convert.
///
/// Two ways to combine, with different laws:
/// * [`merge`](Self::merge) adds two calls. It is associative and commutative, [`Usage::ZERO`] changes no count,
///   and unknown plus anything is unknown.
/// * [`update`](Self::update) takes a later snapshot of the *same* call, as streams send them. It is associative
///   and idempotent, and `Usage::default()` changes nothing.
///
/// ```
/// use laravel_ai_core::Usage;
///
/// let first = Usage::new(1_500, 212);
/// assert_eq!(first.clone().merge(&Usage::new(100, 8)).total(), Some(1_820));
/// assert_eq!(first.merge(&Usage::default()).total(), None, "unknown stays unknown");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Usage {
    /// All tokens that went in.
    pub input: Option<u64>,
    /// All tokens that came out.
    pub output: Option<u64>,
    /// Of `input`: read from the vendor's prompt cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<u64>,
    /// Of `input`: written to the vendor's prompt cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_input: Option<u64>,
    /// Of `cache_write_input`: to be kept for longer than the vendor's shortest time, which can cost more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_cache_write_input: Option<u64>,
    /// Of `input`: audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_input: Option<u64>,
    /// Of `input`: images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_input: Option<u64>,
    /// Of `output`: spent on reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<u64>,
    /// Of `output`: audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_output: Option<u64>,
    /// The vendor's own usage object of one call. A sum over calls has none.
    #[serde(with = "crate::json::embedded", skip_serializing_if = "Option::is_none")]
    pub raw: Option<RawJson>,
}

impl Usage {
    /// Nothing used at all: the start of a sum.
    pub const ZERO: Self = Self {
        input: Some(0),
        output: Some(0),
        cached_input: Some(0),
        cache_write_input: Some(0),
        long_cache_write_input: Some(0),
        audio_input: Some(0),
        image_input: Some(0),
        reasoning: Some(0),
        audio_output: Some(0),
        raw: None,
    };

    /// Known totals, nothing known of their parts.
    pub fn new(input: u64, output: u64) -> Self {
        Self { input: Some(input), output: Some(output), ..Self::default() }
    }

    /// Input plus output, when both are known.
    pub fn total(&self) -> Option<u64> {
        self.input?.checked_add(self.output?)
    }

    /// Whether the vendor said nothing.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// The sum with another call's usage. What either does not know, the sum does not know; a count that would
    /// overflow is unknown too. The raw objects are dropped.
    #[must_use]
    pub fn merge(mut self, other: &Self) -> Self {
        self.combine(other, |a, b| a.zip(b).and_then(|(a, b)| a.checked_add(b)));
        self.raw = None;
        self
    }

    /// Takes over what a later snapshot of the same call knows.
    pub fn update(&mut self, later: &Self) {
        self.combine(later, |now, later| later.or(now));
        if later.raw.is_some() {
            self.raw.clone_from(&later.raw);
        }
    }

    fn combine(&mut self, other: &Self, with: impl Fn(Option<u64>, Option<u64>) -> Option<u64>) {
        for (mine, theirs) in [
            (&mut self.input, other.input),
            (&mut self.output, other.output),
            (&mut self.cached_input, other.cached_input),
            (&mut self.cache_write_input, other.cache_write_input),
            (&mut self.long_cache_write_input, other.long_cache_write_input),
            (&mut self.audio_input, other.audio_input),
            (&mut self.image_input, other.image_input),
            (&mut self.reasoning, other.reasoning),
            (&mut self.audio_output, other.audio_output),
        ] {
            *mine = with(*mine, theirs);
        }
    }
}
