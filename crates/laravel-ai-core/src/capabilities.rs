//! What a model can do, as far as anyone knows.

use serde::{Deserialize, Serialize};

/// What a model can do. `None` is unknown: never read it as "no". Flags inform and warn, they never refuse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Streams its answers.
    pub streaming: Option<bool>,
    /// Calls functions.
    pub tools: Option<bool>,
    /// Calls several functions in one answer.
    pub parallel_tools: Option<bool>,
    /// Holds to a JSON Schema.
    pub structured_output: Option<bool>,
    /// Reasons before it answers.
    pub reasoning: Option<bool>,
    /// Sees images.
    pub image_input: Option<bool>,
    /// Hears audio.
    pub audio_input: Option<bool>,
    /// Reads documents.
    pub file_input: Option<bool>,
    /// Makes images.
    pub image_output: Option<bool>,
    /// Makes audio.
    pub audio_output: Option<bool>,
    /// Makes embeddings.
    pub embeddings: Option<bool>,
    /// Can be fine-tuned.
    pub fine_tuning: Option<bool>,
    /// The most tokens of prompt and answer together.
    pub context_tokens: Option<u64>,
    /// The most tokens of an answer.
    pub max_output_tokens: Option<u64>,
}

impl Capabilities {
    /// What these know, and where they are silent what `fallback` knows.
    pub fn or(self, fallback: Self) -> Self {
        Self {
            streaming: self.streaming.or(fallback.streaming),
            tools: self.tools.or(fallback.tools),
            parallel_tools: self.parallel_tools.or(fallback.parallel_tools),
            structured_output: self.structured_output.or(fallback.structured_output),
            reasoning: self.reasoning.or(fallback.reasoning),
            image_input: self.image_input.or(fallback.image_input),
            audio_input: self.audio_input.or(fallback.audio_input),
            file_input: self.file_input.or(fallback.file_input),
            image_output: self.image_output.or(fallback.image_output),
            audio_output: self.audio_output.or(fallback.audio_output),
            embeddings: self.embeddings.or(fallback.embeddings),
            fine_tuning: self.fine_tuning.or(fallback.fine_tuning),
            context_tokens: self.context_tokens.or(fallback.context_tokens),
            max_output_tokens: self.max_output_tokens.or(fallback.max_output_tokens),
        }
    }
}
