//! Why a cost is not known.

use serde::{Deserialize, Serialize};

use crate::Day;

/// Why a cost is not known. An unknown cost is no cost of 0, and no other model's.
///
/// ```
/// use ai_costs::{Part, Unpriced};
///
/// let reason = Unpriced::UnknownPrice { part: Part::AudioInput };
/// assert_eq!(reason.to_string(), "no price is known for its audio input");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unpriced {
    /// No price list has the model.
    #[error("no prices are known for `{driver}/{model}`")]
    UnknownModel {
        /// The driver that serves it.
        driver: String,
        /// The model, as the vendor names it if it does.
        model: String,
    },
    /// The prices of that day are not known.
    #[error("the prices of {day} are not known")]
    UnknownDay {
        /// The day of the call.
        day: Day,
    },
    /// No prices are known for the service tier that was used.
    #[error("no prices are known for the service tier `{tier}`")]
    UnknownTier {
        /// The tier, as the vendor calls it.
        tier: String,
    },
    /// Prompts of this size cost more, and in this tier nobody says how much.
    #[error("the tier `{tier}` has no known prices for a prompt of {input} tokens")]
    LongPrompt {
        /// The tier.
        tier: String,
        /// The size of the prompt.
        input: u64,
    },
    /// A class of tokens was used that has no known price.
    #[error("no price is known for its {part}")]
    UnknownPrice {
        /// The class.
        part: Part,
    },
    /// The vendor did not say how much of a class was used.
    #[error("nobody said how much {part} there was")]
    UnknownCount {
        /// The class.
        part: Part,
    },
    /// Two classes with prices of their own may share tokens, and nobody says how many.
    #[error("its {one} may have been {other} too, and nobody said how much of it")]
    Overlap {
        /// The one class.
        one: Part,
        /// The other.
        other: Part,
    },
    /// Parts are more than their whole.
    #[error("its {part} is more than the whole that it is part of")]
    Contradiction {
        /// The class that does not fit.
        part: Part,
    },
    /// A tool that the vendor ran may cost extra.
    #[error("no price is known for the vendor's tool `{tool}`")]
    UnknownTool {
        /// The tool, by the vendor's name.
        tool: String,
    },
    /// The amount has more digits than can be kept exactly.
    #[error("the amount is too large to be exact")]
    TooLarge,
}

/// A class of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// What goes in.
    Input,
    /// Read from the vendor's cache.
    CachedInput,
    /// Written to the vendor's cache.
    CacheWrite,
    /// Written to be kept for long.
    LongCacheWrite,
    /// Audio that goes in.
    AudioInput,
    /// Audio that was read from the vendor's cache.
    CachedAudioInput,
    /// Images that go in.
    ImageInput,
    /// What comes out.
    Output,
    /// Reasoning.
    Reasoning,
    /// Audio that comes out.
    AudioOutput,
    /// Images that come out.
    ImageOutput,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::CachedInput => "cached input",
            Self::CacheWrite => "writing to the cache",
            Self::LongCacheWrite => "writing to the cache for long",
            Self::AudioInput => "audio input",
            Self::CachedAudioInput => "cached audio input",
            Self::ImageInput => "image input",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::AudioOutput => "audio output",
            Self::ImageOutput => "image output",
        })
    }
}
