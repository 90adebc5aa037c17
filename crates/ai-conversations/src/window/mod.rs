//! What of a stored history goes into a request.

mod cuts;
mod fit;
mod measure;
mod report;
mod summarise;
mod summary;
mod transcript;

use std::sync::Arc;

use laravel_ai_core::{Error, ErrorKind, Result, TokenCounter};

pub(crate) use self::fit::fit;
use self::measure::Measure;
pub use self::report::{Counted, CountedBy, WindowReport};
pub use self::summarise::Summarise;
pub use self::summary::Summary;

/// How much of a stored conversation goes with a question.
///
/// What is stored stays as it is: a window only says what is sent. What it leaves out is in the
/// [`WindowReport`] of the turn, and a warning of the answer.
///
/// * Whole exchanges leave, oldest first: what the user said with everything up to what the user said next. In the
///   exchange that is going on, tool calls leave with their results, oldest first. A call is never parted from its result.
/// * Instructions, [pinned](crate::Store::pin) messages and the question always go. A pinned message goes with what the user
///   said to get it, and a pinned call or result with the other.
/// * Where a [`Summary`] is kept and something that it stands for is left out, it goes in place of that.
///
/// ```
/// use ai_conversations::Window;
///
/// let short = Window::last(20);                            // at most 20 messages
/// let counted = Window::tokens(8_000);                     // at most 8,000 tokens by the vendor's own count
/// let estimated = Window::tokens(8_000).with_estimates();  // the same without asking, and roughly
/// let both = Window::last(20).with_tokens(8_000);
/// # let words = |text: &str| text.split_whitespace().count();
/// let local = Window::tokens(8_000).with_tokenizer(move |text| words(text)); // by a tokenizer of your own
/// # _ = (short, counted, estimated, both, local);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Window {
    last: Option<usize>,
    tokens: Option<u64>,
    from_summary: bool,
    measure: Measure,
}

impl Window {
    /// Everything: what holds without a window.
    pub fn whole() -> Self {
        Self::default()
    }

    /// At most the last `messages`, the question among them; pinned messages and instructions come on top. It may be
    /// fewer, since exchanges are not cut.
    pub fn last(messages: usize) -> Self {
        Self::default().with_last(messages)
    }

    /// At most so many tokens of input: instructions, tools, history and question together. The answer comes on top, so
    /// leave room for it.
    ///
    /// They are counted by the vendor, which is free of charge and one to a few requests for each question; where that is
    /// too slow or the vendor does not count, give a [tokenizer](Self::with_tokenizer) or allow
    /// [estimates](Self::with_estimates). Nothing is estimated unless you do.
    pub fn tokens(limit: u64) -> Self {
        Self::default().with_tokens(limit)
    }

    /// What the [`Summary`] stands for is left out, and the rest goes whole. Without a summary everything goes.
    pub fn from_summary() -> Self {
        Self { from_summary: true, ..Self::default() }
    }

    /// And at most the last `messages`: see [`last`](Self::last).
    pub fn with_last(mut self, messages: usize) -> Self {
        self.last = Some(messages);
        self
    }

    /// And at most so many tokens: see [`tokens`](Self::tokens).
    pub fn with_tokens(mut self, limit: u64) -> Self {
        self.tokens = Some(limit);
        self
    }

    /// With tokens counted by this counter.
    pub fn with_counter(mut self, counter: Arc<dyn TokenCounter>) -> Self {
        self.measure = Measure::Counter(counter);
        self
    }

    /// With tokens of texts counted by a tokenizer, four for the frame of each message; images, sounds and files are
    /// estimated, which the [report](Counted::by) says.
    pub fn with_tokenizer(mut self, count: impl Fn(&str) -> usize + Send + Sync + 'static) -> Self {
        self.measure = Measure::Tokenizer(Arc::new(count));
        self
    }

    /// With tokens estimated: one for three bytes of text, which is more than most texts have, four for the frame of each
    /// message, and a thousand for an image, sound or file of whatever size.
    pub fn with_estimates(mut self) -> Self {
        self.measure = Measure::Estimate;
        self
    }

    /// Whether it limits tokens and does not say who counts them: [`with_counter`](Self::with_counter) is to be called,
    /// with the counter of the model that is asked.
    pub fn needs_counter(&self) -> bool {
        self.tokens.is_some() && matches!(self.measure, Measure::Vendor)
    }

    /// With the counter of the model that is asked, if it [needs one](Self::needs_counter).
    ///
    /// # Errors
    /// That of `counter`; [`ErrorKind::Unsupported`] says what to do instead.
    pub fn counted_by(self, counter: impl FnOnce() -> Result<Arc<dyn TokenCounter>>) -> Result<Self> {
        if !self.needs_counter() {
            return Ok(self);
        }
        match counter() {
            Ok(counter) => Ok(self.with_counter(counter)),
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                let message = format!(
                    "the window limits tokens, but they can't be counted: {}; give the window a tokenizer \
                     (`Window::with_tokenizer`) or allow estimates (`Window::with_estimates`)",
                    error.message()
                );
                let told = Error::new(ErrorKind::Unsupported, message).with_possibly_billed(false);
                Err(told.with_source(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether it leaves nothing out.
    pub(crate) fn is_whole(&self) -> bool {
        self.last.is_none() && self.tokens.is_none() && !self.from_summary
    }
}
