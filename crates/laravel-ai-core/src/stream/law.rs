//! The stream law, checked.

use std::fmt;

use super::{BlockId, BlockKind, StreamEvent};

/// Watches a stream and says when it breaks the [law](StreamEvent).
///
/// [`ChatStream`](crate::ChatStream) runs one where debug assertions are on; the testkit runs it over every provider.
///
/// ```
/// use laravel_ai_core::{BlockId, StreamEvent, StreamLaw};
///
/// let mut law = StreamLaw::default();
/// let orphan = StreamEvent::TextDelta { block: BlockId::new(0), text: "hi".into() };
/// assert!(law.event(&orphan).is_err(), "a delta needs a block that was started");
/// ```
#[derive(Clone, Debug, Default)]
pub struct StreamLaw {
    open: Vec<(BlockId, &'static str)>,
    used: Vec<BlockId>,
    begun: bool,
    over: bool,
}

/// How a stream broke the law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawViolation(String);

impl fmt::Display for LawViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LawViolation {}

impl StreamLaw {
    /// Takes note of an event.
    ///
    /// # Errors
    /// What the event breaks.
    pub fn event(&mut self, event: &StreamEvent) -> Result<(), LawViolation> {
        self.not_over("an event")?;
        match event {
            StreamEvent::Start(_) if self.begun => {
                return broken("a second start, or a start after other events");
            }
            StreamEvent::Warning(_) => return Ok(()),
            StreamEvent::BlockStart { block, kind } => {
                self.fresh(*block)?;
                self.open.push((*block, name(kind)));
            }
            StreamEvent::Part { block, .. } => self.fresh(*block)?,
            StreamEvent::TextDelta { block, .. } => self.within(*block, "text", "a text delta")?,
            StreamEvent::Source { block, .. } => self.within(*block, "text", "a source")?,
            StreamEvent::ReasoningDelta { block, .. } => {
                self.within(*block, "reasoning", "a reasoning delta")?;
            }
            StreamEvent::RefusalDelta { block, .. } => self.within(*block, "refusal", "a refusal delta")?,
            StreamEvent::ToolInputDelta { block, .. } => {
                self.within(*block, "tool input", "a tool input delta")?;
            }
            StreamEvent::BlockEnd { block, .. } => {
                let Some(at) = self.open.iter().position(|(open, _)| open == block) else {
                    return broken(format!("the end of block {}, which is not open", block.get()));
                };
                self.open.swap_remove(at);
            }
            StreamEvent::Finish(_) => {
                if let Some((block, _)) = self.open.first() {
                    return broken(format!("a finish while block {} is open", block.get()));
                }
                self.over = true;
            }
            StreamEvent::Start(_) | StreamEvent::Usage(_) => {}
        }
        self.begun = true;
        Ok(())
    }

    /// Takes note of an error, after which nothing may come.
    ///
    /// # Errors
    /// When the stream was over already.
    pub fn error(&mut self) -> Result<(), LawViolation> {
        self.not_over("an error")?;
        self.over = true;
        Ok(())
    }

    /// Takes note of the end of the stream.
    ///
    /// # Errors
    /// When there was neither finish nor error.
    pub fn end(&self) -> Result<(), LawViolation> {
        if self.over { Ok(()) } else { broken("an end without finish or error") }
    }

    fn not_over(&self, what: &str) -> Result<(), LawViolation> {
        if self.over { broken(format!("{what} after the finish or an error")) } else { Ok(()) }
    }

    fn fresh(&mut self, block: BlockId) -> Result<(), LawViolation> {
        if self.used.contains(&block) {
            return broken(format!("block {} starts twice", block.get()));
        }
        self.used.push(block);
        Ok(())
    }

    fn within(&self, block: BlockId, kind: &str, what: &str) -> Result<(), LawViolation> {
        match self.open.iter().find(|(open, _)| *open == block) {
            Some((_, open)) if *open == kind => Ok(()),
            Some((_, open)) => broken(format!("{what} in block {}, which holds {open}", block.get())),
            None => broken(format!("{what} in block {}, which is not open", block.get())),
        }
    }
}

fn name(kind: &BlockKind) -> &'static str {
    match kind {
        BlockKind::Text => "text",
        BlockKind::Reasoning => "reasoning",
        BlockKind::Refusal => "refusal",
        BlockKind::ToolInput { .. } => "tool input",
    }
}

fn broken(what: impl Into<String>) -> Result<(), LawViolation> {
    Err(LawViolation(what.into()))
}
