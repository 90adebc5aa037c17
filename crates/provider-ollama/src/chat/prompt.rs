//! Whether a prompt was cut in silence.

use laravel_ai_core::{Usage, Warning, WarningKind};

/// What is known of a prompt before it is read: enough to tell, as far as that can be told, whether the server cut it.
///
/// Ollama drops the oldest messages of a prompt that is longer than its context, and says nothing. What it read is told
/// apart from what was sent by the count of tokens alone:
///
/// * the count fills the context that was asked for, or
/// * the texts are so long that no tokenizer brings them into it, or into the count that came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// The bytes of all texts.
    pub(crate) bytes: u64,
    /// The context that was asked for, in tokens.
    pub(crate) window: Option<u64>,
    /// Whether what does not fit is an error of the server.
    pub(crate) whole: bool,
}

/// More bytes of a text than any tokenizer puts into a token, on average over a long one: English has about 4.
const MOST_BYTES: u64 = 12;
/// A server that is old counts only what was not in its cache, which is mostly short.
const LEAST_COUNT: u64 = 1000;

impl Prompt {
    /// The warning, if it was cut; `usage` is what the server counted.
    pub(crate) fn cut(&self, usage: &Usage) -> Option<Warning> {
        if self.whole {
            return None;
        }
        let least = self.bytes / MOST_BYTES;
        let message = match (self.window, usage.input) {
            (Some(window), Some(count)) if count >= window => format!(
                "the prompt filled the context of {window} tokens, so a part of it was probably not read: raise \
                 `num_ctx`, or set `truncate = false` to have an error instead"
            ),
            (Some(window), _) if least > window => format!(
                "the prompt is longer than the context of {window} tokens, so its oldest messages were not read: \
                 raise `num_ctx`, or set `truncate = false` to have an error instead"
            ),
            (None, Some(count)) if count >= LEAST_COUNT && least > count => format!(
                "the server read {count} tokens of a prompt of {} bytes, so its oldest messages were probably not \
                 read: set `num_ctx`, or `truncate = false` to have an error instead",
                self.bytes
            ),
            _ => return None,
        };
        Some(Warning::new(WarningKind::PartDropped, "messages", message))
    }
}
